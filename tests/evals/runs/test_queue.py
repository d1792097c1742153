"""Which cell is next."""

from __future__ import annotations

from pathlib import Path

from kubetriage.evals.cells import CellKey, Strategy
from kubetriage.evals.figure_values import Arm
from kubetriage.evals.runs.queue import Waiting

A, RULES = (Strategy.GRAPH, "a"), (Strategy.RULES, "none")
FOLDERS = {"x": Path("/x"), "y": Path("/y")}


def keys() -> list[CellKey]:
    return [
        CellKey(scenario=name, strategy=strategy, model=model, repeat=repeat)
        for name in FOLDERS
        for strategy, model in (RULES, A)
        for repeat in (1, 2)
    ]


def every(arm: Arm) -> bool:
    return True


def test_a_worker_stays_with_its_scenario_and_leaves_others_theirs() -> None:
    """The next cell is of the scenario at hand; then of one that nobody has at hand."""
    waiting = Waiting(keys(), FOLDERS, 3)
    found = [waiting.next("/y", {"/x", "/y"}, 0.0, every) for _ in range(5)]
    assert [order.key.scenario for order in found if order] == ["y", "y", "y", "y", "x"]
    other = waiting.next("", {"/y"}, 0.0, every)
    assert other is not None and other.key.scenario == "x"


def test_an_arm_that_may_not_is_passed_over_and_can_be_dropped() -> None:
    """The others go on."""
    waiting = Waiting(keys(), FOLDERS, 3)
    found = [waiting.next("", set(), 0.0, lambda arm: arm == RULES) for _ in range(5)]
    assert [order.key.strategy for order in found if order] == ["rules"] * 4
    assert (waiting.drop(A), len(waiting)) == (4, 0)


def test_a_retry_waits_longer_each_time_and_the_last_is_the_last() -> None:
    """What it has cost so far goes with it."""
    waiting = Waiting(keys()[:1], FOLDERS, 3)
    order = waiting.next("", set(), 0.0, every)
    assert order is not None and not order.last
    waiting.retry(order, 0.5, now=10.0, backoff=2.0)
    assert waiting.next("", set(), 11.9, every) is None
    second = waiting.next("", set(), 12.0, every)
    assert second is not None and (second.tries, second.last, second.carried) == (2, False, 0.5)
    waiting.retry(second, 0.5, now=20.0, backoff=2.0)
    assert waiting.next("", set(), 23.9, every) is None
    third = waiting.next("", set(), 24.0, every)
    assert third is not None and (third.last, third.carried) == (True, 1.0)


def test_what_earlier_sessions_paid_is_carried() -> None:
    """A cell that could not be run has cost something all the same: its next order knows, and adds to it."""
    first, *others = keys()
    waiting = Waiting([first, *others], FOLDERS, 3, {first.id: 0.25})
    orders = [waiting.next("", set(), 0.0, every) for _ in range(8)]
    assert {order.key.id: order.carried for order in orders if order and order.carried} == {first.id: 0.25}
    mine = next(order for order in orders if order and order.carried)
    waiting.retry(mine, 0.5, 0.0, 0.0)
    again = waiting.next("", set(), 1.0, every)
    assert again is not None and again.carried == 0.75
