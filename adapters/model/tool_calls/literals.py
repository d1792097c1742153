"""Reads one value as models write it: JSON, Python literals and Gemma's notation, in one tolerant grammar.

Tolerated is what has one meaning only: line breaks in strings, single or typographic quotes, a comma too
many, bare keys, `True` for `true`, an escape that is none. What is cut off is never completed: closing
brackets may be missing, an open string, number or word may not be closed.
"""

from __future__ import annotations

import math
import re
from typing import Any

MAX_DEPTH = 32
"""Brackets in brackets; deeper text is refused before the interpreter's own stack is in danger."""
MAX_STEPS = 20_000
"""Values, keys and 64-character pieces of strings that one reader reads in its life: about 30 ms."""
SPACE = re.compile(r"(?:[\s\ufeff]|//[^\n]*\n)*+")
_KEY = re.compile(r"[A-Za-z_$][\w$.\-]{0,127}")
_NUMBER = re.compile(r"[-+]?(?:0|[1-9]\d{0,39})(?:\.\d{1,40})?(?:[eE][-+]?\d{1,3})?(?![\w.])")
_WORD = re.compile(r"(true|True|false|False|null|None)(?!\w)")
_BARE = re.compile(r"[^,{}\[\]<>\n]{1,256}")
_ENDED = re.compile(r"</|<[|｜](?!im_end|eot_|eom_|end)|<end_|<tool_call\||```|\[/|\[END_")
"""What stands after a value whose brackets the writer forgot: then its last number is a whole one."""
_WORDS: dict[str, bool | None] = {
    "true": True,
    "True": True,
    "false": False,
    "False": False,
    "null": None,
    "None": None,
}
_QUOTES = {
    '"""': '"""',
    "'''": "'''",
    '<|"|>': '<|"|>',
    "<escape>": "<escape>",
    '"': '"',
    "'": "'",
    "“": "”",
}
_OPENING = re.compile("|".join(re.escape(quote) for quote in _QUOTES))
_BODIES = {
    "'": re.compile(r"(?:[^'\\]++|\\.)*+", re.DOTALL),
    '"': re.compile(r'(?:[^"\\]++|\\.)*+', re.DOTALL),
    "“": re.compile(r"(?:[^”\\]++|\\.)*+", re.DOTALL),
    "'''": re.compile(r"(?:[^'\\]++|\\.|'(?!''))*+", re.DOTALL),
    '"""': re.compile(r'(?:[^"\\]++|\\.|"(?!""))*+', re.DOTALL),
}
_INNER_END = re.compile(r"\"(?=\s*(?:[}\])]{1,4}\s*(?:\Z|[<`;]|\[/|,\s*[{\[\"])|,\s*\"[^\"\n]{1,128}\"\s*:))")
"""The quote that ends a string in which others were left without a backslash: the brackets behind it fit."""
_PAIR = re.compile(r"(?<!\\)\"\s*:")
_ESCAPE = re.compile(
    r"\\(?:u([0-9a-fA-F]{4})(?:\\u([dD][c-fC-F][0-9a-fA-F]{2}))?|x([0-9a-fA-F]{2})|U([0-9a-fA-F]{8})|(.))",
    re.DOTALL,
)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
_SURE = ("string", "container")
"""Kinds of values that are known to be whole when the text ends behind them."""


class Malformed(ValueError):
    """The text at that place is no value, or the value is cut off."""


class CutOff(Malformed):
    """The text ends inside the value: what the writer meant is not known."""


class LiteralReader:
    """Reads values out of one text; all its work together is bounded."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.completed = False
        """The text ended before the closing brackets of the value that was read last."""
        self._steps = MAX_STEPS
        self._closes = 0
        self._inner = False

    def over(self, text: str) -> LiteralReader:
        """A reader of another text with the work that is left to this one."""
        other = LiteralReader(text)
        other._steps = self._steps
        return other

    def spend(self, characters: int = 0) -> None:
        """Raises Malformed once the reader has done its share of work."""
        self._steps -= 1 + characters // 64
        if self._steps < 0:
            raise Malformed("too much to read")

    def value(
        self, pos: int, *, closes: int = 0, python: bool = False, bare: bool = False, inner: bool = False
    ) -> tuple[Any, int]:
        """The value that begins at `pos`, and where it ends.

        `closes` outer brackets may be missing at the end of the text: those of a call and of its arguments,
        never those of an argument. `inner` takes quotes that nothing escapes for part of their string.
        `python` reads escapes as Python does, `bare` takes words without quotes for strings, as Gemma's
        notation has them. Raises Malformed.
        """
        self.completed, self._closes, self._inner = False, closes, inner
        try:
            found, end, _ = self._value(pos, python, bare, 0)
        finally:
            self._inner = False
        return found, end

    def arguments(self, pos: int, *, closes: int = 0, between: str = "=") -> tuple[dict[str, Any], int]:
        """The keyword arguments of a Python call, from behind its opening bracket on, and their end."""
        self.completed, self._closes = False, closes
        return self._pairs(pos, ")", between, True, False, 1)

    def string(self, pos: int, *, python: bool = False) -> tuple[str, int]:
        """The quoted string that begins at `pos`, decoded, and where it ends. Raises Malformed."""
        opening = _OPENING.match(self.text, pos)
        if not opening:
            raise Malformed("no string")
        quote = opening[0]
        close = _QUOTES[quote]
        body = _BODIES.get(quote)
        start = opening.end()
        if body is None:  # these quotes are tokens of their own, nothing is escaped between them
            end = self.text.find(close, start)
            self.spend((end if end >= 0 else len(self.text)) - start)
            if end < 0:
                raise CutOff("the string is cut off")
            return self.text[start:end], end + len(close)
        match = body.match(self.text, start)
        end = match.end() if match else start
        self.spend(end - start)
        if not self.text.startswith(close, end):
            raise CutOff("the string is cut off")
        return unescaped(self.text[start:end], python), end + len(close)

    def _value(self, pos: int, python: bool, bare: bool, depth: int) -> tuple[Any, int, str]:
        self.spend()
        if depth > MAX_DEPTH:
            raise Malformed("nested too deeply")
        char = self.text[pos : pos + 1]
        if char == "{":
            return *self._pairs(pos + 1, "}", ":", python, bare, depth + 1), "container"
        if char in ("[", "("):
            return *self._list(pos + 1, "]" if char == "[" else ")", python, bare, depth + 1), "container"
        if _OPENING.match(self.text, pos):
            return *(self._open_string(pos) or self.string(pos, python=python)), "string"
        if match := _NUMBER.match(self.text, pos):
            return number(match[0]), match.end(), "number"
        if match := _WORD.match(self.text, pos):
            return _WORDS[match[1]], match.end(), "word"
        if bare and (match := _BARE.match(self.text, pos)) and match[0].strip():
            return match[0].strip(), match.end(), "word"
        raise self._wrong(pos, "no value")

    def _open_string(self, pos: int) -> tuple[str, int] | None:
        """A string with quotes in it that nothing escapes, where such are looked for."""
        if not self._inner or not self.text.startswith('"', pos):
            return None
        end = _INNER_END.search(self.text, pos + 1)
        self.spend((end.start() if end else len(self.text)) - pos)
        if not end:
            raise CutOff("the string is cut off")
        held = self.text[pos + 1 : end.start()]
        if _PAIR.search(held):
            raise Malformed("a key inside of a string: what is missing is a comma")
        return unescaped(held, False), end.end()

    def _pairs(
        self, pos: int, close: str, between: str, python: bool, bare: bool, depth: int
    ) -> tuple[dict[str, Any], int]:
        found: dict[str, Any] = {}
        kind = ""
        while True:
            pos = self._space(pos)
            if self.text.startswith(close, pos):
                return found, pos + len(close)
            key, pos = self._key(pos, python)
            pos = self._space(pos)
            if not self.text.startswith(between, pos) and not (
                between == ":" and self.text[pos : pos + 1] == "："
            ):
                raise self._wrong(pos, f"no {between} behind a key")
            if key in found:
                raise Malformed("a key is given twice")
            found[key], pos, kind = self._value(self._space(pos + 1), python, bare, depth)
            pos, done = self._next(pos, close, kind, depth)
            if done:
                return found, pos

    def _key(self, pos: int, python: bool) -> tuple[str, int]:
        if _OPENING.match(self.text, pos):
            return self.string(pos, python=python)
        self.spend()
        match = _KEY.match(self.text, pos)
        if not match:
            raise self._wrong(pos, "no key")
        return match[0], match.end()

    def _list(self, pos: int, close: str, python: bool, bare: bool, depth: int) -> tuple[list[Any], int]:
        found: list[Any] = []
        while True:
            pos = self._space(pos)
            if self.text.startswith(close, pos):
                return found, pos + len(close)
            value, pos, kind = self._value(pos, python, bare, depth)
            found.append(value)
            pos, done = self._next(pos, close, kind, depth)
            if done:
                return found, pos

    def _next(self, pos: int, close: str, kind: str, depth: int) -> tuple[int, bool]:
        """Behind a value: where the next one begins, or the end of its bracket, forgotten ones included."""
        at = self._space(pos)
        char = self.text[at : at + 1]
        if char == close:
            return at + 1, True
        if char and char in ",，":
            return at + 1, False
        if _ENDED.match(self.text, at):
            return at, True
        if at == len(self.text) and kind in _SURE and depth <= self._closes:
            self.completed = True
            return at, True
        raise self._wrong(at, "no comma and no bracket")

    def _wrong(self, pos: int, why: str) -> Malformed:
        """The error at `pos`; a token of which only the beginning is there is cut off."""
        rest = self.text[pos : pos + 9]
        cut = any(token.startswith(rest) for token in (*_QUOTES, *_WORDS, "-"))
        return CutOff("the text ends inside a value") if cut else Malformed(why)

    def _space(self, pos: int) -> int:
        match = SPACE.match(self.text, pos)
        return match.end() if match else pos


def number(text: str) -> int | float:
    """A JSON number; raises Malformed for one that no float can hold."""
    if not any(char in text for char in ".eE"):
        return int(text)
    value = float(text)
    if not math.isfinite(value):
        raise Malformed("a number out of range")
    return value


def unescaped(text: str, python: bool) -> str:
    """The characters that the escapes of a JSON or a Python string stand for.

    A backslash before a character that needs none is kept: models write regular expressions that way.
    """
    if "\\" not in text:
        return text

    def one(match: re.Match[str]) -> str:
        first, second, byte, wide, plain = match.groups()
        if first is not None:
            return _code_unit(int(first, 16), int(second, 16) if second else None)
        if byte is not None or wide is not None:
            code = int(byte or wide, 16)
            return chr(code) if python and code <= 0x10FFFF else match[0]
        if python and plain == "\n":
            return ""
        if plain == "/" and not python:
            return "/"
        return _ESCAPED.get(plain, match[0])

    return _ESCAPE.sub(one, text)


def _code_unit(first: int, second: int | None) -> str:
    if second is None:
        return chr(first)
    if 0xD800 <= first < 0xDC00:
        return chr(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
    return chr(first) + chr(second)
