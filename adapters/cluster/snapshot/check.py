"""What is wrong with a snapshot folder: files that cannot be used, and states that no cluster was ever in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from kubetriage.adapters.cluster.snapshot.logs import container_names
from kubetriage.adapters.cluster.snapshot.manifests import objects
from kubetriage.adapters.cluster.snapshot.recorded_metrics import entries_of, metric_files
from kubetriage.adapters.cluster.snapshot.scope import (
    KEYS,
    MANIFEST,
    SCOPE_KEYS,
    Scope,
    parse_time,
    read_manifest,
    read_scope,
    snapshot_time,
)
from kubetriage.adapters.cluster.snapshot.served_kinds import split_version
from kubetriage.adapters.cluster.snapshot.store import LOGS, Object, identity, object_files
from kubetriage.adapters.cluster.snapshot.versions import current
from kubetriage.domain.errors import BadSnapshot
from kubetriage.domain.resource import KINDS


class Problem(NamedTuple):
    """One thing that is wrong."""

    file: str
    """Relative to the folder that was checked."""
    reason: str
    """A sentence, without its full stop."""

    def __str__(self) -> str:
        return f"{self.file}: {self.reason}."


class _Recorded(NamedTuple):
    file: str
    obj: Object

    @property
    def name(self) -> str:
        _, kind, namespace, name = identity(self.obj)
        return f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"

    def problem(self, reason: str) -> Problem:
        return Problem(self.file, f"{self.name} {reason}")


def check(path: Path) -> list[Problem]:
    """Everything that is wrong, ordered by file; empty for a good snapshot.

    Raises `BadSnapshot` only where there is no snapshot to look at.
    """
    files = object_files(path)
    problems, time, scope = _manifest_problems(path)
    recorded: list[_Recorded] = []
    for file in files:
        name = str(file.relative_to(path))
        try:
            recorded += [_Recorded(name, current(obj)) for obj, _ in objects(file)]
        except BadSnapshot as error:
            problems.append(_without_path(error, file, path))
    if time is not None:
        problems += [found for file in metric_files(path) for found in _metrics_problems(file, path, time)]
    if not recorded:
        problems.append(Problem(MANIFEST, "there are no objects beside it"))
    looked = _Look(path, recorded, time, scope)
    problems += looked.problems()
    return sorted(set(problems))


def _metrics_problems(file: Path, folder: Path, time: datetime) -> list[Problem]:
    """What is wrong with a file of recorded answers of Prometheus."""
    try:
        answers = list(entries_of(file, time))
    except BadSnapshot as error:
        return [_without_path(error, file, folder)]
    late = [one.end for one in answers if one.end > time]
    reason = "holds an answer for {:%Y-%m-%dT%H:%M:%SZ}, after the snapshot's time"
    return [Problem(str(file.relative_to(folder)), reason.format(one)) for one in late[:1]]


def _manifest_problems(path: Path) -> tuple[list[Problem], datetime | None, Scope]:
    problems: list[Problem] = []
    time, scope, manifest = None, Scope(), {}
    file = path / MANIFEST
    try:
        manifest = read_manifest(path)
        time = snapshot_time(file, manifest)
    except BadSnapshot as error:
        problems.append(_without_path(error, file, path))
    try:
        scope = read_scope(file, manifest)
    except BadSnapshot as error:
        problems.append(_without_path(error, file, path))
    unknown = [str(key) for key in manifest if key not in KEYS]
    given = manifest.get("scope")
    if isinstance(given, dict):
        unknown += [f"scope.{key}" for key in given if key not in SCOPE_KEYS]
    problems += [Problem(MANIFEST, f"{key} means nothing here") for key in unknown]
    return problems, time, scope


def _without_path(error: BadSnapshot, file: Path, folder: Path) -> Problem:
    name = str(file.relative_to(folder))
    reason = str(error).removeprefix(str(file)).lstrip(":, ").removesuffix(".")
    return Problem(name, reason)


_TIMES = frozenset(
    {
        "creationTimestamp", "firstTimestamp", "lastTimestamp", "eventTime", "lastObservedTime",
        "lastTransitionTime", "lastUpdateTime", "lastHeartbeatTime", "lastProbeTime", "lastScheduleTime",
        "lastSuccessfulTime", "startTime", "completionTime", "startedAt", "finishedAt",
    }
)  # fmt: skip
"""Fields that hold a time in the past, whatever the kind."""


class _Look:
    """The checks that need everything that was recorded."""

    def __init__(self, path: Path, recorded: list[_Recorded], time: datetime | None, scope: Scope) -> None:
        self.path = path
        self.recorded = recorded
        self.time = time
        self.scope = scope
        self.by_identity: dict[tuple[str, str, str, str], _Recorded] = {}

    def problems(self) -> Iterator[Problem]:
        for one in self.recorded:
            known = self.by_identity.setdefault(identity(one.obj), one)
            if known is not one:
                yield one.problem(f"is already in {known.file}")
        for one in self.recorded:
            yield from self._owners(one)
            yield from self._times(one)
            yield from self._by_kind(one)
            yield from self._place(one)
        yield from self._logs()
        yield from self._scope()

    def _gap(self, kind: str, namespace: str, name: str) -> str:
        info = KINDS.get(kind)
        namespaced = info.namespaced if info else bool(namespace)
        if self.scope.refuses(kind, namespace, name, namespaced=namespaced):
            return "unreadable"
        return self.scope.gap(kind, namespace, name, namespaced=namespaced)

    def _owners(self, one: _Recorded) -> Iterator[Problem]:
        metadata = one.obj["metadata"]
        for owner in metadata.get("ownerReferences") or ():
            kind, name = owner.get("kind", ""), owner.get("name", "")
            group, _ = split_version(owner.get("apiVersion", ""))
            namespace = metadata.get("namespace") or ""
            found = self.by_identity.get((group, kind, namespace, name)) or self.by_identity.get(
                (group, kind, "", name)
            )
            if found is None:
                if not self._gap(kind, namespace, name):
                    yield one.problem(f"is owned by {kind} {name}, which is not recorded")
                continue
            uid = found.obj["metadata"].get("uid")
            if uid and owner.get("uid") and uid != owner["uid"]:
                yield one.problem(f"is owned by {kind} {name} with uid {owner['uid']}, whose uid is {uid}")

    def _times(self, one: _Recorded) -> Iterator[Problem]:
        late: list[tuple[str, str]] = []
        for key, text in times_in(one.obj):
            time = parse_time(text)
            if time is None:
                yield one.problem(f"has {key} {text!r}, which is no RFC 3339 time")
            elif self.time and time > self.time:
                late.append((key, text))
        if late:
            more = f" and {len(late) - 1} more" if len(late) > 1 else ""
            key, text = late[0]
            yield one.problem(f"has {key} {text}{more}, after the snapshot's time")

    def _by_kind(self, one: _Recorded) -> Iterator[Problem]:
        obj, kind = one.obj, one.obj["kind"]
        if kind == "Secret" and (obj.get("data") or obj.get("stringData")):
            yield one.problem("holds secret data; it is never served, so remove data and stringData")
        if kind == "Event":
            about = obj.get("involvedObject") or {}
            if not about.get("kind") or not about.get("name"):
                yield one.problem("has no involvedObject with a kind and a name")
        node = (obj.get("spec") or {}).get("nodeName") if kind == "Pod" else None
        # A pod may name any node, which need not exist; once a kubelet has taken it, it did.
        taken = bool((obj.get("status") or {}).get("startTime")) or not _is_pending(obj)
        known = ("", "Node", "", node) in self.by_identity
        if node and taken and not known and not self._gap("Node", "", node):
            yield one.problem(f"runs on node {node}, which is not recorded")

    def _place(self, one: _Recorded) -> Iterator[Problem]:
        obj = one.obj
        group, version = split_version(obj["apiVersion"])
        known, namespace = KINDS.get(obj["kind"]), obj["metadata"].get("namespace") or ""
        if known and split_version(known.api_version)[0] == group:
            if known.namespaced and not namespace:
                yield one.problem("has no namespace, and is taken to be in default")
            if not known.namespaced and namespace:
                yield one.problem(f"has the namespace {namespace}, though {obj['kind']} is cluster-scoped")
            if split_version(known.api_version)[1] != version:
                yield one.problem(
                    f"is recorded as {obj['apiVersion']}, and is asked for as {known.api_version}"
                )
        if self.scope.outside(obj["kind"], *identity(obj)[2:], namespaced=bool(identity(obj)[2])):
            yield one.problem("is recorded, though it lies outside the snapshot's scope")

    def _logs(self) -> Iterator[Problem]:
        folder = self.path / LOGS
        for file in sorted(folder.rglob("*")) if folder.is_dir() else ():
            if file.is_dir():
                continue
            name, parts = str(file.relative_to(self.path)), file.relative_to(folder).parts
            if len(parts) != 3 or file.suffix != ".log":
                yield Problem(name, "is not a log: those are NAMESPACE/POD/CONTAINER.log")
                continue
            pod = self.by_identity.get(("", "Pod", parts[0], parts[1]))
            container = file.name.removesuffix(".log").removesuffix(".previous")
            if pod is None:
                yield Problem(name, f"is the log of Pod {parts[0]}/{parts[1]}, which is not recorded")
            elif container not in container_names(pod.obj):
                yield Problem(name, f"is the log of container {container}, which Pod {parts[1]} doesn't have")

    def _scope(self) -> Iterator[Problem]:
        served = {
            *KINDS,
            *(one.obj["kind"] for one in self.recorded),
            *(kind for _, kind in self.scope.extra_kinds),
        }
        named = {*(self.scope.kinds or ()), *self.scope.all_namespaces, *self.scope.partial}
        named |= {entry.kind for entry in self.scope.unreadable if entry.kind not in ("*", "pods/log")}
        for kind in sorted(named - served):
            yield Problem(MANIFEST, f"scope names the kind {kind}, which is neither built-in nor recorded")


def _is_pending(pod: Object) -> bool:
    return (pod.get("status") or {}).get("phase") == "Pending"


def times_in(value: Any) -> Iterator[tuple[str, str]]:
    """(field, text) of what should be a past time; annotations and the like are their writer's own."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key in _TIMES and isinstance(item, str):
                yield key, item
            elif key not in ("annotations", "labels", "data"):
                yield from times_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from times_in(item)
