"""`kubetriage eval check`."""

from __future__ import annotations

from pathlib import Path

import click

from kubetriage.cli.demo import bundled_scenarios


@click.command()
@click.option(
    "--scenarios", metavar="DIR", help="A folder of scenarios, or one.  [default: the bundled ones]"
)
def check(scenarios: str | None) -> int:
    """Say what makes scenarios unfit to measure with, a line a problem; exits with 1 if anything does.

    Looked at: whether files can be read and snapshots are possible clusters; whether the alert parses;
    whether the answer key is complete, uses known categories and names objects that exist or are said to be
    absent; whether its own sentence would pass; whether names, the alert, places in lists or copies give
    answers away.
    """
    from kubetriage.domain.rendering.visible import one_line
    from kubetriage.evals.checking import check_scenarios

    folder = Path(scenarios) if scenarios else bundled_scenarios()
    checked = check_scenarios(folder)
    for problem in checked.problems:
        click.echo(one_line(str(problem)))
    of = f"{checked.scenarios} scenario{'s' if checked.scenarios != 1 else ''}"
    many = f"{len(checked.problems)} problem{'s' if len(checked.problems) != 1 else ''}"
    click.echo(f"{folder}: {of}, {many if checked.problems else 'no problems'}.", err=True)
    return 1 if checked.problems else 0
