"""Charts as inline SVG."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from itertools import pairwise

import pytest

from kubetriage.evals.reporting.charts import Dot, rates, scatter, spaced, ticks
from kubetriage.evals.statistics import Interval


def dot(label: str, rate: float, x: float | None = None, end: float | None = None, colour: int = 0) -> Dot:
    interval = Interval(max(0, rate - 0.1), min(1, rate + 0.1))
    return Dot(label, colour, ("circle", "square", "diamond")[colour % 3], rate, interval, x, end)


def numbers(svg: str, name: str) -> list[float]:
    return [float(found) for found in re.findall(rf'\b{name}="(-?[\d.]+)"', svg)]


def test_charts_are_valid_and_inside_their_frame() -> None:
    """A chart is well-formed XML with a name, and everything that it draws is within its frame."""
    dots = [
        dot("rules", 0.8, 0.2, 0.4),
        dot("graph a&b", 0.95, 14, 30, 1),
        dot("react <x>", 0.1, 600, 4000, 2),
    ]
    for svg in (rates(dots, ["80 %"] * 3), scatter(dots, "seconds", "Rates")):
        root = ElementTree.fromstring(svg)
        assert root.get("aria-label")
        _, _, width, height = (float(each) for each in (root.get("viewBox") or "").split())
        for name in ("x", "x1", "x2", "cx"):
            assert all(0 <= value <= width for value in numbers(svg, name))
        for name in ("y", "y1", "y2", "cy"):
            assert all(0 <= value <= height for value in numbers(svg, name))


def test_better_is_higher_and_slower_is_further_right() -> None:
    """A higher rate is drawn higher, and more seconds further to the right by their ratio."""
    svg = scatter([dot("a", 0.9, 1), dot("b", 0.5, 10), dot("c", 0.5, 100)], "seconds", "Rates")
    x, y = numbers(svg, "cx"), numbers(svg, "cy")
    assert y[0] < y[1] == y[2]
    assert x[1] - x[0] == pytest.approx(x[2] - x[1], abs=0.2)


def test_an_arm_without_a_price_is_a_line() -> None:
    """What costs nothing has no place on a logarithmic axis: a dashed line is at its rate."""
    svg = scatter([dot("rules", 0.8), dot("graph", 0.9, 0.01)], "USD", "Rates")
    assert svg.count("dashed") == 1 and svg.count("<circle") == 1
    assert scatter([dot("rules", 0.8)], "USD", "Rates") == ""


def test_names_do_not_cover_each_other() -> None:
    """Arms at one place have their names one below the other."""
    dots = [dot(f"arm number {place}", 0.9, 10, colour=place) for place in range(5)]
    root = ElementTree.fromstring(scatter(dots, "seconds", "Rates"))
    names = [each for each in root.iter("text") if (each.text or "").startswith("arm number")]
    places = sorted(float(each.get("y") or 0) for each in names)
    assert len(places) == 5
    assert all(later - earlier > 14 for earlier, later in pairwise(places))


@pytest.mark.parametrize(("low", "high"), [(0.9, 1.2), (0.2, 300), (1e-6, 1e6)])
def test_axes_have_a_few_round_values(low: float, high: float) -> None:
    """An axis has at least one and not too many values, all within it."""
    found = ticks(low, high)
    assert 1 <= len(found) <= 14
    assert all(low <= each <= high for each in found)


@pytest.mark.parametrize("wanted", [[50, 50, 50], [10, 300, 305, 306], [299, 298, 300], [20, 150, 280], []])
def test_names_are_spaced_and_in_the_order_of_their_marks(wanted: list[float]) -> None:
    """Names keep their distance, their order and their bounds; those with room stay where they are."""
    places = spaced(wanted, 20, 300)
    order = sorted(range(len(wanted)), key=lambda each: wanted[each])
    ordered = [places[each] for each in order]
    assert all(later - earlier >= 15 for earlier, later in pairwise(ordered))
    assert all(20 <= place <= 300 for place in places)
    if wanted == [20, 150, 280]:
        assert places == wanted
