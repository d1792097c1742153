"""The triage graph with a model, as the product runs it."""

from __future__ import annotations

from kubetriage.domain.errors import ModelFailed
from kubetriage.domain.model import Completion, ModelLimits, Question
from kubetriage.domain.ports import Models
from kubetriage.domain.verdict import Verdict, read_verdict
from kubetriage.evals.cells import Kept
from kubetriage.evals.concluded import Concluded, concluded_in
from kubetriage.evals.endpoints import Endpoint
from kubetriage.evals.strategies.flow import triaged
from kubetriage.evals.strategies.made import Made, Task

MOST_LEAKED = 8
"""Calls of one completion."""


class WatchedModels:
    """The port `Models`, with everything that goes through it written down."""

    def __init__(self, models: Models, endpoint: Endpoint, kept: list[Kept]) -> None:
        self._models = models
        self._endpoint = endpoint
        self.kept = kept
        self.failures: list[ModelFailed] = []
        self.completions = 0
        self.leaked = 0
        self.concluded: Concluded | None = None

    def limits(self, profile: str) -> ModelLimits:
        return self._models.limits(profile)

    async def ask(self, question: Question) -> Completion:
        detail = {"purpose": question.purpose.value, "tools": [tool.name for tool in question.tools]}
        said = "\n\n".join([question.system, *question.user])
        self.kept.append(Kept(what="prompt", text=said, detail=detail))
        try:
            completion = await self._models.ask(question)
        except ModelFailed as failure:
            self.failures.append(failure)
            self.kept.append(Kept(what="note", text=str(failure)))
            raise
        self.completions += completion.completions
        self.leaked += self._leaked_in(completion)
        verdict = read_verdict(completion.answer) if completion.answer is not None else None
        if isinstance(verdict, Verdict):  # one that is not leaves the answer before it, as the graph does
            self.concluded = concluded_in(verdict)
        self.kept.append(_answer(completion))
        return completion

    def _leaked_in(self, completion: Completion) -> int:
        from kubetriage.adapters.model import notes

        profile = self._endpoint.profile
        return sum(
            count
            for count in range(1, MOST_LEAKED + 1)
            if notes.recovered(profile, count) in completion.notes
        )


def _answer(completion: Completion) -> Kept:
    detail = completion.model_dump(
        mode="json", include={"calls", "problem", "prompt_tokens", "completion_tokens", "model", "cost"}
    )
    if completion.reasoning:
        detail["reasoning"] = completion.reasoning
    detail["notes"] = [each.en for each in completion.notes]
    return Kept(what="answer", text=completion.text, detail=detail)


async def by_graph(task: Task, endpoint: Endpoint) -> Made:
    """Raises what the model failed with, and then the rules' report is thrown away: it is not the model's."""
    watched = WatchedModels(endpoint.models, endpoint, task.said)
    _, made = await triaged(task, endpoint.profile.name, watched)
    if watched.failures:
        raise watched.failures[0]
    return made._replace(
        kept=[*watched.kept, *made.kept],
        model_calls=watched.completions,
        leaked_calls=watched.leaked,
        concluded=watched.concluded,
    )
