"""`kubetriage eval record` and `kubetriage eval replay`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kubetriage.cli.app import Options
from kubetriage.cli.finite import Finite

if TYPE_CHECKING:
    from kubetriage.adapters.model.profile import ModelProfile
    from kubetriage.adapters.model.traffic.replay import Replay
    from kubetriage.bootstrap.settings import Settings

MOST_SHOWN = 10
"""Misses that are told one by one."""
_PASSED_ON = {"ignore_unknown_options": True, "allow_extra_args": True}


@click.command(context_settings=_PASSED_ON)
@click.option("--models", metavar="NAME,…", required=True, help="Model profiles whose traffic is recorded.")
@click.option(
    "--out", "file", metavar="FILE", required=True, help="The recording, FILE.jsonl.gz; a new file."
)
@click.option("--run", "folder", metavar="DIR", help="Keep the run there, as `eval run --out` does.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[OPTIONS OF eval run]…")
@click.pass_context
def record(ctx: click.Context, models: str, file: str, folder: str | None, arguments: Sequence[str]) -> int:
    """Do a run and keep everything that its models are asked and answer.

    The models are asked through a proxy on this machine. Keys and headers are not kept, and what looks like a
    secret is masked. `kubetriage eval replay FILE` does the same run again without the models.

    \b
      kubetriage eval record --models siliconflow-qwen3-30b --strategies graph,react --repeat 3 \\
          --out traffic.jsonl.gz --run runs/recorded
    """
    from kubetriage.adapters.model.fake.loopback import in_thread
    from kubetriage.adapters.model.traffic.proxy import recording_proxy
    from kubetriage.adapters.model.traffic.recording import Recorder
    from kubetriage.bootstrap.settings import load_settings

    profiles = _profiles(load_settings(ctx.obj.config), models)
    about = {"models": {name: each.model_dump(mode="json") for name, each in profiles.items()}}
    with Recorder(Path(file), about) as recorder:
        with in_thread(lambda: recording_proxy(profiles, recorder), "traffic") as addresses:
            given = ["--models", models, *arguments, *(["--out", folder] if folder else [])]
            status = _run(ctx.obj, given, {}, addresses)
        click.echo(f"{recorder.count} answers are kept in {file}", err=True)
    return status


@click.command(context_settings=_PASSED_ON)
@click.argument("file", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--models", metavar="NAME,…", default="", help="Of those recorded.  [default: all]")
@click.option("--pace", type=Finite(0, 10), default=0.0, help="Times the recorded time.  [default: 0]")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[OPTIONS OF eval run]…")
@click.pass_context
def replay(ctx: click.Context, file: Path, models: str, pace: float, arguments: Sequence[str]) -> int:
    """Do a recorded run again without its models, keys or a network.

    Every question gets the answer that it got when it was recorded, in its cell and in its order. One that
    was never asked then is an error that says how it differs, its cell could not be run, and the command ends
    with 1: prompts, scenarios or options are not what they were.
    """
    from kubetriage.adapters.model.fake.loopback import in_thread
    from kubetriage.adapters.model.traffic.recording import read_recording
    from kubetriage.adapters.model.traffic.replay import replaying_server
    from kubetriage.evals.redefining import recorded_tables

    recording = read_recording(file)
    if recording.cut:
        click.echo(f"{file} ends in the middle: its last answers are missing.", err=True)
    tables = recorded_tables(recording.about, [name for name in models.split(",") if name])
    if not recording.questions:
        raise click.UsageError(f"{file} holds no answer: nothing can be done again from it.")
    with in_thread(lambda: replaying_server(recording, list(tables), pace), "traffic") as (played, addresses):
        given = ["--models", ",".join(tables), *arguments]
        return _told(played, _run(ctx.obj, given, tables, addresses))


def _profiles(settings: Settings, models: str) -> dict[str, ModelProfile]:
    from kubetriage.bootstrap.models import profile_of

    names = [name.strip() for name in models.split(",") if name.strip()]
    scripted = [name for name in names if ":" in name]
    if scripted:
        raise click.UsageError(f"{scripted[0]} is simulated anyway: there is no traffic to record.")
    return {name: profile_of(settings, name) for name in names if name != "rules"}


def _run(
    options: Options, arguments: Sequence[str], tables: dict[str, dict[str, Any]], addresses: dict[str, str]
) -> int:
    """`eval run`, its models defined by these tables and asked at these addresses."""
    from kubetriage.cli.eval_run import run

    changed = options.with_models(tables, addresses)
    status = run.main(list(arguments), prog_name="kubetriage eval run", standalone_mode=False, obj=changed)
    return status if isinstance(status, int) else 0


def _told(played: Replay, status: int) -> int:
    click.echo(f"{played.answered} questions were answered out of the recording.", err=True)
    if not played.missed:
        return status
    click.echo(f"{played.missed} questions were never recorded:", err=True)
    for miss in played.misses[:MOST_SHOWN]:
        click.echo(f"  {miss}", err=True)
    return status or 1
