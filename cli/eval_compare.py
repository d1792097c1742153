"""`kubetriage eval compare`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click


@click.command()
@click.argument("earlier", metavar="A")
@click.argument("later", metavar="B")
@click.option(
    "--arms",
    metavar="ARM=ARM",
    multiple=True,
    help="An arm of A and the arm of B it is compared with, such as 'graph small=graph big'; repeatable.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(("text", "json")),
    default="text",
    help="How to print it.  [default: text]",
)
def compare(earlier: str, later: str, arms: Sequence[str], format_: str) -> None:
    """Say what is better and worse in the run in folder B than in the one in folder A.

    Every arm that both have is compared with itself, on the scenarios that both ran and that have not changed
    in between: by how much, how sure that is, which scenarios became better or worse, how much longer it
    takes, and what else differs (versions, profiles, language). Figures are B's against A's, whichever is
    ahead: +2 points are two more right of a hundred in B.
    """
    from kubetriage.evals.cells import cells_in, read_run
    from kubetriage.evals.comparing import compare_runs, render_comparison
    from kubetriage.evals.reporting.as_json import said_of_pair
    from kubetriage.evals.reporting.wording import change_of_pair

    folders = (Path(earlier), Path(later))
    runs = [read_run(folder) for folder in folders]
    pairs = [_pair(each) for each in arms]
    found = compare_runs((runs[0], cells_in(folders[0])), (runs[1], cells_in(folders[1])), pairs)
    if format_ == "json":
        said = found.model_dump(mode="json")
        for change, shown in zip(found.changes, said["changes"], strict=True):
            shown["pairing"] = said_of_pair(change.pairing, change_of_pair)
        click.echo(json.dumps(said, ensure_ascii=False, indent=1))
    else:
        click.echo(render_comparison(found, (earlier, later)), nl=False)


def _pair(given: str) -> tuple[str, str]:
    first, equals, second = given.partition("=")
    if not equals or not first.strip() or not second.strip():
        raise click.UsageError(f"--arms {given!r}: two arms are expected, such as 'graph small=graph big'.")
    return first.strip(), second.strip()
