"""The main graph: one alert in, one report out."""

from __future__ import annotations

from langgraph.graph import END, START, StateGraph

from kubetriage.domain.alert import SubjectScope
from kubetriage.domain.ports import Services
from kubetriage.graphs.binding import bound
from kubetriage.nodes.apply_rules import apply_rules
from kubetriage.nodes.check_related import check_related
from kubetriage.nodes.locate_primary import locate_primary
from kubetriage.nodes.notify import notify
from kubetriage.nodes.parse_alert import parse_alert
from kubetriage.nodes.recall_knowledge import recall_knowledge
from kubetriage.nodes.synthesize import synthesize
from kubetriage.nodes.verify_claims import verify_claims
from kubetriage.state.triage_alert import MAX_MODEL_CALLS, MAX_REPAIRS, TriageContext, TriageState

RECURSION_LIMIT = 60


def build_triage_alert(services: Services) -> StateGraph[TriageState, TriageContext]:
    """The uncompiled graph over these services; whoever compiles it chooses the checkpointer."""
    graph = StateGraph(TriageState, context_schema=TriageContext)
    for node in (parse_alert, locate_primary, check_related, apply_rules, recall_knowledge, synthesize,
                 verify_claims, notify):  # fmt: skip
        graph.add_node(node.__name__, bound(node, services))

    graph.add_edge(START, "parse_alert")
    graph.add_conditional_edges(
        "parse_alert", for_triage, {"triage": "locate_primary", "by design": "notify"}
    )
    graph.add_edge("locate_primary", "check_related")
    graph.add_edge("check_related", "apply_rules")
    graph.add_conditional_edges(
        "apply_rules", rules_want_more, {"read more": "check_related", "decided": "recall_knowledge"}
    )
    graph.add_edge("recall_knowledge", "synthesize")
    graph.add_conditional_edges(
        "synthesize", model_wants_more, {"read more": "check_related", "written": "verify_claims"}
    )
    graph.add_conditional_edges("verify_claims", needs_repair, {"repair": "synthesize", "checked": "notify"})
    graph.add_edge("notify", END)
    return graph


def for_triage(state: TriageState) -> str:
    return "by design" if state["subject"].scope is SubjectScope.SKIP else "triage"


def rules_want_more(state: TriageState) -> str:
    return "read more" if state["wanted"] else "decided"


def model_wants_more(state: TriageState) -> str:
    return "read more" if state["wanted"] and state["model_calls"] < MAX_MODEL_CALLS else "written"


def needs_repair(state: TriageState) -> str:
    return "repair" if state["unconfirmed"] and state["repairs"] < MAX_REPAIRS else "checked"
