"""A scenario under other names: a diagnosis must not depend on what people call their objects.

Names are changed everywhere they stand (objects, labels, messages, logs, the alert), letter by letter, so
that each keeps its length, and generated parts keep the alphabet that Kubernetes generates them in.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from kubetriage.domain.alert import Alert
from kubetriage.domain.evidence import Observation, Read, ReadKind
from kubetriage.domain.kube import Obj
from kubetriage.domain.resource import KINDS
from kubetriage.domain.view import ClusterView

SYSTEM = frozenset({"default", "kube-node-lease", "kube-public", "kube-system", "monitoring"})
"""Namespaces whose names, and the names of what is in them, mean something."""
_CLUSTER_WIDE = ("Namespace", "Node", "PersistentVolume", "StorageClass")
_SOFTWARE = frozenset({"app.kubernetes.io/name", "controller", "driver", "k8s-app", "provisioner"})
"""Labels and fields that say which software it is: no name that people gave, though objects bear it too."""
_SAFE = "bcdfghjklmnpqrstvwxz2456789"
_TURNED = str.maketrans(_SAFE, _SAFE[5:] + _SAFE[:5])


Words = Callable[[str], str]


class Renaming:
    """Other names for names, and the way back."""

    def __init__(self, names: Mapping[str, str]) -> None:
        taken = {**names}
        self.names = {old: new for old, new in taken.items() if old != new and new not in taken}
        self._there = _replacing(self.names)
        self._back = _replacing({new: old for old, new in self.names.items()})

    def text(self, words: str) -> str:
        return self._there(words)

    def ask(self, read: Read) -> Read:
        """The read as it would be under the old names."""
        return Read.model_validate(_mapped(read.model_dump(mode="json"), self._back))

    def answer(self, seen: Observation) -> Observation:
        """An answer under the new names; its read is the asker's business."""
        log = seen.text if seen.text is None else self._there(seen.text)
        objects = tuple(_mapped(raw, self._there) for raw in seen.objects)
        return seen.model_copy(update={"objects": objects, "text": log})

    def alert(self, alert: Alert) -> Alert:
        return Alert.model_validate(_mapped(alert.model_dump(mode="json"), self._there))

    def blank(self, words: str, *, new: bool) -> str:
        """A text with every name that is changed blanked, so that texts under old and new names compare."""
        marks = dict.fromkeys(self.names.values() if new else self.names, "§")
        return _replacing(marks)(words)


def _mapped(value: Any, words: Words) -> Any:
    """JSON with every string in it, keys too, replaced; not what names software."""
    if isinstance(value, dict):
        kept = {key: inner for key, inner in value.items() if key in _SOFTWARE}
        return {words(k): kept[k] if k in kept else _mapped(inner, words) for k, inner in value.items()}
    if isinstance(value, list):
        return [_mapped(inner, words) for inner in value]
    return words(value) if isinstance(value, str) else value


def _replacing(names: Mapping[str, str]) -> Words:
    if not names:
        return lambda words: words
    chosen = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    pattern = re.compile(rf"(?<![A-Za-z0-9])(?:{chosen})(?![A-Za-z0-9])")
    return lambda words: pattern.sub(lambda found: names[found[0]], words)


def renaming(view: ClusterView, words: Iterable[str] = ()) -> Renaming:
    """New names for everything that was read under a name that people gave.

    A name that is also the name of a field (or one of `words`) stays: in a message it could not be told from
    the word.
    """
    every = [o for seen in view.observations if seen.read.verb in (ReadKind.GET, ReadKind.LIST)
             for o in (Obj(raw, kind=seen.read.kind) for raw in seen.objects)]  # fmt: skip
    ordinary = {*words, *(key for o in every for key in _keys(o.raw))}
    found: dict[str, str] = {}
    for obj in every:
        if _is_given(obj):
            for old, new in _renamed(view, obj):
                if old.lower() not in ordinary:
                    found[old] = new
    for seen in view.observations:
        gone = seen.read.name if seen.absent and seen.read.namespace not in SYSTEM - {"default"} else ""
        if gone and gone not in ordinary:
            found.setdefault(gone, _turned(gone))
    return Renaming(found)


def _is_given(obj: Obj) -> bool:
    if obj.namespace in SYSTEM - {"default"} or obj.name in SYSTEM or obj.ref.kind == "Event":
        return False
    known = KINDS.get(obj.ref.kind)
    return obj.name not in ("kubernetes", "kube-root-ca.crt") and (
        obj.ref.kind in _CLUSTER_WIDE or (known is not None and known.namespaced)
    )


def _renamed(view: ClusterView, obj: Obj) -> Iterator[tuple[str, str]]:
    """An object's name and, of a generated one, the parts it is made of."""
    yield obj.name, _new_name(view, obj)
    if obj.namespace and obj.namespace not in SYSTEM:
        yield obj.namespace, _turned(obj.namespace)
    made = obj.labels.get("pod-template-hash", "")
    if made:
        yield made, made.translate(_TURNED)


def _new_name(view: ClusterView, obj: Obj) -> str:
    owner = obj.controller
    if owner is None or not obj.name.startswith(f"{owner.name}-"):
        return _turned(obj.name)
    above = view.find(owner)
    generated = obj.name.removeprefix(f"{owner.name}-")
    first = _new_name(view, above) if above is not None else _turned(owner.name)
    return f"{first}-{generated if generated.isdigit() else generated.translate(_TURNED)}"


def _turned(name: str) -> str:
    return codecs.encode(name, "rot13")


def _keys(value: Any) -> Iterator[str]:
    """The field names of an object, those of free maps aside."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key).lower()
            if key not in ("labels", "annotations", "data", "matchLabels", "selector", "nodeSelector"):
                yield from _keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner)
