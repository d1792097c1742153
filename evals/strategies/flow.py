"""Running the product's own graph over a scenario; with a model or without."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kubetriage.domain.evidence import Observation
from kubetriage.domain.ports import Models, NoModels, NoProgress
from kubetriage.evals.cells import Kept
from kubetriage.evals.strategies.made import Made, Task

if TYPE_CHECKING:
    from kubetriage.domain.report import Report


async def triaged(task: Task, model: str = "", models: Models | None = None) -> tuple[Report, Made]:
    """The report of the scenario's first incident, as the product makes it.

    Raises `KubetriageError` for a snapshot or an alert that cannot be used.
    """
    from kubetriage.bootstrap.incidents import incidents_in
    from kubetriage.bootstrap.services import build_services
    from kubetriage.bootstrap.triaging import triage_incidents
    from kubetriage.state.triage_alert import TriageContext

    scenario, run = task.scenario, task.key.id
    incidents = incidents_in(scenario.alert_path.read_bytes(), scenario.snapshot).groups[:1]
    context = TriageContext(language=task.language, model=model, deadline=task.timeout, run=run)
    async with build_services(task.settings, snapshot=scenario.snapshot, progress=NoProgress()) as services:
        services = replace(services, models=models or NoModels())
        began = time.perf_counter()
        reports = [each async for each in triage_incidents(services, incidents, context)]
        seconds = time.perf_counter() - began
        reads = list(as_kept(await services.observations.recorded(run)))
    return reports[0], Made(reports[0].to_json(), seconds, reads)


def as_kept(observations: Iterable[Observation]) -> Iterable[Kept]:
    """Reads with their answers: redacted and bounded at the cluster's border already."""
    for one in observations:
        detail: dict[str, Any] = {"tool": one.tool, "arguments": one.arguments, "at": one.at.isoformat()}
        if one.absent:
            detail["absent"] = True
        if one.failure is not None:
            detail["failure"] = one.failure.model_dump(mode="json")
        said = "\n".join(json.dumps(each, ensure_ascii=False) for each in one.objects)
        yield Kept(what="read", text=one.text if one.text is not None else said, detail=detail)
