"""Values as statements show them: bounded, on one line, and quotable from the evidence that holds them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import timedelta

from kubetriage.domain.language import Text
from kubetriage.domain.resource import Resource

_SPACE = re.compile(r"[\s\x00-\x1f\x7f]+")
_UNQUOTABLE = re.compile(r'["\\\x00-\x1f\x7f]+')


_LAST_WORD = re.compile(r"[!-~]+$")
"""In ASCII: Chinese writes no blanks between words."""
_PART = 40
"""Characters of a word cut in two that are given up rather than shown."""


def short(value: str, limit: int = 120) -> str:
    """One line of at most `limit` characters; what was cut shows as `…`.

    A word is not cut in two where it need not be: half a name is another name.
    """
    line = _SPACE.sub(" ", value).strip()
    if len(line) <= limit:
        return line
    head, rest = line[: limit - 1], line[limit - 1 :]
    cut = _LAST_WORD.search(head)
    if cut and "!" <= rest[0] <= "~" and len(cut[0]) < min(_PART, limit // 2, len(head)):
        head = head[: cut.start()]
    return head.rstrip() + "…"


def short_end(value: str, limit: int = 120) -> str:
    """Like `short`, keeping the end: container errors say what failed last."""
    line = _SPACE.sub(" ", value).strip()
    if len(line) <= limit:
        return line
    rest, end = line[: 1 - limit], line[1 - limit :]
    part, _, whole = end.partition(" ")
    if not rest.endswith(" ") and whole and len(part) < _PART:
        end = whole  # begins with a whole word
    return "…" + end.lstrip()


_POINTERS = re.compile(
    r"(?:[\s,.;:(]+(?:(?:please )?(?:see|visit)(?: also)?:?|for (?:more )?(?:details|information),? (?:see"
    r"|visit):?"
    r"|recommend:|documentation:)\s+\S*://\S+|[\s,;]+request[ _]?id:? ?\S+)+$",
    re.IGNORECASE,
)
"""What a message ends with and what says nothing of the reason: where to read on, a number to ask about."""
_TELLING = re.compile(
    r"too ?many ?(?:certificates|requests)|rate ?limit|limit ?exceeded|exceed\w* (?:the |its )?quota"
    r"|quota exceeded"
    r"|insufficient \w*quota|quota \S+ exceeded|out of (?:stock|resources|capacity)|NoStock\b"
    r"|(?:insufficient|not sufficient|not have sufficient|no) \S* ?capacity|InsufficientInstanceCapacity"
    r"|stockout"
    r"|access ?denied|unauthorized|not authorized|AuthFailure|forbidden",
    re.IGNORECASE,
)
"""Why clouds, registries and authorities refuse what they are asked for."""
_CLAUSE = re.compile(r"(?:[:;,.]\s+|\s)(?=\S)")
_LEAD_IN = 48
_AFTER = 25
"""Characters behind such words that tell more than they do."""


def telling(message: str, limit: int = 120) -> str:
    """Of a message that is too long the part that says why: where a reason is named, else its end."""
    line = _POINTERS.sub("", _SPACE.sub(" ", message).strip())
    named = list(_TELLING.finditer(line))
    if len(line) <= limit or not named:
        return short_end(line, limit)
    found = next((m for m in reversed(named) if len(line) - m.end() >= _AFTER), named[0])
    first = max(0, found.start() - min(_LEAD_IN, limit // 3, max(limit - len(line[found.start() :]), 8)))
    if not first:
        return short(line, limit)
    clauses = [m.end() for m in _CLAUSE.finditer(line, first, found.start())]
    marked = [at for at in clauses if line[at - 2] in ":;,."]
    first = (marked or clauses or [found.start()])[0]
    return "…" + short(line[first:], limit - 1)


def chained(message: str, limit: int = 120) -> str:
    """A message without its middle where it is too long and one clause leads to the next.

    What was done stands at its beginning, why it failed at its end (`sync failed: making it: no "a"`).
    """
    line = _SPACE.sub(" ", message).strip()
    if len(line) <= limit or line.count(": ") < _CHAIN or limit < 60:
        return short(message, limit)
    head = short(line, limit // 3).rstrip("…")
    return f"{head} {short_end(line, limit - len(head) - 1)}"


_CHAIN = 3
"""Clauses before the last one that make a message a chain."""


def quotable(*values: str) -> tuple[str, ...]:
    """The longest part of each value that reads the same in JSON text, for `Finding.quotes`."""
    found = []
    for value in values:
        parts = [part.strip() for part in _UNQUOTABLE.split(_whole_words(value))]
        best = max(parts, key=len, default="")
        if best:
            found.append(best)
    return tuple(dict.fromkeys(found))


def _whole_words(value: str) -> str:
    """A value that `short` or `short_end` cut, without the word that was cut in two."""
    if value.endswith("…"):
        value = value[:-1].rpartition(" ")[0] or value[:-1]
    if value.startswith("…"):
        value = value[1:].partition(" ")[2] or value[1:]
    return value


def listed(values: Sequence[str], limit: int = 3) -> Text:
    """`a, b, c and 2 more`."""
    shown, more = list(values[:limit]), len(values) - limit
    if more <= 0:
        return Text(en=", ".join(shown), zh="、".join(shown))
    return Text(en=f"{', '.join(shown)} and {more} more", zh=f"{'、'.join(shown)} 等 {len(values)} 个")


def named(ref: Resource) -> str:
    """`Kind name`: how statements name an object whose namespace is clear from the alert."""
    return f"{ref.kind} {ref.name}"


def duration(span: timedelta) -> Text:
    """A span in its two largest whole units, the second one only if there is any of it."""
    seconds = max(0, int(span.total_seconds()))
    if seconds < 60:
        return Text(en=f"{seconds} s", zh=f"{seconds} 秒")
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if hours < 1:
        return Text(en=f"{minutes} min", zh=f"{minutes} 分钟")
    if days < 1:
        more, unit = minutes % 60, Text(en="min", zh="分钟")
        whole = Text(en=f"{hours} h", zh=f"{hours} 小时")
    else:
        more, unit = hours % 24, Text(en="h", zh="小时")
        whole = Text(en=f"{days} d", zh=f"{days} 天")
    return Text(en=f"{whole.en} {more} {unit.en}", zh=f"{whole.zh} {more} {unit.zh}") if more else whole


STATEMENT_LIMIT = 300
"""Characters of a finding's statement, in either language."""


def fitting(make: Callable[[int], Text]) -> Text:
    """A statement with as much of a quotation as fits: `make` is given the characters it may quote."""
    made = make(110)
    for room in (80, 60, 40, 20):
        if len(made.en) <= STATEMENT_LIMIT and len(made.zh) <= STATEMENT_LIMIT:
            break
        made = make(room)
    return Text(en=short(made.en, STATEMENT_LIMIT), zh=short(made.zh, STATEMENT_LIMIT))


def grounded(text: str, *values: str) -> tuple[str, ...]:
    """Of each value the longest part that stands in `text` as it is.

    A message put together from the fields of a JSON line, or cut for length, does not stand there as a whole.
    """
    found = []
    for value in values:
        parts = [p.strip() for p in re.split(r'["\\\x00-\x1f\x7f]+|; ', _whole_words(value))]
        best = max((p for p in parts if p and p in text), key=len, default="")
        if best:
            found.append(best)
    return tuple(dict.fromkeys(found))
