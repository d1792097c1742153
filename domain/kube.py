"""Kubernetes objects as the API server returns them, read without surprises.

The raw JSON is untrusted: a field may be missing, null or of another type (an aggregated API, a hand-written
snapshot). `Obj` answers with empty values then, so that rules need no guards of their own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import Any, NamedTuple

from kubetriage.domain.evidence import object_cite
from kubetriage.domain.resource import Resource, resource

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
            return float(found[1] + suffix)
        return float(found[1]) * _SUFFIXES[suffix]
    except ValueError:
        return None


def when(value: Any) -> datetime | None:
    """An RFC 3339 time of the API (UTC), None if it is absent, zero or unreadable."""
    if not isinstance(value, str) or not value or value.startswith("0001-"):
        return None
    try:
        parsed = datetime.fromisoformat(value)
        return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # OverflowError: year 1 or 9999 moved over the calendar's edge
        return None


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

    __slots__ = ("_controller", "_labels", "raw", "ref")

    def __init__(self, raw: Mapping[str, Any], kind: str = "", api_version: str = "") -> None:
        self.raw = raw
        self._labels: dict[str, str] | None = None
        self._controller: Resource | None = None
        meta = raw.get("metadata")
        meta = meta if isinstance(meta, Mapping) else {}
        self.ref: Resource = resource(
            str(raw.get("kind") or kind),
            str(meta.get("namespace") or ""),
            str(meta.get("name") or ""),
            str(raw.get("apiVersion") or api_version),
        )

    def __repr__(self) -> str:
        return f"Obj({self.ref})"

    @property
    def name(self) -> str:
        return self.ref.name

    @property
    def namespace(self) -> str:
        return self.ref.namespace

    @property
    def cite(self) -> str:
        """What a finding cites to point at this object."""
        return object_cite(self.ref)

    def at(self, *path: str | int) -> Any:
        """The value at a path of keys and list positions, None if any part is missing."""
        value: Any = self.raw
        for step in path:
            if isinstance(step, int):
                if not isinstance(value, list) or not -len(value) <= step < len(value):
                    return None
                value = value[step]
            else:
                if not isinstance(value, Mapping):
                    return None
                value = value.get(step)
        return value

    def text(self, *path: str | int) -> str:
        value = self.at(*path)
        return "" if value is None or isinstance(value, (dict, list)) else str(value)

    def number(self, *path: str | int, default: int = 0) -> int:
        value = self.at(*path)
        return int(value) if isinstance(value, (int, float)) and isfinite(value) else default

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
            if not name or (kind, self.ref.kind) == ("Node", "Pod"):
                return None  # kubelet's mirror of a static pod: its Node owns it and did not make it
            version = str(chosen.get("apiVersion") or "")
            self._controller = resource(kind, self.namespace, name, version)
        return self._controller

    def conditions(self) -> dict[str, Condition]:
        found = {}
        for item in self.items("status", "conditions"):
            since = when(item.get("lastTransitionTime"))
            kind = str(item.get("type") or "")
            found[kind] = Condition(
                kind,
                str(item.get("status") or ""),
                str(item.get("reason") or ""),
                str(item.get("message") or ""),
                since,
            )
        return found


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
        count = self.status.get("restartCount")
        return int(count) if isinstance(count, (int, float)) and isfinite(count) else 0

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
    found = []
    for init, specs, statuses in (
        (True, "initContainers", "initContainerStatuses"),
        (False, "containers", "containerStatuses"),
    ):
        by_name = {str(s.get("name")): s for s in pod.items("status", statuses)}
        found += [
            ContainerState(str(spec.get("name")), init, spec, by_name.get(str(spec.get("name")), {}))
            for spec in pod.items("spec", specs)
        ]
    return found


def pod_ready(pod: Obj) -> bool:
    """Running with its Ready condition true and not being deleted."""
    ready = pod.conditions().get("Ready")
    return bool(ready and ready.status == "True") and pod.deleted is None


def pod_settled(pod: Obj) -> bool:
    """Ready, or finished with success."""
    return pod_ready(pod) or pod.text("status", "phase") == "Succeeded"


def selector_of(workload: Obj) -> str:
    """`spec.selector` as a label selector of the API; empty if it has none."""
    chosen = workload.mapping("spec", "selector")
    pairs = chosen.get("matchLabels") if "matchLabels" in chosen or "matchExpressions" in chosen else chosen
    parts = [f"{k}={v}" for k, v in sorted(pairs.items())] if isinstance(pairs, dict) else []
    for rule in workload.items("spec", "selector", "matchExpressions"):
        key, values = rule.get("key"), ",".join(_values(rule))
        operator = rule.get("operator")
        if operator in ("In", "NotIn"):
            parts.append(f"{key} {'in' if operator == 'In' else 'notin'} ({values})")
        elif operator in ("Exists", "DoesNotExist"):
            parts.append(f"{'' if operator == 'Exists' else '!'}{key}")
    return ",".join(parts)


def selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether a label selector, or a plain map of labels, selects these labels; an empty one selects none."""
    plain = "matchLabels" not in selector and "matchExpressions" not in selector
    pairs = selector if plain else selector.get("matchLabels")
    rules = None if plain else selector.get("matchExpressions")
    pairs = pairs if isinstance(pairs, Mapping) else {}
    rules = [rule for rule in rules if isinstance(rule, Mapping)] if isinstance(rules, list) else []
    if not pairs and not rules:
        return False
    if any(labels.get(str(k)) != str(v) for k, v in pairs.items()):
        return False
    return all(_holds(rule, labels) for rule in rules)


def _holds(rule: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    key, values = str(rule.get("key")), _values(rule)
    match rule.get("operator"):
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
    return False


def _values(rule: Mapping[str, Any]) -> list[str]:
    values = rule.get("values")
    return [str(value) for value in values] if isinstance(values, list) else []
