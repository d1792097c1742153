"""findings, evidence, gaps → diagnosis, verdict, wanted: what the rules conclude and a model makes of it."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from langgraph.runtime import Runtime

from kubetriage.domain.answering import ask
from kubetriage.domain.computing import aside
from kubetriage.domain.diagnosing import Case, diagnose
from kubetriage.domain.order_notes import order_notes
from kubetriage.domain.ports import Services
from kubetriage.prompts.questions import Asking, diagnosis_question, in_correct_form, with_repair
from kubetriage.state.run_view import run_view
from kubetriage.state.triage_alert import MAX_MODEL_CALLS, TriageContext, TriageState, TriageUpdate

RESERVE = timedelta(seconds=1)
"""What is kept of the run's time to check, assemble and hand over."""


async def synthesize(
    state: TriageState, runtime: Runtime[TriageContext], *, services: Services
) -> TriageUpdate:
    """findings, evidence, gaps → diagnosis, verdict, wanted.

    One question, and one more if its answer is not in the form asked for. A model that cannot be had or gives
    nothing to use leaves the rules' diagnosis, or the answer that it was to repair.
    """
    view = await run_view(state, services)
    case = Case(view, state["findings"], state["evidence"], state["gaps"], state["language"])
    rules, before = await aside(diagnose, case), state["verdict"]
    problems = state["unconfirmed"]
    update = TriageUpdate(diagnosis=rules, wanted=[], repairs=state["repairs"] + bool(problems))
    if not _may_ask(state, services, view.answered):
        return update
    asking = Asking(
        profile=state["model"],
        run=state["run"],
        deadline_at=state["deadline_at"] - RESERVE,
        may_read=state["model_calls"] < MAX_MODEL_CALLS - 1,
        companions=state["companions"],
        knowledge=state["knowledge"],
        told=state["refused"],
    )
    question = await aside(diagnosis_question, case, rules, asking, services.models.limits(state["model"]))
    if before is not None and problems:
        question = with_repair(question, before, problems, case.language)
    again = partial(in_correct_form, language=case.language)
    known = state["model_use"].noting(await aside(order_notes, state["alert"], state["evidence"]))
    answer, use = await ask(services.models, question, again, known, view, MAX_MODEL_CALLS)
    update |= {"verdict": answer.verdict or (before if problems else None)}
    update |= {"model_use": use, "model_calls": use.calls}
    if not problems and use.calls < MAX_MODEL_CALLS:
        update |= {"wanted": list(answer.wants), "refused": list(answer.told)}
    return update


def _may_ask(state: TriageState, services: Services, answered: bool) -> bool:
    """Whether there is a model, something to show it, a completion left and time."""
    use, left = state["model_use"], state["deadline_at"] - services.clock()
    possible = bool(state["model"]) and answered and not use.failed
    return possible and use.calls < MAX_MODEL_CALLS and left > RESERVE
