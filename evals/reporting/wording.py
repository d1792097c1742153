"""How figures are said, the same in every form of report."""

from __future__ import annotations

from collections.abc import Mapping

from kubetriage.evals.cells import Run
from kubetriage.evals.figure_values import Figures, Pairing, Rate, Several
from kubetriage.evals.statistics import Interval

NOTHING = "–"
"""Where there is no figure."""


def percent(share: float | None) -> str:
    if share is None:
        return NOTHING
    return f"{100 * share:.1f} %" if 0 < share < 1 else f"{100 * share:.0f} %"


def points(difference: float) -> str:
    """A difference of two shares."""
    return f"{100 * difference:+.1f}".replace("-", "−")


def interval(found: Interval) -> str:
    return f"{100 * found.low:.0f}–{100 * found.high:.0f} %"


def rate(found: Rate) -> str:
    return NOTHING if found.rate is None else f"{percent(found.rate)} ({interval(found.interval)})"


def several(found: Several | None, right: str) -> str:
    """What k runs come to, `any` or `all` of them right."""
    if found is None:
        return NOTHING
    share = found.any_right if right == "any" else found.all_right
    return f"{percent(share)} ({interval(found.any_interval if right == 'any' else found.all_interval)})"


def duration(seconds: float | None) -> str:
    if seconds is None:
        return NOTHING
    if seconds < 1:
        return f"{1000 * seconds:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds:.0f} s"


def money(amounts: Mapping[str, float]) -> str:
    return ", ".join(f"{amount:.3g} {currency}".strip() for currency, amount in amounts.items()) or NOTHING


def count(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 or number == int(number) else f"{number:.1f}"


def share_sure(probability: float) -> str:
    """A probability that is never said to be certain: it comes from a few thousand draws."""
    if probability > 0.999:
        return "more than 99.9 %"
    return "less than 0.1 %" if probability < 0.001 else percent(probability)


def short(label: str) -> str:
    """An arm's name for a chart: that its model is a script, the page's first line has said."""
    return label.replace("scripted:", "")


def opening(run: Run) -> str:
    """The first line where models were simulated; else empty."""
    if not run.simulated:
        return ""
    said = run.simulation.strip() or "A script answered in place of the models; this shows what models cost."
    return said if said.lower().startswith("simulated") else f"Simulated: {said[:1].lower()}{said[1:]}"


def what_ran(run: Run, figures: Figures) -> str:
    """A sentence on the run's size."""
    scenarios, arms = len(run.scenarios), len(figures.arms)
    planned = sum(arm.planned for arm in figures.arms)
    missing = sum(arm.could_not_run for arm in figures.arms)
    said = f"{scenarios} scenarios × {run.repeats} repeats × {arms} arms: {figures.cells} of {planned} cells"
    if missing:
        said += f" are there, {missing} of them could not be run"
    else:
        said += " are there" if figures.cells < planned else " are there, and all could be run"
    return said + ("." if missing == 0 else " (they change no rate).")


def verdict_of_pair(pair: Pairing) -> str:
    """Which of two is better, by how much, and how sure that is, in a sentence."""
    found = pair.found
    first, second, better, difference = pair.first, pair.second, found.better, found.difference
    low, high = found.interval
    if abs(difference) < 1e-9:
        difference = 0.0
    elif difference < 0:
        first, second, better, difference = second, first, 1 - better, -difference
        low, high = -high, -low
    size = f"{points(difference)} points (95 % interval {points(low)} to {points(high)})"
    on = f"on {found.scenarios} scenarios"
    if found.decided:
        size = size.replace("+", "")
        return f"{first} is better than {second} by {size} {on}; probability {share_sure(better)}."
    if difference == 0:
        return f"{first} and {second} cannot be told apart {on}: {size}."
    return (
        f"{first} and {second} cannot be told apart {on}: {size},"
        f" probability that {first} is better {share_sure(better)}."
    )


def change_of_pair(pair: Pairing) -> str:
    """What B's arm, the first of the two, is against A's; in that order, whichever is ahead."""
    found = pair.found
    difference = 0.0 if abs(found.difference) < 1e-9 else found.difference
    low, high = found.interval
    said = f"{pair.first} against {pair.second}, on {found.scenarios} scenarios: {points(difference)} points"
    said += f" (95 % interval {points(low)} to {points(high)})."
    sure = f"probability that B is better {share_sure(found.better)}"
    if found.decided:
        return f"{said} B is {'better' if difference > 0 else 'worse'}; {sure}."
    return f"{said} They cannot be told apart{f'; {sure}' if difference else ''}."


def how_many_pairs(pairs: int) -> str:
    """What several comparisons at once mean, a sentence; empty for one or two."""
    if pairs < 3:
        return ""
    return (
        f"Each of these {pairs} comparisons is at 95 %: among arms that are all alike, about one in twenty"
        " would be called different."
    )


def what_it_takes(pair: Pairing) -> str:
    """How many repeats or scenarios tell the two apart, in a sentence."""
    able = "These are too few scenarios to show any difference"
    if pair.detectable is not None:
        able = f"This run would show a difference of {100 * pair.detectable:.0f} points or more"
    if pair.needed is None:
        return f"{able}; none was found, and no number of repeats would tell them apart."
    repeats, scenarios = pair.needed.repeats, pair.needed.scenarios
    size = f"a difference of {100 * abs(pair.needed.difference):.1f} points"
    if repeats is None:
        return f"{able}. To show {size}, more repeats are not enough: it takes {scenarios:,} such scenarios."
    times = "repeat" if repeats == 1 else "repeats"
    return (
        f"{able}. To show {size}, it takes {repeats:,} {times} of these scenarios"
        f" or {scenarios:,} such scenarios with as many repeats as now."
    )
