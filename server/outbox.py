"""The outbox' worker: events become messages, and messages are sent until they are told or given up.

Every attempt is stored before its first byte is sent. An attempt whose answer was never seen is `unknown` and
is not made again, except where the far side knows a message by its key.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from kubetriage.domain.intake.errors import NotYet, StoreUnavailable
from kubetriage.domain.intake.messages import Message, MessageState, Outcome
from kubetriage.domain.intake.reading import Page
from kubetriage.domain.intake.stores import Incidents, Messages
from kubetriage.domain.language import Language
from kubetriage.domain.messages.delivery import Delivery, dead
from kubetriage.domain.messages.digest import digest_of
from kubetriage.domain.messages.notice import Notice
from kubetriage.domain.messages.sending import Channel
from kubetriage.domain.messages.settling import TOO_LARGE, Policy, Step, room_after, settle
from kubetriage.domain.messages.telling import FOLLOWING
from kubetriage.server.attempting import sent, until_stored
from kubetriage.server.message_rows import (
    asked_until,
    digest_message,
    instead_of,
    notice_in,
    status_in,
    unanswered,
)
from kubetriage.server.outbox_joining import TOLD, join_held
from kubetriage.server.outbox_upkeep import keep_outbox

log = logging.getLogger(__name__)

BATCH = 10
"""Messages of one channel that are claimed at once."""
IDLE_SECONDS = 2.0
KEEP_SECONDS = 15.0
LONGEST_TURN = 1.0
"""Seconds beyond its pace that a channel's message waits for its turn before it is put back."""
WAIT_FOR_FIRST = 15.0
"""Seconds that a follow-up waits for the incident's first message."""

OPEN = (MessageState.PENDING, MessageState.SENDING)


class Sender:
    """Sends what is due, each channel at its pace, the channels beside each other."""

    def __init__(
        self,
        messages: Messages,
        incidents: Incidents,
        channels: Mapping[str, Channel],
        *,
        worker: str,
        policy: Policy | None = None,
        fallbacks: Mapping[str, str] | None = None,
        repeats: Mapping[str, bool] | None = None,
        digest_after: int = 6,
        languages: Mapping[str, Language] | None = None,
        overview_url: str = "",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        ended: Callable[[str, str], None] = lambda channel, outcome: None,
    ) -> None:
        """`repeats` says by channel whether an attempt without an answer is made again, against its habit.

        `languages` says which report of a run a channel is told; the run's own where it says nothing.
        `ended` is told the channel and the outcome of every attempt.
        """
        self._messages = messages
        self._incidents = incidents
        self._channels = channels
        self._worker = worker
        self._policy = policy or Policy()
        self._fallbacks = dict(fallbacks or {})
        self._repeats = {name: each.deduplicates for name, each in channels.items()} | dict(repeats or {})
        self._digest_after = digest_after
        self._languages = dict(languages or {})
        self._overview_url = overview_url
        self._clock = clock
        self._sleep = sleep
        self._ended = ended
        self._silent: dict[str, datetime] = {}
        """Channels that asked to be left alone, until when."""
        self._cut_off: set[str] = set()
        """Channels whose last round was cut off: messages of theirs are held by us, and nobody sends them."""

    async def run(self, stopping: asyncio.Event) -> None:
        """Until it is to stop; what is being sent then is sent to its end.

        Each channel has a loop of its own: one that is slow, or has a bug, holds up no other.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(self._tend("", self._keep_house, KEEP_SECONDS, stopping))
            for name in self._channels:
                work = functools.partial(self._round, name)
                group.create_task(self._tend(name, work, IDLE_SECONDS, stopping))

    async def _tend(
        self, name: str, work: Callable[[], Awaitable[int]], pause: float, stopping: asyncio.Event
    ) -> None:
        while not stopping.is_set():
            done = 0
            try:
                done = await work()
            except StoreUnavailable as error:
                self._cut_off.add(name)
                log.warning("the outbox waits for the database: %s", error, extra={"channel": name})
            except Exception:  # the worker has more to do than this
                self._cut_off.add(name)
                log.exception("a bug ended a round of sending; the next one begins", extra={"channel": name})
            if not done:
                with suppress(TimeoutError):
                    await asyncio.wait_for(stopping.wait(), pause)

    async def once(self) -> int:
        """Send what is due and allowed now on every channel; how many messages were taken up."""
        ended = await asyncio.gather(*map(self._round, self._channels), return_exceptions=True)
        for each in ended:
            if isinstance(each, BaseException):
                raise each
        return sum(each for each in ended if isinstance(each, int))

    async def _round(self, name: str) -> int:
        now = self._clock()
        if name in self._cut_off:
            await self._messages.release(now, worker=self._worker, channel=name)
            self._cut_off.discard(name)
        page = await self._messages.messages(Page(limit=200), channel=name, states=[MessageState.PENDING])
        if not page.items:
            return 0
        if joined := await join_held(self._messages, page.items, now):
            return joined
        self._silent[name] = max([self._silent.get(name, now), *asked_until(page.items)])
        budget = await self._budget(name, now)
        await self._digest(name, budget, page.items, now)
        claimed = await self._messages.claim_due(self._worker, now, {name: budget})
        await self._send_all(name, claimed)
        return len(claimed)

    async def _keep_house(self) -> int:
        await self.keep()
        return 0

    async def keep(self) -> None:
        """Let go of what dead workers held, and repeat what was lost where that is harmless."""
        repeats = {name: self._repeats[name] for name in self._channels}
        await keep_outbox(self._messages, self._worker, repeats, self._policy, self._clock())

    async def _budget(self, name: str, now: datetime) -> int:
        """How many messages the channel may be sent now, over all workers."""
        if self._silent.get(name, now) > now:
            return 0
        most = self._channels[name].pace.per_minute
        if not most:
            return BATCH
        made = await self._messages.attempts_since(name, now - timedelta(seconds=60))
        return max(0, min(BATCH, most - made))

    async def _digest(self, name: str, budget: int, pending: Sequence[Message], now: datetime) -> None:
        """Tell many as one, where more wait than the channel may be sent."""
        limited = self._channels[name].pace.per_minute > 0
        if not limited or self._silent.get(name, now) > now:
            return
        due = [each for each in pending if each.due_at <= now and each.event != "digest"]
        if len(due) < max(self._digest_after, budget + 1):
            return
        readable: dict[int, Notice] = {}
        for each in sorted(due, key=lambda each: each.id):
            notice = notice_in(each)
            if notice is not None and not (await self._before(each, notice))[2]:
                readable[each.id] = notice
        if len(readable) < self._digest_after:
            return
        language = self._languages.get(name, Language.EN)
        digest = digest_of(list(readable.values()), now, self._overview_url, language=language)
        await self._messages.digest(list(readable), digest_message(digest, name, readable, now), now)

    async def _send_all(self, name: str, messages: Sequence[Message]) -> None:
        channel = self._channels[name]
        for message in messages:
            now = self._clock()
            if self._silent.get(name, now) > now:
                await self._messages.put_back(message.id, self._worker, self._silent[name])
                continue
            await self._send(channel, message)

    async def _send(self, channel: Channel, message: Message) -> None:
        notice = notice_in(message)
        earlier, wait, refused = await self._before(message, notice)
        if wait:
            due = self._clock() + timedelta(seconds=WAIT_FOR_FIRST)
            await self._messages.put_back(message.id, self._worker, due)
            return
        tried = await self._messages.attempts(message.id)
        shrunk = sum(each.error.startswith(TOO_LARGE) for each in tried)
        whole = None if notice is None or refused else await self._whole(notice, message)
        number = await self._turn(channel, message)
        if number is None:
            return
        if whole is None:
            delivery = dead(refused or "What was stored of the message cannot be read.")
        else:  # at once: who sleeps between the two lines sends what another may have sent meanwhile
            earlier = next((each.provider_id for each in reversed(tried) if each.provider_id), earlier)
            delivery = await sent(channel, whole, message.key, room_after(shrunk), earlier)
        now = self._clock()
        step = settle(
            delivery,
            attempt=number,
            shrunk=shrunk,
            unanswered=any(map(unanswered, tried)),
            began_at=tried[0].started_at if tried else now,
            now=now,
            repeats=self._repeats[channel.name],
            policy=self._policy,
        )
        if delivery.retry_after:
            self._silent[channel.name] = self._clock() + timedelta(seconds=delivery.retry_after)
        await until_stored(lambda: self._keep(message, number, delivery, step), self._sleep, channel.name)

    async def _turn(self, channel: Channel, message: Message) -> int | None:
        """The attempt's number once the channel's pace lets it begin; None if not soon, or not ours."""
        pace = channel.pace
        longest = timedelta(seconds=LONGEST_TURN + (2 / pace.per_second if pace.per_second else 0.0))
        while True:
            now = self._clock()
            try:
                return await self._messages.attempt_started(message.id, self._worker, now, pace)
            except NotYet as wait:
                if wait.until - now > longest:
                    await self._messages.put_back(message.id, self._worker, wait.until)
                    return None
                await self._sleep((wait.until - now).total_seconds())

    async def _whole(self, notice: Notice, message: Message) -> Notice:
        """With its report, or without one that cannot be read: where and since when is told all the same."""
        run, language = message.run, self._languages.get(message.channel)
        try:
            report = await self._incidents.report(run, language) if run else None
        except ValueError:
            log.exception("the report of a message cannot be read", extra={"run": run})
            report = None
        return notice.model_copy(update={"report": report or notice.report})

    async def _before(self, message: Message, notice: Notice | None) -> tuple[str, bool, str]:
        """What earlier messages of the incident mean for this one: an id to answer, to wait, or why not."""
        if not message.incident or notice is None:
            return "", False, ""
        page = await self._messages.messages(
            Page(limit=200), incident=message.incident, channel=message.channel
        )
        others = sorted((each for each in page.items if each.id < message.id), key=lambda each: each.id)
        earlier = next((each.provider_id for each in others if each.provider_id), "")
        if notice.event not in FOLLOWING or any(each.state in TOLD for each in others):
            return earlier, False, ""
        if any(each.state in OPEN for each in others):
            return "", True, ""
        return "", False, "No message of this incident went out here before."

    async def _keep(self, message: Message, number: int, delivery: Delivery, step: Step) -> None:
        now = self._clock()
        if step.outcome is Outcome.DEAD:
            await self._fall_back(message, now)
        await self._messages.attempt_ended(
            message.id,
            number,
            step.outcome,
            now,
            retry_at=step.retry_at,
            status=status_in(delivery.code),
            error=step.error,
            provider_id=delivery.remote,
        )
        self._ended(message.channel, step.outcome.value)
        if step.outcome is not Outcome.DELIVERED:
            log.warning(
                "message %s to %s: %s (%s)", message.id, message.channel, step.outcome.value, step.error,
                extra={"incident": message.incident, "run": message.run},
            )  # fmt: skip

    async def _fall_back(self, message: Message, now: datetime) -> None:
        """The message to the channel that stands in, once, and never round in a circle.

        So does a recovery whose first message never went out here: it may have gone out there.
        """
        other = self._fallbacks.get(message.channel, "")
        if other in self._channels and (new := instead_of(message, other, now)) is not None:
            await self._messages.enqueue([new], now)
