"""primary, wanted → looked, gaps: what hangs together with the alert's object, read step by step."""

from __future__ import annotations

from langgraph.runtime import Runtime

from kubetriage.domain.evidence_index import gaps_of
from kubetriage.domain.finding import Want
from kubetriage.domain.ports import Services
from kubetriage.domain.reading import ask, fresh
from kubetriage.domain.view import ClusterView
from kubetriage.state.run_view import run_view
from kubetriage.state.triage_alert import (
    MAX_READS,
    MAX_READS_A_STEP,
    MAX_STEPS,
    TriageContext,
    TriageState,
    TriageUpdate,
)


async def check_related(
    state: TriageState, runtime: Runtime[TriageContext], *, services: Services
) -> TriageUpdate:
    """primary, wanted → looked, failures, gaps.

    Each step reads concurrently what the objects known so far point at; it ends when nothing new is pointed
    at, or at a bound, which is then named in `bounds_hit`.
    """
    cluster = services.clusters.choose(state["cluster"])
    looked, failures = list(state["looked"]), list(state["failures"])
    bounds = list(state["bounds_hit"])
    wanted = list(state["wanted"])
    view = await run_view(state, services)
    for _ in range(MAX_STEPS):
        wants = _next(view, wanted)
        looked += [w for w in wants if w not in looked]
        asked = {o.read.key for o in view.observations}
        reads = fresh(wants, asked)
        chosen = reads[: min(MAX_READS_A_STEP, max(MAX_READS - len(asked), 0))]
        if not chosen:
            bounds += ["reads"] if reads else []
            break
        seen = await ask(services, cluster, state["run"], chosen, state["deadline_at"])
        failures += [o for o in seen if o.failure is not None]
        view = await run_view({**state, "looked": looked, "failures": failures}, services)
        wanted = []
    else:
        bounds.append("steps")
    return TriageUpdate(
        looked=looked,
        failures=failures,
        wanted=[],
        visits=state["visits"] + 1,
        bounds_hit=list(dict.fromkeys(bounds)),
        gaps=gaps_of(view),
    )


def _next(view: ClusterView, wanted: list[Want]) -> list[Want]:
    """What was asked for from outside first, then what every relation points at."""
    from kubetriage.domain.relations import RELATIONS  # late, as the rules are

    found = list(wanted)
    for relation in RELATIONS:
        found += relation(view)
    return found
