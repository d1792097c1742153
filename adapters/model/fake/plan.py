"""What one request gets: the model's turn, and all that goes wrong on its way to the client."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from kubetriage.adapters.model.fake.replies import Reply
from kubetriage.adapters.model.fake.request import ChatRequest
from kubetriage.adapters.model.fake.tokens import TokenCounter

Encoding = Literal["json", "empty", "null", "object", "double", "python", "trailing_comma"]
ReasoningForm = Literal["reasoning_content", "reasoning", "inline", "lone_close", "unclosed", "hidden"]
Missing = Literal["null", "empty", "absent"]
UsagePlace = Literal["normal", "absent", "in_last_choice", "each_chunk"]


@dataclass(frozen=True)
class Call:
    name: str
    arguments: dict[str, Any] | str
    id: str | None = None
    """None: the server gives one. Empty: it is sent without."""
    encoding: Encoding = "json"
    """How arguments that are a mapping are put into the answer; text is sent as it is."""


@dataclass(frozen=True)
class Draft:
    """The model's turn."""

    text: str | None = None
    calls: tuple[Call, ...] = ()
    reasoning: str = ""
    reasoning_as: ReasoningForm = "reasoning_content"
    """Where the thinking is put; `hidden`: it takes its time and is not shown."""
    finish: str = "auto"
    """The finish reason; `auto`: `tool_calls` or `stop`; `null`: none."""


@dataclass(frozen=True)
class ErrorAnswer:
    """An answer that is no completion."""

    status: int
    style: str
    message: str | None = None
    """None: the provider's own text for that status."""
    code: int | str | None = None
    """The provider's code in the body; None: its own for that status."""
    retry_after: float | str | None = None
    """Seconds, or `date`: as an HTTP date 20 s ahead."""
    should_retry: bool | None = None
    """The header `x-should-retry`, which overrides what clients would do."""


@dataclass(frozen=True)
class Wire:
    """What happens to the bytes. Times are real milliseconds in every mode: they are meant for timeouts."""

    hang_ms: float = 0
    """Before the first byte."""
    slow_headers_ms: float = 0
    """Between the first header and the end of the headers."""
    reset_after_bytes: int | None = None
    """The connection is reset after that many bytes of the body; -1: before the headers."""
    cut_after_tokens: int | None = None
    cut_abruptly: bool = False
    stall_after_tokens: int | None = None
    stall_ms: float = 0
    keepalive: bool = False
    """SSE comments are sent during a stall."""
    error_after_tokens: int | None = None
    error_message: str = ""
    garbage_after_tokens: int | None = None
    garbage: str = ""
    content_type: str | None = None
    html: bool = False
    """A page of some proxy, with status 200."""


@dataclass(frozen=True)
class Envelope:
    """How the JSON around the turn departs from what it should be."""

    choices: Missing | None = None
    error: bool = False
    """Status 200, and an error in the body."""
    usage: UsagePlace = "normal"
    content_null: bool = False
    delta_null: bool = False
    """The delta of the chunk with the finish reason is null."""
    no_index: bool = False
    """Streamed tool calls have no index."""
    name_repeated: bool = False
    """Every delta of a streamed tool call has its name and id."""


@dataclass(frozen=True)
class Plan:
    draft: Draft = Draft()
    wire: Wire = Wire()
    envelope: Envelope = Envelope()
    error: ErrorAnswer | None = None
    token_limit: int | None = None
    """The turn ends after so many tokens, whatever is missing then."""
    limit_finish: str = "length"
    """The finish reason of a turn that the limit cut."""


@dataclass(frozen=True)
class Turn:
    """What faults may look at."""

    request: ChatRequest
    counter: TokenCounter
    style: str = "openai"
    """The provider whose error bodies are used."""
    chance: Callable[[str], float] = field(default=lambda name: 0.0)
    """A number in [0, 1) for a name; equal for equal requests."""
    answer_to: Callable[[ChatRequest], Reply | None] = field(default=lambda request: None)
    """What the model would say to another request."""
