"""Rows of the outbox: a notice as it is stored for a channel, and read again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

from kubetriage.domain.intake.messages import Attempt, Message, NewMessage, Outcome
from kubetriage.domain.messages.notice import Notice
from kubetriage.domain.messages.routing import message_key
from kubetriage.domain.messages.settling import ASKED_TO_WAIT, NO_ANSWER


def new_message(
    notice: Notice, channel: str, due_at: datetime, *, run: str | None = None, seq: int | None = None
) -> NewMessage:
    """The row of a notice for one channel; the report stays where reports are."""
    return NewMessage(
        key=message_key(notice, channel),
        channel=channel,
        event=notice.event.value,
        incident=notice.incident or None,
        run=run,
        notice=seq,
        body={"notice": notice.model_dump(mode="json", exclude={"report"} if run else None)},
        due_at=due_at,
    )


def digest_message(digest: Notice, channel: str, told: Iterable[int], now: datetime) -> NewMessage:
    """The row of a digest: one for the same messages, whoever makes it."""
    words = " ".join(map(str, sorted(told)))
    key = f"digest-{hashlib.sha256(f'{channel} {words}'.encode()).hexdigest()[:40]}"
    body = {"notice": digest.model_dump(mode="json")}
    return NewMessage(key=key, channel=channel, event="digest", body=body, due_at=now)


def instead_of(message: Message, other: str, now: datetime) -> NewMessage | None:
    """The same for the channel that stands in; None where it has been there already."""
    been = [*message.body.get("instead_of", ()), message.channel]
    if other in been:
        return None
    body = {**message.body, "instead_of": been}
    given = message.model_dump(include={"event", "incident", "run", "notice"})
    return NewMessage(key=f"{message.key}>{other}"[:200], channel=other, body=body, due_at=now, **given)


def notice_in(message: Message) -> Notice | None:
    """None if what is stored is no notice: a message of another version, or a broken one."""
    try:
        return Notice.model_validate(message.body.get("notice"))
    except ValueError:
        return None


def status_in(code: str) -> int | None:
    """The number in `HTTP 429` or of an SMTP reply."""
    last = code.rpartition(" ")[2] if code.startswith("HTTP ") else code
    return int(last) if last.isdigit() and len(last) == 3 else None


def unanswered(tried: Attempt) -> bool:
    """People may have the message since that attempt."""
    return tried.outcome in (None, Outcome.UNKNOWN) or tried.error.startswith(NO_ANSWER)


def asked_until(pending: Iterable[Message]) -> list[datetime]:
    """Until when the far side asked to be left alone, whichever worker it said so to."""
    return [each.due_at for each in pending if each.error.startswith(ASKED_TO_WAIT)]
