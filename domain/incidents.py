"""Alerts that came together → incidents: those about one workload, or one node, are triaged once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from kubetriage.domain.alert import Alert, AlertStatus, Severity, Subject, SubjectScope
from kubetriage.domain.alert_table import row_of
from kubetriage.domain.subject import subject_of
from kubetriage.domain.workload_names import workload_name

Key = tuple[str, ...]
_Member = tuple[Alert, Subject]

_SEVERITIES = (Severity.CRITICAL, Severity.WARNING, Severity.INFO, Severity.NONE)
_SPECIFIC = (
    ("Pod",),
    ("PersistentVolumeClaim", "Job"),
    ("ReplicaSet", "ReplicationController"),
    ("Deployment", "StatefulSet", "DaemonSet", "CronJob"),
    ("HorizontalPodAutoscaler", "PodDisruptionBudget"),
    ("Service", "Ingress"),
)
"""Kinds from the one that fails first to those that only show it."""

_CONTROL_PLANE = frozenset({"APIServer", "ControlPlane", "Etcd"})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def group_incidents(alerts: Iterable[Alert]) -> tuple[tuple[Alert, ...], ...]:
    """Alerts by incident, the worst first; in each, the alert to triage first, then its companions.

    One incident is: one workload in a namespace of a cluster (its Pods, ReplicaSets, autoscaler, claims, and
    what else is named like it), one node, or a cluster's control plane; lost subjects and texts stay alone.
    The leading alert fires, and has the most specific subject (a Pod rather than its Deployment), then the
    highest severity, then the earliest start. Incidents that fire come first, then by severity and start;
    alerts that are not for triage (Watchdog) come last. An alert that is there twice, as in a log of posts,
    counts once.
    """
    groups: dict[Key, list[_Member]] = {}
    for alert in _once(alerts):
        subject = subject_of(alert)
        groups.setdefault(incident_key(alert, subject), []).append((alert, subject))
    _join_claims(groups)
    incidents = [(key, sorted(members, key=_lead)) for key, members in groups.items()]
    incidents.sort(key=lambda incident: _urgency(incident[1]))
    return tuple(tuple(alert for alert, _ in members) for _, members in incidents)


def _once(alerts: Iterable[Alert]) -> list[Alert]:
    """One alert for each episode, in the state that was said last; what was resolved stays so."""
    episodes: dict[tuple[str, datetime | None, frozenset[tuple[str, str]]], Alert] = {}
    for alert in alerts:
        key = (alert.fingerprint, alert.starts_at, frozenset(alert.labels.items()))
        known = episodes.get(key)
        if known is None or known.status is AlertStatus.FIRING:
            episodes[key] = alert
    return list(episodes.values())


def incident_key(alert: Alert, subject: Subject) -> Key:
    """What an alert shares with the others of its incident."""
    if subject.scope is SubjectScope.SKIP:
        return ("skip", subject.cluster, alert.name)
    row = row_of(alert.labels.get("alertname", "")) or row_of(alert.name)
    whole = row is not None and row.triage is SubjectScope.CLUSTER and row.kind in _CONTROL_PLANE
    if subject.resource and not whole:  # a member of etcd is named, and its trouble is the control plane's
        target = subject.resource
        if target.kind == "Node":
            return ("node", subject.cluster, target.name)
        name = workload_name(target.kind, target.name)
        return ("workload" if target.namespace else target.kind, subject.cluster, target.namespace, name)
    if whole or subject.scope is SubjectScope.CLUSTER:
        return ("cluster", subject.cluster, "" if whole or row is None else alert.name)
    if alert.labels:
        return (subject.scope.value, subject.cluster, subject.namespace, alert.name)
    return (subject.scope.value, alert.fingerprint)


def _join_claims(groups: dict[Key, list[_Member]]) -> None:
    """Claims of a StatefulSet, `<template>-<set>-<ordinal>`, join the set where it has alerts."""
    for key in list(groups):
        if key[0] != "workload" or any(not _is_claim(member) for member in groups[key]):
            continue
        owners = [
            other
            for other in groups
            if other[:3] == key[:3] and other != key and key[3].endswith(f"-{other[3]}")
        ]
        if owners:
            groups[max(owners, key=lambda owner: len(owner[3]))] += groups.pop(key)


def _is_claim(member: _Member) -> bool:
    target = member[1].resource
    return target is not None and target.kind == "PersistentVolumeClaim"


def _lead(member: _Member) -> tuple[bool, bool, int, int, datetime, str]:
    alert, subject = member
    kind = subject.resource.kind if subject.resource else ""
    specific = next((rank for rank, kinds in enumerate(_SPECIFIC) if kind in kinds), len(_SPECIFIC))
    return (
        alert.status is AlertStatus.RESOLVED,
        alert.extra.get("state") == "pending",
        specific,
        _SEVERITIES.index(alert.severity),
        alert.starts_at or _EPOCH,
        alert.name,
    )


def _urgency(members: list[_Member]) -> tuple[bool, bool, int, datetime]:
    firing = [alert for alert, _ in members if alert.status is AlertStatus.FIRING]
    counted = firing or [alert for alert, _ in members]
    return (
        members[0][1].scope is SubjectScope.SKIP,
        not firing,
        min(_SEVERITIES.index(alert.severity) for alert in counted),
        min((alert.starts_at for alert in counted if alert.starts_at), default=_EPOCH),
    )
