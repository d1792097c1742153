"""What became of one attempt to send a message."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Verdict(StrEnum):
    DELIVERED = "delivered"
    """The far side said that it has it."""
    RETRY = "retry"
    """It was not taken, and may be later: limits, overload, no connection."""
    SHRINK = "shrink"
    """It was refused for its size: less of it may be taken."""
    DEAD = "dead"
    """It will never be taken as it is: a wrong key, a robot that is gone, a form that is refused."""
    UNKNOWN = "unknown"
    """It was sent and no answer came: people may have it or not."""


class Delivery(BaseModel):
    """One attempt's end, in words that an operator can act on. Holds no secret: addresses are left out."""

    model_config = ConfigDict(frozen=True)

    verdict: Verdict
    why: str = ""
    """One sentence; empty for what was delivered without remarks."""
    code: str = ""
    """What the far side called it: an HTTP status, `errcode 45009`, an SMTP reply code."""
    retry_after: float | None = None
    """Seconds that the far side asked to be left alone, None if it did not."""
    remote: str = ""
    """What the far side calls the message, where later ones can answer or change it; where it is to be tried
    again, what the next attempt needs to know."""
    partly: bool = False
    """Some of those whom the channel tells have it: it is tried again for the others alone."""
    size: int = 0
    """Bytes that were sent."""
    left_out: tuple[str, ...] = ()
    """Sections that were dropped, or said less, to make it fit."""


def delivered(*, remote: str = "", code: str = "", why: str = "") -> Delivery:
    return Delivery(verdict=Verdict.DELIVERED, remote=remote, code=code, why=why)


def retry(why: str, *, code: str = "", after: float | None = None) -> Delivery:
    return Delivery(verdict=Verdict.RETRY, why=why, code=code, retry_after=after)


def shrink(why: str, *, code: str = "") -> Delivery:
    return Delivery(verdict=Verdict.SHRINK, why=why, code=code)


def dead(why: str, *, code: str = "") -> Delivery:
    return Delivery(verdict=Verdict.DEAD, why=why, code=code)


def unknown(why: str, *, code: str = "") -> Delivery:
    return Delivery(verdict=Verdict.UNKNOWN, why=why, code=code)
