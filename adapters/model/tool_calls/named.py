"""Calls that begin with the bare name of the tool: DeepSeek, Kimi K2, Mistral, GLM, Gemma, and the same
payloads in other families' marks."""

from __future__ import annotations

import re

from kubetriage.adapters.model.tool_calls.calls import Candidate, Found
from kubetriage.adapters.model.tool_calls.elements import GLM, read_arguments, read_element
from kubetriage.adapters.model.tool_calls.json_calls import calls_in, read_bare_object, read_object
from kubetriage.adapters.model.tool_calls.markers import FENCE, FENCE_END, SEPARATOR, SPECIAL_END
from kubetriage.adapters.model.tool_calls.pythonic import read_pythonic
from kubetriage.adapters.model.tool_calls.turn import Turn

_INDEX = re.compile(r":\d{1,6}")
_JSON_LINE = re.compile(r"\s*(?:json|code)?\s*(?=\{)")
_PARTS = re.compile(
    r"<(?:tool_)?name>\s{0,8}([^<>\n]{1,128}?)\s{0,8}</(?:tool_)?name>\s*"
    r"<(?:arguments|parameters|args|input|tool_input)>"
)


def read_named(turn: Turn, pos: int) -> Found | None:
    """A call whose name stands at `pos` and whose arguments follow in one of the known ways."""
    if turn.at("call:", pos):
        return _gemma(turn, pos + 5)
    if parts := _PARTS.match(turn.text, pos):
        got = read_object(turn, turn.gap(parts.end()))
        return Found([Candidate(parts[1], got[0])], got[1]) if got else None
    named = turn.name_at(pos)
    if not named:
        return None
    name, end = named
    index = _INDEX.match(turn.text, end)
    end = index.end() if index else end
    separator = SEPARATOR.match(turn.text, end)
    if separator:
        return _separated(turn, name, separator.end())
    return _unseparated(turn, name, end, pos)


def _separated(turn: Turn, name: str, pos: int) -> Found | None:
    """Behind a separator token. DeepSeek V3 has the type `function` before it and the name behind."""
    if name == "function" and (named := turn.name_at(pos)):
        if got := _object(turn, named[1]):
            return Found([Candidate(named[0], got[0])], got[1])
        return None
    if name == "function" and (inner := read_element(turn, pos)):
        return inner
    if got := _object(turn, pos):
        return Found([Candidate(name, got[0])], got[1])
    if closed := _closed(turn, pos):
        return Found([Candidate(name, {})], closed)
    keys = read_arguments(turn, pos, GLM)
    return Found([Candidate(name, keys[0])], keys[1]) if keys else None


def _unseparated(turn: Turn, name: str, end: int, start: int) -> Found | None:
    text = turn.text
    at = turn.gap(end)
    if (keys := read_arguments(turn, end, GLM)) and (at > end or keys[0] or keys[1] > end):
        return Found([Candidate(name, keys[0])], keys[1])
    if turn.at("(", end):
        return read_pythonic(turn, start)
    apart = (
        "\n" in text[end:at] or at == end or turn.bound(name) is not None or text[end:at].startswith("\\n")
    )
    if apart and (got := _object(turn, end)):
        return Found([Candidate(name, got[0])], got[1])
    if closed := _closed(turn, end):
        return Found([Candidate(name, {})], closed)
    return None


def _object(turn: Turn, pos: int) -> tuple[object, int] | None:
    """JSON arguments at `pos`, in a fence or not."""
    fence = FENCE.match(turn.text, pos)
    at = fence.end() if fence else pos
    line = _JSON_LINE.match(turn.text, turn.gap(at))
    if not line:
        return None
    got = read_object(turn, line.end())
    if not got:
        return None
    args, end = got
    closing = FENCE_END.match(turn.text, end) if fence else None
    return args, closing.end() if closing else end


def _closed(turn: Turn, pos: int) -> int | None:
    """A name that its closing tag follows at once: a call without arguments."""
    match = SPECIAL_END.match(turn.text, turn.gap(pos))
    return match.start() if match else None


def _gemma(turn: Turn, pos: int) -> Found | None:
    """`call:f{key:<|"|>text<|"|>,n:3}`: keys without quotes, strings between tokens of their own."""
    named = turn.name_at(pos)
    if named and turn.at("(", named[1]):
        args, end = turn.reader.arguments(named[1] + 1, between=":")
        return Found([Candidate(named[0], args)], end)
    got = read_bare_object(turn, named[1], named[0]) if named else None
    return Found([Candidate(named[0], got[0])], got[1]) if named and got else None


def read_fenced_call(turn: Turn, pos: int) -> Found | None:
    """A fence around a JSON call, inside the marks of a call."""
    fence = FENCE.match(turn.text, pos)
    if not fence:
        return None
    at = turn.gap(fence.end())
    got = None
    if turn.text[at : at + 1] in ("{", "["):
        value, end = turn.reader.value(at, closes=2)
        calls = calls_in(value, marked=True, turn=turn)
        got = Found(calls, end) if calls else None
    if not got:
        return None
    closing = FENCE_END.match(turn.text, got.end)
    return Found(got.candidates, closing.end() if closing else got.end)
