"""Kubernetes objects as the API server returns them, read without surprises.

The raw JSON is untrusted: a field may be missing, null or of another type (an aggregated API, a hand-written
snapshot). `Obj` answers with empty values then, so that rules need no guards of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import Any, NamedTuple

from kubetriage.domain.evidence import object_cite
from kubetriage.domain.resource import KINDS, Resource, kind_key, resource
from kubetriage.domain.selecting import selector_of as selector_of
from kubetriage.domain.selecting import selects as selects

_QUANTITY = re.compile(r"^([+-]?[0-9.]+)([eE][+-]?[0-9]+|[numkMGTPE]|[KMGTPE]i)?$")
_SUFFIXES = {
    "n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
    "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50, "Ei": 2.0**60,
}  # fmt: skip


def quantity(value: Any) -> float | None:
    """A Kubernetes quantity (`500m`, `1Gi`, `2e3`) as a number; None if it is not one."""
    found = _QUANTITY.match(str(value).strip()) if value is not None else None
    if not found:
        return None
    suffix = found[2] or ""
    try:
        if suffix[:1] in ("e", "E") and len(suffix) > 1 and suffix not in _SUFFIXES:
            number = float(found[1] + suffix)
        else:
            number = float(found[1]) * _SUFFIXES[suffix]
    except ValueError:
        return None
    return number if isfinite(number) else None


def whole_number(text: str) -> int | None:
    """A whole number as Kubernetes writes them into labels, names and annotations; None if it is not one."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else None


def as_int(value: Any) -> int | None:
    """A number of JSON as a whole one; None for anything else, infinity and what overflows included."""
    fits = isinstance(value, (int, float)) and abs(value) < 1e19  # False for NaN
    return int(value) if fits else None


def elements(value: Any) -> list[Any]:
    """The elements of a list, none if it is anything else."""
    return value if isinstance(value, list) else []


def is_serving(endpoint: Mapping[str, Any]) -> bool:
    """Whether an EndpointSlice's endpoint is ready; unsaid means ready (discovery/v1)."""
    conditions = endpoint.get("conditions")
    return not isinstance(conditions, dict) or conditions.get("ready") is not False


def when(value: Any) -> datetime | None:
    """An RFC 3339 time of the API (UTC), None if it is absent, zero, unreadable or out of all reason."""
    if not isinstance(value, str) or not value or value.startswith("0001-"):
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        return None
    if not 1970 <= parsed.year < 9000:  # time zones and spans would move it over the calendar's edge
        return None
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)


class Condition(NamedTuple):
    """One entry of `status.conditions`."""

    type: str
    status: str
    """True, False or Unknown."""
    reason: str
    message: str
    since: datetime | None


class Obj:
    """One object, read-only."""

    __slots__ = (
        "_api_version", "_conditions", "_containers", "_controller", "_kind", "_labels", "_ref", "key", "raw",
    )  # fmt: skip

    def __init__(self, raw: Mapping[str, Any], kind: str = "", api_version: str = "") -> None:
        self.raw = raw
        meta = raw.get("metadata")
        meta = meta if isinstance(meta, dict) else {}
        kind = str(raw.get("kind") or kind)
        self._api_version = str(raw.get("apiVersion") or api_version)
        told = kind_key(kind, self._api_version)
        info = KINDS.get(told)
        namespace = str(meta.get("namespace") or "") if info is None or info.namespaced else ""
        self.key: tuple[str, str, str] = (told, namespace, str(meta.get("name") or ""))
        """Kind (with its group where another is meant usually), namespace and name: `ref.key`."""
        self._kind = kind
        # What many rules ask for again and again is made once: lists hold thousands of objects.
        self._ref: Resource | None = None
        self._labels: dict[str, str] | None = None
        self._controller: Resource | None = None
        self._conditions: dict[str, Condition] | None = None
        self._containers: tuple[ContainerState, ...] | None = None

    def __repr__(self) -> str:
        return f"Obj({self.ref})"

    @property
    def ref(self) -> Resource:
        if self._ref is None:
            self._ref = resource(self._kind, *self.key[1:], self._api_version)
        return self._ref

    @property
    def name(self) -> str:
        return self.key[2]

    @property
    def namespace(self) -> str:
        return self.key[1]

    @property
    def cite(self) -> str:
        """What a finding cites to point at this object."""
        return object_cite(self.ref)

    def at(self, *path: str | int) -> Any:
        """The value at a path of keys and list positions, None if any part is missing."""
        value: Any = self.raw
        for step in path:
            if isinstance(value, dict):
                value = value.get(step)
            elif isinstance(value, list) and isinstance(step, int) and -len(value) <= step < len(value):
                value = value[step]
            else:
                return None
        return value

    def text(self, *path: str | int) -> str:
        value = self.at(*path)
        return "" if value is None or isinstance(value, (dict, list)) else str(value)

    def number(self, *path: str | int, default: int = 0) -> int:
        value = self.at(*path)
        number = as_int(value)
        return default if number is None else number

    def mapping(self, *path: str | int) -> dict[str, Any]:
        value = self.at(*path)
        return value if isinstance(value, dict) else {}

    def items(self, *path: str | int) -> list[dict[str, Any]]:
        """The dicts of a list at a path."""
        value = self.at(*path)
        return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []

    @property
    def labels(self) -> dict[str, str]:
        if self._labels is None:
            self._labels = {str(k): str(v) for k, v in self.mapping("metadata", "labels").items()}
        return self._labels

    @property
    def annotations(self) -> dict[str, str]:
        return {str(k): str(v) for k, v in self.mapping("metadata", "annotations").items()}

    @property
    def created(self) -> datetime | None:
        return when(self.at("metadata", "creationTimestamp"))

    @property
    def deleted(self) -> datetime | None:
        """When deletion was asked for; the object still exists because of its grace period or finalizers."""
        return when(self.at("metadata", "deletionTimestamp"))

    @property
    def controller(self) -> Resource | None:
        """The owner that manages it, else its only owner."""
        if self._controller is None:
            owners = self.items("metadata", "ownerReferences")
            chosen = next((o for o in owners if o.get("controller")), owners[0] if len(owners) == 1 else {})
            kind, name = str(chosen.get("kind") or ""), str(chosen.get("name") or "")
            if not name or (kind, self.key[0]) == ("Node", "Pod"):
                return None  # kubelet's mirror of a static pod: its Node owns it and did not make it
            version = str(chosen.get("apiVersion") or "")
            self._controller = resource(kind, self.namespace, name, version)
        return self._controller

    def conditions(self) -> dict[str, Condition]:
        """`status.conditions` by type."""
        if self._conditions is None:
            self._conditions = {c.type: c for c in map(_condition, self.items("status", "conditions"))}
        return self._conditions


def _condition(item: Mapping[str, Any]) -> Condition:
    return Condition(
        str(item.get("type") or ""),
        str(item.get("status") or ""),
        str(item.get("reason") or ""),
        str(item.get("message") or ""),
        when(item.get("lastTransitionTime")),
    )


class ContainerState(NamedTuple):
    """A container's status joined with its spec."""

    name: str
    init: bool
    spec: dict[str, Any]
    status: dict[str, Any]

    @property
    def image(self) -> str:
        return str(self.spec.get("image") or self.status.get("image") or "")

    @property
    def ready(self) -> bool:
        return bool(self.status.get("ready"))

    @property
    def restarts(self) -> int:
        return as_int(self.status.get("restartCount")) or 0

    def _state(self, which: str, kind: str) -> dict[str, Any]:
        states = self.status.get(which)
        found = states.get(kind) if isinstance(states, dict) else None
        return found if isinstance(found, dict) else {}

    @property
    def waiting(self) -> dict[str, Any]:
        """`{reason, message}` while it waits, else empty."""
        return self._state("state", "waiting")

    @property
    def waiting_reason(self) -> str:
        return str(self.waiting.get("reason") or "")

    @property
    def running(self) -> dict[str, Any]:
        return self._state("state", "running")

    @property
    def terminated(self) -> dict[str, Any]:
        """The end of the current run, if it has ended and not been started again."""
        return self._state("state", "terminated")

    @property
    def last_terminated(self) -> dict[str, Any]:
        """How the latest run that ended did end: the current one if it has, else the one before."""
        return self.terminated or self._state("lastState", "terminated")

    @property
    def sidecar(self) -> bool:
        """An init container that keeps running (restartPolicy Always, Kubernetes ≥ 1.28)."""
        return self.init and self.spec.get("restartPolicy") == "Always"


def containers(pod: Obj) -> list[ContainerState]:
    """All containers of a pod, init containers first, in the order of the spec."""
    if pod._containers is None:
        pod._containers = tuple(_container_states(pod))
    return list(pod._containers)


def _container_states(pod: Obj) -> Iterator[ContainerState]:
    for init, specs, statuses in (
        (True, "initContainers", "initContainerStatuses"),
        (False, "containers", "containerStatuses"),
    ):
        by_name = {str(s.get("name")): s for s in pod.items("status", statuses)}
        for spec in pod.items("spec", specs):
            name = str(spec.get("name"))
            yield ContainerState(name, init, spec, by_name.get(name, {}))


def pod_ready(pod: Obj) -> bool:
    """Running with its Ready condition true and not being deleted."""
    ready = pod.conditions().get("Ready")
    return bool(ready and ready.status == "True") and pod.deleted is None


def pod_settled(pod: Obj) -> bool:
    """Ready, or finished with success."""
    return pod_ready(pod) or pod.text("status", "phase") == "Succeeded"
