"""The sorter: bodies that were kept → alerts → incidents, in the order in which they came.

It is a process of its own, and a patient one (`nice`): however many alerts wait to be sorted, taking further
ones is not slowed down by it. Any number may run on one database; what one has stored no other stores again.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from kubetriage.adapters.alerts.gzip_members import GZIP
from kubetriage.bootstrap.databases import away
from kubetriage.domain.intake.posts import Arrival, KeptBody, PostState
from kubetriage.server.posted import Posted, Source, posted
from kubetriage.server.problems import Refused

if TYPE_CHECKING:
    from kubetriage.domain.intake.inbox import Inbox
    from kubetriage.domain.intake.reading import Accepted
    from kubetriage.domain.intake.stores import Incidents

log = logging.getLogger(__name__)

POLL_SECONDS = 0.2
ROUND_BYTES = 4 * 1024 * 1024
"""Bodies that are looked at together, unless one is larger."""
PART_ALERTS = 1_000
"""Alerts in one transaction: workers wait for it."""
ATTEMPTS = 3
RETRY = timedelta(seconds=10)
CLEAN = timedelta(minutes=10)
RISKY_BYTES = 1024 * 1024
"""A body this large, or a packed one, counts as tried before it is: it may take this process with it."""
DEATHS = 6
"""After so many processes that died over a post, and got no further with it, it is given up."""
SUSPECTED = timedelta(seconds=30)
"""How long others go before a post over which `ATTEMPTS` processes died; doubled with each further one."""
_LONGEST_PAUSE = 10.0


@dataclass(frozen=True, slots=True)
class Sorted:
    """What became of a part of a post, for whoever counts."""

    post: int
    source: str
    alerts: int
    new: int
    repeats: int
    incidents: int
    failed: bool = False

    def line(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def of_line(cls, line: str | bytes) -> Sorted:
        return cls(**json.loads(line))


class Sorter:
    """Sorts what the inbox holds."""

    def __init__(
        self,
        inbox: Inbox,
        incidents: Incidents,
        clock: Callable[[], datetime],
        heard: Callable[[Sorted], None] = lambda done: None,
        *,
        poll_seconds: float = POLL_SECONDS,
        failed_days: float = 14.0,
    ) -> None:
        """`failed_days`: how long posts that could not be sorted are kept."""
        self._inbox = inbox
        self._incidents = incidents
        self._clock = clock
        self._heard = heard
        self._poll_seconds = poll_seconds
        self._failed_for = timedelta(days=failed_days)
        self._cleaned: datetime | None = None
        self._fresh = True
        self._begun: set[int] = set()
        """Posts that count as tried by this process."""

    async def run(self, stopping: asyncio.Event) -> None:
        """Until it is to stop. While the database is away this waits."""
        pause = self._poll_seconds
        while not stopping.is_set():
            try:
                if await self.once():
                    continue
                pause = self._poll_seconds
            except away() as error:
                log.warning("the database is away: %s", error)
                pause = min(_LONGEST_PAUSE, pause * 2) * random.uniform(0.7, 1.3)
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), pause)

    async def once(self) -> bool:
        """Sort what came first; False if there was nothing."""
        now = self._clock()
        if self._cleaned is None or now - self._cleaned > CLEAN:
            await self._inbox.retain(now - self._failed_for)
            self._cleaned = now
        kept = await self._inbox.oldest(now, ROUND_BYTES)
        # What killed the process before this one is among the first: each alone, so that it alone is blamed.
        for together in [[each] for each in kept] if self._fresh else [kept]:
            await self._sort(together)
        self._fresh = False
        return bool(kept)

    async def _sort(self, kept: Sequence[KeptBody]) -> None:
        arrivals: list[Arrival] = []
        for each in kept:
            arrivals += await self._arrivals(each)
        for together in batches(arrivals):
            await self._stored(together)

    async def _arrivals(self, kept: KeptBody) -> Sequence[Arrival]:
        """The alerts of a body, in parts; none if it cannot be understood now, which is noted."""
        if kept.attempts >= DEATHS:
            await self._give_up(kept.post, "Sorting it ended the process several times.")
            return ()
        if self._fresh or _is_risky(kept.body):
            await self._begin(kept)
        try:
            found = await asyncio.to_thread(_understood, kept)
        except Exception as error:  # noqa: BLE001 an error of ours is told, and the post kept
            await self._failed(kept.post, error)
            return ()
        return parts_of(kept, found)

    async def _stored(self, together: Sequence[Arrival]) -> None:
        try:
            results = await self._incidents.sort(together)
        except Exception as error:  # noqa: BLE001 an error of ours is told, and the post kept
            if len(together) == 1:
                await self._failed(number_of(together[0]), error)
            else:  # one of them is at fault: the others must not suffer
                for each in together:
                    await self._stored([each])
            return
        done: list[int] = []
        for arrival, accepted in zip(together, results, strict=True):
            post = number_of(arrival)
            if accepted is not None:
                self._told(arrival, accepted)
            if arrival.last and (accepted is not None or await self._is_sorted(post)):
                done.append(post)
            elif accepted is not None and post in self._begun:
                await self._inbox.advanced(post)
        if done:
            await self._inbox.drop(done)
            self._begun.difference_update(done)

    async def _begin(self, kept: KeptBody) -> None:
        """Count it as tried, once in the life of this process: an outage in the middle is not its fault."""
        if kept.post in self._begun:
            return
        self._begun.add(kept.post)
        deaths = kept.attempts + 1 - ATTEMPTS
        pause = SUSPECTED * 2**deaths if deaths >= 0 else timedelta(0)
        await self._inbox.retry(kept.post, self._clock() + pause, "Sorting it has begun.")

    async def _is_sorted(self, post: int) -> bool:
        """Whether another has stored all of it; it may be in the middle of doing so."""
        found = await self._incidents.post(post)
        return found is not None and found.state is PostState.SORTED

    def _told(self, arrival: Arrival, accepted: Accepted) -> None:
        log.info(
            "sorted %d alerts (%d new) of %d incidents", accepted.alerts, accepted.new,
            len(accepted.incidents), extra={"source": arrival.source, "post": accepted.post},
        )  # fmt: skip
        self._heard(
            Sorted(accepted.post, arrival.source, accepted.alerts, accepted.new, accepted.repeats,
                   len(accepted.incidents))
        )  # fmt: skip

    async def _failed(self, post: int, error: Exception) -> None:
        """Try again later, or not at all. Raises what is no fault of the post."""
        if isinstance(error, (MemoryError, *away())):
            raise error
        log.error("post %d could not be sorted: %s", post, error, exc_info=error)
        why = f"It could not be sorted: {type(error).__name__}."
        tries = 0 if post in self._begun else 1
        attempts = await self._inbox.retry(post, self._clock() + RETRY, why, tries=tries)
        self._begun.discard(post)
        if attempts >= ATTEMPTS:
            await self._give_up(post, why)

    async def _give_up(self, post: int, why: str) -> None:
        log.error("post %d is given up, and kept as it came: %s", post, why)
        await self._inbox.fail(post, why)
        self._begun.discard(post)
        self._heard(Sorted(post, "", 0, 0, 0, 0, failed=True))


def _is_risky(body: bytes) -> bool:
    return len(body) > RISKY_BYTES or body.startswith(GZIP)


def _understood(kept: KeptBody) -> Posted | str:
    """What the body holds, or why it holds no alerts."""
    try:
        return posted(kept.body, Source(kept.source) if kept.source else None, kept.received_at)
    except Refused as error:
        return error.detail


def parts_of(kept: KeptBody, found: Posted | str) -> Sequence[Arrival]:
    """A post's alerts as what is stored at once each."""
    if isinstance(found, str):
        return [Arrival((), kept.source, "", kept.received_at, kept.post, why=found)]
    starts = range(0, len(found.alerts), PART_ALERTS)
    return [
        Arrival(
            alerts=found.alerts[start : start + PART_ALERTS],
            source=found.source,
            digest=found.digest,
            received_at=kept.received_at,
            post=kept.post,
            truncated=found.truncated,
            before=start,
            last=start + PART_ALERTS >= len(found.alerts),
        )
        for start in starts
    ]


def batches(arrivals: Sequence[Arrival]) -> Sequence[Sequence[Arrival]]:
    """Those that are stored together: two parts of one post never are."""
    made: list[list[Arrival]] = []
    room = 0
    for each in arrivals:
        if not made or each.before or len(each.alerts) > room:
            made.append([])
            room = PART_ALERTS
        made[-1].append(each)
        room -= len(each.alerts)
    return made


def number_of(arrival: Arrival) -> int:
    """Of its post; what was kept has one."""
    assert arrival.post is not None
    return arrival.post
