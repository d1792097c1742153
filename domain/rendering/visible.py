"""Text from a cluster made safe to show: whatever is invisible, or acts on a screen, is written out.

Log lines and event messages are written by whoever runs a pod. Terminal escapes can recolour or overwrite
what stands above them, bidirectional marks can make a command read backwards, and zero-width characters can
hide words; none of them may reach a terminal, a browser or a chat as more than a visible `\\x1b`.
"""

from __future__ import annotations

import re
import unicodedata

NAME_LIMIT = 253
"""Characters of a name that are shown: the longest name Kubernetes allows (RFC 1123 subdomain)."""

SENTENCE_LIMIT = 1000
"""Characters of a statement, an annotation or a label value that are shown."""

COMBINING_LIMIT = 4
"""Combining marks in a row that are shown; more of them are drawn over the neighbouring lines."""

_ACTING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Categories that are never drawn: controls, formats (bidirectional, zero-width), surrogates, separators."""

_ESCAPED = re.compile(r"\\(?:x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})")
_LONGEST_ESCAPE = 10


def visible(text: str) -> str:
    """The text with every acting character written as an escape; line feeds stay, tabs become four spaces."""
    text = text.replace("\r\n", "\n").expandtabs(4)
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    kinds = {character: unicodedata.category(character) for character in set(text) - {"\n"}}
    marks = [character for character, kind in kinds.items() if kind in ("Mn", "Me")]
    if marks:
        several = f"[{re.escape(''.join(marks))}]"
        text = re.sub(f"({several}{{{COMBINING_LIMIT}}}){several}+", r"\1", text)
    acting = "".join(character for character, kind in kinds.items() if kind in _ACTING)
    return re.sub(f"[{re.escape(acting)}]", lambda match: _escape(match[0]), text) if acting else text


def one_line(text: str) -> str:
    """`visible`, with line breaks and runs of blanks as one space."""
    return " ".join(visible(text).split())


def clip(text: str, limit: int = SENTENCE_LIMIT) -> str:
    """The text, or its beginning and `…` where it is longer than `limit` characters.

    It does not end within a letter and its marks, nor within an escape that `visible` wrote.
    """
    if len(text) <= limit:
        return text
    end = limit - 1
    while end > 0 and unicodedata.category(text[end])[0] == "M":
        end -= 1
    begun = text.rfind("\\", max(end - _LONGEST_ESCAPE, 0), end)
    if begun >= 0 and (whole := _ESCAPED.match(text, begun)) and whole.end() > end:
        end = begun
    return text[:end].rstrip() + "…"


def _escape(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
