"""The one line of an excerpt that shows most of what is said with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from kubetriage.domain.messages.spoken import LINE_LIMIT
from kubetriage.domain.rendering.visible import clip, one_line

EXCERPT_LOOKED_AT = 20_000
"""Characters of an excerpt that are looked at."""
_OWN_WORDS = ("message:", "reason:", "exitcode:")
"""What an object's parts say of themselves; its conditions only sum that up."""
_TELLING = ("error", "failed", *_OWN_WORDS)
"""What a line of text holds that commonly says more than others, in the order of trying."""
_TELLING_FIELDS = (*_OWN_WORDS, "phase:", "renewtime:", "readyreplicas:", "selector.")
_FIELD = re.compile(r"(?:metadata|spec|status|webhooks\[\d+\])[.:]")
_CONDITION = re.compile(r"status\.conditions\[(\d+)\]\.(\w+): ?(.*)")
_JOINED = re.compile(r"\w+=(?:True|False|Unknown)\b")
_BAD = re.compile(r"(?!\w*(?:Pressure|Unavailable|Failure|Limited)=)\w+=(?:False|Unknown) \(")
"""A condition that is not as it should be, and says why."""
_TOKEN = re.compile(r"[A-Za-z0-9]+|[\u3400-\u9fff]")
_QUOTED = re.compile(r"“([^“”]+)”")
"""What a statement repeats of its evidence word by word."""
_ANYWHERE = frozenset({"status", "spec", "name", "type", "state", "true", "false", "containers"})
_BEFORE = 30
"""Characters before a word that are shown with it where a line is too long."""

_PLACES = 200
"""Words of a line that are looked at for where to begin."""


def telling_line(excerpt: str, said: str = "", beside: Iterable[str] = ()) -> str:
    """A visible line of at most 180 characters, empty for an empty excerpt.

    `said` are the statements that cite the excerpt: the line that has most of their words shows most of them.
    `beside` is what stands next to the line anyway, so that its words do not count.
    """
    lines = _joined([line for line in map(one_line, excerpt[:EXCERPT_LOOKED_AT].splitlines()) if line])
    lines = [line for line in lines if line[-1] != ":"]
    if not lines:
        return ""
    text = not _FIELD.match(lines[0]) and not _JOINED.match(lines[0])
    quoted = " ".join(_QUOTED.findall(said)) if text else ""
    words = _tokens(quoted or said) - _ANYWHERE - {word for each in beside for word in _tokens(each)}

    def shared(line: str) -> int:
        return sum(map(_weight, words & _tokens(line)))

    best = max(lines, key=shared)
    if text:
        return _within(best if shared(best) else _first(_TELLING, lines) or lines[0], words)
    own = [line for line in lines if not _JOINED.match(line) and ".conditions[" not in line]
    own = [line for line in own if any(word in line.lower() for word in _OWN_WORDS)]
    if own:
        return _within(max(own, key=lambda line: (shared(line), _rank(line))), words)
    by_chance = not any(map(_says_much, words & _tokens(best)))
    return _within((by_chance and _of_object(lines)) or (best if shared(best) else ""), words)


def _of_object(lines: Sequence[str]) -> str:
    """Of an object's fields, where nothing is known of what they are to show; empty where none shows much."""
    joined = [line for line in lines if _JOINED.match(line)]
    bad = next((line for line in joined if _BAD.match(line)), "")
    explained = next((line for line in joined if " (" in line or ": " in line), "")
    ready = next((line for line in joined if line.startswith("Ready=")), "")
    return bad or explained or ready or _first(_TELLING_FIELDS, lines)


def _joined(lines: Sequence[str]) -> list[str]:
    """The fields of a condition as one line where its first was: `Ready=False (ContainersNotReady): why`."""
    found: dict[str, dict[str, str]] = {}
    for line in lines:
        if match := _CONDITION.fullmatch(line):
            found.setdefault(match[1], {})[match[2]] = match[3]
    made: dict[str, None] = {}
    for line in lines:
        match = _CONDITION.fullmatch(line)
        fields = found[match[1]] if match else {}
        if not fields.get("type") or not fields.get("status"):
            made[line] = None
            continue
        reason = f" ({fields['reason']})" if fields.get("reason") else ""
        message = f": {fields['message']}" if fields.get("message") else ""
        made[f"{fields['type']}={fields['status']}{reason}{message}"] = None
    return list(made)


def _within(line: str, words: set[str]) -> str:
    """Of a line that is too long the part with most of the words, from a blank before them on."""
    if len(line) <= LINE_LIMIT:
        return line
    found = ((each.start(), each[0].lower()) for each in _TOKEN.finditer(line))
    places = [each for each in found if each[1] in words][:_PLACES]
    starts = [0, *(line.rfind(" ", 0, max(at - _BEFORE, 0)) + 1 for at, _ in places)]

    def held(start: int) -> int:
        end = start + LINE_LIMIT - 2
        return sum(map(_weight, {word for at, word in places if start <= at and at + len(word) <= end}))

    best = max(starts, key=_first_of(held))
    return clip(line, LINE_LIMIT) if best == 0 else clip(f"…{line[best:]}", LINE_LIMIT)


def _first_of(score: Callable[[int], int]) -> Callable[[int], tuple[int, int]]:
    """The highest score, of equal ones the first place."""
    return lambda start: (score(start), -start)


def _rank(line: str) -> int:
    return -next(at for at, word in enumerate(_OWN_WORDS) if word in line.lower())


def _first(words: Iterable[str], lines: Sequence[str]) -> str:
    return next((line for word in words for line in lines if word in line.lower()), "")


def _tokens(text: str) -> set[str]:
    return {each.lower() for each in _TOKEN.findall(text)}


def _says_much(word: str) -> bool:
    """Not a short word such as `data`, which a path holds as well as a name."""
    return len(word) > 4 or not word.isascii() or any(each.isdigit() for each in word)


def _weight(word: str) -> int:
    """Long words are seldom there by chance, single digits and letters mostly."""
    return min(len(word), 8) if len(word) > 1 or not word.isascii() else 0
