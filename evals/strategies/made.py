"""What a strategy is given, and what it gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from kubetriage.domain.language import Language
from kubetriage.evals.cells import CellKey, Kept
from kubetriage.evals.concluded import Concluded
from kubetriage.evals.scenario import Scenario

if TYPE_CHECKING:
    from kubetriage.bootstrap.settings import Settings


class Task(NamedTuple):
    """One cell to be made."""

    key: CellKey
    scenario: Scenario
    settings: Settings
    language: Language
    timeout: float
    """Seconds."""
    said: list[Kept]
    """What models were asked and answered by now, for cells that come to no report."""


class Made(NamedTuple):
    """One report and how it came about."""

    report: dict[str, Any]
    """`kubetriage.report/1`, or as much of it as the strategy gives."""
    seconds: float
    """Measured, from the alert to the report; connecting is not counted."""
    kept: list[Kept]
    """What was asked, answered and read, in this order."""
    model_calls: int = 0
    leaked_calls: int | None = None
    """Tool calls that were recovered from a model's text; None where no model was asked."""
    concluded: Concluded | None = None
    """What the model that the graph asked had said, before it was judged."""
