"""What an alert shares with the others of its incident, and what could explain it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import NamedTuple

from kubetriage.domain.alert import Alert, Severity, Subject, SubjectScope
from kubetriage.domain.incidents import incident_key
from kubetriage.domain.intake.values import Incident
from kubetriage.domain.subject import subject_of
from kubetriage.domain.subject_labels import NODE_LAST, SubjectLabels
from kubetriage.domain.workload_names import workload_name

WATCHDOGS = frozenset({"Watchdog", "DeadMansSwitch"})
"""Alerts that always fire: their silence is what says something."""

_TAKES_PODS_DOWN = re.compile(
    "NotReady|Unreachable|Unschedulable|Down|Disk|Filesystem|Pressure|Readiness|Network|Reboot|Memory|OOM|Evict"
)
"""Names of node alerts that explain what goes wrong on the node, below critical ones, which all do."""

_TAKES_ALL_DOWN = re.compile("API|[Aa]pi-?server|[Ee]tcd")
"""Without a scheduler, controllers or proxies nothing new happens, but what runs goes on. Besides, on managed
clusters such alerts only mean that Prometheus cannot see them."""

_LONGEST = 400
"""Characters: PostgreSQL indexes up to 2,700 bytes, and label values may be of any length."""

_LOUD = (Severity.CRITICAL, Severity.WARNING)


class Look(NamedTuple):
    """What the labels of one alert say about where it belongs."""

    key: str
    others: tuple[str, ...]
    """Keys of incidents that it joins where they are open: a claim's StatefulSet."""
    cluster: str
    title: str
    nodes: tuple[str, ...]
    """The node that its object runs on, where a label says so."""
    skipped: bool
    """Never triaged: Watchdog, InfoInhibitor."""


def look_at(alert: Alert) -> Look:
    """Where an alert belongs. A pure function of the alert that takes about 0.1 ms."""
    subject = subject_of(alert)
    parts = incident_key(alert, subject)
    return Look(
        key=text_of(parts),
        others=tuple(text_of((*parts[:3], name)) for name in _sets_of_claim(subject)),
        cluster=kept(subject.cluster),
        title=kept(f"{alert.name} {_place(parts)}".strip()),
        nodes=() if parts[0] in ("node", "cluster", "skip") else tuple(_nodes(alert)),
        skipped=subject.scope is SubjectScope.SKIP,
    )


def text_of(parts: tuple[str, ...]) -> str:
    """A key as one text; the separator is kept out of its parts."""
    return kept("|".join(part.replace("|", "¦") for part in parts))


def kept(text: str) -> str:
    """A text that every database keeps and can index: the same for the same text, and short."""
    if not text.isascii() or "\0" in text:
        text = text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
    if len(text) <= _LONGEST:
        return text
    return f"{text[: _LONGEST - 17]}~{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def node_key(cluster: str, node: str) -> str:
    return text_of(("node", cluster, node))


def control_plane_key(cluster: str) -> str:
    return text_of(("cluster", cluster, ""))


def object_key(cluster: str, kind: str, namespace: str, name: str) -> str:
    """The key of alerts about this object."""
    if kind == "Node":
        return node_key(cluster, name)
    return text_of(("workload" if namespace else kind, cluster, namespace, workload_name(kind, name)))


def parents_of(key: str, cluster: str, nodes: tuple[str, ...]) -> tuple[str, ...]:
    """Keys of what could explain an incident, the nearest first; the monitoring's own stay visible."""
    kind = key.split("|", 1)[0]
    if kind in ("cluster", "skip", "monitoring-meta"):
        return ()
    own = () if kind == "node" else tuple(node_key(cluster, node) for node in nodes)
    return (*own, control_plane_key(cluster))


def can_explain(incident: Incident) -> bool:
    """Whether an incident, by its kind and weight, explains others."""
    fires = incident.open and incident.counts.firing > 0
    if not fires or not incident.explains or incident.severity not in _LOUD:
        return False
    if is_control_plane(incident):
        return any(_TAKES_ALL_DOWN.search(name) for name in incident.names)
    if not incident.key.startswith("node|"):
        return False
    return incident.severity is Severity.CRITICAL or any(
        _TAKES_PODS_DOWN.search(name) for name in incident.names
    )


def is_control_plane(incident: Incident) -> bool:
    return incident.key == control_plane_key(incident.cluster)


def _nodes(alert: Alert) -> Iterator[str]:
    if not any("node" in (small := name.lower()) or "host" in small for name in alert.labels):
        return  # most have none, and looking closely takes a while
    labels = SubjectLabels(alert.labels)
    found = labels.node() or (labels.own(NODE_LAST) if labels.from_kubelet else None)
    if found:
        yield found.value


def _sets_of_claim(subject: Subject) -> Iterator[str]:
    """Names a StatefulSet could have whose claim this is: claims are `<template>-<set>-<ordinal>`."""
    target = subject.resource
    if target is None or target.kind != "PersistentVolumeClaim":
        return
    name = workload_name(target.kind, target.name)
    while "-" in name:
        name = name.split("-", 1)[1]
        if name:
            yield name


def _place(parts: tuple[str, ...]) -> str:
    kind, rest = parts[0], parts[2:]
    if kind in ("workload", "node"):
        return "/".join(part for part in rest if part)
    if kind in ("cluster", "skip") or len(parts) < 3:
        return ""
    return "/".join(part for part in rest[:-1] if part) if kind in ("lost", "monitoring-meta") else rest[-1]
