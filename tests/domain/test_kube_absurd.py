"""Values that the API never returns, read without a surprise: rules compute with what comes out."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.kube import (
    ContainerState,
    Obj,
    as_int,
    elements,
    is_serving,
    quantity,
    when,
    whole_number,
)


@pytest.mark.parametrize(
    "value", ["1e999999", "-1e999999", "9" * 400, "9" * 400 + "Gi", "nan", "inf", "1.2.3"]
)
def test_quantities_without_bound(value: str) -> None:
    """A quantity is a finite number, or none."""
    assert quantity(value) is None


@pytest.mark.parametrize("text", ["²", "٣", "9" * 5000, "-1", "", "1.0", " 1"])
def test_what_is_no_whole_number(text: str) -> None:
    """Digits of other scripts, and more of them than any number of Kubernetes' has, are no number."""
    assert whole_number(text) is None
    assert whole_number("007") == 7


@pytest.mark.parametrize("value", [10**400, -(10**400), 1e308, float("inf"), float("nan"), "1", None, [1]])
def test_numbers_out_of_range(value: Any) -> None:
    """A number that is not finite, or has no place in 64 bits, counts as not given."""
    assert as_int(value) is None
    assert Obj({"status": {"replicas": value}}).number("status", "replicas", default=3) == 3
    assert ContainerState("app", False, {}, {"restartCount": value}).restarts == 0


@pytest.mark.parametrize(
    "value", ["9999-12-31T23:59:59-14:00", "9998-01-01T00:00:00Z", "1969-12-31T23:59:59Z"]
)
def test_times_out_of_all_reason(value: str) -> None:
    """A time from which no span could be taken is unreadable."""
    assert when(value) is None


@pytest.mark.parametrize("value", [None, 3, "ab", {"a": 1}])
def test_lists_that_are_none(value: Any) -> None:
    """What is no list has no elements: text is not taken apart into letters."""
    assert elements(value) == []
    assert elements([value]) == [value]


@pytest.mark.parametrize("conditions", [None, 1, "ready", [], {}, {"ready": None}, {"ready": True}])
def test_endpoints_without_a_word(conditions: Any) -> None:
    """Only an endpoint that says it is not ready is not."""
    assert is_serving({"conditions": conditions}) is True
    assert is_serving({"conditions": {"ready": False}}) is False
