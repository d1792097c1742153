"""domain.log_bursts and domain.log_timeline: where errors became more frequent."""

from __future__ import annotations

import random

import pytest

from kubetriage.domain.log_bursts import FEWEST, burst_of
from kubetriage.domain.log_forms import Forms
from kubetriage.domain.log_lines import lines_of
from kubetriage.domain.log_timeline import Timeline


def test_a_burst_that_lasts_begins_with_its_first_error() -> None:
    """After a quiet hour, an error every second."""
    errors = [float(at) for at in range(3600, 4000)]
    found = burst_of(errors, 0.0, 4000.0)
    assert found is not None and found.lasting and found.begins == 3600.0
    assert (found.first, found.last) == (0, 399)


def test_the_error_that_set_a_burst_off_belongs_to_it() -> None:
    """One lost connection, and ten seconds later nothing but its consequences: it is the first error."""
    found = burst_of([30.0, 3590.0, *(float(at) for at in range(3600, 4000))], 0.0, 4000.0)
    assert found is not None and (found.first, found.begins) == (1, 3590.0)


def test_a_burst_that_is_over_ends() -> None:
    """Errors for one minute in the middle of an hour, with single ones before and after."""
    errors = sorted([*range(0, 3600, 600), *range(1800, 1860)])
    found = burst_of([float(at) for at in errors], 0.0, 3600.0)
    assert found is not None and not found.lasting
    assert found.begins <= 1800 and 1850 <= found.ends <= 2100


@pytest.mark.parametrize("seed", range(20))
def test_errors_by_chance_are_no_burst(seed: int) -> None:
    """Errors that come at random at one rate do not stand out."""
    chance = random.Random(seed)
    assert burst_of(sorted(chance.uniform(0, 3600) for _ in range(200)), 0.0, 3600.0) is None


def test_errors_from_the_beginning_have_nothing_before_them() -> None:
    """A log that begins in the burst says nothing of what was usual."""
    assert burst_of([float(at) for at in range(600)], 0.0, 3600.0) is None


def test_too_few_errors_are_no_burst() -> None:
    """Single errors are not counted as one, nor is a log without a length."""
    assert burst_of([3599.0] * (FEWEST - 1), 0.0, 3600.0) is None
    assert burst_of([5.0] * 50, 5.0, 5.0) is None


def timeline(lines: list[str]) -> Timeline:
    return Timeline(Forms(lines_of("\n".join(lines))))


def test_records_between_timed_ones_lie_between_their_times() -> None:
    """A record's time follows from those around it, within a second in a log of an hour."""
    line = timeline([f"2026-03-01T{12 + n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}Z x" for n in range(4000)])
    begin, end = line.span
    assert line.has_times and end - begin == 3999
    assert all(abs(line.at(n) - begin - n) <= 1 for n in range(0, 4000, 37))


@pytest.mark.parametrize(
    "lines",
    [[], ["no time"] * 50, ["2026-03-01T12:00:00Z x"] * 50, ["2026-03-01T12:00:00Z x", *["none"] * 50]],
    ids=["empty", "none", "all-the-same", "one"],
)
def test_a_log_without_times_has_no_timeline(lines: list[str]) -> None:
    """Lines that carry none, all the same, or but one time are told apart by their number."""
    assert not timeline(lines).has_times


def test_times_that_go_back_do_not_confuse() -> None:
    """Threads write a little out of order: the time never goes back."""
    line = timeline([f"2026-03-01T12:00:{(n + (3 if n % 5 == 0 else 0)) % 60:02}Z x" for n in range(55)])
    assert [line.at(n) for n in range(55)] == sorted(line.at(n) for n in range(55))
