"""Scoring the kept reports of a run again: no model is asked, no cluster is read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from kubetriage.domain.errors import BadInput
from kubetriage.evals.cells import Cell, CellOutcome, Run, cells_in, write_cell
from kubetriage.evals.runs.planning import digest_of
from kubetriage.evals.scenario import EXPECTED, Scenario
from kubetriage.evals.scorers.every import scored_again


class Rescored(NamedTuple):
    """A cell before and after."""

    before: Cell
    after: Cell

    @property
    def changed(self) -> bool:
        return self.before.outcome is not self.after.outcome


def rescore(folder: Path, run: Run, scenarios: dict[str, Scenario], *, write: bool) -> Iterator[Rescored]:
    """Every cell that was run, with today's scorers and today's answers; one at a time.

    Raises `BadInput` where a scenario is gone.
    """
    for used in run.scenarios:
        if used.name not in scenarios:
            raise BadInput(
                f"The scenario {used.name} of this run is not there: name its folder with --scenarios."
            )
    for cell in cells_in(folder):
        scenario = scenarios.get(cell.key.scenario)
        if scenario is None or cell.outcome is CellOutcome.COULD_NOT_RUN:
            continue
        after = scored_again(cell, scenario)
        if write and after != cell:
            write_cell(folder, after)
        yield Rescored(cell, after)


def changed_since(run: Run, scenarios: dict[str, Scenario]) -> list[str]:
    """Scenarios whose alert, snapshot or answer is another than when the run was made."""
    return [each.name for each in run.scenarios if digest_of(scenarios[each.name].folder) != each.digest]


def made_of_others(run: Run, scenarios: dict[str, Scenario]) -> list[str]:
    """Those of them whose alert or snapshot is another, so that no report of the run is of what is there."""
    return [
        each.name
        for each in run.scenarios
        if digest_of(scenarios[each.name].folder) != each.digest
        and digest_of(scenarios[each.name].folder, without=EXPECTED) != each.shown
    ]


def with_answers(run: Run, scenarios: dict[str, Scenario]) -> Run:
    """The run with the digests, categories and tags of its scenarios as they are now.

    One with another alert or snapshot keeps its digest: its cells are none of the scenario that is there.
    """
    used = []
    others = made_of_others(run, scenarios)
    for each in run.scenarios:
        scenario = scenarios[each.name]
        expected = scenario.expected
        used.append(
            each.model_copy(
                update={
                    "digest": each.digest if each.name in others else digest_of(scenario.folder),
                    "category": expected.category,
                    "tags": expected.tags,
                    "outcome": expected.outcome,
                    "root_cause": expected.root_cause,
                }
            )
        )
    return run.model_copy(update={"scenarios": tuple(used)})
