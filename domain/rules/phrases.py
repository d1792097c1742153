"""Sentences in both languages from one set of values."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.diagnosis import bounded
from kubetriage.domain.language import Text, text

NOTHING = Text(en="", zh="")
UNNAMED = Text(en="(not named)", zh="（未写明）")
"""Stands for a value that a message leaves out."""
STATEMENT_LIMIT = 300
"""Characters of a statement, in either language."""

say = text
"""The name it goes by in rules."""


def fit(text: Text) -> Text:
    """Each language on one line of at most `STATEMENT_LIMIT` characters, cut at the end of a word."""
    one_line = (" ".join(words.split()) for words in (text.en, text.zh))
    en, zh = (bounded(words, STATEMENT_LIMIT) for words in one_line)
    return Text(en=en, zh=zh)


def stated(en: str, zh: str, /, **values: Any) -> Text:
    """A finding's statement: like `say`, cut to its limit."""
    return fit(say(en, zh, **values))


def given(en: str, zh: str, value: object) -> Text:
    """A part of a sentence that says `{v}`, or nothing where the value is not known."""
    return say(en, zh, v=value) if value else NOTHING


def aside(words: str) -> Text:
    """Quoted words in brackets behind a sentence; nothing without words."""
    return Text(en=f" (“{words}”)", zh=f"（“{words}”）") if words else NOTHING


def joined(parts: list[Text], en: str = "; ", zh: str = "；") -> Text:
    return Text(en=en.join(p.en for p in parts), zh=zh.join(p.zh for p in parts))


def counted(number: int, one: str, many: str = "") -> str:
    """`1 node`, `3 nodes`."""
    return f"{number} {one}" if number == 1 else f"{number} {many or one + 's'}"
