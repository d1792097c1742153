"""domain.rules.log_dns_upstream: names outside the cluster that CoreDNS gets no answer for."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.evidence import get, log_of
from kubetriage.domain.finding import Likelihood
from kubetriage.domain.rules.log_causes import log_causes

POD, DNS = "Pod shop/app-1", "Pod kube-system/coredns-1"
LINE = "ERROR Post https://api.example.com/v1: dial tcp: lookup api.example.com on 10.96.0.10:53: server misbehaving\n"
SILENT = "[ERROR] plugin/errors: 2 api.example.com. A: read udp 10.244.0.3:40000->10.0.0.2:53: i/o timeout\n"


def _view(k8s: Any, view_of: Any, dns_log: str | None) -> Any:
    labels = {"k8s-app": "kube-dns"}
    owner = "DaemonSet kube-system/coredns"
    dns = k8s.pod(DNS, k8s.container("coredns"), labels=labels, node="n1", owner=owner)
    config = k8s.obj("ConfigMap kube-system/coredns", data={"Corefile": "forward . 10.0.0.2"})
    service = k8s.obj("Service kube-system/kube-dns", spec={"selector": labels, "ports": [{"port": 53}]})
    app = k8s.pod(POD, k8s.container(), node="n1", owner="StatefulSet shop/app")
    logs = {("shop", "app-1", "app", False): LINE * 12}
    asked = log_of(k8s.ref(DNS), "coredns", tail=300)
    logs |= {("kube-system", "coredns-1", "coredns", False): dns_log} if dns_log is not None else {}
    view = view_of([app, k8s.obj("Node n1"), dns, service, config], POD, logs=logs, alertname="Custom",
                   description="app answers more than 20% of its requests with HTTP 500")  # fmt: skip
    return view, asked


def test_the_upstream_does_not_answer(k8s: Any, view_of: Any) -> None:
    """CoreDNS says whom it asked in vain; the name server and the forward are what to look at."""
    view, _ = _view(k8s, view_of, SILENT * 9)
    (one,) = k8s.findings(log_causes(view))
    assert one.rule == "log.dns-upstream" and one.likelihood is Likelihood.HIGH
    assert "upstream name server 10.0.0.2 (i/o timeout, 9 times)" in one.statement.en
    assert "上游 DNS 服务器 10.0.0.2" in one.statement.zh
    assert str(one.culprit) == "DaemonSet kube-system/coredns"
    assert "kubectl edit configmap/coredns -n kube-system" in one.remedies[1].commands[0].command


def test_a_few_queries_in_vain(k8s: Any, view_of: Any) -> None:
    """Now and then a query is lost; and without the log nothing is said of the upstream."""
    for log in (SILENT, "[INFO] plugin/reload: Running configuration\n", None):
        view, _ = _view(k8s, view_of, log)
        (one,) = k8s.findings(log_causes(view))
        assert one.rule == "log.cluster-dns" and one.likelihood is Likelihood.MEDIUM


def test_its_log_is_read(k8s: Any, view_of: Any) -> None:
    """The log of a ready pod behind the cluster DNS, and what owns that pod."""
    view, asked = _view(k8s, view_of, None)
    reads = [w.read for w in k8s.wants(log_causes(view))]
    assert asked in reads and get(k8s.ref("DaemonSet kube-system/coredns")) in reads
