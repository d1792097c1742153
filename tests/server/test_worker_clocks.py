"""server.clocks: time that does not jump in the middle of things."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kubetriage.server.clocks import HOLD_SECONDS, SteadyClock

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Times:
    """A wall clock that can be set, and the time that really passes."""

    def __init__(self) -> None:
        self.wall = NOON
        self.seconds = 100.0

    def pass_by(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.seconds += seconds


@pytest.fixture
def times() -> Times:
    return Times()


@pytest.fixture
def clock(times: Times) -> SteadyClock:
    return SteadyClock(lambda: times.wall, lambda: times.seconds)


def test_it_is_the_wall_clock_while_that_goes_evenly(clock: SteadyClock, times: Times) -> None:
    """Slight corrections, as time servers make them, are followed at once, however many there are."""
    for _ in range(100):
        times.pass_by(60)
        times.wall += timedelta(seconds=1)
        assert clock() == times.wall


@pytest.mark.parametrize("step", [timedelta(hours=-1), timedelta(days=1), timedelta(seconds=30)])
def test_a_step_does_not_move_what_is_going_on(clock: SteadyClock, times: Times, step: timedelta) -> None:
    """A deadline two minutes off is still two minutes off after the wall clock was set."""
    deadline = clock() + timedelta(minutes=2)
    times.wall += step
    times.pass_by(60)
    assert deadline - clock() == timedelta(minutes=1)
    times.pass_by(60)
    assert clock() == deadline


def test_a_step_that_stands_is_followed_in_the_end(clock: SteadyClock, times: Times) -> None:
    """A clock that was wrong at the start is right after a while."""
    times.wall += timedelta(hours=3)
    assert clock() < times.wall
    times.pass_by(HOLD_SECONDS + 1)
    assert clock() == times.wall


def test_a_step_that_is_taken_back_was_none(clock: SteadyClock, times: Times) -> None:
    """A clock that jumps and comes back leaves no trace, and the next jump is held as long as the first."""
    times.wall += timedelta(days=1)
    clock()
    times.wall -= timedelta(days=1)
    times.pass_by(HOLD_SECONDS)
    assert clock() == times.wall
    times.wall += timedelta(days=1)
    assert clock() < times.wall
