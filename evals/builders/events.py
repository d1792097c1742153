"""Events in both of the forms that are found in a cluster."""

from __future__ import annotations

from kubetriage.evals.builders.clock import Clock
from kubetriage.evals.builders.identity import Json, hexadecimal
from kubetriage.evals.builders.texts import TextEntry

_SERIES = frozenset({"default-scheduler"})
"""Components that record through events.k8s.io: eventTime and series instead of count and times."""


def _involved(obj: Json, field: str, component: str) -> Json:
    meta = obj["metadata"]
    made: Json = {
        "apiVersion": obj["apiVersion"],
        "kind": obj["kind"],
        "name": meta["name"],
        "resourceVersion": meta["resourceVersion"],
        "uid": meta["name"] if obj["kind"] == "Node" and component == "kubelet" else meta["uid"],
    }
    if namespace := meta.get("namespace"):
        made["namespace"] = namespace
    return made | ({"fieldPath": field} if field else {})


def event(
    obj: Json,
    text: TextEntry,
    message: str,
    clock: Clock,
    *,
    count: int,
    first: str,
    last: str,
    field: str,
    component: str,
    host: str,
) -> Json:
    """An event on `obj`, seen `count` times from `first` to `last` ago."""
    meta = obj["metadata"]
    number = hexadecimal(14, meta["uid"], text.reason, message, first)
    made: Json = {
        "apiVersion": "v1",
        "kind": "Event",
        "involvedObject": _involved(obj, field, component),
        "message": message,
        "metadata": {
            "creationTimestamp": clock.ago(first),
            "name": f"{meta['name']}.18{number}",
            "namespace": meta.get("namespace", "default"),
        },
        "reason": text.reason,
        "type": text.type,
    }
    if component in _SERIES:
        series = {"series": {"count": count, "lastObservedTime": clock.ago_micro(last)}} if count > 1 else {}
        return made | {
            "action": "Binding" if text.reason == "Scheduled" else "Scheduling",
            "eventTime": clock.ago_micro(first),
            "firstTimestamp": None,
            "lastTimestamp": None,
            "reportingComponent": component,
            "reportingInstance": f"{component}-control-plane-1",
            "source": {},
            **series,
        }
    return made | {
        "count": count,
        "eventTime": None,
        "firstTimestamp": clock.ago(first),
        "lastTimestamp": clock.ago(last),
        "reportingComponent": component,
        "reportingInstance": host,
        "source": {"component": component, **({"host": host} if host else {})},
    }
