"""What can go wrong between a sender and a platform."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class FaultKind(StrEnum):
    STATUS = "status"
    """An HTTP status instead of an answer: 503, 429, 502."""
    BUSY = "busy"
    """The platform's own word for its limit, in its own form."""
    TOO_LONG = "too-long"
    DEAD = "dead"
    """The robot is gone."""
    GARBAGE = "garbage"
    """200 with something that is not the platform's."""
    SILENT = "silent"
    """The message is taken, and no answer ever comes."""
    CUT = "cut"
    """The message is taken, and the connection is closed instead of an answer."""
    LOST = "lost"
    """The connection is closed, and nothing was taken."""


@dataclass(frozen=True)
class Fault:
    kind: FaultKind
    status: int = 503
    headers: Mapping[str, str] = field(default_factory=dict)


EVERY = (
    Fault(FaultKind.STATUS, 503),
    Fault(FaultKind.STATUS, 429, {"Retry-After": "1"}),
    Fault(FaultKind.BUSY),
    Fault(FaultKind.TOO_LONG),
    Fault(FaultKind.DEAD),
    Fault(FaultKind.GARBAGE),
    Fault(FaultKind.CUT),
    Fault(FaultKind.LOST),
)


def every_class(share: float, seed: int = 1, kinds: tuple[Fault, ...] = EVERY) -> Iterator[Fault | None]:
    """Endless: `share` of the calls fail, each kind as often as the others, the same for the same seed."""
    chance = random.Random(seed)
    while True:
        yield chance.choice(kinds) if chance.random() < share else None
