"""The part of the scenarios that `--sample` takes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubetriage.cli.demo import bundled_scenarios
from kubetriage.evals.families import family_of
from kubetriage.evals.sampling import sampled, shares
from kubetriage.evals.scenario import Scenario, find


@pytest.fixture(scope="module")
def every() -> list[Scenario]:
    return find(Path(bundled_scenarios()))


@pytest.mark.parametrize("count", [20, 60, 100])
def test_every_family_is_there_in_its_proportion(every: list[Scenario], count: int) -> None:
    """No family is left out, and none has more than its share by more than one scenario and a half."""
    taken = sampled(every, count)
    assert len(taken) == len({each.name for each in taken}) == count
    whole = Counter(family_of(each.expected.category) for each in every)
    part = Counter(family_of(each.expected.category) for each in taken)
    assert part.keys() == whole.keys()
    for family, size in whole.items():
        assert abs(part[family] - size * count / len(every)) <= 1.5


def test_a_sample_is_the_same_each_time_whatever_the_order(every: list[Scenario]) -> None:
    """Neither the order on disk nor chance decides; asked for all of them, all are given."""
    assert sampled(every, 60) == sampled(list(reversed(every)), 60)
    assert sampled(every, 10_000) == every


def test_a_few_are_of_the_largest_families(every: list[Scenario]) -> None:
    """Where there are fewer than families, no family has two."""
    taken = sampled(every, 5)
    assert len({family_of(each.expected.category) for each in taken}) == len(taken) == 5


@given(
    st.dictionaries(st.text(min_size=1, max_size=3), st.integers(1, 60), min_size=1, max_size=15), st.data()
)
def test_shares_add_up(sizes: dict[str, int], data: st.DataObject) -> None:
    """Whatever the sizes are, the shares are exactly so many, and of no family more than there are."""
    count = data.draw(st.integers(1, sum(sizes.values())))
    found = shares(sizes, count)
    assert sum(found.values()) == count
    assert all(0 <= found[name] <= sizes[name] for name in sizes)
