"""diagnosis → report, other_reports: all assembled in the contract's form and handed over for delivery."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from langgraph.runtime import Runtime

from kubetriage.domain.assembling import assemble
from kubetriage.domain.computing import aside
from kubetriage.domain.diagnosing import Case
from kubetriage.domain.language import Language, Text, spoken
from kubetriage.domain.ports import Services
from kubetriage.domain.report import Report, Verification
from kubetriage.domain.retelling import in_rules_words, retold
from kubetriage.domain.verification import verify
from kubetriage.state.run_view import run_view
from kubetriage.state.triage_alert import TriageContext, TriageState, TriageUpdate


async def notify(state: TriageState, runtime: Runtime[TriageContext], *, services: Services) -> TriageUpdate:
    """diagnosis, verification, evidence → report, other_reports."""
    view = await run_view(state, services)
    findings, evidence, gaps = state.get("findings", []), state.get("evidence", []), state.get("gaps", [])
    use, language = state["model_use"], state["language"]
    assembled = partial(
        assemble,
        run=state["run"],
        created_at=services.clock(),
        view=view,
        findings=findings,
        evidence=evidence,
        gaps=[*gaps, *use.gaps],
        bounds_hit=state["bounds_hit"],
        knowledge=state.get("knowledge", []),
        usage=use.usage(state.get("seconds", {}), len(view.observations)),
    )
    checked = state.get("verification") or Verification()
    notes = [note.say(language) for note in use.notes]
    report = await aside(
        assembled, language=language, diagnosis=state["diagnosis"], verification=_with_notes(checked, notes)
    )
    case = Case(view, findings, evidence, gaps, spoken(language))
    context = runtime.context or TriageContext()
    asked = [each for each in dict.fromkeys(context.other_languages) if each is not case.language]
    others = [await aside(_told_again, assembled, state, case, each) for each in asked]
    await services.outbox.send(report)
    return TriageUpdate(report=report, other_reports=others)


def _told_again(
    assembled: Callable[..., Report], state: TriageState, case: Case, language: Language
) -> Report:
    """The report in another language than the run's own."""
    use = state["model_use"]
    told = retold(state["diagnosis"], case, language)
    checked = verify(told.diagnosis, case.evidence, case.findings, language)
    said: list[Text] = [*state.get("disagreements", []), *use.notes]
    if use.calls and state.get("verdict") is not None:
        said.append(in_rules_words(case.language, told.left_out))
    dropped = (state.get("verification") or Verification()).dropped
    verification = checked.verification.model_copy(update={"dropped": dropped})
    return assembled(
        language=language,
        original_language=case.language,
        diagnosis=checked.diagnosis,
        verification=_with_notes(verification, [note.say(language) for note in said]),
    )


def _with_notes(checked: Verification, told: list[str]) -> Verification:
    """What was checked, and what happened while the model was asked."""
    return checked.model_copy(update={"notes": (*checked.notes, *told)}) if told else checked
