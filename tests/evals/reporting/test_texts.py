"""The report on a run as terminal text, Markdown and JSON."""

from __future__ import annotations

import json
import re

import pytest
from markdown_it import MarkdownIt

from kubetriage.evals.cells import Run, Score, Strategy
from kubetriage.evals.figure_values import Figures
from kubetriage.evals.figures import figures_of
from kubetriage.evals.planted import Plant, planted_cells, planted_run, planted_scenarios
from kubetriage.evals.reporting import columns, wording
from kubetriage.evals.reporting.as_json import summary
from kubetriage.evals.reporting.markdown import render_markdown
from kubetriage.evals.reporting.terminal import render_terminal

RULES = Plant(Strategy.RULES, "none", lambda chance: float(chance.random() < 0.6), 0.2)
BIG = Plant(Strategy.GRAPH, "big|<b>_x_", lambda chance: 0.95, 14.0, 0.03, "USD", (3000, 300), 0.05)
ALIKE = Plant(Strategy.GRAPH, "alike", lambda chance: 0.95, 12.0, 0.02, "USD", (3000, 300))


@pytest.fixture(scope="module")
def found() -> tuple[Run, Figures]:
    """A simulated run of three arms."""
    plants = [RULES, BIG._replace(why="429 | too \x1b[31mmany"), ALIKE]
    run = planted_run(planted_scenarios(40), 3, plants)
    return run, figures_of(run, planted_cells(run, plants, 1))


def test_every_form_begins_with_the_simulation(found: tuple[Run, Figures]) -> None:
    """The first line of a report on simulated models says so; of a real run nothing does."""
    run, figures = found
    for text in (render_terminal(run, figures), render_markdown(run, figures)):
        assert text.partition("\n")[0].strip("*").startswith("Simulated: every cell")
    assert next(iter(summary(run, figures).values())).startswith("Simulated: every cell")
    real = run.model_copy(update={"simulated": False})
    assert "Simulated" not in render_terminal(real, figures) + render_markdown(real, figures)
    assert "simulated" not in summary(real, figures)


def test_every_form_says_how_often_a_report_is_its_models() -> None:
    """The graph's rules may be right where its model said nothing: the pass rate alone would praise the model."""
    silent = ALIKE._replace(model="silent")
    run = planted_run(planted_scenarios(4), 2, [RULES, silent])
    cells = [
        cell.model_copy(
            update={"scores": {"model_answered": Score(name="model_answered", value=0.0, passed=False)}}
        )
        if cell.key.model == "silent"
        else cell
        for cell in planted_cells(run, [RULES, silent], 1)
    ]
    head, (rules, graph) = columns.arms(run, figures_of(run, cells))
    at = head.index("model's answer used")
    assert (rules[at], graph[at]) == ("–", "0 %")


def test_a_simulation_without_words_is_still_told(found: tuple[Run, Figures]) -> None:
    """A run that only says that it was simulated gets a sentence."""
    bare = found[0].model_copy(update={"simulation": ""})
    assert render_terminal(bare, found[1]).startswith("Simulated: ")


def test_the_terminal_says_who_is_better_and_how_sure(found: tuple[Run, Figures]) -> None:
    """Rates with intervals, a decided pair, an undecided one, and the repeats that it would take."""
    text = render_terminal(*found)
    assert "is better than rules by" in text and "probability more than 99.9 %" in text
    assert "cannot be told apart on 40 scenarios" in text
    assert "This run would show a difference of" in text and "it takes" in text
    assert "pass@3" in text and "pass^3" in text and "By family of faults" in text
    assert "What could not be run (counted in no rate)" in text
    assert "\x1b" not in text and text.endswith("\n")


def test_tables_of_the_terminal_are_in_line(found: tuple[Run, Figures]) -> None:
    """All lines of a table end at the same column."""
    block = next(part for part in render_terminal(*found).split("\n\n") if part.startswith("arm"))
    assert len({len(line) for line in block.splitlines()}) == 1


def test_markdown_is_what_it_shows(found: tuple[Run, Figures]) -> None:
    """Tables keep their columns and names their characters, whatever is in them."""
    text = render_markdown(*found)
    html = MarkdownIt("commonmark").enable("table").render(text)
    assert "<b>" not in html and "big|&lt;b&gt;_x_" in html
    assert html.count("<table>") == text.count("\n| ---")
    for row in html.split("<tbody>")[1].split("</tbody>")[0].split("</tr>")[:-1]:
        assert row.count("<td") == html.split("</thead>")[0].count("<th ") + html.split("</thead>")[0].count(
            "<th>"
        )
    assert "\x1b" not in text


def test_json_holds_every_figure(found: tuple[Run, Figures]) -> None:
    """The summary is JSON with its schema, arms with labels, intervals and spots, pairs with their words."""
    run, figures = found
    said = json.loads(json.dumps(summary(run, figures), allow_nan=False))
    assert said["schema"] == "kubetriage.eval-summary/1"
    assert said["run"]["schema"] == "kubetriage.eval/1"
    assert said["run"]["scenarios"]["scenario-001"] == "00000001"
    assert [arm["label"] for arm in said["arms"]] == ["rules", "graph alike", "graph big|<b>_x_"]
    low, high = said["arms"][0]["overall"]["interval"]
    assert low < said["arms"][0]["overall"]["rate"] < high
    assert said["arms"][0]["scenarios"]["scenario-000"][1] == 3
    assert len(said["pairings"]) == 3
    assert said["pairings"][0]["found"]["decided"] is True and len(said["pairings"][0]["says"]) == 2


def test_a_run_without_cells_is_told() -> None:
    """A run that was killed before its first cell is reported, not a crash."""
    run = planted_run(planted_scenarios(2), 1, [RULES])
    figures = figures_of(run, [])
    assert "0 of 2 cells" in render_terminal(run, figures)
    (arm,) = summary(run, figures)["arms"]
    assert render_markdown(run, figures) and arm["planned"] == 2 and arm["overall"]["rate"] is None


def test_no_difference_is_not_below_nothing() -> None:
    """Two arms with the same rate differ by +0.0, never by −0.0, whichever comes first."""
    plants = [ALIKE, ALIKE._replace(model="twin")]
    run = planted_run(planted_scenarios(6), 2, plants)
    sure = [plant._replace(rate=lambda chance: 1.0) for plant in plants]
    said = render_terminal(run, figures_of(run, planted_cells(run, sure, 1)))
    assert "+0.0 points" in said and "−0.0" not in said


def test_several_runs_are_told_with_their_intervals(found: tuple[Run, Figures]) -> None:
    """pass@1, and of two and of all runs pass@k and pass^k, each with its 95 % interval."""
    head, rows = columns.repeats(found[1])
    assert head == ["arm", "pass@1", "pass@2", "pass@3", "pass^2", "pass^3"]
    assert all(re.fullmatch(r"[\d.]+ % \(\d+–\d+ %\)", shown) for row in rows for shown in row[1:])


def test_nothing_wrong_in_a_few_is_not_never() -> None:
    """How often an arm is wrong with confidence has its interval, of which nought of a few is the lower end."""
    run = planted_run(planted_scenarios(8), 1, [RULES, ALIKE])
    figures = figures_of(run, planted_cells(run, [RULES, ALIKE], 1))
    head, rows = columns.arms(run, figures)
    place = head.index("wrong with confidence (95 %)")
    for arm, row in zip(figures.arms, rows, strict=True):
        low, high = arm.wrong_interval
        assert row[place] == f"{arm.wrong_with_confidence} ({100 * low:.0f}–{100 * high:.0f} %)"
        assert low <= arm.wrong_with_confidence / 8 <= high and high > 0.2
    nothing = figures_of(run, [])
    assert [row[place] for row in columns.arms(run, nothing)[1]] == ["0"] * len(nothing.arms)


def test_too_few_scenarios_to_show_anything_is_said() -> None:
    """With three scenarios no difference can be shown, and no number of points is named."""
    run = planted_run(planted_scenarios(3), 2, [RULES, ALIKE])
    pair = figures_of(run, planted_cells(run, [RULES, ALIKE], 1)).pairings[0]
    assert pair.detectable is None
    assert wording.what_it_takes(pair).startswith("These are too few scenarios to show any difference")
