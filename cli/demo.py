"""`kubetriage demo`."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import click

from kubetriage.cli.app import Options
from kubetriage.cli.triage import FORMATS, LANGUAGES, Request, print_reports

FIRST = "claim-below-storage-class-minimum"


def bundled_scenarios() -> Path:
    """The folder of the scenarios that ship with the package."""
    return Path(str(resources.files("kubetriage.evals").joinpath("scenarios")))


@click.command()
@click.argument("name", default=FIRST)
@click.option("--list", "list_", is_flag=True, help="List the bundled examples.")
@click.option("--language", type=click.Choice(LANGUAGES),
              help="Of the report.  [default: as configured, else the locale]")  # fmt: skip
@click.option("--format", "format_", type=click.Choice(FORMATS), default="text", show_default=True,
              help="Of the report.")  # fmt: skip
@click.option("--output", "-o", metavar="FILE", help="Write the report there instead of standard output.")
@click.pass_obj
def demo(
    options: Options, name: str, list_: bool, language: str | None, format_: str, output: str | None
) -> int:
    """Triage a bundled example: a real alert over a recorded cluster, through the embedded MCP server.

    Needs no cluster, no key and no network. NAME is one of --list.

    \b
      kubetriage demo
      kubetriage demo node-kubelet-stopped --language zh
    """
    folder = bundled_scenarios()
    names = sorted(p.name for p in folder.iterdir() if (p / "alert.json").is_file())
    if list_:
        click.echo("\n".join(names))
        return 0
    if name not in names:
        raise click.UsageError(f"There is no example named {name}; --list shows them.")
    from kubetriage.bootstrap.settings import load_settings
    from kubetriage.cli.alerts import incidents_of
    from kubetriage.cli.output import Style
    from kubetriage.cli.triage import colour_for

    settings = load_settings(options.config)
    values, headings = settings.languages(language)
    snapshot = str(folder / name / "snapshot")
    incidents, several, _ = incidents_of(str(folder / name / "alert.json"), None, snapshot)
    style = Style(format=format_, headings=headings, colour=colour_for(output), several=several)
    request = Request(settings, incidents, snapshot, "", values, 120.0)
    return print_reports(request, style, output, quiet=options.quiet)
