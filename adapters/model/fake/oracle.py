"""Oracles for diagnoses: what a model says that knows the case, and sees only what the request holds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kubetriage.adapters.model.fake.replies import Oracle, Reply, ToolCall
from kubetriage.adapters.model.fake.request import ChatRequest
from kubetriage.domain.errors import BadSettings

READS_TOOL = "request_reads"
"""The tool through which a model asks for more reads."""


@dataclass(frozen=True)
class CaseAnswer:
    """What the model would say of one case."""

    verdict: Mapping[str, Any]
    """Its structured answer, given in whatever form the request asks for."""
    decisive: str = ""
    """A regular expression: the evidence without which the verdict cannot be known; empty: none is needed."""
    reads: Mapping[str, Any] = field(default_factory=dict)
    """Arguments of `request_reads`, asked for while the decisive evidence is not in the prompt. Where that
    tool is not offered they are merged into the answer."""
    without: Mapping[str, Any] | None = None
    """What it says if the evidence is not there even after asking; None: the verdict all the same."""


def diagnosis_oracle(
    answers: Mapping[str, CaseAnswer | Mapping[str, Any]],
    default: CaseAnswer | Mapping[str, Any] | None = None,
) -> Oracle:
    """An oracle by case name (the last part of the base URL), a mapping standing for its verdict.

    A case that is not known gets the default; without one the server answers `sim_no_rule`. Raises
    `BadSettings` for reads without decisive evidence: nothing would tell when to stop asking.
    """
    known = {name: _case_answer(answer) for name, answer in answers.items()}
    other = None if default is None else _case_answer(default)

    def answer_to(request: ChatRequest) -> Reply | None:
        answer = known.get(request.key.case, other)
        return None if answer is None else _reply(answer, request)

    return answer_to


def _case_answer(given: CaseAnswer | Mapping[str, Any]) -> CaseAnswer:
    answer = given if isinstance(given, CaseAnswer) else CaseAnswer(given)
    if answer.reads and not answer.decisive:
        raise BadSettings("A case that asks for reads needs the evidence that is decisive.")
    return answer


def _reply(answer: CaseAnswer, request: ChatRequest) -> Reply:
    if not answer.decisive or re.search(answer.decisive, request.text):
        return Reply(answer=dict(answer.verdict))
    uncertain = dict(answer.verdict if answer.without is None else answer.without)
    asked = any(name == READS_TOOL for name, _ in request.earlier_calls)
    if not answer.reads or asked:
        return Reply(answer=uncertain)
    if READS_TOOL in request.tools and request.tool_choice != "none":
        return Reply(tool_calls=(ToolCall(name=READS_TOOL, arguments=dict(answer.reads)),))
    return Reply(answer={**uncertain, **answer.reads})
