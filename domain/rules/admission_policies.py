"""The policies that an engine's webhook names when it refuses a pod: Kyverno, Gatekeeper."""

from __future__ import annotations

import re
from typing import NamedTuple

from kubetriage.domain.language import Text
from kubetriage.domain.rules.phrases import say
from kubetriage.domain.rules.wording import short

_MOST = 3
"""Policies that are told of."""
_ROOM = 150
"""Characters for all of their words together."""
_KYVERNO = re.compile(r"blocked due to the following policies\s+(?P<rest>.+)$", re.DOTALL)
_RULE = re.compile(
    r"(?:^|\s)(?P<policy>[a-z0-9][a-z0-9.-]*): (?P<rule>[A-Za-z][\w.-]*): "
    r"(?P<text>'(?:[^']|'')*'|\"[^\"]*\"|(?:(?!\s[a-z0-9][a-z0-9.-]*: [A-Za-z][\w.-]*: ).)+)",
    re.DOTALL,
)
_FRAME = re.compile(
    r"^validation (?:error|failure): ?|\s*\brule \S+ (?:failed|execution error)\b.*$", re.DOTALL
)
_GATEKEEPER = re.compile(
    r"\[(?P<policy>[a-z0-9][a-z0-9.-]*)\] (?P<text>(?:(?!\s\[[a-z0-9.-]+\] ).)+)", re.DOTALL
)


class Policy(NamedTuple):
    """A policy that refuses, and what it wants."""

    name: str
    words: str


def policies(words: str) -> tuple[Policy, ...]:
    """The policies that a refusal's words name, in their order; none if they are of another form."""
    listed = _KYVERNO.search(words)
    found = _RULE.finditer(listed["rest"]) if listed else _GATEKEEPER.finditer(words)
    told: dict[str, str] = {}
    for one in found:
        text = one["text"].strip().strip("'\"")
        told.setdefault(one["policy"], _FRAME.sub("", text).strip() or text)
    return tuple(Policy(name, said) for name, said in told.items())


def told_of(found: tuple[Policy, ...]) -> Text:
    """Each policy with what it wants, as far as there is room."""
    shown = found[:_MOST]
    room = _ROOM // len(shown)
    parts = [say("{p} (“{w}”)", "{p}（“{w}”）", p=one.name, w=short(one.words, room)) for one in shown]
    rest = len(found) - len(shown)
    return Text(
        en=", ".join(p.en for p in parts) + (f" and {rest} more" if rest else ""),
        zh="、".join(p.zh for p in parts) + (f" 等另外 {rest} 个" if rest else ""),
    )
