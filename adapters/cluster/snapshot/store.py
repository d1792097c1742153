"""The snapshot store: a recorded cluster that answers reads as its API server would have.

Answers are the stored objects themselves: whoever changes one must copy it first.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from kubetriage.adapters.cluster.snapshot import status
from kubetriage.adapters.cluster.snapshot.logs import LogFolder
from kubetriage.adapters.cluster.snapshot.manifests import OBJECT_SUFFIXES
from kubetriage.adapters.cluster.snapshot.parse_cache import cached_objects
from kubetriage.adapters.cluster.snapshot.recorded_metrics import METRICS
from kubetriage.adapters.cluster.snapshot.scope import (
    MANIFEST,
    Scope,
    read_manifest,
    read_scope,
    snapshot_time,
)
from kubetriage.adapters.cluster.snapshot.selectors import field_matcher, label_matcher
from kubetriage.adapters.cluster.snapshot.served_kinds import (
    EVENTS_GROUP,
    ServedKind,
    add_defined,
    add_recorded,
    built_in_kinds,
    split_version,
)
from kubetriage.adapters.cluster.snapshot.versions import current, event_as_new
from kubetriage.domain.errors import BadSnapshot
from kubetriage.domain.resource import KINDS

LOGS = "logs"
IN_A_SCENARIO = "snapshot"
"""The folder of a scenario that is one."""
DEFAULT_NAMESPACE = "default"
"""Where a namespaced object without a namespace is, as for kubectl."""

Object = dict[str, Any]


class SnapshotStore:
    """Reads of one recorded cluster. Every read may raise `ApiStatus`: 400, 403, 404, or 501 for a gap."""

    def __init__(
        self, name: str, time: datetime, scope: Scope, objects: Sequence[Object], logs: LogFolder
    ) -> None:
        """`objects` have apiVersion, kind and name, and each is there once; `load` makes sure."""
        self.name = name
        """The folder's name."""
        self.time = time
        """When the snapshot was taken, in UTC."""
        self.scope = scope
        self._logs = logs
        self._objects: dict[tuple[str, str], dict[tuple[str, str], Object]] = {}
        self.kinds = built_in_kinds()
        """What is served, by (group, kind)."""
        self._fill(objects)
        self._by_plural = {(kind.group, kind.plural): kind for kind in self.kinds.values()}

    @classmethod
    def load(cls, path: Path, *, cache_dir: Path | None = None) -> SnapshotStore:
        """Read a snapshot folder; large YAML files are parsed once where a `cache_dir` is given.

        Raises `BadSnapshot` for a folder that isn't a snapshot, or the first file in it that cannot be used.
        """
        files = object_files(path)
        manifest = read_manifest(path)
        time = snapshot_time(path / MANIFEST, manifest)
        scope = read_scope(path / MANIFEST, manifest)
        objects: list[Object] = []
        places: dict[tuple[str, str, str, str], str] = {}
        with _collector_paused():
            for file in files:
                for obj, place in cached_objects(file, cache_dir):
                    objects.append(current(obj))
                    key = identity(objects[-1])
                    here = f"{file}, {place}"
                    if key in places:
                        what = f"{key[1]} {key[2]}/{key[3]}" if key[2] else f"{key[1]} {key[3]}"
                        raise BadSnapshot(f"{here}: {what} is already in {places[key]}.")
                    places[key] = here
        return cls(path.resolve().name, time, scope, objects, LogFolder(path / LOGS))

    def _fill(self, objects: Sequence[Object]) -> None:
        for obj in objects:
            if obj["kind"] == "CustomResourceDefinition":
                add_defined(self.kinds, obj)
        recorded: dict[tuple[str, str], set[str]] = {}
        for obj in objects:
            names = recorded.setdefault((obj["apiVersion"], obj["kind"]), set())
            names.add(obj["metadata"].get("namespace") or "")
        for (api_version, kind), namespaces in recorded.items():
            add_recorded(self.kinds, api_version, kind, namespaces)
        for api_version, kind in self.scope.extra_kinds:
            add_recorded(self.kinds, api_version, kind, ["any"])  # where no object tells, namespaced
        for obj in objects:
            self._add(obj)
        self._namespaces_recorded = ("", "Namespace") in self._objects
        for namespace in {ns for by_name in self._objects.values() for ns, _ in by_name if ns}:
            # An object proves its namespace, whether or not somebody wrote that down.
            if ("", namespace) not in self._objects.get(("", "Namespace"), {}):
                self._add(_namespace(namespace))
        for key, stored in self._objects.items():
            self._objects[key] = dict(sorted(stored.items()))

    def _add(self, obj: Object) -> None:
        group, _ = split_version(obj["apiVersion"])
        metadata = obj["metadata"]
        namespace = metadata.get("namespace") or ""
        if self.kinds[group, obj["kind"]].namespaced:
            if not namespace:
                namespace = metadata["namespace"] = DEFAULT_NAMESPACE
        elif "namespace" in metadata:
            namespace = ""
            del metadata["namespace"]
        self._objects.setdefault((group, obj["kind"]), {})[namespace, metadata["name"]] = obj

    # --- what is served ---------------------------------------------------------------------------

    def served(self, api_version: str, kind: str) -> ServedKind | None:
        """None if the API server knows no such kind in this version."""
        group, version = split_version(api_version)
        found = self.kinds.get((group, kind))
        return found if found and version in found.versions else None

    def served_plural(self, group: str, version: str, plural: str) -> ServedKind | None:
        found = self._by_plural.get((group, plural))
        return found if found and version in found.versions else None

    def unserved(self, api_version: str, kind: str) -> status.ApiStatus:
        """Why a kind is not served: where not all definitions are recorded, it may have been defined."""
        if self.scope.kinds is not None:
            gap = self.scope.gap("CustomResourceDefinition", "", "", namespaced=False)
            if gap:
                return status.not_recorded(f"the kind {kind} in {api_version}", gap)
        return status.ApiStatus(404, "NotFound", f'no matches for kind "{kind}" in version "{api_version}"')

    def allowed(self, kind: ServedKind, namespace: str, name: str = "") -> bool:
        """Whether RBAC let the recording user read this; empty means all of them."""
        return not self.scope.refuses(kind.kind, namespace, name, namespaced=kind.namespaced)

    # --- reads ------------------------------------------------------------------------------------

    def get(self, api_version: str, kind: str, namespace: str, name: str) -> Object:
        """One object, in the version asked for."""
        served = self._kind(api_version, kind)
        namespace = namespace if served.namespaced else ""
        self._readable("get", served, namespace, name)
        obj = self._stored(served).get((namespace, name))
        if obj is None:
            self._recorded(served, namespace, name)
            if kind == "Namespace" and not served.group and not self._namespaces_recorded:
                raise status.not_recorded(f'namespaces "{name}"', "no Namespaces are")
            raise status.not_found(served.plural, served.group, name)
        return self._as(api_version, served, obj)

    def list(
        self,
        api_version: str,
        kind: str,
        namespace: str = "",
        label_selector: str = "",
        field_selector: str = "",
    ) -> list[Object]:
        """Objects of a namespace, or (empty) of all of them, ordered by namespace and name."""
        served = self._kind(api_version, kind)
        namespace = namespace if served.namespaced else ""
        labels = label_matcher(label_selector)
        fields = field_matcher(served.group, kind, field_selector)
        self._readable("list", served, namespace, "")
        self._recorded(served, namespace, "", label_selector, field_selector)
        found = self._stored(served).items()
        chosen = (obj for key, obj in found if not namespace or key[0] == namespace)
        seen = (self._as(api_version, served, obj) for obj in chosen)
        return [obj for obj in seen if labels(obj) and fields(obj)]

    def log(self, namespace: str, pod: str, container: str = "", previous: bool = False) -> str:
        """A container's whole log; 400 where the kubelet would have had none to give."""
        pods = self.kinds["", "Pod"]
        if self.scope.refuses_log(namespace, pod) or not self.allowed(pods, namespace, pod):
            raise status.forbidden("get", "pods", "", namespace, pod, "log")
        return self._logs.read(self.get("v1", "Pod", namespace, pod), container, previous)

    def _kind(self, api_version: str, kind: str) -> ServedKind:
        served = self.served(api_version, kind)
        if served is None:
            raise self.unserved(api_version, kind)
        return served

    def _stored(self, served: ServedKind) -> dict[tuple[str, str], Object]:
        group = "" if served.group == EVENTS_GROUP else served.group
        return self._objects.get((group, served.kind), {})

    def _readable(self, verb: str, served: ServedKind, namespace: str, name: str) -> None:
        if not self.allowed(served, namespace, name):
            raise status.forbidden(verb, served.plural, served.group, namespace, name)

    def _recorded(
        self, served: ServedKind, namespace: str, name: str, labels: str = "", fields: str = ""
    ) -> None:
        gap = self.scope.gap(
            served.kind, namespace, name, namespaced=served.namespaced, labels=labels, fields=fields
        )
        if gap:
            what = status.qualified(served.plural, served.group)
            where = f' in the namespace "{namespace}"' if namespace else ""
            raise status.not_recorded(f'{what} "{name}"{where}' if name else what + where, gap)

    def _as(self, api_version: str, served: ServedKind, obj: Object) -> Object:
        if obj["apiVersion"] == api_version:
            return obj
        if served.group == EVENTS_GROUP:
            return event_as_new(obj)
        if served.built_in:
            what = f'{status.qualified(served.plural, served.group)} "{obj["metadata"]["name"]}"'
            raise status.not_recorded(f"{what} as {api_version}", f"it is recorded as {obj['apiVersion']}")
        # Custom resources without a conversion webhook differ between versions by their apiVersion only.
        return obj | {"apiVersion": api_version}


def object_files(path: Path) -> list[Path]:
    """The files of objects of a snapshot folder, in order. Raises `BadSnapshot` where it isn't one."""
    if not path.exists():
        raise BadSnapshot(f"{path} does not exist.")
    if not path.is_dir():
        raise BadSnapshot(
            f"{path} is not a folder; a snapshot is a folder with {MANIFEST} in it. "
            "`kubetriage snapshot import` makes one of what other tools dump."
        )
    if not (path / MANIFEST).exists():
        raise _not_a_snapshot(path)
    return sorted(
        file
        for file in path.rglob("*")
        if file.suffix in OBJECT_SUFFIXES
        and not (file.parent == path / METRICS and file.suffix == ".json")
        and not any(part.startswith(".") for part in file.relative_to(path).parts)
        and file.relative_to(path).parts[0] not in (MANIFEST, LOGS)
        and not file.is_dir()
    )


def _not_a_snapshot(path: Path) -> BadSnapshot:
    # Looked for in the folder itself only: it may be any folder, the root of the disk too.
    if (path / IN_A_SCENARIO / MANIFEST).is_file():
        return BadSnapshot(f"{path} is a scenario; its snapshot is {path / IN_A_SCENARIO}.")
    if any(file.suffix in OBJECT_SUFFIXES for file in path.iterdir()):
        return BadSnapshot(f"{path} has no {MANIFEST}: add one with `time:`, when the snapshot was taken.")
    return BadSnapshot(
        f"{path} is not a snapshot: a snapshot is a folder with {MANIFEST} (`time:`), YAML or JSON files "
        f"of Kubernetes objects, and {LOGS}/NAMESPACE/POD/CONTAINER.log."
    )


def identity(obj: Object) -> tuple[str, str, str, str]:
    """(group, kind, namespace, name): what can be in a cluster only once."""
    group, _ = split_version(obj["apiVersion"])
    namespace = obj["metadata"].get("namespace") or ""
    known = KINDS.get(obj["kind"])
    if known and split_version(known.api_version)[0] == group:
        namespace = (namespace or DEFAULT_NAMESPACE) if known.namespaced else ""
    return group, obj["kind"], namespace, obj["metadata"]["name"]


def _namespace(name: str) -> Object:
    metadata = {"name": name, "labels": {"kubernetes.io/metadata.name": name}}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata, "status": {"phase": "Active"}}


@contextmanager
def _collector_paused() -> Iterator[None]:
    """The garbage collector would walk the growing heap again and again: half the time of a large load."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
