"""primary, wanted → looked, gaps: what hangs together with the alert's object, read step by step."""

from __future__ import annotations

from collections.abc import Sequence

from langgraph.runtime import Runtime

from kubetriage.domain.computing import aside
from kubetriage.domain.evidence_index import gaps_of
from kubetriage.domain.finding import Want
from kubetriage.domain.ports import Services
from kubetriage.domain.reading import Step, ask, next_step
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
    bounds: list[str] = []
    view = await run_view(state, services)
    step = await aside(_next, view, state["wanted"], looked)
    for _ in range(MAX_STEPS):
        if step.unread and services.clock() >= state["deadline_at"]:
            bounds.append("deadline")
            break
        if step.is_empty:
            bounds += ["reads"] if step.unread else []
            break
        looked += step.looked
        seen = await ask(services, cluster, state["run"], step.chosen, state["deadline_at"])
        failures += [o for o in seen if o.failure is not None]
        view = await run_view({**state, "looked": looked, "failures": failures}, services)
        step = await aside(_next, view, state["wanted"], looked)
        if not view.answered:
            break  # the cluster cannot be reached: one round of tries is enough
    else:
        bounds += ["steps"] if step.unread else []
    return TriageUpdate(
        looked=looked,
        failures=failures,
        wanted=[],
        visits=state["visits"] + 1,
        bounds_hit=list(dict.fromkeys([*state["bounds_hit"], *bounds])),
        gaps=await aside(gaps_of, view),
    )


def _next(view: ClusterView, wanted: Sequence[Want], looked: Sequence[Want]) -> Step:
    """What was asked for from outside first, then what every relation points at."""
    from kubetriage.domain.relations import RELATIONS  # late, as the rules are

    wants = [*wanted, *(want for relation in RELATIONS for want in relation(view))]
    asked = {o.read.key for o in view.observations}
    return next_step(wants, asked, looked, min(MAX_READS_A_STEP, max(MAX_READS - len(asked), 0)))
