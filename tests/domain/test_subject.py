"""Which object an alert is about, from its name and labels, with honor_labels set and not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubetriage.domain.alert import Alert, Subject, SubjectScope
from kubetriage.domain.fingerprint import fingerprint
from kubetriage.domain.subject import subject_of

KSM = "job=kube-state-metrics instance=10.0.0.3:8080 service=kube-state-metrics endpoint=http"
KSM_POD = f"{KSM} pod=kube-state-metrics-0 container=kube-state-metrics"
DROPPED = f"{KSM_POD} namespace=monitoring"
"""honor_labels false: the plain labels are the exporter's, the object's own are exported_…"""
NODE_EXPORTER = (
    "job=node-exporter namespace=monitoring pod=node-exporter-x7k2p container=node-exporter "
    "service=node-exporter endpoint=https"
)
CART = "checkout-6d9c7f8b5d-x2x7q"


def alert(labels: str, **annotations: str) -> Alert:
    pairs = dict(pair.split("=", 1) for pair in labels.split())
    return Alert(
        name=pairs.get("alertname", "X"),
        labels=pairs,
        annotations=annotations,
        fingerprint=fingerprint(pairs),
    )


def shown(subject: Subject) -> str:
    """`Pod shop/cart-0 [app]`, or the scope, with the reason and the namespace to look in."""
    if subject.resource:
        return f"{subject.resource} [{subject.container}]" if subject.container else str(subject.resource)
    where = f" in {subject.namespace}" if subject.namespace else ""
    return f"{subject.scope.value} {subject.lost_because}".strip() + where


def table() -> Iterator[tuple[str, str]]:
    """Labels and the expected subject: in the file a line of its own, the labels indented below it."""
    names = {"$DROPPED": DROPPED, "$KSM_POD": KSM_POD, "$KSM": KSM, "$CART": CART}
    names["$NODE_EXPORTER"] = NODE_EXPORTER
    text = (Path(__file__).parent / "subjects.txt").read_text(encoding="utf-8")
    for name, value in names.items():
        text = text.replace(name, value)
    for row in re.finditer(r"^([^\s#].*)\n((?: +.*\n?)+)", text, re.MULTILINE):
        yield " ".join(row[2].split()), row[1]


ALL = list(table())


def test_the_table_is_read() -> None:
    """Every row of the table is checked."""
    assert len(ALL) >= 80


@pytest.mark.parametrize(("labels", "expected"), ALL, ids=[f"{n}-{row[1]}" for n, row in enumerate(ALL)])
def test_subject(labels: str, expected: str) -> None:
    """The object is found by table, kind, label and exporter rules, or the reason why it is lost."""
    assert shown(subject_of(alert(labels))) == expected


def test_a_scrape_job_is_no_job() -> None:
    """Prometheus' `job`, which its operator calls `namespace/name`, is no Kubernetes Job, in texts neither."""
    labels = "alertname=InstanceDown namespace=shop job=shop/sensor"
    said = "a target of job shop/sensor is down"
    assert shown(subject_of(alert(labels, description=said))) == "lost aggregated in shop"
    of_job = subject_of(alert("alertname=A job=kube-state-metrics", description="Job shop/sync has failed"))
    assert shown(of_job) == "Job shop/sync"


def test_cluster_scoped_kinds_have_no_namespace() -> None:
    """A Node has no namespace, though the exporter's stands in the labels."""
    subject = subject_of(alert(f"alertname=KubeNodeNotReady node=node-3 {DROPPED}"))
    assert subject.resource is not None
    assert (subject.resource.namespace, subject.namespace) == ("", "")


@pytest.mark.parametrize(
    "label",
    ["cluster", "cluster_name", "clustername", "clusterName", "k8s_cluster", "cluster_id", "clusterid"],
)
def test_cluster_labels(label: str) -> None:
    """The cluster is found under its various names and put on the resource, too."""
    subject = subject_of(alert(f"alertname=A namespace=shop pod=a {label}=prod-1"))
    assert subject.cluster == "prod-1"
    assert subject.resource is not None and subject.resource.cluster == "prod-1"


def test_the_table_gives_a_first_reading() -> None:
    """A well-known alert brings its Chinese title and typical causes; why says how the object was found."""
    subject = subject_of(alert("alertname=KubePodNotReady namespace=shop pod=cart-0"))
    assert subject.title_zh == "Pod 未就绪"
    assert len(subject.typical_causes) >= 2
    assert subject.why == "table:KubePodNotReady label pod"


def test_the_name_counts_where_the_label_is_missing() -> None:
    """An alert whose alertname is only its title, is found in the table, too."""
    named = alert("rulename=x").model_copy(update={"name": "Watchdog"})
    assert subject_of(named).scope is SubjectScope.SKIP


def test_a_guess_says_so() -> None:
    """A workload guessed from an app label is marked as a guess."""
    assert "guessed" in subject_of(alert("alertname=A namespace=shop app=cart")).why


def test_an_exporter_that_is_the_subject_itself() -> None:
    """kube-state-metrics tells of the Pods of other exporters as of any: those were not scraped for it."""
    about = f"alertname=KubePodCrashLooping {KSM} namespace=bi pod=redis-exporter-{CART[9:]} container=redis-exporter"
    assert shown(subject_of(alert(about))) == f"Pod bi/redis-exporter-{CART[9:]} [redis-exporter]"
    scraped = (
        "job=redis-exporter namespace=bi pod=redis-exporter-0 container=redis-exporter service=redis-exporter"
    )
    assert "redis-exporter-0" not in shown(subject_of(alert(f"alertname=RedisDown {scraped}")))
