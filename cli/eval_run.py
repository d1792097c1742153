"""`kubetriage eval run`."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kubetriage.cli.app import Options
from kubetriage.cli.eval_choice import choosing
from kubetriage.cli.eval_plan import Asked, planned
from kubetriage.cli.eval_written import written
from kubetriage.cli.finite import Finite
from kubetriage.cli.triage import LANGUAGES

if TYPE_CHECKING:
    from kubetriage.evals.figure_values import Figures
    from kubetriage.evals.runs.budget import Money
    from kubetriage.evals.runs.conducting import Conduct, Ended
    from kubetriage.evals.runs.planning import Plan

_TIMES = "zero, real or scaled:FACTOR"


@click.command()
@choosing
@click.option(
    "--models",
    metavar="NAME,…",
    default="",
    help="Model profiles (`kubetriage models`), scripted:NAME, rules.",
)
@click.option(
    "--strategies",
    metavar="NAME,…",
    default="",
    help="Of graph, react, rules.  [default: graph with models, else rules]",
)
@click.option(
    "--repeat",
    type=click.IntRange(1, 999),
    default=1,
    help="Runs of every scenario by every arm.  [default: 1]",
)
@click.option("--budget", metavar="MONEY", default="", help="What the models may cost, such as 5 or '5 CNY'.")
@click.option("--timeout", type=Finite(1), default=600.0, help="Seconds for one diagnosis.  [default: 600]")
@click.option(
    "--tries",
    type=click.IntRange(1, 20),
    default=3,
    help="Of what meets a rate limit, a timeout or a 5xx.  [default: 3]",
)
@click.option("--seed", type=int, default=0, help="Of scripted models and of intervals.  [default: 0]")
@click.option(
    "--simulated-time",
    metavar="HOW",
    default="zero",
    help=f"How scripted models take their time: {_TIMES}.  [default: zero]",
)
@click.option(
    "--language", type=click.Choice(LANGUAGES[:2]), default="en", help="Of the reports.  [default: en]"
)
@click.option("--concurrency", type=click.IntRange(1, 256), default=2, help="Cells at a time.  [default: 2]")
@click.option("--out", metavar="DIR", help="Keep the run there: cells, prompts, answers, reads, reports.")
@click.pass_obj
def run(options: Options, /, **given: Any) -> int:
    """Diagnose scenarios whose answer is known, and say how often that was right.

    Without options the rules diagnose every bundled scenario once, and a line each says pass or FAIL and why.
    With --models and --strategies every model is asked by every strategy: the triage graph, and a ReAct agent
    with the same tools as the baseline. A cell is one scenario, diagnosed once by one of them.

    \b
      kubetriage eval run --models siliconflow-qwen3-30b,siliconflow-qwen3-235b,rules \\
          --strategies graph,react --repeat 5 --concurrency 8 --budget '20 CNY' --out runs/qwen
      kubetriage eval run --models scripted:qwen3-30b-a3b,rules --strategies graph,react --out runs/try

    A scripted model is simulated: it needs no network and no key, and every report says so in its first line.
    Its time is reckoned from tokens, or with --simulated-time really waited for, all of it or a part.

    With --out everything is kept, and the same command goes on after a kill or a spent budget; cells with a
    verdict are not run again. The folder then holds report.html, report.md, summary.json, cells/ and kept/.
    What met a rate limit, a timeout or a server's error even at its last try could not be run: it is told
    apart and counts as neither right nor wrong.

    Exits with 0 if every cell has a verdict, with 1 if not; without --models, --strategies, --repeat and
    --out also with 1 if any scenario failed.
    """
    from kubetriage.bootstrap.settings import load_settings
    from kubetriage.evals.redefining import redefined, with_addresses
    from kubetriage.evals.runs.conducting import Conduct

    asked = Asked(**given)
    plan, money = planned(redefined(load_settings(options.config), options.models), asked)
    plain = not (asked.out or asked.models or asked.strategies or asked.repeat > 1)
    with ExitStack() as stack:
        folder = Path(asked.out or stack.enter_context(tempfile.TemporaryDirectory()))
        stack.enter_context(written(folder, "What is done is kept, and the same command goes on."))
        how = Conduct(
            folder=folder,
            config=options.config or "",
            models=with_addresses(options.models, options.addresses),
            concurrency=asked.concurrency,
            timeout=asked.timeout,
            tries=asked.tries,
            time=asked.simulated_time,
        )
        return _do(plan, how, money, plain=plain, keeps=bool(asked.out), quiet=options.quiet)


def _do(plan: Plan, how: Conduct, money: Money | None, *, plain: bool, keeps: bool, quiet: bool) -> int:
    from kubetriage.cli.eval_progress import CellProgress, told
    from kubetriage.cli.interrupt import run_until_interrupted
    from kubetriage.evals.runs.budget import Purse
    from kubetriage.evals.runs.conducting import conduct
    from kubetriage.evals.runs.folder import begun, prepared
    from kubetriage.evals.runs.lock import locked

    prepared(how.folder)
    with locked(how.folder) as lock:
        plan, found = begun(how.folder, plan)
        progress = CellProgress(plan.each() if plain else None, quiet=quiet, budget=str(money or ""))
        work = conduct(plan, how, Purse(money), found, progress, lock)
        try:
            ended = asyncio.run(run_until_interrupted(work))
        except KeyboardInterrupt:
            progress.clear()
            if keeps:
                click.echo(f"What is done is kept in {how.folder}; the same command goes on.", err=True)
            raise
        finally:
            progress.clear()
        if plain:
            return _conclude(ended)
        figures = _report(plan, how, ended, keeps=keeps)
        # Cells that were to be tried again, and were not, have files too; and nothing goes on any more.
        not_run = sum(arm.could_not_run for arm in figures.arms)
        now = ended.standing._replace(left=None, done=figures.cells, not_run=not_run)
        if not quiet:
            click.echo(told(now, str(money or "")), err=True)
    return 0 if now.done == now.of and not now.not_run else 1


def _report(plan: Plan, how: Conduct, ended: Ended, *, keeps: bool) -> Figures:
    from kubetriage.evals.reporting.terminal import render_terminal
    from kubetriage.evals.runs.folder import ended as note_end
    from kubetriage.evals.runs.publishing import publish

    run = plan.run
    if not ended.stopped:
        run = note_end(how.folder, run)
    figures = publish(how.folder, run)
    click.echo(render_terminal(run, figures), nl=False)
    for sentence in ended.stopped:
        click.echo(f"\n{sentence}")
    if keeps:
        click.echo(f"\nThe whole report: {how.folder / 'report.html'}")
    return figures


def _conclude(ended: Ended) -> int:
    now = ended.standing
    wrong = now.wrong_with_confidence
    click.echo(
        f"{now.passed} of {now.of} passed, {now.failed} failed "
        f"({wrong} wrong with confidence), {now.not_run} could not run"
    )
    return 0 if now.passed == now.of else 1
