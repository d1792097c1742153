"""How far a run of cells is: a line on stderr that rewrites itself, and a line a cell where wanted."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO

import click

from kubetriage.domain.rendering.visible import one_line

if TYPE_CHECKING:
    from kubetriage.evals.cells import CellKey
    from kubetriage.evals.runs.conducting import Standing
    from kubetriage.evals.runs.messages import Done

EVERY_SECONDS = 60.0
"""Between two lines where stderr is no terminal."""


def duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return (
        f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
    )


def told(now: Standing, budget: str) -> str:
    """`120/600 cells: 96 passed, 20 failed, 4 could not run; 3 min 10 s left; 0.41 of 5 CNY spent`."""
    said = f"{now.done}/{now.of} cells: {now.passed} passed, {now.failed} failed"
    if now.not_run:
        said += f", {now.not_run} could not run"
    if now.left is not None and now.done < now.of:
        said += f"; about {duration(now.left)} left"
    spent = ", ".join(f"{amount:.3g} {currency}" for currency, amount in sorted(now.spent.items()))
    if budget:
        said += f"; {spent or '0'} of {budget} spent"
    elif spent:
        said += f"; {spent} spent"
    return said


class CellProgress:
    """`runs.conducting.Watching` for people."""

    def __init__(
        self, keys: Iterable[CellKey] | None, *, quiet: bool, budget: str = "", stream: TextIO | None = None
    ) -> None:
        """`keys`: the cells of which a line each is printed, in that order; None prints none."""
        self._stream = stream or sys.stderr
        self._rewrites = self._stream.isatty() and not quiet
        self._says = not quiet and not self._rewrites and keys is None
        self._budget = budget
        self._said_at = time.monotonic()
        self._order = [key.id for key in keys] if keys is not None else None
        self._printed = 0
        self._held: dict[str, Done] = {}

    def cell(self, done: Done) -> None:
        """Lines come in the order of the cells, so one that is early is held back."""
        if self._order is None:
            return
        self._held[done.key.id] = done
        while self._printed < len(self._order) and self._order[self._printed] in self._held:
            self.clear()
            show(self._held.pop(self._order[self._printed]))
            self._printed += 1

    def standing(self, now: Standing) -> None:
        if self._rewrites:
            width = shutil.get_terminal_size().columns - 1
            self._stream.write(f"\r\x1b[2K{one_line(told(now, self._budget))[:width]}")
            self._stream.flush()
        elif self._says and time.monotonic() - self._said_at >= EVERY_SECONDS:
            self._said_at = time.monotonic()
            self._stream.write(f"{one_line(told(now, self._budget))}\n")
            self._stream.flush()

    def clear(self) -> None:
        if self._rewrites:
            self._stream.write("\r\x1b[2K")
            self._stream.flush()


def show(done: Done) -> None:
    """The line of a cell, and one for each thing that is wrong with it."""
    name = done.key.scenario
    if done.outcome.value == "could_not_run":
        click.echo(f"could not run  {name}: {one_line(done.why)}")
        return
    mark = "pass" if done.outcome.value == "pass" else "FAIL"
    sure = "  wrong with confidence" if done.wrong_with_confidence else ""
    click.echo(f"{mark:<5} {done.seconds:5.2f} s  {name}{sure}")
    for problem in done.problems:
        click.echo(f"               {one_line(problem)}")
