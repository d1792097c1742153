"""The pod template behind a pod, and what a container's definition says there."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.kube import Obj, elements
from kubetriage.domain.resource import Resource
from kubetriage.domain.view import ClusterView


def template_of(obj: Obj) -> dict[str, Any]:
    """The pod spec that a workload makes its pods from; a Pod's own spec."""
    if obj.ref.kind == "Pod":
        return obj.mapping("spec")
    if obj.ref.kind == "CronJob":
        return obj.mapping("spec", "jobTemplate", "spec", "template", "spec")
    return obj.mapping("spec", "template", "spec")


def container_of(view: ClusterView, workload: Resource, name: str) -> dict[str, Any] | None:
    """A container's definition in the workload's template, None if the workload was not read."""
    obj = view.find(workload)
    if obj is None:
        return None
    spec = template_of(obj)
    for part in ("containers", "initContainers"):
        for one in elements(spec.get(part)):
            if isinstance(one, dict) and one.get("name") == name:
                return one
    return None


def limit(spec: dict[str, Any], what: str) -> str:
    """A resource limit as it is written, empty if there is none."""
    resources = spec.get("resources")
    limits = resources.get("limits") if isinstance(resources, dict) else None
    value = limits.get(what) if isinstance(limits, dict) else None
    return "" if value is None else str(value)


def command_words(spec: dict[str, Any]) -> list[str]:
    """`command` and `args` of a container; empty if the image's own are used."""
    return [str(word) for key in ("command", "args") for word in elements(spec.get(key))]
