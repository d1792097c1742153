"""What a run asked of language models, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import BaseModel, ConfigDict

from kubetriage.domain.errors import ModelFailed
from kubetriage.domain.evidence import EvidenceGap
from kubetriage.domain.language import Text, text
from kubetriage.domain.model import Completion
from kubetriage.domain.report import Usage

NO_WORDS = text("the model's diagnosis; the rules' is given", "模型的诊断；以下为规则得出的诊断")
"""The gap of a report that holds none of a model's words although one was asked."""


class ModelUse(BaseModel):
    """Added up over a run's completions; what did not come back is not counted."""

    model_config = ConfigDict(frozen=True)

    model: str = ""
    """The profile that answered last."""
    calls: int = 0
    """Completions that came back, re-asks and repairs included."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = None
    currency: str = ""
    failed: str = ""
    """Why the report was written without a model's words although one was asked for; else empty."""
    notes: tuple[Text, ...] = ()
    """What happened on the way, a sentence each."""

    @property
    def gaps(self) -> tuple[EvidenceGap, ...]:
        """That there are no words of a model in the report although one was asked, and why."""
        if not self.failed:
            return ()
        return (EvidenceGap(what=NO_WORDS, why=text("{e}", "{e}", e=self.failed)),)

    def usage(self, seconds_by_node: Mapping[str, float], cluster_reads: int) -> Usage:
        """What the run cost, as its report says it."""
        seconds = {name: round(value, 4) for name, value in seconds_by_node.items()}
        return Usage(
            model=self.model or None,
            model_calls=self.calls,
            prompt_tokens=self.prompt_tokens,
            completion_tokens=self.completion_tokens,
            cost=self.cost,
            currency=self.currency,
            cluster_reads=cluster_reads,
            seconds=round(sum(seconds.values()), 4),
            seconds_by_node=seconds,
        )

    def after(self, completion: Completion) -> ModelUse:
        """With one more completion."""
        cost = self.cost
        if completion.cost is not None:
            cost = (cost or 0.0) + completion.cost
        return self.model_copy(
            update={
                "model": completion.profile,
                "calls": self.calls + completion.completions,
                "prompt_tokens": self.prompt_tokens + completion.prompt_tokens,
                "completion_tokens": self.completion_tokens + completion.completion_tokens,
                "cost": cost,
                "currency": completion.currency or self.currency,
                "notes": _once(self.notes, completion.notes),
            }
        )

    def noting(self, notes: Iterable[Text]) -> ModelUse:
        """With what the report shall say besides."""
        return self.model_copy(update={"notes": _once(self.notes, tuple(notes))})

    def failing(self, error: ModelFailed) -> ModelUse:
        """After an endpoint gave nothing."""
        return self.model_copy(
            update={
                "calls": self.calls + error.completions,
                "failed": str(error),
                "notes": _once(self.notes, error.notes),
            }
        )

    def giving_nothing(self, problem: str) -> ModelUse:
        """After answers that could not be used."""
        why = problem[:250].rstrip(".")
        return self.model_copy(update={"failed": f"The model gave no answer that can be used: {why}."})


def _once(known: tuple[Text, ...], more: tuple[Text, ...]) -> tuple[Text, ...]:
    return (*known, *(note for note in more if note not in known))
