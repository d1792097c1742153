"""Experiments of Chaos Mesh (chaos-mesh.org/v1alpha1) and Litmus (litmuschaos.io/v1alpha1): whether one runs,
and which pods it disturbs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from kubetriage.domain.custom_kinds import CHAOS
from kubetriage.domain.kube import Obj, elements, when
from kubetriage.domain.selecting import selects

GROUP = "chaos-mesh.org"


LITMUS = "litmuschaos.io"


def is_experiment(obj: Obj) -> bool:
    return is_litmus(obj) or (obj.ref.kind in CHAOS and obj.ref.api_version.startswith(GROUP + "/"))


def is_litmus(obj: Obj) -> bool:
    return obj.ref.kind == "ChaosEngine" and obj.ref.api_version.startswith(LITMUS + "/")


def action(obj: Obj) -> str:
    """What it does, by the name that its project gives that: `delay`, `pod-network-loss`."""
    if not is_litmus(obj):
        return obj.text("spec", "action")
    return next((str(e.get("name") or "") for e in obj.items("spec", "experiments")), "")


def is_running(obj: Obj) -> bool:
    """Whether it is injected and not recovered; a paused or finished experiment disturbs nobody."""
    if is_litmus(obj):
        active = obj.text("spec", "engineState") == "active"
        runs = any(str(e.get("status")) == "Running" for e in obj.items("status", "experiments"))
        return active and runs and obj.text("status", "engineStatus") not in ("completed", "stopped")
    states = {c.type: c.status for c in obj.conditions().values()}
    if obj.text("status", "experiment", "desiredPhase") == "Stop" or states.get("Paused") == "True":
        return False
    if any(record.get("phase") == "Injected" for record in _records(obj)):
        return True
    return states.get("AllInjected") == "True" and states.get("AllRecovered") != "True"


def injected_at(obj: Obj) -> datetime | None:
    """When it last disturbed somebody, as its records say; else when it was made."""
    times = [
        when(event.get("timestamp"))
        for record in _records(obj)
        for event in elements(record.get("events"))
        if isinstance(event, dict) and event.get("operation") == "Apply"
    ]
    return max((t for t in times if t is not None), default=obj.created)


def disturbed(obj: Obj, pods: Iterable[Obj]) -> list[Obj]:
    """Which of these pods it disturbs: those in its records, else those that its selectors choose.

    A NetworkChaos disturbs its `target`, too, when it works in both directions.
    """
    if is_litmus(obj):
        key, _, value = obj.text("spec", "appinfo", "applabel").partition("=")
        where = obj.text("spec", "appinfo", "appns") or obj.namespace
        return [p for p in pods if key and p.namespace == where and p.labels.get(key) == value]
    recorded = {tuple(str(record.get("id") or "").split("/")[:2]) for record in _records(obj)}
    chosen = [obj.mapping("spec", "selector")] if kills(obj) or not recorded else []
    if obj.text("spec", "direction") in ("both", "from"):
        chosen.append(obj.mapping("spec", "target", "selector"))
    return [
        pod
        for pod in pods
        if (pod.namespace, pod.name) in recorded or any(_chooses(obj, one, pod) for one in chosen)
    ]


def kills(obj: Obj) -> bool:
    """Whether it ends pods or containers once, so that its records name pods that are gone."""
    return action(obj).endswith(("-kill", "pod-delete"))


def _records(obj: Obj) -> list[dict[str, Any]]:
    return obj.items("status", "experiment", "containerRecords")


def _chooses(obj: Obj, selector: Mapping[str, Any], pod: Obj) -> bool:
    if not selector:
        return False
    spaces = selector.get("namespaces")
    if pod.namespace not in (spaces if isinstance(spaces, list) and spaces else [obj.namespace]):
        return False
    named = selector.get("pods")
    if isinstance(named, dict) and named:
        return pod.name in elements(named.get(pod.namespace))
    labels, rules = selector.get("labelSelectors"), selector.get("expressionSelectors")
    if not labels and not rules:
        return not any(selector.get(k) for k in ("fieldSelectors", "annotationSelectors", "nodes"))
    return selects({"matchLabels": labels or {}, "matchExpressions": rules or []}, pod.labels)
