"""The scenarios of a run, found again on disk in the state in which the run used them."""

from __future__ import annotations

from collections.abc import Sequence

from kubetriage.domain.errors import BadInput
from kubetriage.evals.cells import Run
from kubetriage.evals.runs.planning import digest_of
from kubetriage.evals.scenario import Scenario


def scenarios_used(run: Run, scenarios: Sequence[Scenario]) -> list[Scenario]:
    """Those of the run, in its order. Raises `BadInput` for one that is gone or has another content now."""
    there = {each.name: each for each in scenarios}
    found = []
    for used in run.scenarios:
        scenario = there.get(used.name)
        if scenario is None:
            raise BadInput(f"The run's scenario {used.name} is not in the folder; name it with --scenarios.")
        if digest_of(scenario.folder) != used.digest:
            raise BadInput(f"The scenario {used.name} has changed since the run: its key may be another one.")
        found.append(scenario)
    return found
