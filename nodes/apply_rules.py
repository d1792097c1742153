"""view → findings, evidence, wanted: what can be decided without a model."""

from __future__ import annotations

from langgraph.runtime import Runtime

from kubetriage.domain.computing import aside
from kubetriage.domain.evidence_index import index_evidence
from kubetriage.domain.finding import Finding, Want
from kubetriage.domain.impact import impact_of
from kubetriage.domain.ports import Services
from kubetriage.domain.reading import fresh
from kubetriage.domain.view import ClusterView
from kubetriage.state.run_view import run_view
from kubetriage.state.triage_alert import MAX_VISITS, TriageContext, TriageState, TriageUpdate

_LAST = frozenset({"visits", "reads", "deadline"})
"""Bounds after which nothing more is read."""


async def apply_rules(
    state: TriageState, runtime: Runtime[TriageContext], *, services: Services
) -> TriageUpdate:
    """view → findings, evidence, wanted.

    What rules want is dropped, and said, once check_related has run as often as it may.
    """
    return await aside(_decided, state, await run_view(state, services))


def _decided(state: TriageState, view: ClusterView) -> TriageUpdate:
    from kubetriage.domain.rules import RULES  # late: sixty modules that building a graph does not need
    from kubetriage.domain.rules.blame import blamed

    findings: dict[tuple[str, str, str], Finding] = {}
    wants: list[Want] = []
    for rule in RULES:
        for found in rule(view):
            if isinstance(found, Want):
                wants.append(found)
            else:  # a rule may say the same of an object twice: of two containers, of two ConfigMaps
                findings.setdefault((found.key, str(found.culprit or ""), found.statement.en), found)
    ordered = blamed(view, (findings[key] for key in sorted(findings)))
    asked = {o.read.key for o in view.observations}
    wanted = fresh(wants, asked)
    bounds = list(state["bounds_hit"])
    if wanted and state["visits"] >= MAX_VISITS:
        bounds.append("visits")
    if not view.answered or not _LAST.isdisjoint(bounds):
        wanted = []
    return TriageUpdate(
        findings=ordered,
        evidence=index_evidence(view, ordered, also=impact_of(view)[1]),
        wanted=wanted,
        bounds_hit=list(dict.fromkeys(bounds)),
    )
