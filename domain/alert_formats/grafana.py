"""Grafana: unified alerting's webhook (version 1) and the one of legacy alerting, before Grafana 11."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kubetriage.domain.alert import Alert, AlertStatus
from kubetriage.domain.alert_formats.alertmanager import group_of
from kubetriage.domain.alert_formats.fields import Fields
from kubetriage.domain.alert_formats.labelled import UNNAMED, assembled, labelled_alert, one_line, status_of
from kubetriage.domain.alert_formats.parsed import ParsedAlerts
from kubetriage.domain.alert_formats.times import NONE
from kubetriage.domain.errors import BadAlert

SOURCE = "grafana"
NO_DATA_NAMES = ("DatasourceNoData", "DatasourceError")
"""Alerts about the query of a rule, not about what the rule watches; the rule's name is in `rulename`."""


def is_unified(fields: Fields) -> bool:
    return "alerts" in fields.value and ("orgId" in fields.value or str(fields.value.get("version")) == "1")


def is_legacy(fields: Fields) -> bool:
    return "evalMatches" in fields.value or ("ruleId" in fields.value and "state" in fields.value)


def unified(fields: Fields, *, received_at: datetime) -> ParsedAlerts:
    """Alertmanager's form with Grafana's links and values, which are kept in `extra`."""
    group = group_of(fields)
    alerts = tuple(_unified_alert(item, group.status, received_at) for item in fields.objects("alerts"))
    if not alerts:
        raise BadAlert("The body has a list of alerts, but it is empty.")
    return ParsedAlerts(alerts=alerts, truncated=fields.whole("truncatedAlerts"), group=group, source=SOURCE)


def _unified_alert(fields: Fields, group_status: str, received_at: datetime) -> Alert:
    labels = fields.labels("labels")
    about_query = labels.get("alertname") in NO_DATA_NAMES
    alert = labelled_alert(
        fields,
        source=SOURCE,
        received_at=received_at,
        group_status=group_status,
        title=one_line(labels.get("rulename", "")) if about_query else "",
    )
    if not about_query:
        return alert
    return alert.model_copy(update={"extra": {**alert.extra, "no_data": labels["alertname"]}})


def legacy(fields: Fields, *, received_at: datetime) -> ParsedAlerts:
    """One alert for each series that matched, since each can be another pod; one without any match."""
    matches = list(fields.objects("evalMatches")) or [Fields({}, fields.path)]
    alerts: dict[str, Alert] = {}
    for match in matches:
        alert = _legacy_alert(fields, match)
        alerts.setdefault(alert.fingerprint, alert)
    return ParsedAlerts(alerts=tuple(alerts.values()), source=SOURCE)


def _legacy_alert(fields: Fields, match: Fields) -> Alert:
    name = one_line(fields.text("ruleName", "title")) or UNNAMED
    labels = {"alertname": name, **fields.labels("tags"), **match.labels("tags")}
    annotations = {
        key: text
        for key, text in (("summary", fields.text("title")), ("message", fields.text("message")))
        if text
    }
    extra: dict[str, Any] = fields.rest("ruleName", "title", "message", "tags", "evalMatches", "ruleUrl")
    if match.value:
        extra["match"] = match.rest("tags")
    return assembled(
        name=name,
        status=status_of(fields.text("state")) or AlertStatus.FIRING,
        labels=labels,
        annotations=annotations,
        starts=NONE,
        ends=NONE,
        generator_url=fields.text("ruleUrl"),
        source=SOURCE,
        extra=extra,
    )
