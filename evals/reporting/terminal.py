"""The report on a run as text for a terminal."""

from __future__ import annotations

from kubetriage.domain.rendering.visible import clip, one_line
from kubetriage.evals.cells import Run
from kubetriage.evals.figure_values import FAMILY, Figures
from kubetriage.evals.reporting import columns, wording
from kubetriage.evals.reporting.columns import Table

WIDEST = 44
"""Characters of one cell of a table."""
LONGEST_REASON = 300


def render_terminal(run: Run, figures: Figures) -> str:
    """Tables of plain text, at most a few screens; ends with a line feed."""
    parts = [
        wording.opening(run),
        wording.what_ran(run, figures),
        table(columns.upright(columns.arms(run, figures))),
    ]
    families = columns.groups(figures, FAMILY)
    if len(families[1]) > 1:
        parts.append("By family of faults:\n" + table(families))
    for pair in figures.pairings:
        parts.append(f"{one_line(wording.verdict_of_pair(pair))}\n{wording.what_it_takes(pair)}")
    if reasons := columns.reasons(figures)[1]:
        lines = [clip(one_line(f"{cells} × {arm}: {why}"), LONGEST_REASON) for arm, cells, why in reasons]
        parts.append("\n".join(["What could not be run (counted in no rate):", *lines]))
    return "\n\n".join(part for part in parts if part) + "\n"


def table(found: Table) -> str:
    """Columns two blanks apart, the first to the left, the others to the right."""
    lines = [[clip(one_line(text), WIDEST) for text in line] for line in (found[0], *found[1])]
    widths = [max(len(line[place]) for line in lines) for place in range(len(found[0]))]
    shown = []
    for line in lines:
        texts = [text.rjust(width) for text, width in zip(line, widths, strict=True)]
        shown.append("  ".join([line[0].ljust(widths[0]), *texts[1:]]).rstrip())
    return "\n".join(shown)
