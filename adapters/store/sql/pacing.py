"""When a channel may be sent to next: counted in the database, over all workers."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select, text

from kubetriage.adapters.store.sql.tables import attempts, messages
from kubetriage.domain.intake.messages import MessageState
from kubetriage.domain.messages.sending import Pace
from kubetriage.domain.messages.settling import ASKED_TO_WAIT

_MINUTE = timedelta(seconds=60)
_OF_CHANNELS = 3_141_593
_LOCK = text("SELECT pg_advisory_xact_lock(:family, hashtext(:channel))")


def next_turn(connection: Connection, channel: str, pace: Pace, now: datetime) -> datetime:
    """`now`, or later. Until the transaction ends nobody else asks for this channel.

    Workers' clocks differ: an attempt of a time to come counts as one of this moment.
    """
    if connection.dialect.name == "postgresql":  # SQLite writes one at a time anyway
        connection.execute(_LOCK, {"family": _OF_CHANNELS, "channel": channel})
    due = _rest(connection, channel) or now
    begun = select(attempts.c.started_at).where(attempts.c.channel == channel)
    recent = begun.where(attempts.c.started_at > now - _MINUTE).order_by(attempts.c.started_at.desc())
    times = [min(at, now) for at in connection.execute(recent.limit(max(pace.per_minute, 1))).scalars()]
    if pace.per_second and times:
        due = max(due, times[0] + timedelta(seconds=1 / pace.per_second))
    if pace.per_minute and len(times) >= pace.per_minute:
        due = max(due, times[-1] + _MINUTE)
    return max(due, now)


def _rest(connection: Connection, channel: str) -> datetime | None:
    """Until when the far side asked to be left alone, whichever worker it said so to."""
    waits = messages.c.error.startswith(ASKED_TO_WAIT, autoescape=True)
    asked = select(func.max(messages.c.due_at)).where(messages.c.channel == channel, waits)
    until: datetime | None = connection.execute(
        asked.where(messages.c.state == MessageState.PENDING)
    ).scalar_one()
    return until
