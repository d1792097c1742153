"""Calls written as elements: `<function=f>`, `<invoke name="f">`, DSML, GLM's keys and values, Kimi K3.

Values are raw text. A closing tag ends a value only where the grammar can go on behind it, so that a value
may hold the tag; a value that nothing closes is cut off, and so is its call.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Any

from kubetriage.adapters.model.tool_calls.calls import Candidate, Found, Text
from kubetriage.adapters.model.tool_calls.json_calls import read_object
from kubetriage.adapters.model.tool_calls.literals import CutOff, LiteralReader, Malformed
from kubetriage.adapters.model.tool_calls.markers import BARS, ELEMENT, OPENING, SPECIAL_END
from kubetriage.adapters.model.tool_calls.turn import Turn

MAX_ARGUMENTS = 64
MAX_CLOSINGS = 64
"""Closing tags that are tried as the end of one value."""

_PREFIX = rf"(?:\s?{BARS}\s?\w{{1,16}}\s?{BARS}\s?|[A-Za-z]\w{{0,31}}[:|])?"
_SUFFIX = r"(?::\w{1,32})?"
_KEY = r"(?:\"([^\"<>\n]{1,128})\"|'([^'<>\n]{1,128})'|([^\s\"'<>/]{1,128}))"


@dataclass(frozen=True)
class Grammar:
    """How one family writes arguments."""

    opening: re.Pattern[str]
    """Begins an argument; its groups hold the key, and `attributes` if there are any."""
    closing: re.Pattern[str]
    end: re.Pattern[str]
    """Closes the call."""
    trims: bool = True
    """One line break on each side of a value belongs to the notation."""


XML = Grammar(
    re.compile(
        rf"<{_PREFIX}(?:parameter|param|argument|arg)(?P<joint>\s{{0,4}}=\s{{0,4}}|\s{{1,8}}(?:name|key)\s{{0,4}}=\s{{0,4}})"
        rf"{_KEY}(?:(?P<attributes>\s[^<>\n]{{0,200}})?>|(?=[ \t]{{0,4}}\n))"
    ),
    re.compile(rf"</{_PREFIX}(?:parameter|param|argument|arg)>"),
    re.compile(rf"</{_PREFIX}(?:function|invoke|tool_call|tool|call)>|<function>"),
)
_CALL_END = re.compile(rf"</{_PREFIX}(?:function|invoke)>")
_ARG_KEY = rf"<{_PREFIX}arg_key{_SUFFIX}>"
_ARG_VALUE = rf"<{_PREFIX}arg_value{_SUFFIX}>"
GLM = Grammar(
    # Models drop or double tags here; a key tells itself from a value by its closing tag.
    re.compile(
        rf"(?:{_ARG_KEY}){{1,2}}\s{{0,8}}([^<>\n]{{1,128}}?)\s{{0,8}}(?:</{_PREFIX}arg_key{_SUFFIX}>){{1,2}}(?:\s|\\n)*+"
        rf"(?:<{_PREFIX}arg_type>(?P<attributes>[^<>\n]{{0,64}})</{_PREFIX}arg_type>(?:\s|\\n)*+)?"
        rf"(?:{_ARG_VALUE}|(?!{_ARG_KEY}))"
    ),
    re.compile(rf"</{_PREFIX}arg_value{_SUFFIX}>"),
    re.compile(rf"</{_PREFIX}tool_call{_SUFFIX}>"),
)
KIMI_K3 = Grammar(
    re.compile(r"<\|open\|>argument\s+key=\"([^\"\n]{1,128})\"(?P<attributes>[^<>\n]{0,200})<\|sep\|>"),
    re.compile(r"<\|close\|>argument<\|sep\|>"),
    re.compile(r"<\|close\|>call<\|sep\|>"),
    trims=False,
)
KIMI_K3_CALL = re.compile(r"<\|open\|>call\s+tool=\"(?P<double>[^\"\n]{1,128})\"[^<>\n]{0,200}<\|sep\|>")


def read_element(turn: Turn, pos: int) -> Found | None:
    """A call in an XML element that begins at `pos`."""
    match = ELEMENT.match(turn.text, pos)
    if not match:
        return None
    name = match["double"] or match["single"] or match["plain"]
    if match["empty"]:
        return Found([Candidate(name, {})], match.end())
    at = turn.gap(match.end())
    if turn.at("{", at):
        return _json_body(turn, name, at)
    got = read_arguments(turn, match.end(), XML) or _tagged_by_key(turn, match.end(), name)
    return Found([Candidate(name, got[0])], got[1]) if got else None


def read_kimi_k3(turn: Turn, match: re.Match[str]) -> Found | None:
    """A call in Kimi K3's `tools` channel, from its opening tag on."""
    got = read_arguments(turn, match.end(), KIMI_K3)
    name = html.unescape(match["double"])
    return Found([Candidate(name, got[0])], got[1]) if got else None


def _json_body(turn: Turn, name: str, pos: int) -> Found | None:
    got = read_object(turn, pos)
    if not got:
        return None
    args, end = got
    at = turn.gap(end)
    closing = XML.end.match(turn.text, at)
    return Found([Candidate(name, args)], closing.end() if closing else end)


def read_arguments(turn: Turn, pos: int, grammar: Grammar) -> tuple[dict[str, Any], int] | None:
    """Keys and values up to the end of the call. None if there are none and nothing closes the call either.

    Raises CutOff when the text ends inside a value.
    """
    args: dict[str, Any] = {}
    text = turn.text
    for _ in range(MAX_ARGUMENTS):
        at = turn.gap(pos)
        if end := grammar.end.match(text, at):
            return args, end.end()
        opening = grammar.opening.match(text, at)
        if not opening:
            goes_on = args and (at == len(text) or OPENING.match(text, at) or ELEMENT.match(text, at))
            return (args, pos) if goes_on or SPECIAL_END.match(text, at) else None
        value, pos = _value(turn, opening.end(), grammar)
        key = next(group for name, group in _groups(opening) if group and name not in ("joint", "attributes"))
        if key in args:
            return None
        raw = grammar is XML and "=" in opening["joint"] and not opening["joint"].strip(" =")
        args[html.unescape(key)] = _decoded(value, opening["attributes"] or "", grammar.trims, raw)
    return None


def _groups(match: re.Match[str]) -> list[tuple[str, str | None]]:
    names = {index: name for name, index in match.re.groupindex.items()}
    return [(names.get(index + 1, ""), group) for index, group in enumerate(match.groups())]


def _value(turn: Turn, pos: int, grammar: Grammar) -> tuple[str, int]:
    """The raw text of a value and where the notation goes on. Raises CutOff."""
    text = turn.text
    chosen = None
    for count, closing in enumerate(grammar.closing.finditer(text, pos)):
        if count == MAX_CLOSINGS:
            break
        if _goes_on(turn, closing.end(), grammar):
            chosen = closing
            break
    limit = chosen.start() if chosen else len(text)
    turn.reader.spend(limit - pos)
    forgotten = _next_argument(text, pos, limit, grammar)
    if forgotten is not None:
        return text[pos:forgotten], forgotten
    if chosen:
        return text[pos : chosen.start()], chosen.end()
    end = _line_start(_CALL_END, text, pos) if grammar is XML else None
    if not end:
        raise CutOff("nothing closes the value")
    return text[pos : end.start()], end.start()


def _goes_on(turn: Turn, pos: int, grammar: Grammar) -> bool:
    at = turn.gap(pos)
    text = turn.text
    if at == len(text):
        return True
    marks = (grammar.opening, grammar.end, SPECIAL_END, OPENING, ELEMENT)
    return any(mark.match(text, at) for mark in marks)


def _next_argument(text: str, pos: int, limit: int, grammar: Grammar) -> int | None:
    """Where the next argument begins on a line of its own though nothing has closed this one."""
    if grammar is not XML:
        return None
    found = _line_start(grammar.opening, text, pos, limit)
    return found.start() if found else None


def _line_start(mark: re.Pattern[str], text: str, pos: int, limit: int | None = None) -> re.Match[str] | None:
    for count, match in enumerate(mark.finditer(text, pos, len(text) if limit is None else limit)):
        if text[pos : match.start()].rstrip(" \t").endswith("\n"):
            return match
        if count == MAX_CLOSINGS:
            break
    return None


def _decoded(value: str, attributes: str, trims: bool, raw: bool) -> Any:
    """The value that a tag's text stands for: attributes may say that it is a string, or JSON."""
    literal_breaks = value.endswith("\\n") and value.startswith("\\n")
    if re.search(r"string\s*=\s*[\"']?true", attributes):
        return value
    if trims and literal_breaks and len(value) > 3:
        value = value[2:-2]
    if trims and (raw or (value.startswith("\n") and value.endswith("\n") and len(value) > 1)):
        value = value.removeprefix("\n").removesuffix("\n")
    stripped = value.strip()
    if stripped.startswith("<![CDATA[") and stripped.endswith("]]>"):
        return stripped[9:-3]
    if re.search(r"type\s*=\s*[\"']?string|^string$", attributes):
        return value
    if re.search(
        r"string\s*=\s*[\"']?false|type\s*=\s*[\"']?(?:number|integer|bool|object|array|null)", attributes
    ):
        return _json(stripped, value)
    return Text(value)


def _json(stripped: str, value: str) -> Any:
    reader = LiteralReader(stripped)
    try:
        found, end = reader.value(0)
    except Malformed:
        return Text(value)
    return found if end == len(stripped) else Text(value)


def _tagged_by_key(turn: Turn, pos: int, name: str) -> tuple[dict[str, Any], int] | None:
    """Arguments in tags of their own names, `<namespace>shop</namespace>`, for those that the tool has."""
    args: dict[str, Any] = {}
    properties = turn.properties(name)
    for _ in range(MAX_ARGUMENTS):
        at = turn.gap(pos)
        if end := XML.end.match(turn.text, at):
            return args, end.end()
        opening = re.compile(r"<([\w.-]{1,128})>").match(turn.text, at)
        if not opening or opening[1] not in properties or opening[1] in args:
            return None
        end_tag = turn.text.find(f"</{opening[1]}>", opening.end())
        if end_tag < 0:
            raise CutOff("nothing closes the value")
        args[opening[1]] = Text(turn.text[opening.end() : end_tag])
        pos = end_tag + len(opening[1]) + 3
    return None
