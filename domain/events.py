"""Events: what kubelet, scheduler and controllers said about an object."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from kubetriage.domain.kube import Obj, when
from kubetriage.domain.resource import KINDS, Resource, kind_key, resource


class EventRecord(NamedTuple):
    """One Event object; its old (count, lastTimestamp) and new (eventTime, series) forms brought together."""

    about: Resource
    reason: str
    message: str
    warning: bool
    times: int
    """How often it was seen."""
    first: datetime | None
    last: datetime | None
    component: str
    cite: str
    object: Obj


def _about(raw: Obj) -> tuple[str, str, str, str]:
    """Kind, namespace, name and apiVersion of what an event is about."""
    about = raw.raw.get("involvedObject") or raw.raw.get("regarding")
    if not isinstance(about, dict):
        return "", "", "", ""
    kind = str(about.get("kind") or "")
    version = str(about.get("apiVersion") or "")
    info = KINDS.get(kind_key(kind, version))
    here = raw.namespace if info is not None else ""  # an event is written beside the object it is about
    namespace = str(about.get("namespace") or here) if info is None or info.namespaced else ""
    return kind, namespace, str(about.get("name") or ""), version


def about_key(raw: Obj) -> tuple[str, str, str]:
    """`Resource.key` of what an event is about."""
    kind, namespace, name, version = _about(raw)
    return kind_key(kind, version), namespace, name


def event_record(raw: Obj) -> EventRecord:
    """Read one Event of v1 or events.k8s.io/v1."""
    ref = resource(*_about(raw))
    event_time = when(raw.at("eventTime"))
    first = when(raw.at("firstTimestamp")) or when(raw.at("deprecatedFirstTimestamp")) or event_time
    last = (
        when(raw.at("series", "lastObservedTime"))
        or when(raw.at("lastTimestamp"))
        or when(raw.at("deprecatedLastTimestamp"))
        or event_time
        or raw.created
    )
    count = raw.number("series", "count") or raw.number("count") or raw.number("deprecatedCount") or 1
    component = (
        raw.text("source", "component")
        or raw.text("reportingComponent")
        or raw.text("reportingController")
        or raw.text("deprecatedSource", "component")
    )
    message = raw.text("message") or raw.text("note")
    return EventRecord(
        ref, raw.text("reason"), message, raw.text("type") != "Normal",
        count, first or last, last, component, raw.cite, raw,
    )  # fmt: skip
