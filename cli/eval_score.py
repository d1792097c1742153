"""`kubetriage eval score`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kubetriage.cli.demo import bundled_scenarios
from kubetriage.cli.eval_written import written

if TYPE_CHECKING:
    from kubetriage.evals.cells import Run
    from kubetriage.evals.scenario import Scenario

MOST_NAMED = 5
"""Scenarios that a line names."""


@click.command()
@click.argument("run", metavar="RUN")
@click.option(
    "--scenarios", metavar="DIR", help="Where the run's scenarios are.  [default: the bundled ones]"
)
@click.option("--dry-run", is_flag=True, help="Say what would change and write nothing.")
def score(run: str, scenarios: str | None, dry_run: bool) -> None:
    """Score the kept reports of the run in the folder RUN again, with today's scorers and answers.

    No model is asked. Says which cells have another verdict than before, writes their files and the reports
    anew, and prints the figures.
    """
    from kubetriage.domain.errors import BadInput
    from kubetriage.evals.cells import read_run, write_run
    from kubetriage.evals.figure_values import arm_label
    from kubetriage.evals.figures import figures_of
    from kubetriage.evals.reporting.terminal import render_terminal
    from kubetriage.evals.runs.lock import locked
    from kubetriage.evals.runs.publishing import publish
    from kubetriage.evals.runs.rescoring import rescore, with_answers
    from kubetriage.evals.scenario import find

    folder = Path(run)
    known = read_run(folder)
    there = {each.name: each for each in find(Path(scenarios) if scenarios else bundled_scenarios())}
    if not (folder / "cells").is_dir():
        raise BadInput(f"{folder} has no cells yet.")
    with written(folder), locked(folder):
        scored = changed = 0
        cells = []
        for each in rescore(folder, known, there, write=not dry_run):
            scored += 1
            key = each.after.key
            if each.changed:
                changed += 1
                label = arm_label(*key.arm)
                verdicts = f"{each.before.outcome} → {each.after.outcome}"
                click.echo(f"{key.scenario} ({label}, repeat {key.repeat}): {verdicts}")
            if dry_run:
                cells.append(each.after.model_copy(update={"report": {}}))
        said = "would have" if dry_run else "have"
        click.echo(f"{scored} cells scored, {changed} {said} another verdict", err=True)
        _tell_changes(known, there)
        now = with_answers(known, there)
        if dry_run:
            figures = figures_of(now, cells)
        else:
            write_run(folder, now)
            figures = publish(folder, now)
    click.echo(render_terminal(now, figures), nl=False)


def _tell_changes(run: Run, there: dict[str, Scenario]) -> None:
    """Which scenarios are not as they were in the run, and which of them its reports were not made of."""
    from kubetriage.evals.runs.rescoring import changed_since, made_of_others

    others = made_of_others(run, there)
    answers = [name for name in changed_since(run, there) if name not in others]
    for names, what in (
        (answers, "another answer than in the run"),
        (others, "another alert or snapshot than in the run, whose reports are of the one before"),
    ):
        if names:
            more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
            click.echo(f"{', '.join(names[:MOST_NAMED])}{more}: {what}", err=True)
