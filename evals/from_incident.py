"""A finished incident of the server made into a scenario: its alert, what was read, and what people said."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import yaml

from kubetriage.adapters.cluster.snapshot.observed import Observed, write_observed
from kubetriage.domain.alert import Alert, AlertStatus
from kubetriage.domain.errors import BadInput
from kubetriage.domain.intake.reading import Feedback
from kubetriage.domain.intake.stores import Incidents
from kubetriage.domain.intake.values import AlertRow
from kubetriage.domain.language import Language
from kubetriage.domain.ports import Observations
from kubetriage.domain.redaction import redact_object
from kubetriage.domain.report import Report
from kubetriage.evals.incident_key import Material, key_of
from kubetriage.evals.key_checking import TO_FILL_IN
from kubetriage.evals.scenario import ALERT, EXPECTED, SNAPSHOT


class Stores(Protocol):
    """What is needed of the server's database."""

    incidents: Incidents
    observations: Observations


class Made(NamedTuple):
    """The scenario that was written."""

    folder: Path
    observed: Observed
    alerts: int
    verdict: str
    """Of the feedback that the key comes from; empty where nobody gave any."""
    to_fill_in: tuple[str, ...]
    """Fields of the key that a person still has to write."""


async def scenario_from(stores: Stores, incident: str, folder: Path) -> Made:
    """Write `folder/INCIDENT` from the incident's last report. Raises `BadInput` where that cannot be done.

    Everything in the database is redacted already; the alert's words are so here, where they leave it.
    """
    found = await stores.incidents.incident(incident)
    if found is None:
        raise BadInput(f"There is no incident {incident} in this server's database.")
    run = found.report_run
    report = await stores.incidents.report(run, Language.EN) if run else None
    if run is None or report is None:
        raise BadInput(f"Incident {incident} has no report, and so nothing that was right or wrong.")
    observations = await stores.observations.recorded(run)
    if not observations:
        raise BadInput(f"What was read for incident {incident} is not kept any more (retention.runs_days).")
    feedback = await stores.incidents.feedback_on(run)
    alerts = alerts_of(await stores.incidents.alerts_of(incident), report)
    target = folder / incident
    if target.exists():
        raise BadInput(f"{target} exists already; remove it to make it anew.")
    observed = write_observed(target / SNAPSHOT, observations)
    body = json.dumps(redact_object(posted(alerts)), ensure_ascii=False, indent=2)
    _write(target / ALERT, body + "\n")
    said = _last(feedback)
    key = key_of(report, said, Material(body, observed.places))
    key["source"] = f"incident {incident} of {found.opened_at:%Y-%m-%d}"
    text = yaml.safe_dump(key, sort_keys=False, allow_unicode=True, width=1000)
    _write(target / EXPECTED, _notes(report, feedback) + text)
    unfinished = tuple(field for field, value in key.items() if TO_FILL_IN in str(value))
    return Made(target, observed, len(alerts), said.verdict.value if said else "", unfinished)


def _last(feedback: Sequence[Feedback]) -> Feedback | None:
    """Who speaks last has read what was said before."""
    return feedback[-1] if feedback else None


def _notes(report: Report, feedback: Sequence[Feedback]) -> str:
    """What the report and people said, as comments for whoever completes the key."""
    lines = [f"The report said ({report.outcome.value}): {report.summary}"]
    for one in feedback:
        who = one.who or "Somebody"
        lines.append(f"{who} said at {one.at:%Y-%m-%d %H:%M} UTC: {one.verdict.value}. {one.actual}")
    return "".join(f"# {' '.join(line.split())}\n" for line in lines)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{path}: cannot be written ({error.strerror})") from error


# ---- the alert as it was then


def alerts_of(rows: Sequence[AlertRow], report: Report) -> list[Alert]:
    """The alerts that the run knew, as they were when it ended; the one that it was about first."""
    when = report.created_at
    known = [_then(row.alert(), when) for row in rows if row.first_seen <= when]
    told = report.alert
    leading = next((one for one in known if one.fingerprint == told.fingerprint), None)
    others = [one for one in known if one.fingerprint != told.fingerprint]
    whole = leading or Alert(name=told.name, fingerprint=told.fingerprint, starts_at=told.starts_at)
    status = AlertStatus(told.status)
    same: dict[str, Any] = {"status": status, "labels": told.labels, "annotations": told.annotations}
    if status is AlertStatus.FIRING:
        same["ends_at"] = None
    return [whole.model_copy(update=same), *others]


def _then(alert: Alert, when: datetime) -> Alert:
    if alert.ends_at is None or alert.ends_at <= when:
        return alert
    return alert.model_copy(update={"status": AlertStatus.FIRING, "ends_at": None})


def posted(alerts: Sequence[Alert]) -> dict[str, Any]:
    """The alerts in the form of Alertmanager's webhook, whatever form they came in."""
    firing = any(one.status is AlertStatus.FIRING for one in alerts)
    return {
        "version": "4",
        "status": "firing" if firing else "resolved",
        "groupLabels": {},
        "commonLabels": {},
        "commonAnnotations": {},
        "alerts": [
            {
                "status": one.status.value,
                "labels": {"alertname": one.name, "severity": one.severity.value} | one.labels,
                "annotations": one.annotations,
                "startsAt": _stamp(one.starts_at),
                "endsAt": _stamp(one.ends_at),
                "generatorURL": one.generator_url,
            }
            for one in alerts
        ],
    }


def _stamp(at: datetime | None) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at is not None else "0001-01-01T00:00:00Z"
