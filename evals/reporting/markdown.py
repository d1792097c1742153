"""The report on a run as Markdown."""

from __future__ import annotations

import re

from kubetriage.domain.rendering.visible import clip, one_line
from kubetriage.evals.cells import Run
from kubetriage.evals.figure_values import FAMILY, TAG, Figures
from kubetriage.evals.reporting import columns, simulation, wording
from kubetriage.evals.reporting.columns import Table

LONGEST = 300
"""Characters of one cell of a table."""
LONGEST_SENTENCE = 1_000
LEAST_OF_TAG = 3
"""Scenarios; of fewer, a tag says nothing."""

_ACTING = re.compile(r"([\\`*_\[\]<>|~#&!])")


def render_markdown(run: Run, figures: Figures) -> str:
    """GitHub-flavoured; everything that came from elsewhere is escaped. Ends with a line feed."""
    opening = wording.opening(run)
    parts = [f"**{escaped(opening)}**" if opening else "", "# Evaluation", wording.what_ran(run, figures)]
    parts += [escaped(sentence, LONGEST_SENTENCE) for sentence in simulation.told(run)]
    parts += [table(columns.arms(run, figures)), _how_sure(figures)]
    parts += _section("Several runs", columns.repeats(figures))
    parts += _section("By family of faults", columns.groups(figures, FAMILY))
    parts += _section("By tag", columns.groups(figures, TAG, LEAST_OF_TAG))
    parts += _section("By scorer", columns.scores(figures))
    parts += _section("What could not be run", columns.reasons(figures))
    parts += _section(
        "Versions", (["what", "version"], [list(item) for item in sorted(run.versions.items())])
    )
    return "\n\n".join(part for part in parts if part) + "\n"


def _how_sure(figures: Figures) -> str:
    if not figures.pairings:
        return ""
    said = [
        f"* {escaped(wording.verdict_of_pair(pair))} {escaped(wording.what_it_takes(pair))}"
        for pair in figures.pairings
    ]
    note = wording.how_many_pairs(len(figures.pairings))
    return "\n".join(["## Which is better, and how sure is that", "", *said, *(["", note] if note else [])])


def _section(heading: str, found: Table) -> list[str]:
    return [f"## {heading}", table(found)] if found[1] else []


def table(found: Table) -> str:
    head, rows = found
    lines = [head, ["---", *("---:" for _ in head[1:])], *rows]
    shown = [[text if place == 1 else escaped(text) for text in line] for place, line in enumerate(lines)]
    return "\n".join(f"| {' | '.join(line)} |" for line in shown)


def escaped(text: str, longest: int = LONGEST) -> str:
    """One line in which nothing acts as Markdown or HTML."""
    return _ACTING.sub(r"\\\1", clip(one_line(text), longest))
