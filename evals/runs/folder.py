"""A run's folder as it is found: empty, or holding a run that goes on if it is the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from kubetriage.domain.errors import BadInput
from kubetriage.evals.cells import CELLS, KEPT, RUN, CellOutcome, Run, cells_in, read_run, write_run
from kubetriage.evals.figure_values import Arm
from kubetriage.evals.runs.lock import LOCK
from kubetriage.evals.runs.planning import Plan, difference
from kubetriage.evals.runs.pool import LOG


class Found(NamedTuple):
    """What earlier sessions of a run have left."""

    done: frozenset[str]
    """Ids of the cells with a verdict."""
    outcomes: tuple[CellOutcome, ...] = ()
    """Theirs."""
    costs: tuple[tuple[Arm, float, str], ...] = ()
    """What cells cost, those that could not be run too: arm, amount, currency."""
    paid: Mapping[str, float] = MappingProxyType({})
    """What those of them have cost that could not be run, by id; their next file holds it too."""


def prepared(folder: Path) -> None:
    """Make the folder. Raises `BadInput` where it holds other things than a run."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        there = {each.name for each in folder.iterdir()}
    except OSError as error:
        raise BadInput(f"{folder} cannot be used: {error.strerror}.") from error
    if RUN not in there and there - {LOCK, LOG}:
        raise BadInput(f"{folder} is not empty and holds no run: name another folder with --out.")


def begun(folder: Path, plan: Plan) -> tuple[Plan, Found]:
    """The plan as it goes on in the folder, and what is there of it.

    A new run's `run.json` is written; of a run that is there its own is kept. Raises `BadInput` if that is of
    another plan.
    """
    if not (folder / RUN).is_file():
        write_run(folder, plan.run)
        return plan, Found(frozenset())
    run = read_run(folder)
    if how := difference(plan.run, run):
        raise BadInput(f"The run in {folder} is another one: {how}. Name another folder with --out.")
    _tidy(folder)
    return plan._replace(run=run), found_in(folder, plan)


def found_in(folder: Path, plan: Plan) -> Found:
    """What is there of a plan; cells that could not be run are to be tried again."""
    if not (folder / CELLS).is_dir():
        return Found(frozenset())
    wanted = {key.id for key in plan.each()}
    done: dict[str, CellOutcome] = {}
    costs: list[tuple[Arm, float, str]] = []
    paid: dict[str, float] = {}
    for cell in cells_in(folder):
        if cell.key.id not in wanted:
            continue
        if cell.outcome is not CellOutcome.COULD_NOT_RUN:
            done[cell.key.id] = cell.outcome
        if cell.cost is not None:
            costs.append(((cell.key.strategy, cell.key.model), cell.cost, cell.currency))
            if cell.key.id not in done:
                paid[cell.key.id] = cell.cost
    return Found(frozenset(done), tuple(done.values()), tuple(costs), paid)


def _tidy(folder: Path) -> None:
    """Remove what was being written when a run was killed."""
    for part in (CELLS, KEPT):
        _remove((folder / part).glob(".*") if (folder / part).is_dir() else ())


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def ended(folder: Path, run: Run) -> Run:
    """Note that every cell is there."""
    finished = run.model_copy(update={"ended": run.ended or datetime.now(UTC)})
    write_run(folder, finished)
    return finished
