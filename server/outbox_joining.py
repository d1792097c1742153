"""What was held back until its incident was over is told once, as over: nobody is woken to what has ended."""

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


async def join_ended(messages: Messages, pending: Sequence[Message], now: datetime) -> int:
    """How many messages of one channel are told within a later one that says that it is over.

    They are those of an incident that nothing was tried of, and that were not due before its end was known:
    quiet hours held them back.
    """
    held: dict[str, list[Message]] = defaultdict(list)
    for each in sorted(pending, key=lambda each: each.id):
        if each.incident and each.due_at <= now and not each.attempts:
            held[each.incident].append(each)
    joined = 0
    for waiting in held.values():
        *before, end = waiting
        if end.event != Event.RESOLVED or not before or any(it.due_at <= end.created_at for it in before):
            continue
        if notice_in(end) is not None and await _join(messages, before, end, now):
            joined += len(before)
    return joined


async def _join(messages: Messages, before: Sequence[Message], end: Message, now: datetime) -> bool:
    page = await messages.messages(Page(limit=200), incident=end.incident, channel=end.channel, states=TOLD)
    untold = not any(each.id < end.id for each in page.items)
    notice = {**end.body["notice"], "untold": untold}
    run = end.run or next((each.run for each in reversed(before) if each.run), None)
    if run:  # the report is where reports are
        notice.pop("report", None)
    told = NewMessage(
        key=f"over-{hashlib.sha256(end.key.encode()).hexdigest()[:40]}",
        channel=end.channel,
        event=end.event,
        incident=end.incident,
        run=run,
        notice=end.notice,
        body={**end.body, "notice": notice},
        due_at=now,
    )
    return await messages.digest([*(each.id for each in before), end.id], told, now) is not None
