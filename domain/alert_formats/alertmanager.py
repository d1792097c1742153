"""Alertmanager: its webhook (version 4), and what `amtool alert query -o json` and its API print."""

from __future__ import annotations

from datetime import datetime

from kubetriage.domain.alert_formats.fields import Fields
from kubetriage.domain.alert_formats.labelled import labelled_alert
from kubetriage.domain.alert_formats.parsed import AlertGroup, ParsedAlerts
from kubetriage.domain.errors import BadAlert

_GROUP = (
    "alerts",
    "receiver",
    "status",
    "groupLabels",
    "commonLabels",
    "commonAnnotations",
    "externalURL",
    "groupKey",
    "truncatedAlerts",
)


def webhook(fields: Fields, *, received_at: datetime, source: str = "alertmanager") -> ParsedAlerts:
    """A post with its `alerts`. Each alert's own status counts: a firing group can hold resolved ones.

    Aliyun and Volcengine send the same with parts left out. Raises BadAlert that names the field.
    """
    group = group_of(fields)
    alerts = tuple(
        labelled_alert(item, source=source, received_at=received_at, group_status=group.status)
        for item in fields.objects("alerts")
    )
    if not alerts:
        raise BadAlert("The body has a list of alerts, but it is empty.")
    return ParsedAlerts(alerts=alerts, truncated=fields.whole("truncatedAlerts"), group=group, source=source)


def group_of(fields: Fields) -> AlertGroup:
    """What the post says around its alerts."""
    return AlertGroup(
        group_key=fields.text("groupKey"),
        receiver=fields.text("receiver"),
        status=fields.text("status"),
        group_labels=fields.labels("groupLabels"),
        common_labels=fields.labels("commonLabels"),
        common_annotations=fields.annotations("commonAnnotations"),
        external_url=fields.text("externalURL"),
        extra=fields.rest(*_GROUP),
    )


def is_stored(fields: Fields) -> bool:
    """Whether this is an alert as an Alertmanager's API gives it: `status` is an object with a state."""
    return isinstance(fields.value.get("status"), dict)
