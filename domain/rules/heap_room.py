"""How much memory a container's own settings let its runtime's heap take, held against its limit."""

from __future__ import annotations

import re
from typing import NamedTuple

from kubetriage.domain.kube import ContainerState, quantity
from kubetriage.domain.language import Text
from kubetriage.domain.rules.log_environment import variables
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.rules.templates import command_words

_UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}
_JVM = re.compile(
    r"(?<![\w-])(?P<flag>-Xmx(?P<size>\d{1,15})(?P<unit>[kKmMgGtT]?)"
    r"|-XX:MaxHeapSize=(?P<size2>\d{1,15})(?P<unit2>[kKmMgGtT]?))\b"
)
_SHARE = re.compile(r"(?<![\w-])(?P<flag>-XX:MaxRAMPercentage=(?P<share>\d{1,3}(?:\.\d+)?))")
_NODE = re.compile(r"(?<![\w-])(?P<flag>--max[-_]old[-_]space[-_]size[= ](?P<size>\d{1,9}))\b")
_GO = re.compile(r"(?P<size>\d{1,15})(?P<unit>B|[KMGT]iB)?")
_GO_UNITS = {None: 1, "B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_TIGHT = 0.8
"""Share of the limit from which a heap leaves too little for what a runtime keeps outside it."""


class Heap(NamedTuple):
    """The most that a setting lets a heap take."""

    setting: str
    """As it is written: `-Xmx2g`."""
    source: str
    """The environment variable that holds it; empty for the command line."""
    bytes: float


def heap_of(state: ContainerState, limit: str) -> Heap | None:
    """The heap's bound by the container's environment, else by its command line; None if neither sets one.

    Of several in one text the last counts, as the runtimes have it.
    """
    own = variables(state)
    texts = [(name, value) for name, value in own.items()] + [("", " ".join(command_words(state.spec)))]
    for source, text in texts:
        if source == "GOMEMLIMIT" and (size := _GO.fullmatch(text.strip())):
            return Heap(f"GOMEMLIMIT={text.strip()}", "", int(size["size"]) * _GO_UNITS[size["unit"]])
        for found in reversed([*_JVM.finditer(text), *_NODE.finditer(text), *_SHARE.finditer(text)]):
            return Heap(found["flag"], source, _bytes(found, limit))
    return None


def _bytes(found: re.Match[str], limit: str) -> float:
    values = found.groupdict()
    if values.get("share"):
        return (quantity(limit) or 0) * float(values["share"]) / 100
    if "unit" not in values:
        return int(values["size"]) * 2**20
    unit = (values["unit"] or values["unit2"] or "").lower()
    return int(values["size"] or values["size2"]) * _UNITS[unit]


def heap_note(state: ContainerState, limit: str) -> tuple[Text, Heap] | None:
    """`; -Xmx2g (JAVA_OPTS) lets its heap alone grow past that`, if a setting leaves the limit too little
    room; None otherwise."""
    most, heap = quantity(limit), heap_of(state, limit)
    if heap is None or not most or heap.bytes < _TIGHT * most:
        return None
    source = say(" ({n})", "（{n}）", n=heap.source) if heap.source else NOTHING
    which = say("{s}{n}", "{s}{n}", s=heap.setting, n=source)
    if heap.bytes >= most:
        return say("; {s} lets its heap alone grow past that", "；{s} 允许仅堆内存就超过该上限",
                   s=which), heap  # fmt: skip
    return say("; {s} lets its heap take {p}% of that, too much for what lies outside the heap",
               "；{s} 允许堆占用该上限的 {p}%，留给堆外内存的空间太少",
               s=which, p=round(100 * heap.bytes / most)), heap  # fmt: skip
