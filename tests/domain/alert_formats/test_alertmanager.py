"""Alertmanager's webhook, and alerts as its API and amtool print them."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import pytest

from kubetriage.domain.alert import AlertStatus, Severity
from kubetriage.domain.alert_formats import alerts_from
from kubetriage.domain.errors import BadAlert

Body = dict[str, Any]


def test_every_field_of_an_alert_is_read(webhook: Body, now: datetime) -> None:
    """Name, status, severity, labels, annotations, start, fingerprint and link come over as sent."""
    parsed = alerts_from(webhook, received_at=now)
    (alert,) = parsed.alerts
    assert (alert.name, alert.status, alert.severity) == (
        "KubePodCrashLooping",
        AlertStatus.FIRING,
        Severity.WARNING,
    )
    assert alert.labels == webhook["alerts"][0]["labels"]
    assert alert.annotations == {"summary": "Pod is crash looping."}
    assert alert.starts_at == datetime(2026, 11, 23, 3, 13, 28, 655123, tzinfo=UTC)
    assert alert.ends_at is None
    assert alert.fingerprint == "295ac1470ef91896"
    assert alert.generator_url == "http://prometheus:9090/graph?g0.expr=x"
    assert (alert.source, parsed.source, alert.extra) == ("alertmanager", "alertmanager", {})


def test_the_group_is_kept(webhook: Body, now: datetime) -> None:
    """groupKey, receiver, labels of the group, the sender's URL and unknown fields are kept beside the alerts."""
    webhook["newField"] = {"a": [1, None]}
    group = alerts_from(webhook, received_at=now).group
    assert group is not None
    assert group.group_key == '{}:{alertname="KubePodCrashLooping"}'
    assert (group.receiver, group.status) == ("triage", "firing")
    assert group.group_labels == {"alertname": "KubePodCrashLooping"}
    assert group.external_url == "http://alertmanager:9093"
    assert group.extra == {"version": "4", "newField": {"a": [1, None]}}


def test_a_firing_group_can_hold_resolved_alerts(webhook: Body, crash: Body, now: datetime) -> None:
    """Each alert's own status counts, not the group's."""
    resolved = copy.deepcopy(crash) | {"status": "resolved", "endsAt": "2026-11-23T03:24:05.656Z"}
    webhook["alerts"] = [resolved, crash]
    first, second = alerts_from(webhook, received_at=now).alerts
    assert first.status is AlertStatus.RESOLVED
    assert first.ends_at == datetime(2026, 11, 23, 3, 24, 5, 656000, tzinfo=UTC)
    assert (second.status, second.ends_at) == (AlertStatus.FIRING, None)


def test_the_groups_status_counts_where_an_alert_has_none(webhook: Body, now: datetime) -> None:
    """An alert of a template that leaves its status out has that of its group."""
    webhook["status"] = "resolved"
    del webhook["alerts"][0]["status"]
    assert alerts_from(webhook, received_at=now).alerts[0].status is AlertStatus.RESOLVED


def test_alerts_held_back_are_counted(webhook: Body, now: datetime) -> None:
    """`truncatedAlerts` says how many alerts `max_alerts` held back; digits in text are understood."""
    assert alerts_from(webhook | {"truncatedAlerts": 9900}, received_at=now).truncated == 9900
    assert alerts_from(webhook | {"truncatedAlerts": "3"}, received_at=now).truncated == 3
    del webhook["truncatedAlerts"]
    assert alerts_from(webhook, received_at=now).truncated == 0


def test_a_missing_fingerprint_is_computed(webhook: Body, now: datetime) -> None:
    """Without a fingerprint the alert gets the one that Alertmanager would have sent."""
    del webhook["alerts"][0]["fingerprint"]
    assert alerts_from(webhook, received_at=now).alerts[0].fingerprint == "295ac1470ef91896"


def test_a_fingerprint_of_another_form_is_kept_aside(webhook: Body, now: datetime) -> None:
    """An identifier that isn't a fingerprint goes to `extra`, and the fingerprint is computed."""
    webhook["alerts"][0]["fingerprint"] = "alert-17"
    (alert,) = alerts_from(webhook, received_at=now).alerts
    assert (alert.fingerprint, alert.extra) == ("295ac1470ef91896", {"fingerprint": "alert-17"})


def test_labels_without_a_value_do_not_exist(webhook: Body, now: datetime) -> None:
    """Empty, null and `<no value>` labels are dropped, as Alertmanager does, so the identity stays."""
    webhook["alerts"][0]["labels"] |= {"uid": "", "reason": None, "node": "<no value>"}
    del webhook["alerts"][0]["fingerprint"]
    (alert,) = alerts_from(webhook, received_at=now).alerts
    assert not {"uid", "reason", "node"} & alert.labels.keys()
    assert alert.fingerprint == "295ac1470ef91896"


def test_values_become_text(webhook: Body, now: datetime) -> None:
    """Numbers and truth values in labels become the text that a label would hold."""
    webhook["alerts"][0]["labels"] |= {"n": 7, "f": 1.5, "whole": 3.0, "yes": True, "no": False}
    labels = alerts_from(webhook, received_at=now).alerts[0].labels
    assert [labels[name] for name in ("n", "f", "whole", "yes", "no")] == ["7", "1.5", "3", "true", "false"]


def test_structured_annotations_are_kept_as_json(webhook: Body, now: datetime) -> None:
    """An annotation that is a list or an object is kept, as JSON text."""
    webhook["alerts"][0]["annotations"] = {"steps": ["看日志", {"then": 1}]}
    (alert,) = alerts_from(webhook, received_at=now).alerts
    assert alert.annotations == {"steps": '["看日志", {"then": 1}]'}


def test_an_empty_group_is_refused(webhook: Body, now: datetime) -> None:
    """A post without any alert says so."""
    with pytest.raises(BadAlert, match="empty"):
        alerts_from(webhook | {"alerts": []}, received_at=now)


def test_stored_alerts_fire(crash: Body, now: datetime) -> None:
    """`amtool alert query -o json`: `endsAt` is only when the alert would expire, so it fires even if past."""
    stored = crash | {
        "status": {"state": "suppressed", "silencedBy": ["a1"], "inhibitedBy": []},
        "receivers": [{"name": "triage"}],
        "updatedAt": "2026-11-23T03:15:00Z",
        "endsAt": "2026-11-23T03:18:28Z",
    }
    parsed = alerts_from([stored, stored], received_at=now)
    assert [alert.status for alert in parsed.alerts] == [AlertStatus.FIRING] * 2
    assert parsed.alerts[0].ends_at is None
    assert parsed.alerts[0].extra["status"] == stored["status"]
    assert parsed.alerts[0].extra["receivers"] == [{"name": "triage"}]
    assert (parsed.source, parsed.group) == ("alertmanager", None)


def test_several_posts_in_one_body(webhook: Body, now: datetime) -> None:
    """A log of posts, one JSON document a line, gives the alerts of all; counts of those held back add up."""
    parsed = alerts_from(
        [webhook | {"truncatedAlerts": 2}, webhook | {"truncatedAlerts": 1}], received_at=now
    )
    assert (len(parsed.alerts), parsed.truncated, parsed.group) == (2, 3, None)
