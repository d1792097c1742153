"""Alerts as they are built."""

from __future__ import annotations

from kubetriage.domain.fingerprint import fingerprint
from kubetriage.evals.builders.alerts import NEVER, alert, exported, renamed, webhook
from kubetriage.evals.builders.clock import Clock

CLOCK = Clock("2026-03-12T08:40:00Z")


def test_an_alert_carries_its_own_fingerprint_and_times() -> None:
    """Firing means the end that Alertmanager writes for never; resolved means a real one."""
    made = alert("A", {"namespace": "n"}, CLOCK, since="10m", summary="s", description="d")
    assert made["fingerprint"] == fingerprint(made["labels"])
    assert (made["startsAt"], made["endsAt"]) == ("2026-03-12T08:30:00Z", NEVER)
    done = alert("A", {}, CLOCK, since="10m", summary="s", description="d", resolved="2m")
    assert (done["status"], done["endsAt"]) == ("resolved", "2026-03-12T08:38:00Z")


def test_a_groups_common_labels_are_those_that_all_alerts_share() -> None:
    """As Alertmanager does; the group fires while one of its alerts does."""
    one = alert("A", {"namespace": "n", "pod": "p"}, CLOCK, since="10m", summary="s", description="d")
    two = alert(
        "A", {"namespace": "n", "pod": "q"}, CLOCK, since="9m", summary="s", description="e", resolved="1m"
    )
    body = webhook([one, two])
    assert body["commonLabels"] == {"alertname": "A", "namespace": "n", "severity": "warning"}
    assert body["commonAnnotations"] == {"summary": "s"}
    assert body["status"] == "firing"
    assert body["groupKey"] == '{}:{alertname="A", namespace="n"}'


def test_exporter_labels_stand_beside_or_before_the_subjects() -> None:
    """Honored, the subject's own labels win over the exporter's; not honored, they are renamed."""
    subject = {"namespace": "shop", "deployment": "web"}
    honored = exported(subject, "ksm-0")
    assert (honored["namespace"], honored["pod"]) == ("shop", "ksm-0")
    other = renamed(subject, "ksm-0")
    assert (other["namespace"], other["exported_namespace"]) == ("monitoring", "shop")
    assert other["deployment"] == "web"
