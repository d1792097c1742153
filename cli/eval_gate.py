"""`kubetriage eval gate`."""

from __future__ import annotations

from pathlib import Path

import click

from kubetriage.cli.finite import Finite


@click.command()
@click.argument("run", metavar="RUN")
@click.option(
    "--min-pass",
    type=Finite(0, 1),
    help="The least share of right diagnoses of every arm, from 0 to 1.",
)
@click.option("--baseline", metavar="FILE", help="What an earlier run has reached: no arm may be worse.")
@click.option(
    "--write-baseline", metavar="FILE", help="Write what this run has reached there, to be committed."
)
@click.option(
    "--max-not-run",
    type=Finite(0, 1),
    default=0.1,
    help="The largest share of cells without a verdict.  [default: 0.1]",
)
@click.option(
    "--partial", is_flag=True, help="The run is of a part of the baseline's scenarios or arms on purpose."
)
def gate(
    run: str,
    min_pass: float | None,
    baseline: str | None,
    write_baseline: str | None,
    max_not_run: float,
    partial: bool,
) -> int:
    """Say by exit status whether the run in the folder RUN is good enough: 0 if it is, 1 if not.

    Against a baseline a run fails if an arm is worse beyond chance, if a scenario that was always right is
    never right now, or if it lacks a scenario or an arm that the baseline has (but with --partial). Scenarios
    that have changed since are left out. A run of which too many cells could not be run or are missing
    decides nothing, and fails.

    \b
      kubetriage eval run --out runs/now
      kubetriage eval gate runs/now --min-pass 0.9 --baseline evals/baselines/rules.json
      kubetriage eval gate runs/now --write-baseline evals/baselines/rules.json
    """
    if min_pass is None and not baseline and not write_baseline:
        raise click.UsageError("Nothing is asked for: --min-pass, --baseline or --write-baseline.")
    from kubetriage.domain.errors import BadInput
    from kubetriage.evals import gating
    from kubetriage.evals.cells import cells_in, read_run
    from kubetriage.evals.figures import figures_of

    folder = Path(run)
    known = read_run(folder)
    before = gating.read_baseline(Path(baseline)) if baseline else None
    figures = figures_of(known, cells_in(folder))
    found = gating.gate(
        known, figures, min_pass=min_pass, baseline=before, most_not_run=max_not_run, partial=partial
    )
    for note in found.notes:
        click.echo(note)
    for problem in found.problems:
        click.echo(f"FAIL: {problem}")
    if write_baseline and found.open:
        target = Path(write_baseline)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(gating.baseline_text(gating.baseline_of(known, figures)), encoding="utf-8")
        except OSError as error:
            raise BadInput(f"{target} cannot be written: {error.strerror}.") from error
        click.echo(f"Written: {target}")
    if found.open:
        click.echo("The gate is open.")
    return 0 if found.open else 1
