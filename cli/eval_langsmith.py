"""`kubetriage eval langsmith`."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kubetriage.cli.demo import bundled_scenarios
from kubetriage.cli.eval_written import written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langsmith import Client

    from kubetriage.evals.cells import Run
    from kubetriage.evals.langsmith_runs import Row
    from kubetriage.evals.scenario import Scenario

FILE = "langsmith.jsonl"


@click.command()
@click.argument("folder", metavar="RUN", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--scenarios", metavar="DIR", help="The run's scenarios.  [default: the bundled ones]")
@click.option("--upload", is_flag=True, help="Send them to LangSmith, with LANGSMITH_API_KEY's key.")
def langsmith(folder: Path, scenarios: str | None, upload: bool) -> int:
    """Make a LangSmith dataset of a run's scenarios, and an experiment of each of its arms.

    LangSmith's own SDK runs the experiments over the reports that the run has kept; no model is asked. Their
    rows are written to langsmith.jsonl in the run's folder. Nothing is sent anywhere without --upload, and
    with it alerts, keys and reports are, redacted.
    """
    from kubetriage.bootstrap.tracing import langsmith_client
    from kubetriage.evals.cells import read_run
    from kubetriage.evals.langsmith_runs import offline_client
    from kubetriage.evals.scenario import find
    from kubetriage.evals.scenarios_used import scenarios_used

    run = read_run(folder)
    used = scenarios_used(run, find(Path(scenarios) if scenarios else bundled_scenarios()))
    client = langsmith_client() if upload else offline_client()
    rows = asyncio.run(_rows(folder, run, used, client, upload=upload))
    path = folder / FILE
    lines = "".join(f"{json.dumps(row.to_json(), ensure_ascii=False)}\n" for row in rows)
    with written(path):
        path.write_text(lines, encoding="utf-8")
    for line in _summary(rows):
        click.echo(line)
    click.echo(f"{'Sent to LangSmith; the' if upload else 'Nothing was sent; the'} rows are in {path}")
    return 0


async def _rows(
    folder: Path, run: Run, used: Sequence[Scenario], client: Client, *, upload: bool
) -> list[Row]:
    from kubetriage.domain.errors import KubetriageError
    from kubetriage.evals.figure_values import arms_of
    from kubetriage.evals.langsmith_runs import NotTaken, examples_of, experiments, upload_dataset

    examples = examples_of(run, used)
    try:
        data = upload_dataset(client, run, examples) if upload else examples
        return [row async for row in experiments(folder, run, arms_of(run), data, client, upload=upload)]
    except NotTaken as error:
        raise KubetriageError(f"LangSmith did not take it: {error}.") from None


def _summary(rows: Sequence[Row]) -> list[str]:
    names = list(dict.fromkeys(row.experiment for row in rows))
    lines = []
    for name in names:
        own = [row for row in rows if row.experiment == name]
        verdicts = [each.score for row in own for each in row.feedback if each.key == "pass"]
        failed = sum(bool(row.error) for row in own)
        said = f"{sum(map(bool, verdicts))} of {len(verdicts)} passed"
        lines.append(f"{name}: {said}" + (f", {failed} could not be run" if failed else ""))
    return lines
