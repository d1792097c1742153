"""What follows from an attempt: is the message done, is it tried again, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from kubetriage.domain.intake.messages import Outcome
from kubetriage.domain.messages.delivery import Delivery, Verdict

ROOMS = (1.0, 0.6, 0.35)
"""Parts of the size limit that are tried, one after the other, where the size is refused."""
TOO_LARGE = "too large: "
"""How the reason of an attempt begins that was refused for its size."""

ASKED_TO_WAIT = "asked to wait: "
"""How the reason of an attempt begins after which the channel is left alone until the next one is due."""
NO_ANSWER = "no answer: "
"""How the reason of an attempt begins that had none and is made again."""

REFUSED_LATER = " (an earlier attempt had no answer)"
"""How the reason ends of what may have arrived by an earlier attempt, and will not by another one."""


@dataclass(frozen=True)
class Policy:
    """How long to go on trying."""

    max_attempts: int = 8
    give_up_hours: float = 6.0
    first_pause: float = 5.0
    """Seconds before the second attempt; each further pause is twice as long."""
    longest_pause: float = 900.0


@dataclass(frozen=True)
class Step:
    """What is to be kept of an attempt."""

    outcome: Outcome
    error: str = ""
    retry_at: datetime | None = None


def settle(
    delivery: Delivery,
    *,
    attempt: int,
    shrunk: int,
    unanswered: bool = False,
    began_at: datetime,
    now: datetime,
    repeats: bool,
    policy: Policy,
) -> Step:
    """`attempt` is the number of this one, from 1; `shrunk` how many before it were refused for their size.

    `unanswered`: one before it had no answer, so people may have the message, however this one ended.
    `repeats`: an attempt without an answer may be made again, because the far side would know it.
    """
    error = f"{delivery.code}: {delivery.why}" if delivery.code else delivery.why
    final = Outcome.DELIVERED if delivery.partly else Outcome.UNKNOWN if unanswered else Outcome.DEAD
    if delivery.verdict is Verdict.DELIVERED:
        return Step(Outcome.DELIVERED, delivery.why)
    if delivery.verdict is Verdict.DEAD:
        return _ended(final, error)
    if delivery.verdict is Verdict.UNKNOWN and not repeats:
        return Step(Outcome.UNKNOWN, error)
    given_up = attempt >= policy.max_attempts or now - began_at > timedelta(hours=policy.give_up_hours)
    if delivery.verdict is Verdict.SHRINK:
        if shrunk + 1 >= len(ROOMS) or given_up:
            return _ended(final, f"{TOO_LARGE}{error}")
        return Step(Outcome.RETRY, f"{TOO_LARGE}{error}", now)
    if given_up:
        error = f"given up after {attempt} attempts: {error}"
        return Step(Outcome.UNKNOWN, error) if delivery.verdict is Verdict.UNKNOWN else _ended(final, error)
    if delivery.verdict is Verdict.UNKNOWN:
        error = f"{NO_ANSWER}{error}"
    elif delivery.retry_after:
        error = f"{ASKED_TO_WAIT}{error}"
    pause = min(policy.first_pause * 2 ** min(attempt - 1, 20), policy.longest_pause)
    return Step(Outcome.RETRY, error, now + timedelta(seconds=max(pause, delivery.retry_after or 0.0)))


def _ended(outcome: Outcome, error: str) -> Step:
    return Step(outcome, f"{error}{REFUSED_LATER}" if outcome is Outcome.UNKNOWN else error)


def room_after(shrunk: int) -> float:
    """The part of the size limit to use after so many refusals for size."""
    return ROOMS[min(shrunk, len(ROOMS) - 1)]
