"""Recovers the tool calls that a model wrote into its content, and takes nothing else for one.

Servers turn a model's marks into `tool_calls`; where they have no parser, the wrong one, or a parser that
misses, the calls come through as text. The rules here are what vLLM's and SGLang's parsers accept, read for
all families at once, and stricter where text is ambiguous: a quotation, a plan, an echo or a call that is
cut off is not run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from kubetriage.adapters.model.tool_calls.arguments import (
    Schema,
    Unfit,
    fitted,
    is_schema,
    sole_text_argument,
)
from kubetriage.adapters.model.tool_calls.calls import Candidate, Found, RecoveredCalls, RefusedCall, ToolCall
from kubetriage.adapters.model.tool_calls.literals import Malformed
from kubetriage.adapters.model.tool_calls.markers import NAME, TURN_END
from kubetriage.adapters.model.tool_calls.react import NO_TOOL, read_react
from kubetriage.adapters.model.tool_calls.reasoning import MAX_CHARACTERS, split
from kubetriage.adapters.model.tool_calls.scanning import scan
from kubetriage.adapters.model.tool_calls.skipped import Skipped
from kubetriage.adapters.model.tool_calls.turn import MAX_CALLS, Turn
from kubetriage.adapters.model.tool_calls.unmarked import read_at_end, read_fences, read_whole

CUT_OFF = ("length", "max_tokens", "content_filter")
"""Finish reasons of a text that was not written to its end."""

Stage = tuple[str, Callable[[Turn], tuple[Found, int] | None]]


STAGES: tuple[Stage, ...] = (
    ("whole", read_whole),
    ("fence", read_fences),
    ("at_end", read_at_end),
    ("skipped_marks", lambda turn: Skipped(turn).read()),
    ("react", read_react),
)
"""How calls without marks are looked for, the surest first; the first that finds one ends the search."""


def recover_tool_calls(
    content: str | None, tools: Mapping[str, Schema], finish_reason: str | None = "stop"
) -> RecoveredCalls:
    """The calls in a content that came without `tool_calls`. Never raises, whatever the content is.

    `tools` maps the names that are bound in this turn to the JSON Schema of their arguments. Give the
    content as the server sent it: reasoning in it is left out here. Nothing is recovered from a content
    that was cut off by its length, or that is longer than 64 Ki characters; of more than 16 calls the first
    16 are.
    """
    text = _plain(split(content or "").own)
    if finish_reason in CUT_OFF or not text.strip() or len(content or "") > MAX_CHARACTERS:
        return RecoveredCalls(text=text.strip())
    turn = Turn(text, tools)
    whole = _tried(turn, "whole", read_whole)
    if whole:
        return whole
    marked = scan(turn)
    if marked.candidates:
        return _bound(turn, marked.candidates, marked.formats, marked.start)
    own = Turn(text[: marked.limit], tools)
    own.reader = turn.reader.over(own.text)
    found = (_tried(own, name, read) for name, read in STAGES)
    return next((one for one in found if one), None) or RecoveredCalls(text=text.strip())


def _plain(text: str) -> str:
    """The text without the tokens that end a turn, and with one kind of line breaks."""
    text = text.replace("\r\n", "\n")
    ending = TURN_END.search(text, max(0, len(text) - 200))
    return text[: ending.start()] if ending else text


def _tried(turn: Turn, name: str, read: Callable[[Turn], tuple[Found, int] | None]) -> RecoveredCalls | None:
    try:
        got = read(turn)
    except Malformed:
        return None
    if not got or not got[0].candidates:
        return None
    candidates = got[0].candidates
    return _bound(turn, candidates, [name] * len(candidates), got[1])


def _bound(turn: Turn, candidates: list[Candidate], formats: Iterable[str], start: int) -> RecoveredCalls:
    """The candidates held against the tools of the turn."""
    result = RecoveredCalls(text=turn.text[:start].strip())
    for candidate, kind in zip(candidates[:MAX_CALLS], formats, strict=False):
        name = turn.bound(candidate.name)
        if name is None:
            written = candidate.name.strip().removeprefix("functions.")
            if NAME.fullmatch(written) and written.lower() not in NO_TOOL and written not in result.unknown:
                result.unknown.append(written)
            continue
        try:
            result.calls.append(ToolCall(name, _arguments(turn, name, candidate), kind))
        except Unfit as unfit:
            result.refused.append(RefusedCall(name, str(unfit)))
    return result


def _arguments(turn: Turn, name: str, candidate: Candidate) -> dict[str, object]:
    """The arguments of a call in the types of its tool's schema. Raises Unfit."""
    schema = turn.tools[name]
    args = candidate.args
    if isinstance(args, str):
        args = _from_string(turn, args, sole_text_argument(schema) if candidate.free_text else None)
    if args is None:
        args = {}
    if not isinstance(args, dict):
        raise Unfit("the arguments are not an object")
    if is_schema(args, schema):
        raise Unfit("the arguments are the tool's own schema")
    found = fitted(args, schema)
    try:
        _encodable(found)
    except UnicodeEncodeError:
        raise Unfit("the arguments hold half a character") from None
    return found


def _encodable(value: object) -> None:
    """Raises UnicodeEncodeError for a string with half a surrogate pair, which no request could carry."""
    if isinstance(value, str):
        value.encode()
    elif isinstance(value, dict):
        for key, item in value.items():
            _encodable(key)
            _encodable(item)
    elif isinstance(value, list):
        for item in value:
            _encodable(item)


def _from_string(turn: Turn, text: str, argument: str | None) -> object:
    """Arguments that came as a string: JSON in it, or the text of the tool's only argument."""
    stripped = text.strip()
    reader = turn.reader.over(stripped)
    try:
        value, end = reader.value(0)
    except Malformed:
        value, end = None, -1
    if end == len(stripped) and isinstance(value, dict):
        return value
    if argument:
        return {argument: text}
    if not stripped or (end == len(stripped) and value is None):
        return None
    raise Unfit("the arguments are text, not an object")
