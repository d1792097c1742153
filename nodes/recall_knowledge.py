"""alert, findings → knowledge: passages of the knowledge base that fit."""

from __future__ import annotations

from langgraph.runtime import Runtime

from kubetriage.domain.ports import Services
from kubetriage.state.triage_alert import TriageContext, TriageState, TriageUpdate


async def recall_knowledge(
    state: TriageState, runtime: Runtime[TriageContext], *, services: Services
) -> TriageUpdate:
    """alert, findings → knowledge."""
    categories = sorted({finding.category for finding in state["findings"]})
    found = await services.knowledge.recall(state["alert"].name, categories)
    return TriageUpdate(knowledge=list(found))
