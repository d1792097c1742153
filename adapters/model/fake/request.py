"""One request as the scripted model sees it: what was asked, by whom, and what the transcript holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Body = Mapping[str, Any]
ToolChoice = Literal["absent", "none", "auto", "required", "named"]
ResponseForm = Literal["none", "json_object", "json_schema"]

_PLAIN_CHOICES: dict[str, ToolChoice] = {
    "none": "none",
    "auto": "auto",
    "required": "required",
    "any": "required",
}
_HASHED = ("model", "messages", "tools", "tool_choice", "response_format", "temperature")


@dataclass(frozen=True)
class CaseKey:
    """Whose request it is, read from the base URL `/r/RUN/ARM/CASE/v1`; all empty for a plain `/v1`."""

    run: str = ""
    arm: str = ""
    case: str = ""


def content_text(content: object) -> str:
    """The text of a message's content, which may be a string, a list of parts, or absent."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content if isinstance(part, dict))
    return ""


def canonical_json(value: object) -> str:
    """Equal values give equal text."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)


def short_hash(value: object) -> str:
    """The first 16 hex digits of the sha256 of a value's canonical JSON."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()[:16]


def asked_to_think(body: Body) -> bool | None:
    """Whether the request switches thinking on or off, in any provider's spelling; None if neither."""
    template = body.get("chat_template_kwargs")
    for holder in (body, template if isinstance(template, dict) else {}):
        for key in ("enable_thinking", "thinking"):
            if isinstance(value := holder.get(key), bool):
                return value
    if isinstance(thinking := body.get("thinking"), dict) and "type" in thinking:
        return bool(thinking["type"] != "disabled")
    if isinstance(effort := body.get("reasoning_effort"), str):
        return effort != "none"
    return _asked_in_the_prompt(body)


def _asked_in_the_prompt(body: Body) -> bool | None:
    """The soft switch of Qwen3's hybrids: the last of `/think` and `/no_think` in a system or user turn."""
    asked: bool | None = None
    messages = body.get("messages")
    for message in messages if isinstance(messages, list) else ():
        if isinstance(message, dict) and message.get("role") in ("system", "user"):
            text = content_text(message.get("content"))
            on, off = text.rfind("/think"), text.rfind("/no_think")
            if on >= 0 or off >= 0:
                asked = on > off
    return asked


@dataclass(frozen=True)
class ChatRequest:
    """A chat completion request, already past the checks of its form."""

    body: Body
    key: CaseKey = CaseKey()
    call_no: int = 1
    """How many requests of this run, arm and case came, this one included; refused ones count."""
    stage: str = ""
    """What the client says it is doing: the header `x-stage`, or `metadata.stage` of the body."""
    thinks: bool = False
    """The model thinks in this turn."""
    prompt_tokens: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def model(self) -> str:
        return str(self.body.get("model") or "")

    @property
    def stream(self) -> bool:
        return self.body.get("stream") is True

    @property
    def messages(self) -> Sequence[Mapping[str, Any]]:
        messages: Sequence[Mapping[str, Any]] = self.body.get("messages") or ()
        return messages

    @property
    def tools(self) -> dict[str, Mapping[str, Any]]:
        """Name to JSON Schema of the arguments, in the request's order."""
        functions = [tool.get("function") or {} for tool in self.body.get("tools") or ()]
        return {str(one.get("name")): one.get("parameters") or {} for one in functions}

    @property
    def tool_choice(self) -> ToolChoice:
        choice = self.body.get("tool_choice")
        if isinstance(choice, dict):
            return "named"
        return _PLAIN_CHOICES.get(str(choice), "auto") if choice is not None else "absent"

    @property
    def forced_tool(self) -> str:
        """The tool that the request forces: named, or required with a single one offered; else empty."""
        choice = self.body.get("tool_choice")
        if isinstance(choice, dict):
            return str((choice.get("function") or {}).get("name") or "")
        return next(iter(self.tools)) if self.tool_choice == "required" and len(self.tools) == 1 else ""

    @property
    def response_form(self) -> ResponseForm:
        kind = (self.body.get("response_format") or {}).get("type")
        return kind if kind in ("json_object", "json_schema") else "none"

    @property
    def schema(self) -> Mapping[str, Any]:
        """What the answer is to follow: the response format's JSON Schema, or the forced tool's; or empty."""
        if self.response_form == "json_schema":
            wanted: Mapping[str, Any] = self.body["response_format"].get("json_schema") or {}
            return wanted.get("schema") or {}
        return self.tools.get(self.forced_tool, {})

    @property
    def tool_results(self) -> list[str]:
        """Texts of the tool messages, oldest first."""
        return [content_text(m.get("content")) for m in self.messages if m.get("role") == "tool"]

    @property
    def earlier_calls(self) -> list[tuple[str, dict[str, Any]]]:
        """Name and arguments of the tool calls in the transcript, oldest first."""
        return list(self._earlier_calls())

    def _earlier_calls(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for message in self.messages:
            for call in message.get("tool_calls") or ():
                function = call.get("function") or {}
                try:
                    arguments = json.loads(function.get("arguments") or "{}")
                except json.JSONDecodeError:
                    continue
                if isinstance(arguments, dict):
                    yield str(function.get("name")), arguments

    @property
    def text(self) -> str:
        """All that the messages say, each on its own lines."""
        return "\n".join(content_text(message.get("content")) for message in self.messages)

    @property
    def last_text(self) -> str:
        return content_text(self.messages[-1].get("content")) if self.messages else ""

    @property
    def max_tokens(self) -> int | None:
        """The limit of the answer, thinking included; the lower one if both spellings are there."""
        given = [self.body.get("max_tokens"), self.body.get("max_completion_tokens")]
        limits = [limit for limit in given if isinstance(limit, int) and limit > 0]
        return min(limits) if limits else None

    @property
    def hash(self) -> str:
        """Equal for requests that ask the same: a retry has the hash of what it retries."""
        return short_hash({key: self.body.get(key) for key in _HASHED})

    @property
    def tools_hash(self) -> str:
        return short_hash(self.body.get("tools")) if self.tools else ""


def draw(seed: int, request: ChatRequest, name: str, *, salt: bool = False) -> float:
    """A number in [0, 1) that depends on nothing but what is given, so that a retry draws the same.

    With `salt` a retry draws anew.
    """
    parts = [str(seed), request.key.case, request.hash, name, str(request.call_no) if salt else ""]
    digest = hashlib.sha256("\0".join(parts).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
