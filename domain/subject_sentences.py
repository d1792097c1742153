"""Objects that stand in the sentences of an alert's text: `PVC data-pg-0 in namespace db`, `节点 10.0.1.12`.

Behind a kind and a space nearly any word can stand (`deployment rollout`, `pod restarts`). One is taken for a
name only where its namespace is said beside it or where its form is a name's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple


class Spoken(NamedTuple):
    """An object that a sentence names."""

    kind: str
    """The word for it."""
    namespace: str
    name: str
    quote: str


_COMMON = frozenset({
    "capacity", "check", "crash", "crashes", "creation", "deletion", "endpoint", "endpoints", "error",
    "errors", "eviction", "evictions", "failure", "failures", "health", "latency", "outage", "pod",
    "pods", "probe", "probes", "quota", "replica", "replicas", "restart", "restarts", "rolling",
    "rollout", "rollouts", "scaling", "scheduling", "traffic", "update", "updates", "upgrade", "usage",
    "failed", "running", "pending", "ready", "down",
})  # fmt: skip
_LAST = frozenset({
    "affinity", "back", "based", "bound", "budget", "check", "checks", "count", "creation", "deletion",
    "down", "errors", "failure", "failures", "in", "killed", "latency", "level", "limit", "loop",
    "looping", "memory", "of", "off", "out", "over", "panic", "pressure", "pull", "quota", "rate",
    "ratio", "ready", "related", "restart", "restarts", "run", "running", "scaled", "scaling", "side",
    "specific", "start", "started", "throttling", "time", "to", "token", "up", "usage", "wide",
})  # fmt: skip
"""How words end that are put together with a hyphen, and are no names: crash-looping, out-of-memory."""
_ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")


class Sentences:
    """The forms, for the words that mean kinds and the patterns of names."""

    def __init__(self, kind: str, name: str, label: str, start: str, end: str) -> None:
        space = r"(?:\s+|(?<=[节主][点机])\s*|(?<=容器组)\s*|(?<=服务)\s*)[\"'`]?"
        named = rf"(?P<kind>{kind}){space}(?P<name>{name})"
        where = rf"(?P<namespace>{label})"
        area, what = "(?:命名空间|名字空间)", r"(?:工作负载|应用|资源)?\s*"
        self._certain = [
            re.compile(pattern)
            for pattern in (
                rf"{start}{where}/(?P<name>{name})\s*[(（](?P<kind>{kind})[)）]",
                rf"{start}(?P<kind>(?i:pod))[ =:]+[\"'`]?(?P<name>{name})_{where}\([0-9a-f-]{{2,36}}\)",
            )
        ]
        self._placed = [
            re.compile(pattern)
            for pattern in (
                rf"{start}{named}[\"'`]?\s+(?:in|of|from)\s+(?:the\s+)?(?i:namespace)\s+[\"'`]?{where}{end}",
                rf"{start}{named}[\"'`]?\s+(?:in|of|from)\s+(?:the\s+)?{where}\s+(?i:namespace)\b",
                rf"{area}\s*[:：]?\s*{where}\s*[的下中里内]+\s*{what}{named}{end}",
                rf"{start}{where}\s*{area}[的下中里内]*\s*{what}{named}{end}",
            )
        ]
        self._bare = re.compile(rf"{start}{named}{end}")

    def certain(self, text: str) -> Iterator[Spoken]:
        """Names in a form of their own: `shop/cart(Deployment)`, kubelet's `pod cart-0_shop(uid)`."""
        for pattern in self._certain:
            for found in pattern.finditer(text):
                yield Spoken(found["kind"], found["namespace"], found["name"], found[0])

    def likely(self, text: str) -> Iterator[Spoken]:
        """A kind with a name and its namespace, then one whose name can hardly be another word."""
        for pattern in self._placed:
            for found in pattern.finditer(text):
                if found["name"] not in _COMMON and _is_name(found["name"], hyphened=False):
                    yield Spoken(found["kind"], found["namespace"], found["name"], found[0])
        for found in self._bare.finditer(text):
            if _is_name(found["name"], hyphened=True):
                yield Spoken(found["kind"], "", found["name"], found[0])


def _is_name(word: str, *, hyphened: bool) -> bool:
    """Whether a word is an address or has a name's form: with a hyphen, not English words put together."""
    if _ADDRESS.fullmatch(word):
        return True
    if "-" not in word:
        return not hyphened
    return word.rpartition("-")[2] not in _LAST
