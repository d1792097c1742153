"""Running scenarios through the triage graph, by rules, and scoring the reports."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from kubetriage.domain.errors import KubetriageError
from kubetriage.domain.language import Language
from kubetriage.domain.ports import NoProgress
from kubetriage.evals.scenario import Scenario
from kubetriage.evals.score import Verdict, score

if TYPE_CHECKING:
    from kubetriage.bootstrap.settings import Settings


class Result(NamedTuple):
    """One scenario's end: a verdict on its report, or why there is none."""

    scenario: Scenario
    verdict: Verdict | None
    could_not_run: str
    """Why there is no verdict; empty if there is one. Never counted as wrong."""
    report: dict[str, Any]
    seconds: float


async def run_scenario(scenario: Scenario, settings: Settings, language: Language) -> Result:
    """Triage the scenario's alert over its snapshot and score the report."""
    from kubetriage.bootstrap.incidents import incidents_in
    from kubetriage.bootstrap.services import build_services
    from kubetriage.bootstrap.triaging import triage_incidents
    from kubetriage.state.triage_alert import TriageContext

    began = time.monotonic()
    try:
        incidents = incidents_in(scenario.alert_path.read_bytes(), scenario.snapshot).groups[:1]
        async with build_services(settings, snapshot=scenario.snapshot, progress=NoProgress()) as services:
            context = TriageContext(language=language)
            reports = [r async for r in triage_incidents(services, incidents, context)]
    except KubetriageError as error:
        return Result(scenario, None, str(error), {}, time.monotonic() - began)
    report = reports[0].to_json()
    return Result(scenario, score(report, scenario), "", report, time.monotonic() - began)


async def run_scenarios(
    scenarios: Sequence[Scenario], settings: Settings, language: Language, concurrency: int
) -> AsyncIterator[Result]:
    """Results in the order of the scenarios, as they come."""
    gate = asyncio.Semaphore(concurrency)

    async def one(scenario: Scenario) -> Result:
        async with gate:
            return await run_scenario(scenario, settings, language)

    tasks = [asyncio.create_task(one(s)) for s in scenarios]
    try:
        for task in tasks:
            yield await task
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
