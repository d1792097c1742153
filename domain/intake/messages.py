"""Messages on their way to people: what was tried, and what is known of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from kubetriage.domain.intake.values import Value


class MessageState(StrEnum):
    PENDING = "pending"
    """To be sent from `due_at` on."""
    SENDING = "sending"
    """Claimed by a worker."""
    DELIVERED = "delivered"
    DEAD = "dead"
    """Refused for good, or tried too often."""
    UNKNOWN = "unknown"
    """An attempt began and its answer was never seen: it may have arrived."""
    DIGESTED = "digested"
    """Told within another message instead (`digest`)."""


class Outcome(StrEnum):
    """How an attempt ended."""

    DELIVERED = "delivered"
    RETRY = "retry"
    DEAD = "dead"
    UNKNOWN = "unknown"


class NewMessage(Value):
    """What is to be told to one channel."""

    key: str
    """Idempotency key: a second message of the same key is not stored."""
    channel: str
    """The channel's configured name."""
    event: str
    """`reported`, `closed`, `storm-began`, …"""
    incident: str | None = None
    run: str | None = None
    notice: int | None = None
    """`IncidentEvent.seq` that it tells of."""
    body: dict[str, Any] = Field(default_factory=dict)
    """What the channel needs to write the message, JSON."""
    due_at: datetime


class Message(NewMessage):
    """A message in the outbox."""

    id: int
    state: MessageState = MessageState.PENDING
    body_digest: str
    """SHA-256 of `body` as canonical JSON, hexadecimal."""
    attempts: int = 0
    worker: str = ""
    """Who claimed it."""
    provider_id: str = ""
    """The other side's id of the message, for updates and replies."""
    error: str = ""
    """What the last attempt that was not delivered ended with; or a remark on a delivery."""
    digest: int | None = None
    """The message that told it instead."""
    created_at: datetime
    updated_at: datetime


class Attempt(Value):
    """One try to send a message, stored before the first byte is sent."""

    message: int
    number: int
    """From 1."""
    worker: str
    started_at: datetime
    ended_at: datetime | None = None
    outcome: Outcome | None = None
    """None while its answer is awaited, or was never seen."""
    status: int | None = None
    """HTTP or SMTP status."""
    error: str = ""
    provider_id: str = ""
