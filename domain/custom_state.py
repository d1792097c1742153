"""What a custom object's own status says: that it fails and why, whom it names, what it writes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from kubetriage.domain.custom_kinds import HERE, CustomKind, Names, Path, StateField, Tie, judged_as
from kubetriage.domain.kube import Obj, elements, when
from kubetriage.domain.resource import KINDS, Resource, kind_key, resource

_EPOCH = datetime(1971, 1, 1, tzinfo=UTC)
"""Gateway API's defaults for a status that no controller has written carry the year 1970."""
PATIENCE = timedelta(minutes=5)
"""How long a condition may be Unknown before that says something."""


_SUMS_UP = frozenset({
    "RetriesExceeded", "TriggerError", "ReconcilingDependents", "ClusterIsNotReady", "ComponentsNotReady",
})  # fmt: skip
"""Reasons of conditions that count the others or the tries (Flux, KEDA, Karpenter, CloudNativePG)."""
_FAILED = re.compile(r"fail|error|insufficient|denied|unauthorized", re.IGNORECASE)


class Ill(NamedTuple):
    """One place of a status that says that something is wrong."""

    what: str
    """`Ready=False`, `health=Degraded`."""
    reason: str
    message: str
    since: datetime | None
    stated: bool
    """Whether it says why; else it is a state that something else must explain."""

    @property
    def sums_up(self) -> bool:
        """Whether it says only that something failed, and another condition or an event what that was."""
        return self.reason in _SUMS_UP


class Named(NamedTuple):
    """An object that this one names."""

    ref: Resource
    tie: Tie


def kind_of(obj: Obj) -> CustomKind:
    """How to judge it."""
    return judged_as(obj.ref.kind, obj.ref.api_version)


def ills(obj: Obj, now: datetime) -> list[Ill]:
    """What is wrong by its own status, what states a reason first; empty if it is well or says nothing."""
    kind = kind_of(obj)
    found = [ill for path in kind.conditions for item in _walk(obj.raw, path)
             for ill in _conditions(kind, item, now)]  # fmt: skip
    found += [ill for field in kind.states if (ill := _state(obj, field)) is not None]
    return sorted(dict.fromkeys(found), key=lambda ill: (not ill.stated, ill.sums_up, not ill.message))


def _conditions(kind: CustomKind, conditions: Any, now: datetime) -> Iterator[Ill]:
    for item in elements(conditions):
        if not isinstance(item, dict):
            continue
        name, status = str(item.get("type") or ""), item.get("status")
        reason, message = str(item.get("reason") or ""), str(item.get("message") or "")
        since = when(item.get("lastTransitionTime"))
        since = since if since is not None and since > _EPOCH else None
        if name in kind.good and status == "False":
            yield Ill(f"{name}=False", reason, message, since, bool(message or reason))
        elif name in kind.good and status == "Unknown" and message and _FAILED.search(reason):
            yield Ill(f"{name}=Unknown", reason, message, since, True)
        elif name in kind.good and status == "Unknown" and (since is None or now - since > PATIENCE):
            yield Ill(f"{name}=Unknown", reason, message, since, False)
        elif name in kind.bad and status in ("True", None):  # Argo CD's conditions have no status
            told = f"{name}=True" if status else name
            yield Ill(told, reason, message, since, bool(message or reason))


def _state(obj: Obj, field: StateField) -> Ill | None:
    values = [str(v) for v in _walk(obj.raw, field.path) if not isinstance(v, (dict, list))]
    value = next((v for v in values if v in field.bad or not field.bad), "")
    message, reason = (next((str(v) for v in _walk(obj.raw, p) if v), "") if p else ""
                       for p in (field.message, field.reason))  # fmt: skip
    if not value or (value.lower() == "pending" and not message):
        return None
    told = field.called or field.path[-1]
    wanted = field.path[0] == "spec"  # somebody has set it so: that is the reason
    return Ill(
        f"{told}={value}" if field.bad else told, reason, message, None, bool(message or reason or wanted)
    )


def under_way(obj: Obj) -> bool:
    """Whether it only waits, by its state, for what its controller has made of it (an Order's Challenge)."""
    return any(
        str(v).lower() == "pending" for field in kind_of(obj).states for v in _walk(obj.raw, field.path)
    )


# ---- whom it names


_FLUX = {"HelmRelease": "helm.toolkit.fluxcd.io", "Kustomization": "kustomize.toolkit.fluxcd.io"}
"""Flux labels what it makes of an object of these kinds with `<group>/name` and `<group>/namespace`."""


def label_of_made(obj: Obj) -> dict[str, str]:
    """The labels of what Flux makes of an object; empty for other objects."""
    group = _FLUX.get(obj.ref.kind)
    if group is None or not obj.ref.api_version.startswith(group + "/"):
        return {}
    return {f"{group}/name": obj.name, f"{group}/namespace": obj.namespace}


def names_of(obj: Obj) -> list[Named]:
    """The objects that it names where the table says that its kind does, in the table's order."""
    found: dict[Resource, Named] = {}
    for place in kind_of(obj).names:
        if place.only and HERE not in _walk(obj.raw, place.only):
            continue
        space = next(iter(_walk(obj.raw, place.space)), "") if place.space else ""
        for value in _walk(obj.raw, place.path):
            ref = _ref(obj, place, value, str(space or ""))
            if ref is not None and ref != obj.ref:
                found.setdefault(ref, Named(ref, place.tie))
    return list(found.values())


def _ref(obj: Obj, place: Names, value: Any, space: str) -> Resource | None:
    given: Mapping[str, Any] = value if isinstance(value, dict) else {"name": value}
    if not isinstance(given.get("name"), str):
        return None
    name, kind = str(given.get("name") or ""), str(given.get("kind") or place.kind)
    if not name or not kind or _is_well(given):
        return None
    namespace = str(given.get("namespace") or space or obj.namespace)
    return resource(kind, namespace, name, _version(obj, given, kind, place))


def _version(obj: Obj, given: Mapping[str, Any], kind: str, place: Names) -> str:
    """The apiVersion of what `obj` names, within one group that of `obj`; empty where nothing says it."""
    told = str(given.get("apiVersion") or "")
    group = str(given.get("group") or place.group)
    if kind in KINDS and kind_key(kind, told or f"{group}/") == kind:
        return ""
    if told or not group:
        return told
    if given.get("version"):
        return f"{group}/{given['version']}"
    known = judged_as(kind, f"{group}/")
    if obj.ref.api_version in known.api_versions:
        return obj.ref.api_version
    return known.api_version if known.group else ""


def _is_well(given: Mapping[str, Any]) -> bool:
    """Whether a list of managed objects says that this one is as it should be."""
    health = given.get("health")
    if isinstance(health, dict):
        return health.get("status") in ("Healthy", "Suspended", None)
    if given.get("hookPhase"):
        return str(given["hookPhase"]) == "Succeeded"
    return given.get("status") in ("Synced", "OutOfSync", "Pruned", "PruneSkipped")


def secret_of(obj: Obj) -> Resource | None:
    """The Secret that its controller writes."""
    path = kind_of(obj).secret
    if not path:
        return None
    return resource("Secret", obj.namespace, obj.text(*path) or obj.name)


def _walk(value: Any, path: Path) -> list[Any]:
    """The values at a path, in order."""
    if not path:
        return [value] if value is not None else []
    step, rest = path[0], path[1:]
    if step == "*":
        return [found for item in elements(value) for found in _walk(item, rest)]
    return _walk(value.get(step), rest) if isinstance(value, dict) else []
