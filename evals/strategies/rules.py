"""The rules alone: the triage graph, and no model is asked."""

from __future__ import annotations

from kubetriage.evals.strategies.flow import triaged
from kubetriage.evals.strategies.made import Made, Task


async def by_rules(task: Task) -> Made:
    """Raises `KubetriageError` for a snapshot or an alert that cannot be used."""
    _, made = await triaged(task)
    return made
