"""`kubetriage serve`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import click

from kubetriage.cli.app import Options

ROLES = ("all", "intake", "worker")


@click.command()
@click.option("--host", metavar="ADDRESS", help="Where to listen [default: as configured, else 127.0.0.1].")
@click.option("--port", type=click.IntRange(0, 65535),
              help="Where to listen [default: as configured, else 8080]; 0: any free one.")  # fmt: skip
@click.option("--workers", type=click.IntRange(0, 64), metavar="N",
              help="Processes that diagnose, apart from the one that takes alerts; 0: a thread.")  # fmt: skip
@click.option("--role", type=click.Choice(ROLES), help="Take alerts, diagnose, or both [default: all].")
@click.option("--snapshot", metavar="DIR", type=click.Path(path_type=Path),
              help="Read a recorded snapshot instead of a cluster.")  # fmt: skip
@click.option("--attached", is_flag=True, hidden=True)
@click.option("--sorter", is_flag=True, hidden=True)
@click.pass_obj
def serve(
    options: Options,
    host: str | None,
    port: int | None,
    workers: int | None,
    role: str | None,
    snapshot: Path | None,
    attached: bool,
    sorter: bool,
) -> int:
    """Take alerts over HTTP, diagnose each incident once, and serve the reports.

    Nothing that was accepted is lost when the process dies: everything is in one database, by default a
    SQLite file and its inbox beside it. With PostgreSQL any number of servers share the work. SIGTERM ends it
    in order, twice at once.

    \b
      kubetriage serve --workers 2
      KUBETRIAGE_DATABASE=postgresql://kubetriage@db/kubetriage kubetriage serve --role worker
    """
    from kubetriage.bootstrap.serving import require_server
    from kubetriage.bootstrap.settings import load_settings

    require_server()
    given = {"host": host, "port": port, "workers": workers, "role": role}
    loaded = load_settings(options.config)
    changed = {key: value for key, value in given.items() if value is not None}
    settings = loaded.model_copy(update={"server": loaded.server.model_copy(update=changed)})
    if sorter:
        from kubetriage.server.serving import sort_posts

        asyncio.run(sort_posts(settings, _say))
        return 0
    from kubetriage.bootstrap.channels import channels_of

    channels_of(settings)  # what is wrong with one is said now, not by the first diagnosis that is told
    from kubetriage.server.serving import ServeOptions
    from kubetriage.server.serving import serve as run

    ours = [sys.executable, "-m", "kubetriage.cli", *(["--config", options.config] if options.config else [])]
    read = ["--snapshot", str(snapshot)] if snapshot else []
    told = ServeOptions(
        worker_command=[*ours, "serve", "--role", "worker", "--workers", "0", "--attached", *read],
        sorter_command=[*ours, "serve", "--sorter"],
        snapshot=snapshot,
        attached=attached,
        say=_say,
    )
    asyncio.run(run(settings, told))
    return 0


def _say(line: str) -> None:
    click.echo(line)
    sys.stdout.flush()
