"""Whatever JSON comes, there are alerts or one sentence."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kubetriage.domain.alert_formats import alerts_from, has_alert_shape
from kubetriage.domain.errors import BadAlert
from kubetriage.domain.fingerprint import is_fingerprint
from kubetriage.domain.incidents import group_incidents
from kubetriage.domain.subject import subject_of

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)

FIELDS = st.sampled_from(
    [
        "labels",
        "annotations",
        "status",
        "startsAt",
        "endsAt",
        "activeAt",
        "state",
        "generatorURL",
        "fingerprint",
        "alerts",
        "groupLabels",
        "commonLabels",
        "commonAnnotations",
        "externalURL",
        "groupKey",
        "truncatedAlerts",
        "receiver",
        "version",
        "orgId",
        "evalMatches",
        "tags",
        "ruleId",
        "ruleName",
        "data",
        "groups",
        "rules",
        "result",
        "metric",
        "error",
        "alarmStatus",
        "alarmObjInfo",
        "alarmPolicyInfo",
        "dimensions",
        "conditions",
        "firstOccurTime",
        "recoverTime",
        "alert-name",
        "alert-end-time",
        "message",
        "headers",
        "query",
        "body",
        "alertname",
        "severity",
        "namespace",
        "pod",
        "exported_pod",
        "exported_namespace",
        "job",
        "container",
        "node",
        "instance",
        "service",
        "deployment",
        "job_name",
        "kind",
        "name",
        "workload",
        "workload_type",
        "apiVersion",
        "uid",
        "summary",
        "description",
    ]
)
WORDS = st.sampled_from(
    [
        *("firing", "resolved", "success", "error", "active", "1", "0", "0001-01-01T00:00:00Z", "<no value>"),
        *("2026-11-23T03:13:28Z", "2026-11-23 11:13", "KubePodNotReady", "KubeNodeNotReady", "Watchdog"),
        *("kube-state-metrics", "kube-state-metrics-0", "node-exporter", "10.0.0.11:9100", "checkout", "Pod"),
        *("Pod shop/cart-0 (app) 命名空间 shop", "critical", "\ud800", "a\nb", '{"labels": {"a": 1}}'),
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | WORDS
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(FIELDS | st.text(max_size=8), inner, max_size=5)
        | st.fixed_dictionaries(
            {"labels": st.dictionaries(FIELDS, WORDS, max_size=6)},
            optional={"annotations": inner, "status": inner, "startsAt": SCALARS, "endsAt": SCALARS},
        )
    ),
    max_leaves=25,
)


def check(document: Any) -> None:
    """Either alerts that the rest of the product can work with, or a message of one line."""
    has_alert_shape(document)
    try:
        parsed = alerts_from(document, received_at=NOW)
    except BadAlert as error:
        message = str(error)
        assert message and "\n" not in message and len(message) < 600
        return
    assert parsed.alerts
    json.loads(parsed.model_dump_json())
    for alert in parsed.alerts:
        assert is_fingerprint(alert.fingerprint)
        assert alert.name and "\n" not in alert.name
        assert alert.starts_at is None or alert.starts_at.tzinfo is UTC
        subject = subject_of(alert)
        assert subject.resource is None or subject.resource.name
    grouped = [alert for group in group_incidents(parsed.alerts) for alert in group]
    assert {alert.fingerprint for alert in grouped} == {alert.fingerprint for alert in parsed.alerts}


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(VALUES)
@example({"labels": {"a": "\ud800"}, "startsAt": "\ud800", "status": "\udfff", "fingerprint": "\ud800"})
@example({"labels": {"a": 10**400}, "startsAt": 10**400, "more": 10**400})
@example({"labels": {"a": 1}, "more": {"\ud800": float("nan")}})
def test_any_document(document: Any) -> None:
    """Any JSON value gives alerts or a BadAlert of one line, never another error."""
    check(document)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.fixed_dictionaries({"status": WORDS, "alerts": st.lists(VALUES, min_size=1, max_size=3)}))
def test_any_webhook(document: Any) -> None:
    """A webhook with anything in its alerts gives alerts or a BadAlert of one line."""
    check(document)
