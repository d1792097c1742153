"""`kubetriage snapshot`: record, import, check and serve."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import click

from kubetriage.cli.app import Options
from kubetriage.cli.bundles import import_
from kubetriage.cli.names import NamespaceName


@click.group()
def snapshot() -> None:
    """Record, import, check and serve snapshots: folders that hold a cluster's state and logs."""


snapshot.add_command(import_)


@snapshot.command(short_help="Serve snapshots as read-only Kubernetes APIs.")
@click.argument("folders", metavar="DIR...", nargs=-1, required=True)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0 takes a free one.  [default: 0]")
@click.option("--kubeconfig", metavar="FILE", help="Write a kubeconfig for it there.")
@click.option("--rebase", is_flag=True, help="Shift all times so that the snapshot was taken just now.")
def serve(folders: Sequence[str], port: int, kubeconfig: str | None, rebase: bool) -> None:
    """Serve a snapshot as a read-only Kubernetes API on 127.0.0.1, for kubectl and kubernetes-mcp-server.

    Several folders are served as several clusters, each under its folder's name (a scenario's under the
    scenario's), which is also the name of its kubeconfig context.

    \b
      kubetriage snapshot serve DIR --kubeconfig recorded.yaml
      kubectl --kubeconfig recorded.yaml get pods -A
    """
    from kubetriage.bootstrap.snapshots import serve_api

    target = Path(kubeconfig) if kubeconfig else None
    serve_api([Path(folder) for folder in folders], port, target, rebase=rebase, say=click.echo)


@snapshot.command(short_help="Serve a snapshot as an MCP server.")
@click.argument("folder", metavar="DIR")
def mcp(folder: str) -> None:
    """Serve a snapshot as an MCP server over standard input and output."""
    from kubetriage.bootstrap.snapshots import serve_mcp

    asyncio.run(serve_mcp(Path(folder)))


@snapshot.command(short_help="Say what is wrong with a snapshot.")
@click.argument("folder", metavar="DIR")
def check(folder: str) -> int:
    """Say what is wrong with a snapshot, a line each; exits with 2 if anything is."""
    from kubetriage.bootstrap.snapshots import check_folder

    found = check_folder(Path(folder))
    for line in found.lines:
        click.echo(line)
    click.echo(found.conclusion, err=True)
    return 2 if found.lines else 0


@snapshot.command(short_help="Write a snapshot of a live cluster.")
@click.argument("folder", metavar="DIR")
@click.option("--namespace", "-n", "namespaces", type=NamespaceName(), metavar="NAMESPACE", multiple=True,
              help="Record this namespace; repeatable.")  # fmt: skip
@click.option("--all-namespaces", "-A", "everything", is_flag=True, help="Record every namespace.")
@click.option("--cluster", metavar="NAME", default="", help="The configured connection to read.")
@click.option("--snapshot", "source", metavar="DIR", help="Record from a snapshot instead of a cluster.")
@click.option(
    "--tail", type=click.IntRange(0), default=2000, help="Lines of each log, 0 for none.  [default: 2000]"
)
@click.pass_obj
def record(
    options: Options,
    folder: str,
    namespaces: Sequence[str],
    everything: bool,
    cluster: str,
    source: str | None,
    tail: int,
) -> int:
    """Write a snapshot of chosen namespaces of a live cluster, read through MCP and redacted.

    Cluster-scoped objects (nodes, storage classes, volumes, webhook configurations, …) and kube-system come
    along; Secret data is never read.

    \b
      kubetriage snapshot record night -n shop -n payments
      kubetriage triage alert.json --snapshot night
    """
    if cluster and source:
        raise click.UsageError("--snapshot and --cluster exclude each other.")
    if bool(namespaces) == everything:
        raise click.UsageError("Say which namespaces: --namespace NAME, repeatable, or --all-namespaces.")
    from kubetriage.bootstrap.settings import load_settings
    from kubetriage.bootstrap.snapshots import Recording, record_cluster
    from kubetriage.cli.interrupt import run_until_interrupted
    from kubetriage.cli.progress import progress_for

    progress = progress_for(options.quiet)
    wanted = Recording(Path(folder), tuple(namespaces), cluster, Path(source) if source else None, tail)
    settings = load_settings(options.config)
    if cluster:
        settings.require_cluster(cluster)
    try:
        done = asyncio.run(run_until_interrupted(record_cluster(settings, wanted, progress)))
    finally:
        progress.clear()
    click.echo(done)
    return 0
