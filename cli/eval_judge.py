"""`kubetriage eval judge`."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kubetriage.cli.app import Options
from kubetriage.cli.demo import bundled_scenarios
from kubetriage.cli.eval_written import written

if TYPE_CHECKING:
    from kubetriage.bootstrap.settings import Settings
    from kubetriage.evals.cells import Run
    from kubetriage.evals.judging_model import Judgement
    from kubetriage.evals.scenario import Scenario


@click.command()
@click.argument("folder", metavar="RUN", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--model", metavar="NAME", required=True, help="The judge's model profile; none of the run's.")
@click.option("--scenarios", metavar="DIR", help="The run's scenarios.  [default: the bundled ones]")
@click.option("--concurrency", type=click.IntRange(1, 64), default=4, help="At a time.  [default: 4]")
@click.pass_obj
def judge(options: Options, folder: Path, model: str, scenarios: str | None, concurrency: int) -> int:
    """Let another language model judge a run's reports, and say how far it agrees with the scorers.

    It changes no verdict: what passes and fails is decided by the scorers alone. Its opinions are written to
    judged.json in the run's folder. Equal reports on a scenario are judged once.
    """
    from kubetriage.bootstrap.models import profile_of
    from kubetriage.bootstrap.settings import load_settings
    from kubetriage.cli.interrupt import run_until_interrupted
    from kubetriage.evals.agreement import in_words
    from kubetriage.evals.cells import read_run
    from kubetriage.evals.judging_model import FILE, refuse_own_model, to_json
    from kubetriage.evals.scenario import find
    from kubetriage.evals.scenarios_used import scenarios_used

    run, settings = read_run(folder), load_settings(options.config)
    profile = profile_of(settings, model)
    refuse_own_model(run, profile)
    used = scenarios_used(run, find(Path(scenarios) if scenarios else bundled_scenarios()))
    found = asyncio.run(run_until_interrupted(_judged(folder, run, settings, model, used, concurrency)))
    said = json.dumps(to_json(profile, found), ensure_ascii=False, indent=1)
    with written(folder / FILE):
        (folder / FILE).write_text(f"{said}\n", encoding="utf-8")
    for label, agreement in found.agreement.items():
        click.echo(in_words(label, agreement))
    for why, times in found.failures.items():
        click.echo(f"could not be judged, {times} times: {why}")
    return 0 if found.opinions else 1


async def _judged(
    folder: Path, run: Run, settings: Settings, model: str, used: list[Scenario], concurrency: int
) -> Judgement:
    from kubetriage.bootstrap.models import keys_of, ledger, profile_of
    from kubetriage.evals.cells import cells_in
    from kubetriage.evals.judging_model import Judge, booked_chat, judge_cells

    profile = profile_of(settings, model)
    chat = booked_chat(profile, keys_of([profile]).get(profile.key_env), ledger(settings))
    try:
        return await judge_cells(Judge(chat, concurrency), run, cells_in(folder), used)
    finally:
        await chat.clients.aclose()
