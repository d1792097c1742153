"""What a scripted model says, before faults: the value that scripts and oracles give."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from kubetriage.adapters.model.fake.request import ChatRequest


class Strict(BaseModel):
    """Part of a script; a key that is not known is an error, so that no typo is silently ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Fault(Strict):
    """One thing that goes wrong; written as `name`, `{name: main parameter}` or `{name: {parameter: …}}`."""

    name: str
    params: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _from_short_form(cls, given: object) -> object:
        if isinstance(given, str):
            return {"name": given}
        if isinstance(given, Mapping) and len(given) == 1 and "name" not in given:
            [(name, value)] = given.items()
            return {"name": name, "params": value if isinstance(value, Mapping) else {"value": value}}
        return given


class ToolCall(Strict):
    """A call that the model makes; text as arguments is sent as it is."""

    name: str
    arguments: dict[str, Any] | str = Field(default_factory=dict)
    id: str | None = None


class Reply(Strict):
    """One turn of the model: text, tool calls, or an answer in the form that the request asks for."""

    text: str | None = None
    answer: dict[str, Any] | None = None
    """Sent as a call where the request forces a tool, else as JSON text; not together with `text`."""
    tool_calls: tuple[ToolCall, ...] = ()
    reasoning: str | None = None
    """What the model thought; None leaves it to the time profile, empty means that it did not think."""
    finish_reason: str | None = None
    """None: `tool_calls` or `stop`, as it should be."""
    do: tuple[Fault, ...] = ()
    """Faults of this reply alone."""

    @model_validator(mode="after")
    def _says_one_thing(self) -> Reply:
        if self.text is not None and self.answer is not None:
            raise ValueError("a reply has text or an answer, not both")
        return self


Oracle = Callable[[ChatRequest], Reply | None]
"""A pure function from the request to the reply; None where it has none. It must not know the arm."""


def as_reply(given: Reply | Mapping[str, Any] | str) -> Reply:
    """A reply from its short forms: a text, or the mapping that a script holds."""
    if isinstance(given, Reply):
        return given
    return Reply(text=given) if isinstance(given, str) else Reply.model_validate(given)
