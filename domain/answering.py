"""What a completion says: a verdict, reads that it wants first, or nothing that can be used."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from kubetriage.domain.computing import aside
from kubetriage.domain.errors import ModelFailed
from kubetriage.domain.finding import Want
from kubetriage.domain.model import Completion, Question
from kubetriage.domain.model_use import ModelUse
from kubetriage.domain.ports import Models
from kubetriage.domain.read_requests import permitted
from kubetriage.domain.verdict import ReadRequest, Verdict, read_requests, read_verdict
from kubetriage.domain.view import ClusterView

READS_TOOL = "request_reads"
"""The only tool that a model is ever offered: its calls return a request, which code may refuse."""


class Answer(NamedTuple):
    """One completion, understood."""

    verdict: Verdict | None
    wants: tuple[Want, ...] = ()
    """The reads that it asks for and that are made."""
    told: tuple[str, ...] = ()
    """What became of each read that it asked for, for the next question."""
    problem: str = ""
    """Why it cannot be used as it is, in English; empty if it can."""


Again = Callable[[Question, Completion, str], Question]
"""Makes of a question, its answer and what is wrong with its form the question to ask next."""


async def ask(
    models: Models, question: Question, again: Again, use: ModelUse, view: ClusterView, most: int
) -> tuple[Answer, ModelUse]:
    """The answer and what has been used by now; asked once more if its form was wrong and `most` allows it.

    An answer without anything in it if none came that can be used: `use.failed` says why.
    """
    try:
        completion = await models.ask(question)
        use, answer = use.after(completion), await aside(answer_of, completion, view)
        if answer.problem and use.calls < most:
            completion = await models.ask(again(question, completion, answer.problem))
            use, answer = use.after(completion), await aside(answer_of, completion, view)
    except ModelFailed as error:
        return Answer(None), use.failing(error)
    return answer, use.giving_nothing(answer.problem) if answer.problem else use


def answer_of(completion: Completion, view: ClusterView) -> Answer:
    """The verdict of an answer, and the reads asked for in it or by a call."""
    called = [r for call in completion.calls if call.name == READS_TOOL for r in read_requests(call.args)]
    read = read_verdict(completion.answer) if completion.answer is not None else _no_answer(completion)
    verdict = read if isinstance(read, Verdict) else None
    asked: list[ReadRequest] = [*called, *(verdict.reads if verdict is not None else ())]
    allowed = permitted(asked, view)
    made = [
        f"{want.read.verb} {want.about}: made, see the evidence and what could not be read"
        for want in allowed.wants
    ]
    told = (*made, *allowed.refused)
    if verdict is not None or allowed.wants:
        return Answer(verdict, allowed.wants, told)
    if asked:
        return Answer(
            None, (), told, f"none of these reads can be made: {'; '.join(told)}; answer without them"
        )
    return Answer(None, (), (), read if isinstance(read, str) else "it is empty")


def _no_answer(completion: Completion) -> str:
    if completion.unknown_tools:
        return f"there is no tool {', '.join(completion.unknown_tools[:3])}"
    return completion.problem or "it holds no JSON object"
