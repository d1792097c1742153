"""What the outbox needs now and then: messages that a dead worker held, or whose channel is gone, go on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from kubetriage.domain.intake.messages import MessageState, Outcome
from kubetriage.domain.intake.reading import Page
from kubetriage.domain.intake.stores import Messages
from kubetriage.domain.messages.settling import REFUSED_LATER, Policy

LOST_SECONDS = 1800.0
"""A claim that is this old, of a worker that does not beat, is one that nobody let go of when it died."""
_AT_ONCE = 10


async def keep_outbox(
    messages: Messages, worker: str, repeats: Mapping[str, bool], policy: Policy, now: datetime
) -> None:
    """Let go of what dead workers held, and repeat what was lost where that is harmless.

    `repeats` has every channel that there is: whether an attempt without an answer is made again there.
    """
    await messages.release(now, claimed_before=now - timedelta(seconds=LOST_SECONDS))
    young = now - timedelta(hours=policy.give_up_hours)
    await _end_orphans(messages, worker, repeats, young, now)
    for name in (name for name, again in repeats.items() if again):
        lost = await messages.messages(Page(limit=100), channel=name, states=[MessageState.UNKNOWN])
        for message in lost.items:
            final = message.error.endswith(REFUSED_LATER) or message.attempts >= policy.max_attempts
            if message.due_at > young and not final:
                await messages.retry(message.id, now)


async def _end_orphans(
    messages: Messages, worker: str, known: Mapping[str, bool], old: datetime, now: datetime
) -> None:
    """What waits for a channel that is not configured any more is given up once it is old enough."""
    page = await messages.messages(Page(limit=200), states=[MessageState.PENDING])
    gone = {each.channel for each in page.items if each.due_at < old} - set(known)
    for message in await messages.claim_due(worker, now, dict.fromkeys(gone, _AT_ONCE)):
        if number := await messages.attempt_started(message.id, worker, now):
            why = f"There is no channel named {message.channel} any more."
            await messages.attempt_ended(message.id, number, Outcome.DEAD, now, error=why)
