"""What quiet hours held back of an incident is told once, as it is in the end: nobody is woken to what has
ended, or reads in the morning how often it came and went.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from kubetriage.domain.intake.messages import Message, MessageState, NewMessage
from kubetriage.domain.intake.reading import Page
from kubetriage.domain.intake.stores import Messages
from kubetriage.domain.messages.notice import Event
from kubetriage.server.message_rows import notice_in

TOLD = (MessageState.DELIVERED, MessageState.DIGESTED, MessageState.UNKNOWN)
_LAST_WORDS = frozenset({Event.DIAGNOSED, Event.REOPENED, Event.RESOLVED})
"""Events whose message says all that those before it did, or that these are of no use any more."""


async def join_held(messages: Messages, pending: Sequence[Message], now: datetime) -> int:
    """How many messages of one channel are told within another of the same incident.

    They are those that nothing was tried of, and that were not due before the last of them was known: quiet
    hours held them back. That it still fires adds nothing to the message before it; that it comes and goes,
    and nothing more is told of it, is told beside it.
    """
    held: dict[str, list[Message]] = defaultdict(list)
    for each in sorted(pending, key=lambda each: each.id):
        if each.incident and each.due_at <= now and not each.attempts:
            held[each.incident].append(each)
    joined = 0
    for waiting in held.values():
        *before, last = waiting
        if any(it.due_at <= last.created_at for it in before):
            continue
        ours = before if last.event == Event.FLAPPING else waiting
        told = next((each for each in reversed(ours) if each.event != Event.STILL_FIRING), last)
        if len(ours) < 2 or told.event not in _LAST_WORDS or notice_in(told) is None:
            continue
        if await _join(messages, ours, told, now):
            joined += len(ours) - 1
    return joined


async def _join(messages: Messages, waiting: Sequence[Message], told: Message, now: datetime) -> bool:
    page = await messages.messages(Page(limit=200), incident=told.incident, channel=told.channel, states=TOLD)
    untold = told.event == Event.RESOLVED and not any(each.id < told.id for each in page.items)
    notice = {**told.body["notice"], "untold": untold}
    run = told.run or next((each.run for each in reversed(waiting) if each.run), None)
    if run:  # the report is where reports are
        notice.pop("report", None)
    one = NewMessage(
        key=f"over-{hashlib.sha256(told.key.encode()).hexdigest()[:40]}",
        channel=told.channel,
        event=told.event,
        incident=told.incident,
        run=run,
        notice=told.notice,
        body={**told.body, "notice": notice},
        due_at=now,
    )
    return await messages.digest([each.id for each in waiting], one, now) is not None
