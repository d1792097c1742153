"""What a worker does beside diagnosing: it looks for work, for work that was lost, and for old things."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from kubetriage.bootstrap.databases import away
from kubetriage.bootstrap.serving import Diagnosis
from kubetriage.bootstrap.settings import Settings
from kubetriage.domain.intake.errors import StoreUnavailable
from kubetriage.domain.intake.failing import FailureReason
from kubetriage.domain.intake.reading import Page
from kubetriage.domain.intake.runs import RunStatus, ThreadStatus
from kubetriage.server.desk import ON_DEMAND
from kubetriage.server.engine import Engine, workflow_id
from kubetriage.server.liveness import Watch

if TYPE_CHECKING:
    from kubetriage.domain.intake.inbox import Inbox
    from kubetriage.server.metrics import ServerMetrics

log = logging.getLogger(__name__)

STRANDED_SECONDS = 5.0
"""Work that is ours and has not run for this long was cut off from us, and goes back on the queue."""
UNSORTED_SECONDS = 60.0
"""How long at most what time brings waits for posts that are not sorted."""
CLEAN_SECONDS = 600.0
FORGET_HOURS = 24.0
"""How long finished work stays known to the engine, so that nothing enqueues it anew."""


class Sweeper:
    """Looks for what is due, and puts it on the queue."""

    def __init__(self, parts: Diagnosis, engine: Engine, settings: Settings, metrics: ServerMetrics) -> None:
        self._parts = parts
        self._engine = engine
        self._settings = settings
        self._metrics = metrics
        self._dead = Watch(settings.server.takeover_seconds)
        self._stranded = Watch(STRANDED_SECONDS)
        self._wake = asyncio.Event()
        self._away = away()

    def wake(self) -> None:
        """A place is free: look for work at once."""
        self._wake.set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Until it is to stop. While the database is away this waits."""
        seconds, last = self._settings.server.sweep_seconds, 0.0
        while not stopping.is_set():
            self._wake.clear()
            try:
                if time.monotonic() - last >= seconds:
                    last = time.monotonic()
                    await self.once()
                else:  # a place is free
                    await self._enqueue_due(await self._sorted_until(), await self._engine.live())
            except self._away as error:
                self._metrics.error("sweep")
                log.warning("the database is away: %s", error)
            waits = [asyncio.ensure_future(each.wait()) for each in (stopping, self._wake)]
            try:
                await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for each in waits:
                    each.cancel()

    async def once(self) -> None:
        """One round."""
        now, sorted_until = self._parts.services.clock(), await self._sorted_until()
        await self._parts.incidents.sweep(sorted_until)
        live = await self._engine.live()
        await self._enqueue_asked(live)
        await self._enqueue_due(sorted_until, live)
        await self._enqueue_lost(now, live)
        await self._take_over(live)

    async def _sorted_until(self) -> datetime:
        return await sorted_until(self._parts.inbox, self._parts.services.clock())

    async def _enqueue_asked(self, live: Mapping[str, str]) -> None:
        """People wait for triage on demand: it goes first."""
        runs = self._parts.runs
        for thread in (await runs.threads(ON_DEMAND, Page(limit=100), ThreadStatus.BUSY)).items:
            for run in (await runs.runs(thread.id, Page(limit=1), RunStatus.PENDING)).items:
                if run.id not in live:
                    await self._engine.enqueue(run.id, 0, 1)

    async def _enqueue_due(self, now: datetime, live: Mapping[str, str]) -> None:
        """As many as keep the queue from running dry until the next round: who is due is asked anew then."""
        waiting = sum(not executor for executor in live.values())
        free = 2 * self._settings.intake.max_running - waiting
        if free <= 0:
            return
        for due in await self._parts.incidents.due(now, free):
            if await self._parts.incidents.claim(due.incident, due.attempt, now):
                await self._engine.enqueue(due.incident, due.attempt, due.priority)

    async def _enqueue_lost(self, now: datetime, live: Mapping[str, str]) -> None:
        """Claimed by someone who died before it was on the queue; or done with, and nobody said so.

        A claim comes to the queue within milliseconds, from whoever lives.
        """
        dead = timedelta(seconds=self._settings.server.takeover_seconds)
        for due in await self._parts.incidents.claimed(now - dead):
            name = workflow_id(due.incident, due.attempt)
            if name in live:
                continue
            await self._engine.enqueue(due.incident, due.attempt, due.priority)
            if await self._engine.over(name):
                why = "The work on it ended without a word."
                lost = FailureReason.LOST
                await self._parts.incidents.failed(
                    due.incident, due.attempt, name, why, now, now, reason=lost
                )

    async def _take_over(self, live: Mapping[str, str]) -> None:
        """The work of workers that are dead, and what of our own was cut off."""
        me = self._engine.executor
        known = {each.id: each.beat_at for each in await self._parts.runs.executors() if each.id != me}
        owners = {executor for executor in live.values() if executor and executor != me}
        signs: dict[str, object] = {executor: known.get(executor) for executor in {*known, *owners}}
        for executor in self._dead.still(signs):
            await self.bury(executor)
        running = set(self._engine.running())
        ours = {name: me for name, executor in live.items() if executor == me and name not in running}
        for name in self._stranded.still(ours):
            log.warning("%s goes back on the queue", name)
            await self._engine.adopt(me, name)

    async def bury(self, executor: str) -> None:
        """A worker is dead: its work is for everyone. A message it was sending may have arrived or not.

        It is forgotten before its work is given away: from then on it can take nothing, should it wake up.
        """
        await self._parts.messages.release(self._parts.services.clock(), worker=executor)
        await self._parts.runs.forget_executor(executor)
        taken = await self._engine.adopt(executor)
        log.warning("worker %s is dead; taken over: %s", executor, ", ".join(taken) or "nothing")


async def sorted_until(inbox: Inbox, now: datetime) -> datetime:
    """The time up to which it is known what arrived: now, unless posts wait to be sorted.

    A diagnosis that begins before its incident's companions are sorted would be made twice, and a Watchdog
    that waits there is not missing. Where the inbox cannot be read, which may be a file of its own, what is
    stored goes on all the same.
    """
    latest = now - timedelta(seconds=UNSORTED_SECONDS)
    try:
        oldest = (await inbox.backlog()).oldest_at
    except StoreUnavailable as error:
        log.warning("what waits to be sorted is not known: %s", error)
        return latest
    return now if oldest is None else max(min(now, oldest), latest)


class Cleaner:
    """Deletes what is older than the settings let it be."""

    def __init__(self, parts: Diagnosis, engine: Engine, settings: Settings) -> None:
        self._parts = parts
        self._engine = engine
        self._keep = settings.retention
        self._clock: Callable[[], datetime] = parts.services.clock
        self._away = away()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(CLEAN_SECONDS)
            try:
                await self.once()
            except self._away as error:
                log.warning("old things could not be deleted: %s", error)

    async def once(self) -> None:
        """Everything that is too old now."""
        now = self._clock()
        while True:
            deleted = await self._parts.incidents.retain(now, self._keep)
            if not any(deleted.values()):
                break
            await asyncio.sleep(0.05)  # others want to write too
        before = now - timedelta(days=self._keep.runs_days)
        while threads := await self._parts.runs.expired(before):
            for thread in threads:
                await self._parts.checkpoints.forget(thread)
                await self._parts.runs.delete_thread(thread)
        await self._engine.forget(now - timedelta(hours=FORGET_HOURS))
