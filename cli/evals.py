"""`kubetriage eval`."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kubetriage.cli.app import Options
from kubetriage.cli.demo import bundled_scenarios
from kubetriage.cli.triage import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubetriage.evals.running import Result


@click.group("eval")
def evals() -> None:
    """Measure diagnoses against scenarios whose answer is known."""


@evals.command()
@click.option("--scenarios", metavar="DIR", help="A folder of scenarios.  [default: the bundled ones]")
@click.option("--only", metavar="NAME", multiple=True, help="Only this scenario; repeatable.")
@click.option("--language", type=click.Choice(LANGUAGES[:2]), default="en", help="[default: en]")
@click.option("--concurrency", type=click.IntRange(1, 64), default=2, help="At a time.  [default: 2]")
@click.option("--out", metavar="DIR", help="Keep every report there as NAME.json.")
@click.pass_obj
def run(
    options: Options,
    scenarios: str | None,
    only: Sequence[str],
    language: str,
    concurrency: int,
    out: str | None,
) -> int:
    """Triage every scenario by rules and print pass or fail and why, a line each.

    Exits with 1 if any scenario failed or could not be run.
    """
    from kubetriage.bootstrap.settings import load_settings
    from kubetriage.cli.interrupt import run_until_interrupted
    from kubetriage.domain.language import Language
    from kubetriage.evals.running import run_scenarios
    from kubetriage.evals.scenario import find

    chosen = [
        s for s in find(Path(scenarios) if scenarios else bundled_scenarios()) if not only or s.name in only
    ]
    if not chosen:
        raise click.UsageError("There is no such scenario.")
    settings = load_settings(options.config)
    folder = Path(out) if out else None
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)

    async def everything() -> list[Result]:
        found = []
        async for result in run_scenarios(chosen, settings, Language(language), concurrency):
            _show(result)
            if folder is not None:
                _keep(folder, result)
            found.append(result)
        return found

    results = asyncio.run(run_until_interrupted(everything()))
    return _conclude(results)


def _show(result: Result) -> None:
    name = result.scenario.name
    if result.verdict is None:
        click.echo(f"could not run  {name}: {result.could_not_run}")
        return
    mark = "pass" if result.verdict.passed else "FAIL"
    sure = "  wrong with confidence" if result.verdict.wrong_with_confidence else ""
    click.echo(f"{mark:<5} {result.seconds:5.2f} s  {name}{sure}")
    for check in result.verdict.checks:
        if not check.passed:
            click.echo(f"               {check.name}: {check.reason}")


def _keep(folder: Path, result: Result) -> None:
    path = folder / f"{result.scenario.name}.json"
    path.write_text(json.dumps(result.report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _conclude(results: Sequence[Result]) -> int:
    verdicts = [r.verdict for r in results if r.verdict is not None]
    passed = sum(v.passed for v in verdicts)
    wrong = sum(v.wrong_with_confidence for v in verdicts)
    click.echo(
        f"{passed} of {len(results)} passed, {len(verdicts) - passed} failed "
        f"({wrong} wrong with confidence), {len(results) - len(verdicts)} could not run"
    )
    return 0 if passed == len(results) else 1
