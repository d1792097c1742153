"""Alerts that came together are triaged by incident."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kubetriage.domain.alert import Alert, AlertStatus, Severity
from kubetriage.domain.fingerprint import fingerprint
from kubetriage.domain.incidents import group_incidents

START = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def alert(name: str, labels: str = "", **more: Any) -> Alert:
    pairs = {"alertname": name} | dict(pair.split("=", 1) for pair in labels.split())
    return Alert(**({"name": name, "labels": pairs, "fingerprint": fingerprint(pairs)} | more))


def names(*alerts: Alert) -> list[list[str]]:
    return [[alert.name for alert in group] for group in group_incidents(alerts)]


def test_companions_of_one_workload_are_one_incident() -> None:
    """Pods, Deployment, autoscaler, budget and Service of one name are one incident, the Pod leading."""
    assert names(
        alert("KubeDeploymentReplicasMismatch", "namespace=shop deployment=cart"),
        alert("KubeHpaMaxedOut", "namespace=shop horizontalpodautoscaler=cart-hpa"),
        alert("KubePdbNotEnoughHealthyPods", "namespace=shop poddisruptionbudget=cart-pdb"),
        alert("HighErrorRate", "namespace=shop service=cart"),
        alert("ReplicaSetSlow", "namespace=shop replicaset=cart-6d9c7f8b5d"),
        alert("KubePodCrashLooping", "namespace=shop pod=cart-6d9c7f8b5d-x2x7q"),
    ) == [
        [
            "KubePodCrashLooping",
            "ReplicaSetSlow",
            "KubeDeploymentReplicasMismatch",
            "KubeHpaMaxedOut",
            "KubePdbNotEnoughHealthyPods",
            "HighErrorRate",
        ]
    ]


def test_other_workloads_namespaces_and_clusters_are_other_incidents() -> None:
    """The same name in another namespace or cluster, or another name, is an incident of its own."""
    pod = "pod=cart-6d9c7f8b5d-x2x7q"
    groups = names(
        alert("KubePodNotReady", f"namespace=shop {pod}"),
        alert("KubePodNotReady", f"namespace=test {pod}"),
        alert("KubePodNotReady", f"namespace=shop cluster=b {pod}"),
        alert("KubePodNotReady", "namespace=shop pod=pay-6d9c7f8b5d-x2x7q"),
    )
    assert [len(group) for group in groups] == [1, 1, 1, 1]


def test_a_cronjob_its_jobs_and_pods_are_one_incident() -> None:
    """The CronJob's name is found in its Jobs' and their Pods' names."""
    groups = names(
        alert("KubernetesCronjobTooLong", "namespace=shop cronjob=report"),
        alert("KubeJobFailed", "namespace=shop job_name=report-29211840"),
        alert("KubePodNotReady", "namespace=shop pod=report-29211840-jx8kp"),
    )
    assert groups == [["KubePodNotReady", "KubeJobFailed", "KubernetesCronjobTooLong"]]


def test_a_claim_joins_its_statefulset() -> None:
    """A claim of a StatefulSet's template joins the set's incident, and stands alone where there is none."""
    claim = alert("KubePersistentVolumeFillingUp", "namespace=shop persistentvolumeclaim=data-pg-0")
    pod = alert("KubePodNotReady", "namespace=shop pod=pg-0")
    assert names(claim, pod) == [["KubePodNotReady", "KubePersistentVolumeFillingUp"]]
    assert names(claim) == [["KubePersistentVolumeFillingUp"]]


def test_a_node_is_an_incident() -> None:
    """Alerts about one node belong together, those about another don't."""
    groups = names(
        alert("KubeNodeNotReady", "node=n1"),
        alert("KubeletTooManyPods", "node=n1"),
        alert("KubeNodeNotReady", "node=n2"),
    )
    assert sorted(map(len, groups)) == [1, 2]


def test_the_control_plane_is_one_incident_a_cluster() -> None:
    """API server, scheduler and etcd alerts of a cluster are one incident; other clusters have their own."""
    groups = names(
        alert("KubeAPIDown", "job=kube-apiserver cluster=a"),
        alert("KubeSchedulerDown", "job=kube-scheduler cluster=a"),
        alert("etcdNoLeader", "job=etcd cluster=a"),
        alert("etcdHighFsyncDurations", "job=etcd cluster=a namespace=kube-system pod=etcd-cp-1"),
        alert("KubeAPIDown", "job=kube-apiserver cluster=b"),
        alert("KubeCPUOvercommit", "cluster=a"),
    )
    assert sorted(map(len, groups)) == [1, 1, 4]


def test_lost_subjects_and_texts_stay_by_alert() -> None:
    """Alerts without a known object are not thrown together, except of one name in one place."""
    groups = names(
        alert("A", "namespace=shop severity=info"),
        alert("A", "namespace=shop severity=critical"),
        alert("B", "namespace=shop"),
        Alert(name="t1", fingerprint="1" * 16, source="text"),
        Alert(name="t2", fingerprint="2" * 16, source="text"),
    )
    assert sorted(map(len, groups)) == [1, 1, 1, 2]


def test_firing_leads_then_the_object_then_severity_then_start() -> None:
    """A resolved Pod alert doesn't lead a firing Deployment; among Pods the worst and oldest leads."""
    gone = alert("Gone", "namespace=shop pod=cart-0", status=AlertStatus.RESOLVED)
    deployment = alert("Workload", "namespace=shop deployment=cart", severity=Severity.CRITICAL)
    assert names(gone, deployment) == [["Workload", "Gone"]]
    mild = alert("Mild", "namespace=shop pod=cart-1", starts_at=START)
    young = alert("Young", "namespace=shop pod=cart-2", severity=Severity.CRITICAL, starts_at=START)
    old = alert(
        "Old",
        "namespace=shop pod=cart-3",
        severity=Severity.CRITICAL,
        starts_at=START - timedelta(hours=1),
    )
    pending = alert("Pending", "namespace=shop pod=cart-4", extra={"state": "pending"})
    given_order = (deployment, gone, mild, young, old, pending)
    assert names(*given_order) == [["Old", "Young", "Mild", "Workload", "Pending", "Gone"]]


def test_the_worst_incident_comes_first_and_watchdog_last() -> None:
    """Firing before resolved, then severity, then start; alerts that are not for triage come last."""
    assert names(
        alert("Watchdog", severity=Severity.CRITICAL),
        alert("Done", "pod=a namespace=x", severity=Severity.CRITICAL, status=AlertStatus.RESOLVED),
        alert("Later", "pod=b namespace=x", starts_at=START + timedelta(minutes=1)),
        alert("Early", "pod=c namespace=x", starts_at=START),
        alert("Worst", "pod=d namespace=x", severity=Severity.CRITICAL, starts_at=START),
        alert("InfoInhibitor", "namespace=shop"),
    ) == [["Worst"], ["Early"], ["Later"], ["Done"], ["Watchdog"], ["InfoInhibitor"]]


def test_a_repeated_alert_counts_once() -> None:
    """An episode that is posted again is one alert in its last state, and stays resolved once it was."""
    labels = "namespace=shop pod=cart-0"
    firing = alert("A", labels, starts_at=START)
    resolved = alert("A", labels, starts_at=START, status=AlertStatus.RESOLVED)
    again = alert("A", labels, starts_at=START + timedelta(hours=1))
    assert group_incidents([firing, firing, resolved]) == ((resolved,),)
    assert group_incidents([resolved, firing]) == ((resolved,),)
    assert group_incidents([resolved, again]) == ((again, resolved),)


def test_one_fingerprint_with_two_sets_of_labels_is_two_alerts() -> None:
    """A fingerprint that was copied by hand to another alert doesn't hide that alert."""
    one = alert("A", "namespace=shop pod=cart-0", fingerprint="1" * 16)
    other = alert("A", "namespace=shop pod=pay-0", fingerprint="1" * 16)
    assert len(group_incidents([one, other])) == 2


def test_nothing_gives_nothing() -> None:
    """No alerts are no incidents."""
    assert group_incidents([]) == ()


LABELS = st.dictionaries(
    st.sampled_from(["namespace", "pod", "deployment", "node", "service", "cluster", "job", "pvc"]),
    st.sampled_from(["a", "cart-0", "cart", "data-cart-0", "kube-state-metrics", "node-exporter-x7k2p"]),
    max_size=5,
)


@settings(max_examples=100, deadline=None)
@given(st.lists(LABELS, max_size=8), st.randoms(use_true_random=False))
def test_no_alert_is_lost_and_order_does_not_matter(several: list[dict[str, str]], random: Any) -> None:
    """Every alert is in exactly one incident, and the order in a body changes neither groups nor leaders."""
    alerts = [
        Alert(name="X", labels={"alertname": "X"} | labels, fingerprint=fingerprint(labels))
        for labels in several
    ]
    groups = group_incidents(alerts)
    grouped = sorted(alert.fingerprint for group in groups for alert in group)
    assert grouped == sorted({alert.fingerprint for alert in alerts})
    shuffled = list(alerts)
    random.shuffle(shuffled)
    assert {frozenset(a.fingerprint for a in group) for group in group_incidents(shuffled)} == {
        frozenset(a.fingerprint for a in group) for group in groups
    }
