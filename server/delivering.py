"""A worker's part in telling people: events become messages, and messages are sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from kubetriage.bootstrap.channels import languages_of, open_channels
from kubetriage.bootstrap.settings import Settings
from kubetriage.domain.intake.errors import StoreUnavailable
from kubetriage.domain.intake.stores import Incidents, Messages
from kubetriage.domain.messages.settling import Policy
from kubetriage.server.outbox import Sender
from kubetriage.server.telling import Teller

GRACE_SECONDS = 15.0
"""How long what is being sent may take to its end once the worker is to stop."""


async def deliver_messages(
    messages: Messages,
    incidents: Incidents,
    settings: Settings,
    *,
    worker: str,
    stopping: asyncio.Event,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ended: Callable[[str, str], None] = lambda channel, outcome: None,
) -> None:
    """Until it is to stop, or is cancelled; either way an attempt under way may end. Raises `BadSettings`.

    `ended` is told the channel and the outcome of every attempt, for whoever counts them.
    """
    ending = asyncio.Event()
    async with open_channels(settings) as channels:
        for channel in channels.values():
            channel.prepare()
        given = settings.channels
        sender = Sender(
            messages,
            incidents,
            channels,
            worker=worker,
            policy=Policy(settings.notify.max_attempts, settings.notify.give_up_hours),
            fallbacks={name: each.fallback for name, each in given.items() if each.fallback},
            repeats={n: each.repeat_unknown for n, each in given.items() if each.repeat_unknown is not None},
            digest_after=settings.notify.digest_after,
            languages=languages_of(settings),
            overview_url=settings.notify.overview_url,
            clock=clock,
            ended=ended,
        )
        teller = Teller(messages, incidents, settings, clock)
        work = asyncio.ensure_future(_both(teller, sender, ending))
        stopped = asyncio.ensure_future(stopping.wait())
        try:
            await asyncio.wait([work, stopped], return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()
            ending.set()
            await asyncio.wait([work], timeout=GRACE_SECONDS)
            if not work.done():
                work.cancel()
                await asyncio.wait([work])
            with suppress(StoreUnavailable):  # then they wait for whoever finds this worker gone
                await messages.release(clock(), worker=worker)
        if not work.cancelled():
            work.result()


async def _both(teller: Teller, sender: Sender, ending: asyncio.Event) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(teller.run(ending))
        group.create_task(sender.run(ending))
