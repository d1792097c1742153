"""The heat map: scenario × arm, each spot with its count and a way down to its cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from kubetriage.evals.cells import Run, ScenarioUsed
from kubetriage.evals.families import family_of, family_order
from kubetriage.evals.figure_values import ArmFigures, Figures, Spot
from kubetriage.evals.reporting import wording
from kubetriage.evals.reporting.elements import text

_OPEN: Final = '<div class="wide"><table class="heat">\n'
_CLOSE: Final = "</table></div>\n"
_NAMES: Final = ("none", "under a quarter", "under half", "half or more", "three quarters or more", "all")


def shade(rate: float | None) -> str:
    """The class of a rate: 0 and 1 have shades of their own, four lie between."""
    if rate is None:
        return "qn"
    if rate in (0.0, 1.0):
        return "q0" if rate == 0 else "q5"
    return f"q{1 + min(3, int(rate * 4))}"


def scenario_anchor(place: int) -> str:
    return f"s{place}"


def cell_anchor(place: int, arm: int) -> str:
    return f"s{place}a{arm}"


def heat_map(run: Run, figures: Figures) -> Iterator[str]:
    """By family, the hardest scenario first; HTML in pieces."""
    key = "".join(f'<span class="q{n}">{name}</span>' for n, name in enumerate(_NAMES))
    yield f'<p class="key">right: {key}<span class="qn">could not be run</span></p>\n'
    head = "".join(f'<th scope="col">{text(arm.label)}</th>' for arm in figures.arms)
    yield f'{_OPEN}<thead><tr><th scope="col">scenario</th>{head}</tr></thead>\n<tbody>\n'
    family = ""
    for place, scenario in sorted(enumerate(run.scenarios), key=lambda each: _order(each[1], figures)):
        of = family_of(scenario.category)
        if of != family:
            family = of
            yield f'<tr><th colspan="{len(figures.arms) + 1}" scope="rowgroup">{text(family)}</th></tr>\n'
        yield _row(place, scenario, figures)
    yield f"</tbody>{_CLOSE}"


def _order(scenario: ScenarioUsed, figures: Figures) -> tuple[int, str, float, str]:
    spots = [arm.scenarios.get(scenario.name) for arm in figures.arms]
    ran = sum(spot.ran for spot in spots if spot)
    passed = sum(spot.passed for spot in spots if spot)
    family = family_of(scenario.category)
    return (family_order(family), family, passed / ran if ran else 2.0, scenario.name)


def _row(place: int, scenario: ScenarioUsed, figures: Figures) -> str:
    name = f'<a href="#{scenario_anchor(place)}">{text(scenario.name)}</a>'
    spots = "".join(_spot(place, number, arm, scenario.name) for number, arm in enumerate(figures.arms))
    return f"<tr><td>{name}</td>{spots}</tr>\n"


def _spot(place: int, number: int, arm: ArmFigures, scenario: str) -> str:
    spot = arm.scenarios.get(scenario)
    if spot is None:
        return f'<td class="qn"><span>{wording.NOTHING}</span></td>'
    said = f"{spot.passed}/{spot.ran}" if spot.ran else wording.NOTHING
    said += " !" if spot.wrong_with_confidence else ""
    title = f"{arm.label}: {_in_words(spot)}"
    link = f'<a href="#{cell_anchor(place, number)}" title="{text(title)}">{said}</a>'
    return f'<td class="{shade(spot.passed / spot.ran if spot.ran else None)}">{link}</td>'


def _in_words(spot: Spot) -> str:
    parts = [f"{spot.passed} of {spot.ran} right"]
    parts += [f"{spot.wrong_with_confidence} wrong with confidence"] if spot.wrong_with_confidence else []
    parts += [f"{spot.could_not_run} could not be run"] if spot.could_not_run else []
    return ", ".join(parts)


def shaded_rates(found: tuple[list[str], list[list[str]]], shades: Mapping[tuple[str, str], str]) -> str:
    """A table of groups by arm whose rates are shaded; `shades` by (group, arm)."""
    head, rows = found
    top = "".join(f'<th scope="col">{text(each)}</th>' for each in head)
    lines = []
    for row in rows:
        spots = "".join(
            f'<td class="{shades.get((row[0], arm), "qn")}"><span>{text(said)}</span></td>'
            for arm, said in zip(head[2:], row[2:], strict=True)
        )
        lines.append(f"<tr><td>{text(row[0])}</td><td><span>{text(row[1])}</span></td>{spots}</tr>")
    body = "\n".join(lines)
    return f"{_OPEN}<thead><tr>{top}</tr></thead>\n<tbody>\n{body}\n</tbody>{_CLOSE}"
