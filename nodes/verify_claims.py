"""verdict, diagnosis, evidence → diagnosis, verification: code checks each claim against what it cites."""

from __future__ import annotations

from langgraph.runtime import Runtime

from kubetriage.domain.computing import aside
from kubetriage.domain.diagnosing import Case
from kubetriage.domain.hypotheses import hypotheses_of
from kubetriage.domain.judging import judge
from kubetriage.domain.ports import Services
from kubetriage.domain.verification import verify
from kubetriage.domain.view import ClusterView
from kubetriage.domain.weighing import weigh
from kubetriage.state.run_view import run_view
from kubetriage.state.triage_alert import (
    MAX_MODEL_CALLS,
    MAX_REPAIRS,
    TriageContext,
    TriageState,
    TriageUpdate,
)


async def verify_claims(
    state: TriageState, runtime: Runtime[TriageContext], *, services: Services
) -> TriageUpdate:
    """verdict, diagnosis, evidence → diagnosis, verification, unconfirmed.

    What a model says and its evidence does not hold goes back to it once; then it is taken out.
    """
    view = await run_view(state, services) if state["verdict"] is not None else None
    return await aside(_checked, state, view)


def _checked(state: TriageState, view: ClusterView | None) -> TriageUpdate:
    rules, verdict = state["diagnosis"], state["verdict"]
    evidence, findings, language = state["evidence"], state["findings"], state["language"]
    if verdict is None or view is None:
        checked = verify(rules, evidence, findings, language)
        return TriageUpdate(diagnosis=checked.diagnosis, verification=checked.verification, unconfirmed=[])
    case = Case(view, findings, evidence, state["gaps"], language)
    hypotheses = hypotheses_of(case)
    judged = judge(verdict, case, hypotheses)
    may_repair = state["repairs"] < MAX_REPAIRS and state["model_calls"] < MAX_MODEL_CALLS
    if judged.problems and may_repair and not state["model_use"].failed:
        return TriageUpdate(unconfirmed=list(judged.problems))
    weighed = weigh(case, rules, judged, hypotheses)
    checked = verify(weighed.diagnosis, evidence, findings, language)
    notes = (*checked.verification.notes, *(note.say(language) for note in weighed.notes))
    verification = checked.verification.model_copy(update={"dropped": judged.dropped, "notes": notes})
    return TriageUpdate(
        diagnosis=checked.diagnosis,
        verification=verification,
        unconfirmed=[],
        disagreements=list(weighed.notes),
    )
