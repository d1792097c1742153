"""findings, evidence, gaps → diagnosis: the conclusion, written from findings alone."""

from __future__ import annotations

from langgraph.runtime import Runtime

from kubetriage.domain.diagnosing import Case, diagnose
from kubetriage.domain.ports import Services
from kubetriage.state.run_view import run_view
from kubetriage.state.triage_alert import TriageContext, TriageState, TriageUpdate


async def synthesize(
    state: TriageState, runtime: Runtime[TriageContext], *, services: Services
) -> TriageUpdate:
    """findings, evidence, gaps → diagnosis."""
    view = await run_view(state, services)
    case = Case(view, state["findings"], state["evidence"], state["gaps"], state["language"])
    repairs = state["repairs"] + (1 if state["unconfirmed"] else 0)
    return TriageUpdate(diagnosis=diagnose(case), wanted=[], repairs=repairs)
