"""Charts as inline SVG: pass rates with their intervals, and rates against seconds or money."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from kubetriage.evals.reporting.elements import text
from kubetriage.evals.reporting.html_style import COLOURS
from kubetriage.evals.statistics import Interval

WIDTH: Final = 640
_NARROW: Final = 400
_ROW: Final = 44
_LABEL: Final = 30
"""Characters of an arm's name that a chart shows."""
_NAMES: Final = 200
"""Where the names of arms stand, beside the plot."""
_LEFT, _TOP, _BOTTOM = 52, 16, 46
_RIGHT: Final = _NAMES + 28
_HEIGHT: Final = 340
_GAP: Final = 15
"""Between the base lines of two labels."""


Scale = Callable[[float], float]
"""Where a value is on the chart."""


class Dot(NamedTuple):
    """An arm in a chart."""

    label: str
    colour: int
    shape: str
    """circle, square or diamond."""
    rate: float
    interval: Interval
    x: float | None = None
    """Seconds or money; None or 0 for an arm that takes none."""
    end: float | None = None
    """Where a thin line from `x` ends: the 95th percentile."""


def rates(dots: Sequence[Dot], said: Sequence[str]) -> str:
    """Two lines an arm, its name with its rate in words, and the interval: narrow enough for a telephone."""
    left, right = 8, _NARROW - 8
    height = _TOP + _ROW * len(dots) + 22

    def x(share: float) -> float:
        return left + (right - left) * share

    parts = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(_line(x(share), _TOP, x(share), height - 20, "grid"))
        side = {0.0: "soft", 1.0: "soft end"}.get(share, "soft middle")
        parts.append(_text(x(share), height - 5, f"{share:.0%}", side))
    for row, (dot, words) in enumerate(zip(dots, said, strict=True)):
        y = _TOP + _ROW * row
        parts.append(_text(left, y + 14, dot.label[:_LABEL], "name"))
        parts.append(_text(right, y + 14, words, "end"))
        parts.append(_line(x(dot.interval.low), y + 29, x(dot.interval.high), y + 29, f"thick c{dot.colour}"))
        parts.append(_mark(dot, x(dot.rate), y + 29))
    name = "Share of right diagnoses of each arm, with 95 % intervals"
    return _svg(height, name, parts, _NARROW)


def scatter(dots: Sequence[Dot], unit: str, name: str) -> str:
    """Rates against what they take, on a logarithmic axis; empty if no arm takes anything.

    An arm that takes nothing is a dashed line at its rate.
    """
    placed = [dot for dot in dots if dot.x]
    if not placed:
        return ""
    ends = [value for dot in placed for value in (dot.x, dot.end) if value]
    low, high = math.log10(min(ends) / 1.5), math.log10(max(ends) * 1.5)
    floor = math.floor(max(0.0, min(dot.interval.low for dot in dots) - 0.02) * 10) / 10
    right, bottom = WIDTH - _RIGHT, _HEIGHT - _BOTTOM

    def x(value: float) -> float:
        return _LEFT + (right - _LEFT) * (math.log10(value) - low) / (high - low)

    def y(share: float) -> float:
        return bottom - (bottom - _TOP) * (share - floor) / (1 - floor if floor < 1 else 1)

    parts = _axes(x, y, (10**low, 10**high), floor, unit)
    labels: list[tuple[float, float, Dot]] = []
    for dot in dots:
        if not dot.x:
            parts.append(_line(_LEFT, y(dot.rate), right, y(dot.rate), f"thin dashed c{dot.colour}"))
            labels.append((right, y(dot.rate), dot))
            continue
        middle, level = x(dot.x), y(dot.rate)
        parts.append(_line(middle, y(dot.interval.low), middle, y(dot.interval.high), f"thick c{dot.colour}"))
        if dot.end:
            parts.append(_line(middle, level, x(dot.end), level, f"thin c{dot.colour}"))
        parts.append(_mark(dot, middle, level))
        labels.append((middle, level, dot))
    return _svg(_HEIGHT, name, _leaders(labels) + parts)


def _axes(x: Scale, y: Scale, span: tuple[float, float], floor: float, unit: str) -> list[str]:
    right, bottom = WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    parts = []
    steps = round((1 - floor) * 10)
    every = 2 if steps > 6 else 1
    for step in range(0, steps + 1, every):
        share = 1 - step / 10
        parts.append(_line(_LEFT, y(share), right, y(share), "grid"))
        parts.append(_text(_LEFT - 8, y(share) + 4, f"{share:.0%}", "soft end"))
    for value in ticks(*span):
        parts.append(_line(x(value), _TOP, x(value), bottom, "grid"))
        parts.append(_text(x(value), bottom + 18, f"{value:,.6g}", "soft middle"))
    parts.append(_text((_LEFT + right) / 2, _HEIGHT - 6, unit, "soft middle"))
    return parts


def ticks(low: float, high: float) -> list[float]:
    """Round values of a logarithmic axis: 1, 2 and 5 times powers of ten, fewer where there would be many."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1, 2, 5), (1, 3), (1,)):
        found = [factor * 10.0**decade for decade in decades for factor in factors]
        found = [value for value in found if low <= value <= high]
        if len(found) <= 8:
            break
    return found


def _leaders(wanted: Sequence[tuple[float, float, Dot]]) -> list[str]:
    """Names in a column beside the plot, none over another, each with a thin line from its mark."""
    right, parts = WIDTH - _RIGHT, list[str]()
    places = spaced([y for _, y, _ in wanted], _TOP + 4, _HEIGHT - _BOTTOM)
    for (x, y, dot), place in zip(wanted, places, strict=True):
        parts.append(_line(x, y, right, y, f"leader c{dot.colour}"))
        parts.append(_line(right, y, right + 20, place, f"leader c{dot.colour}"))
        parts.append(_text(right + 24, place + 4, dot.label[:_LABEL], f"c{dot.colour}"))
    return parts


def spaced(wanted: Sequence[float], low: float, high: float, gap: float = _GAP) -> list[float]:
    """Places near those wanted, in their order, at least `gap` apart and within bounds as far as they fit."""
    order = sorted(range(len(wanted)), key=lambda each: wanted[each])
    places = dict[int, float]()
    last = low - gap
    for each in order:
        last = places[each] = max(wanted[each], last + gap)
    last = high + gap
    for each in reversed(order):
        last = places[each] = min(places[each], last - gap)
    return [places[each] for each in range(len(wanted))]


def _mark(dot: Dot, x: float, y: float) -> str:
    title = f"<title>{text(dot.label)}: {dot.rate:.1%}</title>"
    style = f'class="c{dot.colour % COLOURS}"'
    if dot.shape == "square":
        return f'<rect x="{x - 6:.1f}" y="{y - 6:.1f}" width="12" height="12" {style}>{title}</rect>'
    if dot.shape == "diamond":
        points = f"{x:.1f},{y - 8:.1f} {x + 8:.1f},{y:.1f} {x:.1f},{y + 8:.1f} {x - 8:.1f},{y:.1f}"
        return f'<polygon points="{points}" {style}>{title}</polygon>'
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6.5" {style}>{title}</circle>'


def _line(x1: float, y1: float, x2: float, y2: float, style: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{style}"/>'


def _text(x: float, y: float, said: str, style: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{style.strip()}">{text(said)}</text>'


def _svg(height: float, name: str, parts: Sequence[str], width: int = WIDTH) -> str:
    inner = "\n".join(parts)
    box = f'viewBox="0 0 {width} {height:.0f}" role="img" aria-label="{text(name)}"'
    narrow = ' class="narrow"' if width == _NARROW else ""
    return f"<svg {box}{narrow}>\n{inner}\n</svg>"
