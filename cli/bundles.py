"""Bundles of other tools on the command line: `snapshot import`, and `--snapshot BUNDLE`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from kubetriage.cli.app import Options
from kubetriage.cli.progress import progress_for

FORMATS = ("auto", "cluster-info-dump", "must-gather", "support-bundle")
TAIL = 50_000
"""Lines of a log that are kept: as many as a triage reads at most."""


def _time(ctx: click.Context, param: click.Parameter, value: str | None) -> datetime | None:
    """RFC 3339, with an offset."""
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or not 1970 <= at.year < 9000:
        raise click.BadParameter(f"{value!r} must be like 2025-01-31T12:00:00Z, with an offset.", ctx, param)
    return at.astimezone(UTC)


@click.command("import", short_help="Make a snapshot of another tool's dump.")
@click.argument("path", metavar="PATH")
@click.option("--out", "folder", metavar="DIR", required=True, help="The snapshot's folder, new or empty.")
@click.option("--format", "format_", type=click.Choice(FORMATS), default="auto", show_default=True,
              help="The tool that made it.")  # fmt: skip
@click.option(
    "--time", "at", metavar="TIME", callback=_time, help="When the bundle was made.  [default: as it tells]"
)
@click.option("--tail", type=click.IntRange(1), default=TAIL, help=f"Lines of each log.  [default: {TAIL}]")
@click.pass_obj
def import_(options: Options, path: str, folder: str, format_: str, at: datetime | None, tail: int) -> None:
    """Make a snapshot of what another tool has dumped of a cluster.

    PATH is a folder or a .tar, .tar.gz, .tar.xz, .tar.bz2 or .zip of kubectl cluster-info dump (or a file
    with what it printed), oc adm must-gather or inspect, or a Troubleshoot support bundle. Values of
    Secrets are left out, everything else is redacted. What it lacks is recorded as not looked at.

    \b
      kubetriage snapshot import must-gather.tar.gz --out night
    """
    from kubetriage.bootstrap.bundles import import_into
    from kubetriage.domain.rendering.visible import one_line

    progress = progress_for(options.quiet)
    try:
        lines = import_into(Path(path), Path(folder), format_, tail=tail, at=at, told=progress.files)
    finally:
        progress.clear()
    for line in lines:
        click.echo(one_line(line))  # names come from the bundle


def readable_snapshot(snapshot: str | None, *, quiet: bool) -> str | None:
    """The snapshot's folder; of a bundle, one that is there until the command ends. Raises `BadInput`."""
    from kubetriage.bootstrap.bundles import imported, is_bundle
    from kubetriage.domain.rendering.visible import one_line

    if not snapshot or not is_bundle(Path(snapshot)):
        return snapshot
    progress = progress_for(quiet)
    try:
        bundle = imported(Path(snapshot), progress.files)
        folder, said = click.get_current_context().with_resource(bundle)
    finally:
        progress.clear()
    if not quiet:
        click.echo(f"kubetriage: {one_line(said)}", err=True)
    return str(folder)
