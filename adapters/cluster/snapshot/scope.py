"""What a snapshot holds and what its reader was not allowed to see: `snapshot.yaml`.

    time: 2025-05-29T10:57:40Z         when the snapshot was taken; required
    scope:                             default: complete
      namespaces: [shop]               only these are recorded …
      all_namespaces: [Event]          … but for these kinds, recorded in every namespace
      kinds: [Pod, argoproj.io/v1alpha1/Rollout]    only these kinds are recorded
      partial:                         of these kinds only some objects are recorded …
        ConfigMap: [shop]              … but in these namespaces all of them
        Node: []                       of a cluster-scoped kind: never all
      answered:                        questions that have their whole answer, whatever else is missing:
      - {kind: ConfigMap, namespace: shop, name: settings}          an object, there or not
      - {kind: Pod, namespace: shop, labels: app=web, fields: ""}   a list
      unreadable:                      the API server refuses these (403)
      - Secret                         a kind, wherever it is
      - Pod/kube-system                a kind in one namespace; of a cluster-scoped kind, one object
      - ConfigMap/shop/settings        one object
      - "*/kube-system"                every kind in a namespace
      - pods/log                       container logs; also pods/log/NAMESPACE and pods/log/NAMESPACE/POD

What lies outside the scope is a gap, not an absence. As with RBAC, who may not read one object may not
list where it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kubetriage.adapters.cluster.snapshot.manifests import documents
from kubetriage.domain.errors import BadSnapshot

MANIFEST = "snapshot.yaml"
KEYS = frozenset({"time", "scope"})
SCOPE_KEYS = frozenset({"namespaces", "all_namespaces", "kinds", "partial", "answered", "unreadable"})
ANSWER_KEYS = ("kind", "namespace", "name", "labels", "fields")

_LOGS = "pods/log"


@dataclass(frozen=True)
class Unreadable:
    """One refusal; `*` stands for anything."""

    kind: str
    """A kind, `*`, or `pods/log`."""
    namespace: str = "*"
    name: str = "*"

    def covers(self, kind: str, namespace: str, name: str) -> bool:
        """Whether reading this is refused; an empty namespace or name asks for all of them."""
        return (
            self.kind in ("*", kind)
            and (not namespace or self.namespace in ("*", namespace))
            and (not name or self.name in ("*", name))
        )


@dataclass(frozen=True)
class Scope:
    """The recorded part of the cluster; `None` is all of it."""

    namespaces: frozenset[str] | None = None
    all_namespaces: frozenset[str] = frozenset()
    kinds: frozenset[str] | None = None
    extra_kinds: tuple[tuple[str, str], ...] = ()
    """(apiVersion, kind) of kinds that were named with their apiVersion."""
    partial: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Kinds of which not all objects are recorded, with the namespaces in which all are."""
    unreadable: tuple[Unreadable, ...] = ()
    answered: frozenset[tuple[str, ...]] = frozenset()
    """Questions by `ANSWER_KEYS`, the selectors as they were written."""

    def refuses(self, kind: str, namespace: str, name: str, *, namespaced: bool) -> bool:
        if namespaced:
            return any(u.covers(kind, namespace, name) for u in self.unreadable)
        # `Node/worker-1` was read as a namespace; a cluster-scoped kind has none.
        return any(
            u.kind == kind and (not name or u.namespace in ("*", name)) and u.name == "*"
            for u in self.unreadable
        )

    def refuses_log(self, namespace: str, pod: str) -> bool:
        return any(u.kind == _LOGS and u.covers(_LOGS, namespace, pod) for u in self.unreadable)

    def gap(
        self, kind: str, namespace: str, name: str, *, namespaced: bool, labels: str = "", fields: str = ""
    ) -> str:
        """Why what isn't there may exist all the same; empty where all there was is recorded."""
        if (kind, namespace, name, labels, fields) in self.answered:
            return ""
        outside = self.outside(kind, namespace, name, namespaced=namespaced)
        if outside or kind not in self.partial:
            return outside
        whole = self.partial[kind]
        if namespaced and namespace in whole:
            return ""
        if namespaced and whole:
            return f"{kind} is recorded as a whole only in the namespaces {_some(whole)}"
        return f"only some objects of the kind {kind} are recorded"

    def outside(self, kind: str, namespace: str, name: str, *, namespaced: bool) -> str:
        """Why nothing like this was recorded; empty if it was."""
        if self.kinds is not None and kind not in self.kinds:
            return f"its scope holds only the kinds {_some(self.kinds)}"
        if self.namespaces is None or kind in self.all_namespaces:
            return ""
        if kind == "Namespace":
            namespace = name
        elif not namespaced:
            return ""
        if namespace in self.namespaces:
            return ""
        return f"its scope holds only the namespaces {_some(self.namespaces)}"


def _some(names: frozenset[str]) -> str:
    shown = sorted(names)
    return (
        ", ".join(shown[:8]) + (f" and {len(shown) - 8} more" if len(shown) > 8 else "")
        if shown
        else "(none)"
    )


def read_manifest(folder: Path) -> dict[str, Any]:
    """The content of `snapshot.yaml`; raises `BadSnapshot` where it isn't one mapping."""
    path = folder / MANIFEST
    found = [document for document, _ in documents(path)]
    if len(found) != 1 or not isinstance(found[0], dict):
        raise BadSnapshot(f"{path} must hold one mapping with at least `time:`.")
    return found[0]


def snapshot_time(path: Path, manifest: dict[str, Any]) -> datetime:
    """Raises `BadSnapshot` for a missing time, or one that isn't RFC 3339 with an offset."""
    value = manifest.get("time")
    if value is None:
        raise BadSnapshot(
            f"{path} doesn't say when the snapshot was taken: add `time: 2025-01-31T12:00:00Z`."
        )
    time = parse_time(value) if isinstance(value, str) else None
    if time is None or not 1970 <= time.year < 9000:
        raise BadSnapshot(
            f"{path}: time is {value!r}, and must be like 2025-01-31T12:00:00Z, with an offset."
        )
    return time


def parse_time(text: str) -> datetime | None:
    """RFC 3339 with an offset, in UTC; None for anything else."""
    if len(text) < 20 or text[10] not in "Tt ":
        return None
    try:
        time = datetime.fromisoformat(text)
        return time.astimezone(UTC) if time.tzinfo else None
    except (ValueError, OverflowError):  # OverflowError: year 1 or 9999 moved over the calendar's edge
        return None


def read_scope(path: Path, manifest: dict[str, Any]) -> Scope:
    """Raises `BadSnapshot` for entries of the wrong type; unknown keys are left to `check`."""
    scope = manifest.get("scope") or {}
    if not isinstance(scope, dict):
        raise BadSnapshot(f"{path}: scope must be a mapping of {', '.join(sorted(SCOPE_KEYS))}.")
    named = _names(path, scope, "kinds")
    kinds = None if named is None else [entry.rpartition("/") for entry in named]
    namespaces = _names(path, scope, "namespaces")
    return Scope(
        namespaces=None if namespaces is None else frozenset(namespaces),
        all_namespaces=frozenset(_names(path, scope, "all_namespaces") or ()),
        kinds=None if kinds is None else frozenset(kind for _, _, kind in kinds),
        extra_kinds=tuple((version, kind) for version, _, kind in kinds or () if version),
        partial=_partial(path, scope),
        unreadable=tuple(_unreadable(path, entry) for entry in _names(path, scope, "unreadable") or ()),
        answered=frozenset(_answered(path, scope)),
    )


def _answered(path: Path, scope: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    entries = scope.get("answered") or []
    for entry in entries if isinstance(entries, list) else (entries,):
        given = entry if isinstance(entry, dict) else {}
        if not given.get("kind") or not all(isinstance(text, str) for text in given.values()):
            raise BadSnapshot(f"{path}: scope.answered must be a list of mappings with a kind.")
        yield tuple(given.get(key, "") for key in ANSWER_KEYS)


def _partial(path: Path, scope: dict[str, Any]) -> dict[str, frozenset[str]]:
    value = scope.get("partial") or {}
    if not isinstance(value, dict):
        raise BadSnapshot(f"{path}: scope.partial must be a mapping of kinds to namespaces.")
    return {str(kind): frozenset(_names(path, value, kind, "partial.") or ()) for kind in value}


def _names(path: Path, scope: dict[str, Any], key: str, inside: str = "") -> list[str] | None:
    value = scope.get(key)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(entry, str) and entry for entry in value):
        raise BadSnapshot(f"{path}: scope.{inside}{key} must be a list of names.")
    return value


def _unreadable(path: Path, entry: str) -> Unreadable:
    logs = entry == _LOGS or entry.startswith(f"{_LOGS}/")
    parts = [_LOGS, *entry.removeprefix(_LOGS).split("/")[1:]] if logs else entry.split("/")
    if len(parts) > 3 or not all(parts):
        raise BadSnapshot(
            f"{path}: scope.unreadable has {entry!r}; write Kind, Kind/NAMESPACE or Kind/NAMESPACE/NAME."
        )
    return Unreadable(*parts)
