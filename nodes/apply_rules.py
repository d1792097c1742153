"""view → findings, evidence, wanted: what can be decided without a model."""

from __future__ import annotations

from langgraph.runtime import Runtime

from kubetriage.domain.evidence_index import index_evidence
from kubetriage.domain.finding import Finding, Want
from kubetriage.domain.ports import Services
from kubetriage.domain.reading import fresh
from kubetriage.state.run_view import run_view
from kubetriage.state.triage_alert import MAX_VISITS, TriageContext, TriageState, TriageUpdate


async def apply_rules(
    state: TriageState, runtime: Runtime[TriageContext], *, services: Services
) -> TriageUpdate:
    """view → findings, evidence, wanted.

    What rules want is dropped, and said, once check_related has run as often as it may.
    """
    from kubetriage.domain.rules import RULES  # late: sixty modules that building a graph does not need

    view = await run_view(state, services)
    findings: dict[str, Finding] = {}
    wants: list[Want] = []
    for rule in RULES:
        for found in rule(view):
            if isinstance(found, Want):
                wants.append(found)
            else:
                findings.setdefault(found.key, found)
    ordered = [findings[key] for key in sorted(findings)]
    asked = {o.read.key for o in view.observations}
    wanted = fresh(wants, asked)
    bounds = list(state["bounds_hit"])
    if wanted and state["visits"] >= MAX_VISITS:
        wanted, bounds = [], [*bounds, "visits"]
    return TriageUpdate(
        findings=ordered,
        evidence=index_evidence(view, ordered),
        wanted=wanted,
        bounds_hit=list(dict.fromkeys(bounds)),
    )
