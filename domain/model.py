"""One question to a language model and what came back, as nodes see it; `adapters.model` does the asking."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from kubetriage.domain.language import Text


class Purpose(StrEnum):
    """Why the model is asked; a trace and a journal show it."""

    DIAGNOSE = "diagnose"
    READ_MORE = "read-more"
    """Asked again with the reads that it wanted."""
    REASK = "re-ask"
    """Asked again because the answer was not in the form that was asked for."""
    REPAIR = "repair"
    """Asked again because claims were not found in the evidence."""


class ToolOffer(BaseModel):
    """A tool that the model may call instead of answering; a call only returns a request."""

    model_config = ConfigDict(frozen=True)

    name: str
    description: str
    parameters: dict[str, Any]
    """JSON Schema of the arguments."""


class ToolCall(BaseModel):
    """A call as the model made it, native or recovered from its text; arguments fit the tool's schema."""

    model_config = ConfigDict(frozen=True)

    name: str
    args: dict[str, Any] = Field(default_factory=dict)


class Question(BaseModel):
    """Everything one completion is asked for with. All of it is redacted already."""

    model_config = ConfigDict(frozen=True)

    profile: str
    """The model profile's name."""
    run: str
    """The run that pays for it."""
    purpose: Purpose = Purpose.DIAGNOSE
    prompt_version: str
    """Changes with the wording of the prompts; part of the cache's key."""
    system: str
    """The stable part: equal for every alert, so that a provider's prefix cache hits."""
    user: tuple[str, ...]
    """What changes, in order: the case first, then what is asked again (as one user turn)."""
    same_as: str = ""
    """Stands for the first of `user` in the cache's key: the case without the times of asking and reading,
    which are others each time a live cluster is read; empty: the words themselves."""
    answer_name: str = "diagnosis"
    answer_schema: dict[str, Any]
    """JSON Schema of the answer, one object."""
    tools: tuple[ToolOffer, ...] = ()
    deadline_at: datetime
    """Retries, fallbacks and waiting for a rate limit end here."""


class Completion(BaseModel):
    """What came back. Reasoning is for the trace only: it is never shown, parsed or executed."""

    model_config = ConfigDict(frozen=True)

    answer: dict[str, Any] | None = None
    """The answer's JSON object, repaired where it was broken; None if there was none in the text."""
    problem: str = ""
    """Why there is no answer, or what had to be repaired, in English for the re-ask; else empty."""
    calls: tuple[ToolCall, ...] = ()
    unknown_tools: tuple[str, ...] = ()
    """Tools that it named and that were not offered; never run."""
    text: str = ""
    """The content as it came, reasoning split off."""
    reasoning: str = ""
    profile: str
    """The profile that answered: a fallback's name if it was one."""
    model: str
    """The model id as the endpoint calls it."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = None
    """Money in the profile's currency; None where it has no price."""
    currency: str = ""
    completions: int = 1
    """Completions that came back for this question; 0 for an answer out of the cache."""
    cached: bool = False
    notes: tuple[Text, ...] = ()
    """What happened on the way (a method refused, retries, the fallback), a sentence each."""


class ModelLimits(BaseModel):
    """What a node must know of a profile to build the prompt."""

    model_config = ConfigDict(frozen=True)

    evidence_characters: int = Field(default=24_000, gt=0)
    """The room for evidence, never above what the profile's context holds beside prompt and answer."""
    native_tools: bool = False
    """Whether `request_reads` is offered as a tool; else more reads are asked for in the answer."""
    fixed_schema: bool = False
    """Whether the endpoint itself enforces the answer's schema; if not, the prompt shows it."""
