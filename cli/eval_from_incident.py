"""`kubetriage eval from-incident`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kubetriage.cli.app import Options

if TYPE_CHECKING:
    from kubetriage.bootstrap.settings import Settings
    from kubetriage.evals.from_incident import Made


@click.command("from-incident")
@click.argument("incident", metavar="ID")
@click.option("--out", "folder", metavar="DIR", required=True, help="The folder of scenarios to add it to.")
@click.pass_obj
def from_incident(options: Options, incident: str, folder: str) -> None:
    """Make a scenario, DIR/ID, of an incident that the server has diagnosed.

    Its snapshot is what the diagnosis read, its key what people said of the report: one that was right is
    the key; of one that was wrong as much as was said is, and the rest is to be filled in, which `eval check`
    says.
    """
    from kubetriage.bootstrap.serving import require_server
    from kubetriage.bootstrap.settings import load_settings
    from kubetriage.domain.rendering.visible import one_line

    require_server()
    made = asyncio.run(_made(load_settings(options.config), incident, Path(folder)))
    seen = made.observed
    click.echo(
        one_line(
            f"Wrote {made.folder}: {seen.objects} objects, {seen.logs} logs and {seen.answers} answers of "
            f"Prometheus as of {seen.at:%Y-%m-%dT%H:%M:%SZ}; {made.alerts} alerts."
        )
    )
    said = f"somebody called the report {made.verdict}" if made.verdict else "nobody has judged the report"
    if made.to_fill_in:
        left = ", ".join(made.to_fill_in)
        click.echo(f"The key is not complete, as {said}: fill in {left} in {made.folder}/expected.yaml.")
    else:
        click.echo(f"The key comes from feedback: {said}. Look through it, then: kubetriage eval check.")


async def _made(settings: Settings, incident: str, folder: Path) -> Made:
    from kubetriage.bootstrap.serving import open_database
    from kubetriage.evals.from_incident import scenario_from

    async with open_database(settings) as database:
        return await scenario_from(database, incident, folder)
