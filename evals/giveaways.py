"""What would tell the answer without a diagnosis: names, the alert itself, places in lists, copies."""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from kubetriage.adapters.cluster.snapshot.store import identity
from kubetriage.evals.material import Material
from kubetriage.evals.planted import echo
from kubetriage.evals.score import score

TELLING = frozenset(
    {
        "bad", "broken", "buggy", "crasher", "crashing", "crashloop", "culprit", "failing", "faulty",
        "invalid", "leaky", "misconfigured", "nonexistent", "oom", "oomkill", "oomkilled", "unhealthy",
        "unschedulable", "wrong",
    }
)  # fmt: skip
"""Words of a name that say that its bearer is at fault, or how."""
_ANSWERS = frozenset({"answer", "culprit", "root-cause", "root_cause", "rootcause", "expected"})
_WORD = re.compile(r"[a-z]+")
_RARE = 0.001
"""A place that chance gives to so many culprits less often than this gives them away."""
_FEWEST = 12
"""Culprits; of fewer nothing can be said about places."""


def in_the_alert(material: Material) -> Iterator[str]:
    """Who says no more than the alert must not be right."""
    if not material.alerts:
        return
    if score(echo(material.scenario, random.Random(0)), material.scenario).passed:
        yield "repeating the alert would be taken for the answer"
    for alert in material.alerts:
        for key in (*alert.labels, *alert.annotations):
            if key.lower().rpartition("/")[2] in _ANSWERS:
                yield f"has {key}, which tells the answer"


def in_material(material: Material) -> Iterator[str]:
    """Words that nobody would have written into a cluster but who made the scenario."""
    sentence = " ".join(material.scenario.expected.root_cause.lower().split())
    if len(sentence) > 20 and sentence in " ".join(material.text.split()):
        yield "holds the key's root_cause to the letter"
    for obj in material.objects:
        _, kind, namespace, name = identity(obj)
        place = f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"
        telling = sorted(TELLING.intersection(word for text in _names(obj) for word in _words(text)))
        if telling:
            yield f"{place} says of itself that it is {' and '.join(telling)}"
        for key in _keys(obj):
            if key.lower().rpartition("/")[2] in _ANSWERS:
                yield f"{place} has {key}, which tells the answer"


def _names(obj: dict[str, Any]) -> Iterator[str]:
    """Names that people gave: of the object, its namespace, its labels' values and its containers."""
    metadata = obj["metadata"]
    if obj["kind"] != "Event":  # named after what it is about
        yield str(metadata["name"])
    yield str(metadata.get("namespace") or "")
    yield from (str(value) for value in (metadata.get("labels") or {}).values())
    spec = obj.get("spec")
    template = spec.get("template") if isinstance(spec, dict) else None
    for holder in (spec, template.get("spec") if isinstance(template, dict) else None):
        for key in ("containers", "initContainers"):
            for container in (holder.get(key) or ()) if isinstance(holder, dict) else ():
                if isinstance(container, dict):
                    yield str(container.get("name") or "")


def _keys(obj: dict[str, Any]) -> Iterator[str]:
    for field in ("labels", "annotations"):
        yield from obj["metadata"].get(field) or {}


def _words(name: str) -> list[str]:
    return _WORD.findall(name.lower())


# ---- all of them together


def twice(materials: Sequence[Material]) -> Iterator[tuple[str, str]]:
    """Scenarios of the same alert over the same cluster count double: (name, reason)."""
    seen: dict[str, str] = {}
    for material in materials:
        name = material.scenario.name
        first = seen.setdefault(_digest(material), name)
        if first != name:
            yield name, f"is {first} once more: the same alert over the same cluster"


def _digest(material: Material) -> str:
    alerts = [(alert.labels, alert.annotations, alert.status) for alert in material.alerts]
    objs = sorted(json.dumps(obj, sort_keys=True) for obj in material.objects)
    return hashlib.sha256(json.dumps([alerts, objs], sort_keys=True, default=str).encode()).hexdigest()


def in_order(materials: Sequence[Material]) -> Iterator[str]:
    """Culprits stand where others of their kind do: not always first or last, in files or by name."""
    for what, ordered in (("in the files", False), ("by name", True)):
        ranks = [rank for material in materials if (rank := _rank(material, ordered)) is not None]
        for place, index in (("first", 0), ("last", -1)):
            hits = sum(at == (0 if index == 0 else count - 1) for at, count in ranks)
            if len(ranks) >= _FEWEST and _chance([1 / count for _, count in ranks], hits) < _RARE:
                yield (
                    f"{hits} of {len(ranks)} culprits are the {place} of their kind {what}, "
                    "which tells them from the others"
                )


def _rank(material: Material, ordered: bool) -> tuple[int, int] | None:
    """The culprit's place among the objects of its kind, and how many there are; None if it is alone."""
    culprit = material.scenario.expected.culprit
    if culprit is None:
        return None
    places = [key[2:] for key in map(identity, material.objects) if key[1] == culprit.kind]
    if ordered:
        places.sort()
    wanted = (culprit.namespace, culprit.name)
    return (places.index(wanted), len(places)) if wanted in places and len(places) > 1 else None


def _chance(rates: Sequence[float], hits: int) -> float:
    """How likely at least so many of independent trials with these rates succeed (Poisson binomial)."""
    spread = [1.0]
    for rate in rates:
        spread = [a * (1 - rate) + b * rate for b, a in pairwise([0.0, *spread, 0.0])]
    return sum(spread[hits:])
