"""Tencent Cloud Observability Platform's alarm callback, for metrics and for events."""

from __future__ import annotations

import json
from datetime import datetime

from kubetriage.domain.alert import AlertStatus
from kubetriage.domain.alert_formats.fields import Fields, whole_text
from kubetriage.domain.alert_formats.labelled import UNNAMED, assembled, one_line
from kubetriage.domain.alert_formats.parsed import ParsedAlerts
from kubetriage.domain.alert_formats.times import CHINA, moment

SOURCE = "tencent"
_RESOLVED = ("0", "false", "ok", "recover", "recovered")


def is_callback(fields: Fields) -> bool:
    return "alarmStatus" in fields.value and (
        "alarmObjInfo" in fields.value or "alarmPolicyInfo" in fields.value
    )


def callback(fields: Fields, *, received_at: datetime) -> ParsedAlerts:
    """The dimensions become labels. Times have no zone and are China's; `extra` says so.

    `alarmObjInfo.namespace` names the cloud product (`qce/tke`), so it stays out of the labels.
    """
    about = fields.object("alarmObjInfo")
    policy = fields.object("alarmPolicyInfo")
    condition = policy.object("conditions")
    name = one_line(
        policy.text("policyName") or condition.text("eventShowName", "metricShowName", "metricName")
    )
    labels = {"alertname": name or UNNAMED, **_dimensions(about).labels("dimensions")}
    for label, value in (("region", about.text("region")), ("severity", fields.text("alarmLevel"))):
        if value:
            labels.setdefault(label, value)
    resolved = fields.text("alarmStatus").lower() in _RESOLVED
    alert = assembled(
        name=name or UNNAMED,
        status=AlertStatus.RESOLVED if resolved else AlertStatus.FIRING,
        labels=labels,
        annotations={"summary": _summary(policy, condition), **_told_beside(fields, labels)},
        starts=moment(fields, "firstOccurTime", zone=CHINA),
        ends=moment(fields, "recoverTime", zone=CHINA),
        source=SOURCE,
        extra=fields.rest("alarmStatus", "firstOccurTime", "recoverTime"),
    )
    return ParsedAlerts(alerts=(alert,), source=SOURCE)


def _dimensions(about: Fields) -> Fields:
    """The object's fields, with dimensions that came as JSON in a text opened."""
    given = about.value.get("dimensions")
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            return Fields({}, about.path)
    if isinstance(given, list):  # one entry a dimension set; the first is what fired
        given = given[0] if given else {}
    return Fields({"dimensions": given}, about.path)


def _told_beside(fields: Fields, labels: dict[str, str]) -> dict[str, str]:
    """An event's object, and what else it says: `objName` is `namespace/name`, the rest are pairs."""
    pairs = fields.get("additionalMsg")
    told = [
        f"{each['key']}: {each['value']}"
        for each in (pairs if isinstance(pairs, list) else ())
        if isinstance(each, dict) and isinstance(each.get("key"), str) and isinstance(each.get("value"), str)
    ]
    said = {"object": labels.get("objName", ""), "details": "\n".join(told)}
    return {name: whole_text(text) for name, text in said.items() if text}


def _summary(policy: Fields, condition: Fields) -> str:
    """The condition as a line: `重启次数 > 5次 (37次)`."""
    unit = condition.text("calcUnit")
    what = condition.text("metricShowName", "metricName", "eventShowName", "eventName") or policy.text(
        "policyName"
    )
    limit = f"{condition.text('calcType')} {condition.text('calcValue')}{unit}".strip()
    now = condition.text("currentValue")
    return " ".join(part for part in (what, limit, f"({now}{unit})" if now else "") if part)
