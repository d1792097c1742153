"""Objects that an alert's own words name, used only where its labels name none."""

from __future__ import annotations

import pytest

from kubetriage.domain.alert import Alert, SubjectScope
from kubetriage.domain.subject import subject_of
from kubetriage.domain.subject_text import cluster_in, mentions, namespace_in

TEXTS = [
    ('Pod shop/cart-0 (app) is in waiting state (reason: "CrashLoopBackOff").', "Pod shop/cart-0"),
    ("Deployment shop/checkout has not matched the expected number of replicas.", "Deployment shop/checkout"),
    (
        "pod/payments-5f7d9bcf44-w8r5n in namespace shop on container api",
        "Pod shop/payments-5f7d9bcf44-w8r5n",
    ),
    ("HPA shop/web has been running at max replicas.", "HorizontalPodAutoscaler shop/web"),
    ("Job shop/nightly-1 failed to complete.", "Job shop/nightly-1"),
    ("StatefulSet: `shop/redis` down", "StatefulSet shop/redis"),
    ("pvc shop/data-redis-0 is full", "PersistentVolumeClaim shop/data-redis-0"),
    ("命名空间: shop / Pod: cart-0 重启", "Pod shop/cart-0"),
    ("【告警】shop 命名空间 checkout-6d9c7f8b5d-x2x7q 反复重启", "Pod shop/checkout-6d9c7f8b5d-x2x7q"),
    ("在shop命名空间的checkout-6d9c7f8b5d-x2x7q反复重启", "Pod shop/checkout-6d9c7f8b5d-x2x7q"),
    ("checkout-6d9c7f8b5d-x2x7q 异常，命名空间 shop", "Pod shop/checkout-6d9c7f8b5d-x2x7q"),
    ("shop/checkout-6d9c7f8b5d-x2x7q restarted 37 times", "Pod shop/checkout-6d9c7f8b5d-x2x7q"),
    ("http://cart.shop.svc.cluster.local:8080/healthz returns 503", "Service shop/cart"),
    ("Pod: cart-0，命名空间：shop，连不上 db.shop.svc", "Pod shop/cart-0"),
    ("节点：node-3 磁盘压力", "Node node-3"),
    ("Node: ip-10-0-0-1.ec2.internal is down.", "Node ip-10-0-0-1.ec2.internal"),
    ("Pod名称：cart-0，命名空间：shop，状态：CrashLoopBackOff", "Pod shop/cart-0"),
    (
        "[云监控] 集群 ack-1 中命名空间 shop 下的工作负载 Deployment cart 可用副本数为 0",
        "Deployment shop/cart",
    ),
    ("故障：命名空间 shop 的 StatefulSet cart 副本数不足（1/3）", "StatefulSet shop/cart"),
    ("工作负载 shop/cart(Deployment) 存在不可用 Pod", "Deployment shop/cart"),
    ("告警：节点 10.0.1.12 磁盘使用率超过 90%", "Node 10.0.1.12"),
    ("节点 cn-hangzhou.10.0.1.12 NotReady 已持续 5 分钟", "Node cn-hangzhou.10.0.1.12"),
    ("Back-off restarting container cart in pod cart-0_shop(5d0e3c7a-11)", "Pod shop/cart-0"),
    ("ALERT: deployment cart in namespace shop has 0 available replicas", "Deployment shop/cart"),
    ("PVC data-pg-0 in the db namespace is 95% full", "PersistentVolumeClaim db/data-pg-0"),
]

SILENT = [
    "Deployment has not matched the expected number of replicas for longer than 15 minutes.",
    "Rollout of the service is slow: see https://pods.example.com/pod/list",
    "The node is in trouble; 37 pods/minute restart",
    "Pod cpu/memory usage is high; node: down; pod: running",
    "Pod: Cart Service",
    "服务异常，请处理",
    "Deployment rollout in namespace shop is stuck",
    "pod restarts in namespace shop: the node is cpu-bound, a pod crash-looping",
    "命名空间 shop 下的 Pod restart 次数过多，服务 error-rate 过高",
    "",
]


@pytest.mark.parametrize(("text", "expected"), TEXTS)
def test_named_in_text(text: str, expected: str) -> None:
    """An object named in an annotation is the subject when no label names one, and `why` quotes the words."""
    alert = Alert(name="X", labels={"alertname": "X"}, annotations={"d": text}, fingerprint="0" * 16)
    subject = subject_of(alert)
    assert str(subject.resource) == expected
    assert subject.why.startswith("text: ")


@pytest.mark.parametrize("text", SILENT)
def test_prose_names_nothing(text: str) -> None:
    """Words about kinds in general, links and titles are not objects."""
    assert list(mentions([text])) == []


def test_labels_win() -> None:
    """A label's object is never overruled by a text."""
    alert = Alert(
        name="X",
        labels={"alertname": "X", "namespace": "shop", "pod": "cart-0"},
        annotations={"d": "Pod shop/cart-1 is down"},
        fingerprint="0" * 16,
    )
    assert str(subject_of(alert).resource) == "Pod shop/cart-0"


def test_the_exporter_in_the_text_is_not_the_subject() -> None:
    """Without honor_labels the text names the exporter, too: the subject stays lost."""
    alert = Alert(
        name="KubePodNotReady",
        labels={
            "alertname": "KubePodNotReady",
            "namespace": "monitoring",
            "pod": "kube-state-metrics-0",
            "job": "kube-state-metrics",
        },
        annotations={"d": "Pod monitoring/kube-state-metrics-0 has been in a non-ready state."},
        fingerprint="0" * 16,
    )
    subject = subject_of(alert)
    assert (subject.scope, subject.lost_because) == (SubjectScope.LOST, "exporter-only")
    assert (subject.resource, subject.namespace) == (None, "")


def test_a_namespace_that_only_the_text_has() -> None:
    """A Deployment label without a namespace gets the one that the text puts before its name."""
    alert = Alert(
        name="X",
        labels={"alertname": "X", "deployment": "checkout"},
        annotations={"d": "other/thing and shop/checkout have a problem"},
        fingerprint="0" * 16,
    )
    assert str(subject_of(alert).resource) == "Deployment shop/checkout"


def test_the_tables_kind_comes_first() -> None:
    """Of several objects in a text, the one of the alert's own kind is meant."""
    alert = Alert(
        name="KubeHpaMaxedOut",
        labels={"alertname": "KubeHpaMaxedOut"},
        annotations={"d": "Deployment shop/web is scaled by HPA shop/web-hpa"},
        fingerprint="0" * 16,
    )
    assert str(subject_of(alert).resource) == "HorizontalPodAutoscaler shop/web-hpa"


@pytest.mark.parametrize(
    ("text", "cluster"),
    [("集群 prod-1 告警", "prod-1"), ("Cluster: prod-1", "prod-1"), ("cluster autoscaler is slow", "")],
)
def test_the_cluster_of_a_plain_text(text: str, cluster: str) -> None:
    """A cluster's name is read only where it is marked as one: it chooses the connection."""
    assert cluster_in([text]) == cluster
    plain = Alert(name="X", annotations={"description": text}, fingerprint="0" * 16, source="text")
    assert subject_of(plain).cluster == cluster


@pytest.mark.parametrize(
    ("text", "namespace"),
    [
        ("namespace: shop", "shop"),
        ("in namespace shop", "shop"),
        ("the namespace is full", ""),
        ("名字空间=shop", "shop"),
    ],
)
def test_namespace_in_text(text: str, namespace: str) -> None:
    """A namespace is read where it is marked as one."""
    assert namespace_in([text]) == namespace
