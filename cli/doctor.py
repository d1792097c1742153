"""`kubetriage doctor`."""

from __future__ import annotations

import asyncio

import click

from kubetriage.cli.app import Options


@click.command()
@click.option("--cluster", metavar="NAME", help="Only this connection.")
@click.pass_obj
def doctor(options: Options, cluster: str | None) -> int:
    """Show each connection, its tools, what its rights forbid, the model and the channels.

    Exits with 3 if no connection can be reached.

    \b
      kubetriage doctor --cluster production
    """
    from kubetriage.bootstrap.doctor import examine, render
    from kubetriage.bootstrap.settings import load_settings
    from kubetriage.cli.interrupt import run_until_interrupted

    settings = load_settings(options.config)
    found = asyncio.run(run_until_interrupted(examine(settings, cluster or "")))
    click.echo(render(found))
    return 0 if any(connection.reachable for connection in found.connections) else 3
