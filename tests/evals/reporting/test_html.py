"""The HTML page on a run."""

from __future__ import annotations

import base64
import hashlib
import html as html_names
import re
from collections.abc import Sequence
from html.parser import HTMLParser
from typing import Any

import pytest

from kubetriage.evals.cells import Cell, CellOutcome, Kept, Run, Score, Strategy
from kubetriage.evals.figures import figures_of
from kubetriage.evals.planted import Plant, planted_cells, planted_run, planted_scenarios
from kubetriage.evals.reporting.drill_down import SHORT, WHOLE
from kubetriage.evals.reporting.html import render_html

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&\x1b[31m\u202e\u200b"
PLANTS = [
    Plant(Strategy.RULES, "none", lambda chance: float(chance.random() < 0.8), 0.2),
    Plant(Strategy.GRAPH, "small", lambda chance: chance.betavariate(3, 1), 6.0, 0.001, "USD", (3000, 300)),
    Plant(Strategy.REACT, "small", lambda chance: chance.betavariate(1, 1), 60.0, 0.1, "USD", (9, 9), 0.1),
]
VOID = {"meta", "img", "br", "link", "input", "hr"}


class Page(HTMLParser):
    """Tags of a page in balance, its ids and the anchors it leads to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        given = dict(attrs)
        self.ids += [given["id"] or ""] if "id" in given else []
        self.links += [given["href"] or ""] if "href" in given else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def made(
    cells: Sequence[Cell], run: Run, kept: Sequence[Kept] = (), most_bytes: int = 8_000_000
) -> tuple[str, Page]:
    pieces = render_html(run, figures_of(run, cells), cells, lambda cell: kept, most_bytes=most_bytes)
    text = "".join(pieces)
    return text, Page(text)


def planted(scenarios: int = 8, repeats: int = 3) -> tuple[Run, list[Cell]]:
    run = planted_run(planted_scenarios(scenarios), repeats, PLANTS)
    cells = sorted(planted_cells(run, PLANTS, 1), key=lambda cell: cell.key.id)
    return run, cells


def test_the_page_stands_alone() -> None:
    """No script, no style attribute, nothing fetched, tags in balance; the policy allows its own style only."""
    run, cells = planted()
    text, page = made(cells, run)
    assert page.open == []
    assert not page.tags & {"script", "link", "img", "iframe", "object", "form"}
    assert not {name for name in page.attributes if name.startswith("on") or name in ("style", "src")}
    assert "http:" not in text and "https:" not in text and "@import" not in text and "url(" not in text
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in html_names.unescape(text)
    assert "default-src 'none'" in html_names.unescape(text)


def test_every_spot_leads_to_its_cells() -> None:
    """Anchors are unique, and each link of the heat map has the place that it leads to."""
    run, cells = planted()
    _, page = made(cells, run)
    assert len(set(page.ids)) == len(page.ids)
    assert len(page.links) == 8 * (1 + len(PLANTS))
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)


def test_a_simulated_run_says_so_first() -> None:
    """The first words of the page are that the models were simulated; of a real run they are not."""
    run, cells = planted()
    body = made(cells, run)[0].partition("<body>")[2]
    assert re.sub(r"<[^>]+>", "", body).strip().startswith("Simulated: every cell of this run is made up")
    real = run.model_copy(update={"simulated": False})
    assert "Simulated" not in made(cells, real)[0]


def hostile(run: Run, cells: Sequence[Cell]) -> tuple[Run, list[Cell]]:
    """The run with something that acts on a page in every text of it."""
    scenario = run.scenarios[0].model_copy(
        update={"name": HOSTILE, "root_cause": HOSTILE, "tags": (HOSTILE,), "category": HOSTILE}
    )
    part = {"kind": HOSTILE, "namespace": HOSTILE, "name": HOSTILE}
    report: dict[str, Any] = {
        "outcome": HOSTILE,
        "summary": HOSTILE,
        "root_causes": [
            {
                "culprit": part,
                "category": HOSTILE,
                "statement": HOSTILE,
                "likelihood": HOSTILE,
                "evidence": [HOSTILE],
            }
        ],
        "evidence": [{"id": HOSTILE, "resource": part, "tool": HOSTILE, "excerpt": HOSTILE}],
        "recommendations": [
            {"title": HOSTILE, "detail": HOSTILE, "commands": [{"command": HOSTILE}, HOSTILE]}
        ],
    }
    score = Score(name=HOSTILE, value=0.0, passed=False, reason=HOSTILE)
    changed = []
    for cell in cells:
        key = cell.key.model_copy(update={"scenario": HOSTILE, "model": HOSTILE})
        update = {
            "key": key,
            "why": HOSTILE,
            "report": report,
            "scores": {HOSTILE: score},
            "currency": HOSTILE,
        }
        changed.append(cell.model_copy(update={**update, "calls_file": HOSTILE}))
    versions = {HOSTILE: HOSTILE}
    return run.model_copy(
        update={"scenarios": (scenario,), "versions": versions, "simulation": HOSTILE, "language": HOSTILE}
    ), changed


def test_whatever_stands_in_a_run_is_text() -> None:
    """Names, reasons, reports and what models said can neither act on the page nor hide in it."""
    run, cells = planted(scenarios=1, repeats=2)
    run, cells = hostile(run, cells)
    kept = [Kept(what="prompt", text=HOSTILE, detail={HOSTILE: HOSTILE})]
    text, page = made(cells, run, kept)
    assert page.open == []
    assert not page.tags & {"script", "img"}
    assert not {name for name in page.attributes if name.startswith("on")}
    assert not set("\x1b\u202e\u200b") & set(text)
    assert page.text.count("<script>alert(1)</script>") > 20


def test_equal_reports_are_shown_once() -> None:
    """Repeats that came to the same report are one entry that names them all."""
    run = planted_run(planted_scenarios(1), 5, PLANTS[:1])
    cells = list(planted_cells(run, PLANTS[:1], 1))
    text, _ = made(cells, run)
    assert "Repeats 1, 2, 3, 4, 5" in text
    assert text.count("ConfigMap web has no key.") == 2  # its summary and its statement


def test_a_failure_is_shown_with_what_was_said() -> None:
    """A fail shows why, the scores and what was asked and answered, cut where it is long and counted."""
    run = planted_run(planted_scenarios(1), 1, [PLANTS[1]._replace(rate=lambda chance: 0.0)])
    cells = list(planted_cells(run, [PLANTS[1]._replace(rate=lambda chance: 0.0)], 1))
    kept = [Kept(what="prompt", text="p" * 10_000), *[Kept(what="read", text="r")] * 60]
    text, _ = made(cells, run, kept)
    assert cells[0].outcome is CellOutcome.FAIL and html_names.escape(cells[0].why) in text
    assert "p" * 6_000 in text and "p" * 6_001 not in text
    assert "4,000 more characters are left out here" in text and "21 more are left out here" in text


def test_a_large_run_makes_a_page_that_opens() -> None:
    """Past the bound, cells are told by their verdict and their file, and the page is a valid one still."""
    run, cells = planted(scenarios=12, repeats=3)
    cells = [
        cell.model_copy(update={"report": {"summary": f"{place} " + "x" * 900, "root_causes": []}})
        for place, cell in enumerate(cells)
    ]
    whole, _ = made(cells, run)
    bounded, page = made(cells, run, most_bytes=20_000)
    assert page.open == [] and len(bounded) < len(whole) - 30_000
    assert "The report is in" in bounded and "The report is in" not in whole
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)


def test_cells_are_taken_one_arm_at_a_time() -> None:
    """The page is made while cells are read: no more of them are held than those of one arm."""
    run, cells = planted(scenarios=6, repeats=2)
    taken = 0

    def counted() -> Any:
        nonlocal taken
        for cell in cells:
            taken += 1
            yield cell

    seen = []
    for piece in render_html(run, figures_of(run, cells), counted(), lambda cell: ()):
        if re.search(r'<div id="s\d+"', piece):
            seen.append(taken)
    assert seen[0] <= 3 and seen == sorted(seen)
    assert taken == len(cells)


@pytest.mark.parametrize("cells", [[], None], ids=["no cell", "none could be run"])
def test_a_run_without_a_verdict_makes_a_page(cells: list[Cell] | None) -> None:
    """A run that was killed at once, or whose endpoint never answered, is reported without figures."""
    plants = [plant._replace(flaky=1.1) for plant in PLANTS]
    run = planted_run(planted_scenarios(3), 2, plants)
    given = list(planted_cells(run, plants, 1)) if cells is None else cells
    text, page = made(given, run)
    assert page.open == [] and not re.search(r"\bnan\b", text, re.IGNORECASE)
    assert ("0 of 18 cells" if cells is not None else "18 of 18 cells") in page.text


def test_a_place_that_a_link_leads_to_is_opened() -> None:
    """Anchors are inside of what is folded: a browser opens what it has to scroll to."""
    run, cells = planted()
    text, _ = made(cells, run)
    assert not re.search(r"<(details|summary)[^>]* id=", text)
    assert len(re.findall(r'</summary><div id="s\d+', text)) == 8 * (1 + len(PLANTS))


def kept_of(answers: int, reads: int) -> list[Kept]:
    said = [Kept(what="prompt", text="FIRST PROMPT " + "p" * 9000)]
    said += [Kept(what="answer", text=f"ANSWER {number}.") for number in range(answers)]
    return said + [Kept(what="read", text=f"READ {number}.") for number in range(reads)]


def test_a_cell_leads_down_to_what_was_asked_and_answered() -> None:
    """Of a cell that failed the prompt, answers and reads; of one that passed the prompt and the last answer,
    before all others."""
    run, cells = planted(scenarios=1, repeats=1)
    one = next(cell for cell in cells if cell.key.model == "small" and cell.scores)
    update = {"outcome": CellOutcome.FAIL, "why": "Wrong.", "calls_file": "kept/x.jsonl.gz"}
    for outcome, reads, answers in ((CellOutcome.FAIL, True, 20), (CellOutcome.PASS, False, 3)):
        cell = one.model_copy(update={**update, "outcome": outcome})
        text, _ = made([cell], run, kept_of(20, 3))
        assert "FIRST PROMPT" in text and "ANSWER 19." in text
        assert ("READ 2." in text) is reads
        assert len(re.findall(r"ANSWER \d+\.", text)) == answers


def test_a_short_page_is_shorter_and_keeps_what_tells_most() -> None:
    """Published pages cut texts and say how much; first prompt, last answer and why it failed stay."""
    run, cells = planted(scenarios=2, repeats=2)
    cells = [
        cell.model_copy(update={"outcome": CellOutcome.FAIL, "why": "It blames another one."})
        for cell in cells
        if cell.scores
    ]
    figures = figures_of(run, cells)
    whole, short = (
        "".join(render_html(run, figures, cells, lambda cell: kept_of(20, 30), depth=depth))
        for depth in (WHOLE, SHORT)
    )
    assert len(short) < len(whole) / 2
    assert "ANSWER 19." in short and "FIRST PROMPT" in short and "It blames another one." in short
    assert "more characters are left out here" in short and "43 more are left out here" in short
    assert Page(short).open == []


def test_pairs_that_cannot_be_told_apart_are_folded_where_there_are_many() -> None:
    """What is decided is said first; five arms that are alike are not ten paragraphs of nothing."""
    plants = [Plant(Strategy.GRAPH, name, lambda chance: 0.9) for name in "abcd"]
    plants.append(Plant(Strategy.RULES, "none", lambda chance: 0.1))
    run = planted_run(planted_scenarios(30), 3, plants)
    text, _ = made(list(planted_cells(run, plants, 1)), run)
    decided, _, folded = text.partition("6 pairs cannot be told apart")
    assert decided.count("is better than rules by") == 4 and "cannot be told apart on" not in decided
    assert folded.count("cannot be told apart on 30 scenarios") == 6
    assert "Each of these 10 comparisons is at 95 %" in folded


def test_how_simulated_answers_are_drawn_is_told() -> None:
    """The shares that are assumed of a script, that they are drawn alike for all strategies, and what that
    does to each; of a real run nothing."""
    run, cells = planted(scenarios=1, repeats=1)
    skill = {"right": 0.86, "plausible": 0.11, "leaks": 0.1}
    model = run.models[0].model_copy(update={"id": "tiny", "profile": {"simulated": True, "skill": skill}})
    text, _ = made(cells, run.model_copy(update={"models": (model,)}))
    assert "tiny is right in 86 % of cells" in text and "is the same for every strategy" in text
    assert "Nothing checks what it says" in text and "those that the rules were written with" in text
    real, _ = made(cells, run.model_copy(update={"simulated": False, "models": (model,)}))
    assert "is right in 86 %" not in real
