"""What a cell leads down to on the page."""

from __future__ import annotations

import pytest

from kubetriage.evals.cells import CellOutcome, Score, Strategy
from kubetriage.evals.figures import figures_of
from kubetriage.evals.planted import Plant, planted_cells, planted_run, planted_scenarios
from kubetriage.evals.reporting.html import render_html


@pytest.mark.parametrize(
    ("value", "shown"), [(57_889.0, "57,889"), (1_234_567.0, "1,234,567"), (0.04271, "0.04271"), (12.0, "12")]
)
def test_amounts_are_written_out(value: float, shown: str) -> None:
    """Nobody reads 5.789e+04 tokens."""
    plants = [Plant(Strategy.RULES, "none", lambda chance: 1.0)]
    run = planted_run(planted_scenarios(1), 1, plants)
    (cell,) = planted_cells(run, plants, 1)
    score = Score(name="tokens", value=value, passed=None, reason="so many")
    cell = cell.model_copy(
        update={"outcome": CellOutcome.FAIL, "report": {"outcome": "healthy"}, "scores": {"tokens": score}}
    )
    page = "".join(render_html(run, figures_of(run, [cell]), [cell], lambda of: ()))
    assert f"<td>tokens</td><td>{shown}</td>" in page
