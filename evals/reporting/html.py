"""The report on a run as one self-contained HTML page: no script, nothing fetched, charts drawn inline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

from kubetriage.evals.cells import Cell, Run, Strategy
from kubetriage.evals.figure_values import FAMILY, TAG, ArmFigures, Figures, Pairing
from kubetriage.evals.reporting import charts, columns, simulation, wording
from kubetriage.evals.reporting.charts import Dot
from kubetriage.evals.reporting.drill_down import WHOLE, Depth, ReadKept, drill_down
from kubetriage.evals.reporting.elements import bullets, fold, table, text
from kubetriage.evals.reporting.heat_map import heat_map, shade, shaded_rates
from kubetriage.evals.reporting.html_style import COLOURS, POLICY, STYLE

MOST_BYTES: Final = 8_000_000
"""Of the part with the cells in full; a browser opens such a page without trouble."""
MOST_UPRIGHT: Final = 6
"""Arms that are columns of the first table; more of them are rows."""
MOST_UNDECIDED: Final = 3
"""Pairs of arms that cannot be told apart, and are said at once."""
LEAST_OF_TAG: Final = 3
"""Scenarios; of fewer, a tag says nothing."""
_SHAPES: Final = {Strategy.RULES: "diamond", Strategy.GRAPH: "circle", Strategy.REACT: "square"}


def render_html(
    run: Run,
    figures: Figures,
    cells: Iterable[Cell],
    read_kept: ReadKept,
    *,
    most_bytes: int = MOST_BYTES,
    depth: Depth = WHOLE,
) -> Iterator[str]:
    """The page in pieces, to be written one after the other; the arguments are those of `drill_down`."""
    title = f"kubetriage evaluation, {run.started:%Y-%m-%d}"
    yield (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{text(POLICY)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{text(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
    )
    if run.simulated:
        yield f'<p class="simulated">{text(wording.opening(run))}</p>\n'
    yield f"<article>\n<h1>{text(title)}</h1>\n<p>{text(wording.what_ran(run, figures))}</p>\n"
    for sentence in simulation.told(run):
        yield f'<p class="muted">{text(sentence)}</p>\n'
    yield from _results(figures, run)
    yield from _groups(figures)
    yield "<h2>Scenario by scenario</h2>\n<p>Right diagnoses of those that ran; <b>!</b> marks one that was "
    yield "wrong with confidence. A spot leads to its cells.</p>\n"
    yield from heat_map(run, figures)
    yield "<h2>Cells</h2>\n"
    yield from drill_down(run, figures, cells, read_kept, most_bytes, depth)
    yield from _about(run)
    yield "</article>\n</body>\n</html>\n"


def _results(figures: Figures, run: Run) -> Iterator[str]:
    yield "<h2>Result</h2>\n"
    shown = [arm for arm in figures.arms if arm.overall.rate is not None]
    numbers = {arm.label: number % COLOURS for number, arm in enumerate(figures.arms)}
    if shown:
        dots = [_dot(arm, numbers[arm.label]) for arm in shown]
        words = [wording.rate(arm.overall) for arm in shown]
        yield _figure(charts.rates(dots, words), "Right diagnoses (pass@1) with 95 % intervals.")
    arms = columns.arms(run, figures)
    yield table(columns.upright(arms) if len(figures.arms) <= MOST_UPRIGHT else arms) + "\n"
    if figures.pairings:
        yield from _pairs(figures)
    yield '<h2>What it takes</h2>\n<div class="charts">\n'
    yield from _against_cost(shown, numbers)
    yield "</div>\n"


def _pairs(figures: Figures) -> Iterator[str]:
    """What is decided first; what is not, where there is much of it, to be opened."""
    yield "<h2>Which is better, and how sure is that</h2>\n"
    decided = [_pair(pair) for pair in figures.pairings if pair.found.decided]
    others = [_pair(pair) for pair in figures.pairings if not pair.found.decided]
    yield bullets(decided) + "\n"
    if len(others) > MOST_UNDECIDED:
        yield fold(f"{len(others)} pairs cannot be told apart", bullets(others)) + "\n"
    else:
        yield bullets(others) + "\n"
    if note := wording.how_many_pairs(len(figures.pairings)):
        yield f'<p class="muted">{text(note)}</p>\n'


def _pair(pair: Pairing) -> str:
    takes = wording.what_it_takes(pair)
    return f'{text(wording.verdict_of_pair(pair))} <span class="muted">{text(takes)}</span>'


def _against_cost(arms: list[ArmFigures], numbers: dict[str, int]) -> Iterator[str]:
    slow = [_dot(arm, numbers[arm.label], arm.seconds[0], arm.seconds[1]) for arm in arms]
    chart = charts.scatter(slow, "seconds of a diagnosis, p50 (thin line to p95)", "Rates against seconds")
    if chart:
        yield _figure(chart, "Right diagnoses against seconds.")
    currencies = sorted({currency for arm in arms for currency in arm.money_per_diagnosis})
    for currency in currencies:
        priced = [
            _dot(arm, numbers[arm.label], arm.money_per_diagnosis.get(currency))
            for arm in arms
            if currency in arm.money_per_diagnosis or not arm.money_per_diagnosis
        ]
        chart = charts.scatter(priced, f"{currency} for a diagnosis, on average", "Rates against money")
        if chart:
            yield _figure(chart, "Right diagnoses against money; dashed: no price.")


def _dot(arm: ArmFigures, colour: int, x: float | None = None, end: float | None = None) -> Dot:
    assert arm.overall.rate is not None
    return Dot(
        wording.short(arm.label),
        colour,
        _SHAPES[arm.strategy],
        arm.overall.rate,
        arm.overall.interval,
        x,
        end,
    )


def _figure(chart: str, caption: str) -> str:
    said = f"<figcaption>{text(caption)}</figcaption>"
    return f'<figure>\n<div class="wide">\n{chart}\n</div>\n{said}\n</figure>\n'


def _groups(figures: Figures) -> Iterator[str]:
    repeated = columns.repeats(figures)
    if repeated[1]:
        yield "<h2>Several runs</h2>\n<p>pass@k: one of k runs is right; pass^k: all of them are.</p>\n"
        yield table(repeated) + "\n"
    for heading, by, least in (("By family of faults", FAMILY, 1), ("By tag", TAG, LEAST_OF_TAG)):
        found = columns.groups(figures, by, least)
        if found[1]:
            shades = {
                (group.name, arm.label): shade(group.rate.rate)
                for arm in figures.arms
                for group in arm.groups
                if group.by == by
            }
            yield f"<h2>{heading}</h2>\n" + shaded_rates(found, shades)
    scores = columns.scores(figures)
    if scores[1]:
        yield "<h2>By scorer</h2>\n" + table(scores) + "\n"
    reasons = columns.reasons(figures)
    if reasons[1]:
        yield (
            "<h2>What could not be run</h2>\n<p>Counted in no rate.</p>\n" + table(reasons, words=True) + "\n"
        )


def _about(run: Run) -> Iterator[str]:
    yield "<h2>About this run</h2>\n"
    rows = [
        ["started", _moment(run.started)],
        ["ended", _moment(run.ended) if run.ended else "not ended"],
        ["seed", str(run.seed)],
        ["report language", run.language],
        *(["model " + model.name, model.id or "–"] for model in run.models),
        *([what, version] for what, version in sorted(run.versions.items())),
    ]
    yield table((["what", "value"], rows)) + "\n"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
