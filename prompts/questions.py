"""Whole questions to a model, put together from the prompts; nothing here asks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from kubetriage.domain.alert import Alert
from kubetriage.domain.answering import READS_TOOL
from kubetriage.domain.diagnosing import Case
from kubetriage.domain.diagnosis import Diagnosis
from kubetriage.domain.evidence_digest import digest_of
from kubetriage.domain.hypotheses import hypotheses_of
from kubetriage.domain.language import Language
from kubetriage.domain.model import Completion, ModelLimits, Purpose, Question, ToolOffer
from kubetriage.domain.report import Gap, KnowledgeItem
from kubetriage.domain.verdict import ANSWER_SCHEMA, READS_SCHEMA, Verdict
from kubetriage.prompts import PROMPT_VERSION, correct_form, repair_claims, write_diagnosis
from kubetriage.prompts.describe_case import NOTHING, CaseForModel, render, timeless

_FIRST = 4
"""Hypotheses whose evidence is shown before any other."""
_BESIDE = 3_000
"""Characters that a prompt usually holds of the case beside the evidence; what is more takes of its room."""
_LEAST = 1_000
"""Characters of evidence that are shown however long the rest is."""
_LITTLE, _FEW = 8_000, 5
"""Where there is less room than that, only so many findings, changes, gaps and passages are shown, each."""
OFFER = ToolOffer(
    name=READS_TOOL,
    description="Ask for more reads of the cluster: objects, lists, logs.",
    parameters=READS_SCHEMA,
)
"""The one tool that a model is offered."""


class Asking(NamedTuple):
    """What a question needs beside the case."""

    profile: str
    run: str
    deadline_at: datetime
    may_read: bool
    """Whether a completion is left to use more reads in."""
    companions: Sequence[Alert] = ()
    knowledge: Sequence[KnowledgeItem] = ()
    told: Sequence[str] = ()
    """What became of the reads that the model asked for before."""


def diagnosis_question(case: Case, rules: Diagnosis, asking: Asking, limits: ModelLimits) -> Question:
    """Ask for the diagnosis of a case."""
    language = case.language
    system = write_diagnosis.render(
        language=language, fixed_schema=limits.fixed_schema, native_tools=limits.native_tools
    )
    shown = _shown(case, rules, asking, limits)
    return Question(
        profile=asking.profile,
        run=asking.run,
        purpose=Purpose.READ_MORE if asking.told else Purpose.DIAGNOSE,
        prompt_version=PROMPT_VERSION,
        system=system,
        user=(render(shown, language=language),),
        same_as=render(timeless(shown), language=language),
        answer_schema=ANSWER_SCHEMA,
        tools=(OFFER,) if limits.native_tools and asking.may_read else (),
        deadline_at=asking.deadline_at,
    )


def _shown(case: Case, rules: Diagnosis, asking: Asking, limits: ModelLimits) -> CaseForModel:
    hypotheses = hypotheses_of(case)
    view, language, room = case.view, case.language, limits.evidence_characters
    most = _FEW if room < _LITTLE else None
    bare = CaseForModel(
        alert=view.alert,
        companions=asking.companions,
        primary=view.primary,
        now=view.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        hypotheses=hypotheses[:most],
        changes=rules.changes[:most],
        gaps=[Gap(what=g.what.say(language), why=g.why.say(language)) for g in case.gaps[:most]],
        knowledge=asking.knowledge[:most],
        digest=NOTHING,
        asked_before=asking.told,
    )
    beside = len(render(bare, language=language))
    digest = digest_of(
        case.evidence,
        max(_LEAST, room - max(0, beside - _BESIDE)),
        decisive={i for h in hypotheses[:_FIRST] for i in h.evidence},
        cited={i for h in hypotheses for i in h.evidence} | {i for c in rules.changes for i in c.evidence},
        primary=view.primary,
    )
    return bare._replace(digest=digest)


def in_correct_form(
    question: Question, completion: Completion, problem: str, *, language: Language
) -> Question:
    """The same question again, with what was wrong with the form of the answer."""
    again = correct_form.render(answer=completion.text, problem=problem, language=language)
    return question.model_copy(
        update={"purpose": Purpose.REASK, "user": (*question.user, again), "tools": ()}
    )


def with_repair(
    question: Question, verdict: Verdict, problems: Sequence[str], language: Language
) -> Question:
    """The same question again, with the answer given and what of it was not found in the evidence."""
    given = verdict.model_dump_json(exclude={"reads"})
    again = repair_claims.render(answer=given, problems=problems, language=language)
    return question.model_copy(
        update={"purpose": Purpose.REPAIR, "user": (*question.user, again), "tools": ()}
    )
