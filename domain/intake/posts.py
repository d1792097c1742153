"""Posts: what a sender sent in one request, from its arrival to the incidents that its alerts belong to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from kubetriage.domain.alert import Alert
from kubetriage.domain.intake.values import Value


class PostState(StrEnum):
    """Where a post is."""

    WAITING = "waiting"
    """On disk as it came; its alerts are not incidents yet."""
    SORTED = "sorted"
    """Its alerts are stored, and belong to incidents."""
    FAILED = "failed"
    """It could not be understood by an error of ours, which was tried several times. Kept as it came."""


class Post(Value):
    """A post and what became of it."""

    id: int
    state: PostState
    source: str = ""
    """The format that its alerts came in, or the sender that its path named."""
    received_at: datetime
    alerts: int = 0
    """Of these and the following: those sorted so far."""
    new: int = 0
    """Episodes that were not known."""
    repeats: int = 0
    """Arrivals that were counted at a known episode."""
    truncated: int = 0
    """Alerts that the sender says it left out."""
    incidents: tuple[str, ...] = ()
    """Incidents its alerts belong to, at most a hundred."""
    why: str = ""
    """Why it failed, or why there are no alerts in it."""


@dataclass(frozen=True, slots=True)
class KeptBody:
    """A post as it came, on disk."""

    post: int
    source: str
    """The sender that the path named; empty for the path of every format."""
    received_at: datetime
    body: bytes
    attempts: int = 0
    """Times that sorting it failed."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Alerts of one post, or a part of them, to be stored in one transaction."""

    alerts: Sequence[Alert]
    source: str
    digest: str
    """SHA-256 of the body, hexadecimal."""
    received_at: datetime
    post: int | None = None
    """Number of the post; None has one given."""
    truncated: int = 0
    before: int = 0
    """Alerts of the post that came in parts before this one."""
    last: bool = True
    """No part of the post comes after this one."""
    why: str = ""
    """Why there are no alerts."""


class Backlog(NamedTuple):
    """Posts that are not sorted."""

    posts: int
    oldest_at: datetime | None
    failed: int
