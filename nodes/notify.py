"""diagnosis → report: everything assembled in the contract's form and handed over for delivery."""

from __future__ import annotations

from langgraph.runtime import Runtime

from kubetriage.domain.assembling import assemble
from kubetriage.domain.ports import Services
from kubetriage.domain.report import Usage, Verification
from kubetriage.state.run_view import run_view
from kubetriage.state.triage_alert import TriageContext, TriageState, TriageUpdate


async def notify(state: TriageState, runtime: Runtime[TriageContext], *, services: Services) -> TriageUpdate:
    """diagnosis, verification, evidence → report."""
    view = await run_view(state, services)
    seconds = {name: round(value, 4) for name, value in state.get("seconds", {}).items()}
    use = state["model_use"]
    report = assemble(
        run=state["run"],
        created_at=services.clock(),
        language=state["language"],
        view=view,
        findings=state.get("findings", []),
        evidence=state.get("evidence", []),
        gaps=[*state.get("gaps", []), *use.gaps],
        bounds_hit=state["bounds_hit"],
        knowledge=state.get("knowledge", []),
        diagnosis=state["diagnosis"],
        verification=_with_notes(state),
        usage=Usage(
            model=use.model or None,
            model_calls=use.calls,
            prompt_tokens=use.prompt_tokens,
            completion_tokens=use.completion_tokens,
            cost=use.cost,
            currency=use.currency,
            cluster_reads=len(view.observations),
            seconds=round(sum(seconds.values()), 4),
            seconds_by_node=seconds,
        ),
    )
    await services.outbox.send(report)
    return TriageUpdate(report=report)


def _with_notes(state: TriageState) -> Verification:
    """What was checked, and what happened while the model was asked."""
    checked = state.get("verification") or Verification()
    told = tuple(note.say(state["language"]) for note in state["model_use"].notes)
    return checked.model_copy(update={"notes": (*checked.notes, *told)}) if told else checked
