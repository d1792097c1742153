"""Keeping answers small: what is left out of them, and the words that say so."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kubetriage.domain.log_cutting import latest

Object = dict[str, Any]

OBJECTS = 4 * 1024 * 1024
"""Bytes of JSON that the objects of one answer may have."""
LOG = 8 * 1024 * 1024
"""Characters of one log."""
VALUE = 64 * 1024
"""Characters of one string in an object; ConfigMaps may hold 1 MiB, and excerpts show 1,200."""

_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_HEAVY_IN_CONTAINERS = (
    "env", "envFrom", "volumeMounts", "volumeDevices", "lifecycle", "securityContext", "imagePullPolicy",
    "terminationMessagePath", "terminationMessagePolicy",
)  # fmt: skip


def bound_objects(objects: Sequence[Object], size: int, limit: int = OBJECTS) -> tuple[list[Object], str]:
    """The objects within `limit` bytes of JSON, and what was left out. `size` is what they are known to have.

    `managedFields` always go, but for the times at which a ConfigMap was written. Then, only as far as
    needed: the manifest last applied, annotations and what containers hold beside image, resources and
    probes, and at last whole objects, healthy ones first.
    """
    kept = [_without_managers(obj) for obj in objects]
    if size <= limit:
        return kept, ""
    kept = [_shorter(obj) for obj in kept]
    if _size(kept) <= limit:
        return kept, "long values and manifests last applied were left out"
    kept = [_slim(obj) for obj in kept]
    said = "annotations, environments and mounts were left out"
    if _size(kept) <= limit:
        return kept, said
    fitting = _fitting(kept, limit)
    return (
        fitting,
        f"{len(kept) - len(fitting)} of {len(kept)} objects were left out, healthy ones first; {said}",
    )


def _size(objects: Iterable[Object]) -> int:
    return sum(len(json.dumps(obj, separators=(",", ":"))) for obj in objects)


def _without_managers(obj: Object) -> Object:
    metadata = obj["metadata"]
    if "managedFields" not in metadata:
        return obj
    kept = {k: v for k, v in metadata.items() if k != "managedFields"}
    if obj.get("kind") == "ConfigMap" and (writes := _writes(metadata["managedFields"])):
        kept["managedFields"] = writes
    return {**obj, "metadata": kept}


def _writes(managed: Any) -> list[Object]:
    """Who wrote an object and when, without the fields: nothing else tells when a ConfigMap changed."""
    entries = [one for one in managed if isinstance(one, dict)] if isinstance(managed, list) else []
    keys = ("manager", "operation", "time")
    return [{k: one[k] for k in keys if isinstance(one.get(k), str)} for one in entries if one.get("time")]


def _shorter(obj: Object) -> Object:
    metadata = obj["metadata"]
    annotations = metadata.get("annotations")
    if isinstance(annotations, dict) and _APPLIED in annotations:
        annotations = {k: v for k, v in annotations.items() if k != _APPLIED}
        obj = {**obj, "metadata": {**metadata, "annotations": annotations}}
    return dict(_cut_strings(obj)) if _size((obj,)) > VALUE else obj


def _cut_strings(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= VALUE else f"{value[:VALUE]}… ({len(value) - VALUE} more characters)"
    if isinstance(value, dict):
        return {key: _cut_strings(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_cut_strings(inner) for inner in value]
    return value


def _slim(obj: Object) -> Object:
    slim = {**obj, "metadata": {k: v for k, v in obj["metadata"].items() if k != "annotations"}}
    spec = slim.get("spec")
    if isinstance(spec, dict):
        slim["spec"] = _slim_pod(spec)
        template = spec.get("template")
        if isinstance(template, dict) and isinstance(template.get("spec"), dict):
            slim["spec"]["template"] = {**template, "spec": _slim_pod(template["spec"])}
    status = slim.get("status")
    if isinstance(status, dict) and "images" in status:
        slim["status"] = {k: v for k, v in status.items() if k != "images"}
    return slim


def _slim_pod(spec: Mapping[str, Any]) -> Object:
    slim = dict(spec)
    for group in ("containers", "initContainers", "ephemeralContainers"):
        if isinstance(slim.get(group), list):
            slim[group] = [
                {k: v for k, v in c.items() if k not in _HEAVY_IN_CONTAINERS} if isinstance(c, dict) else c
                for c in slim[group]
            ]
    return slim


def _fitting(objects: Sequence[Object], limit: int) -> list[Object]:
    """As many as fit, troubled ones first, in the order they came in."""
    order = sorted(range(len(objects)), key=lambda i: (_healthy(objects[i]), i))
    chosen: list[int] = []
    for i in order:
        limit -= _size((objects[i],))
        if limit < 0:
            break
        chosen.append(i)
    return [objects[i] for i in sorted(chosen)]


def _healthy(obj: Mapping[str, Any]) -> bool:
    """Nothing in its status or type speaks of trouble."""
    if obj.get("type") == "Warning":
        return False
    status = obj.get("status")
    if not isinstance(status, dict):
        return True
    if status.get("phase") in ("Pending", "Failed", "Unknown", "Lost"):
        return False
    conditions = {
        c.get("type"): c.get("status") for c in status.get("conditions") or () if isinstance(c, dict)
    }
    return conditions.get("Ready", "True") == "True" or status.get("phase") == "Succeeded"


def bound_log(text: str, tail: int, limit: int = LOG) -> tuple[str, str]:
    """The last `tail` lines within `limit` characters, whole lines, and what was left out."""
    return latest(text, tail, limit)
