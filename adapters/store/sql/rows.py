"""Rows to values and back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, RowMapping

from kubetriage.domain.alert import AlertStatus
from kubetriage.domain.intake.decisions import CountedEpisode, Happened, NewEpisode
from kubetriage.domain.intake.desk import SEVERITIES
from kubetriage.domain.intake.messages import Attempt, Message, NewMessage
from kubetriage.domain.intake.reading import IncidentEvent
from kubetriage.domain.intake.runs import Run, Thread
from kubetriage.domain.intake.values import AlertRow, Counts, Incident

_COUNTS = tuple(Counts.model_fields)
_PLAIN = tuple(name for name in Incident.model_fields if name not in ("counts", "diagnosed"))


def incident_row(incident: Incident) -> dict[str, Any]:
    row = {name: getattr(incident, name) for name in _PLAIN}
    row |= {name: getattr(incident.counts, name) for name in _COUNTS}
    row["severity_rank"] = SEVERITIES.index(incident.severity)
    row["diagnosed"] = incident.diagnosed and incident.diagnosed.model_dump(mode="json")
    return row


def incident_of(row: Row[Any]) -> Incident:
    found = dict(row._mapping)
    counts = {name: found.pop(name) for name in _COUNTS}
    found.pop("severity_rank")
    return Incident.model_validate({**found, "counts": counts})


def alert_row(episode: NewEpisode, now: datetime) -> dict[str, Any]:
    alert = episode.alert
    return {
        "fingerprint": alert.fingerprint,
        "starts_at": episode.starts_at,
        "cluster": episode.cluster,
        "name": alert.name,
        "severity": alert.severity.value,
        "firing": episode.firing,
        "assumed": episode.assumed,
        "labels": alert.labels,
        "annotations": alert.annotations,
        "extra": alert.extra,
        "generator_url": alert.generator_url,
        "source": alert.source,
        "first_seen": now,
        "last_seen": now,
        "repeats": episode.repeats,
        "ends_at": episode.ends_at,
        "incident": episode.incident,
    }


def alert_change(episode: CountedEpisode) -> dict[str, Any]:
    """Parameters of the update in `writing`."""
    return {
        "of_fingerprint": episode.fingerprint,
        "of_starts_at": episode.starts_at,
        "arrivals": episode.arrivals,
        "is_firing": episode.firing,
        "is_assumed": episode.assumed,
        "ended_at": episode.ends_at,
    }


def alert_move(episode: CountedEpisode) -> dict[str, Any]:
    return {
        "of_fingerprint": episode.fingerprint,
        "of_starts_at": episode.starts_at,
        "to_incident": episode.moved_to,
    }


def alert_of(row: Row[Any]) -> AlertRow:
    found = dict(row._mapping)
    status = AlertStatus.FIRING if found.pop("firing") else AlertStatus.RESOLVED
    return AlertRow.model_validate({**found, "status": status})


def event_row(happened: Happened, at: datetime) -> dict[str, Any]:
    return {
        "incident": happened.incident,
        "cluster": happened.cluster,
        "at": at,
        "kind": happened.kind.value,
        "notice": happened.notice,
        "data": dict(happened.data),
    }


def event_of(row: Row[Any]) -> IncidentEvent:
    return IncidentEvent.model_validate(_without(row._mapping, "dispatched_at"))


def thread_of(row: Row[Any]) -> Thread:
    return Thread.model_validate(dict(row._mapping))


def run_of(row: Row[Any]) -> Run:
    return Run.model_validate(dict(row._mapping))


def message_row(message: NewMessage, now: datetime) -> dict[str, Any]:
    canonical = json.dumps(message.body, sort_keys=True, separators=(",", ":"))
    return {
        **message.model_dump(),
        "body_digest": hashlib.sha256(canonical.encode()).hexdigest(),
        "state": "pending",
        "created_at": now,
        "updated_at": now,
    }


def message_of(row: Row[Any]) -> Message:
    return Message.model_validate(_without(row._mapping, "claimed_at"))


def attempt_of(row: Row[Any]) -> Attempt:
    return Attempt.model_validate(_without(row._mapping, "channel"))


def _without(row: RowMapping | Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {str(name): value for name, value in row.items() if name not in names}
