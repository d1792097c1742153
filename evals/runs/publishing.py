"""What is made of a run's cells: its figures, and the reports on them in its folder."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Final

from kubetriage.evals.cells import Run, cells_in, read_kept
from kubetriage.evals.figure_values import Figures
from kubetriage.evals.figures import figures_of
from kubetriage.evals.reporting.as_json import summary
from kubetriage.evals.reporting.html import render_html
from kubetriage.evals.reporting.markdown import render_markdown

SUMMARY: Final = "summary.json"
MARKDOWN: Final = "report.md"
HTML: Final = "report.html"


def publish(folder: Path, run: Run) -> Figures:
    """Write summary, Markdown and page anew; cells are read one at a time. Raises `OSError`, `BadInput`."""
    figures = figures_of(run, cells_in(folder))
    said = json.dumps(summary(run, figures), ensure_ascii=False, indent=1)
    (folder / SUMMARY).write_text(f"{said}\n", encoding="utf-8")
    (folder / MARKDOWN).write_text(render_markdown(run, figures), encoding="utf-8")
    unfinished = folder / f".{HTML}.{os.getpid()}"
    with unfinished.open("w", encoding="utf-8") as page:
        page.writelines(render_html(run, figures, cells_in(folder), lambda cell: read_kept(folder, cell)))
    unfinished.replace(folder / HTML)
    return figures
