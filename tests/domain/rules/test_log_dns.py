"""domain.rules.log_dns: names without an address: an alias, a headless Service, the pod's or the cluster's DNS."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.finding import Likelihood
from kubetriage.domain.rules.log_causes import log_causes

POD = "Pod shop/app-1"
LOG = ("shop", "app-1", "app", False)
ABSENT = "ERROR dial tcp: lookup {} on 10.96.0.10:53: no such host\n"
PASSING = "ERROR lookup {} on 10.96.0.10:53: server misbehaving\n"
HEADLESS = {"clusterIP": "None", "selector": {"app": "zk"}, "ports": [{"port": 2181}]}


def _one(k8s: Any, view_of: Any, line: str, *objects: Any, **more: Any) -> Any:
    pod = k8s.pod(POD, k8s.container(), node="n1", owner="StatefulSet shop/app", **more.pop("pod", {}))
    view = view_of(
        [pod, k8s.obj("Node n1"), *objects], POD, logs={LOG: line * 12}, alertname="Custom",
        description="app answers more than 20% of its requests with HTTP 500", **more,
    )  # fmt: skip
    (found,) = k8s.findings(log_causes(view))
    return found


def _alias(k8s: Any) -> Any:
    return k8s.obj("Service shop/legacy", spec={"type": "ExternalName", "externalName": "db.old.example"})


def test_an_alias_that_leads_nowhere(k8s: Any, view_of: Any) -> None:
    """The cluster DNS answers rightly: an ExternalName names a host that is not there."""
    one = _one(k8s, view_of, ABSENT.format("legacy"), _alias(k8s))
    assert str(one.culprit) == "Service shop/legacy" and one.rule == "log.external-name"
    assert "db.old.example" in one.statement.en and "别名" in one.statement.zh
    assert "kubectl edit service/legacy -n shop" in one.remedies[0].commands[0].command


def test_an_alias_while_the_resolver_does_not_answer(k8s: Any, view_of: Any) -> None:
    """A resolver that fails says nothing about the name: not more than likely."""
    one = _one(k8s, view_of, PASSING.format("legacy"), _alias(k8s))
    assert one.likelihood is Likelihood.MEDIUM


def test_an_alias_that_is_refused(k8s: Any, view_of: Any) -> None:
    """The name was resolved then: the alias is not what is wrong."""
    one = _one(k8s, view_of, "ERROR dial tcp legacy:5432: connect: connection refused\n", _alias(k8s))
    assert one.rule != "log.external-name" and "alias" not in one.statement.en


def test_a_headless_service_without_endpoints(k8s: Any, view_of: Any) -> None:
    """Its name has no address then, which is no fault of the cluster DNS."""
    service = k8s.obj("Service shop/zk", spec=HEADLESS)
    one = _one(k8s, view_of, ABSENT.format("zk"), service, lists=[("EndpointSlice", "shop")])
    assert str(one.culprit) == "Service shop/zk" and "headless" in one.statement.en
    assert "没有就绪的端点" in one.statement.zh


@pytest.mark.parametrize("known", [True, False])
def test_a_headless_service_with_endpoints(k8s: Any, view_of: Any, known: bool) -> None:
    """With ready endpoints, or where they were not read, the name should resolve: the DNS is what is left."""
    service = k8s.obj("Service shop/zk", spec=HEADLESS)
    slice_ = k8s.obj("EndpointSlice shop/zk-1", labels={"kubernetes.io/service-name": "zk"},
                     endpoints=[{"addresses": ["10.1.1.1"], "conditions": {"ready": True}}])  # fmt: skip
    more: dict[str, Any] = {"lists": [("EndpointSlice", "shop")]} if known else {}
    one = _one(k8s, view_of, ABSENT.format("zk"), service, *([slice_] if known else []), **more)
    assert "headless" not in one.statement.en and one.likelihood is Likelihood.MEDIUM
    assert str(one.culprit) == "Service kube-system/kube-dns"


def test_a_service_with_an_address(k8s: Any, view_of: Any) -> None:
    """It resolves with or without endpoints, so the DNS is at fault."""
    spec = HEADLESS | {"clusterIP": "10.96.3.3"}
    one = _one(k8s, view_of, ABSENT.format("zk"), k8s.obj("Service shop/zk", spec=spec),
               lists=[("EndpointSlice", "shop")])  # fmt: skip
    assert str(one.culprit) == "Service kube-system/kube-dns" and "headless" not in one.statement.en


def test_a_pod_with_a_resolver_of_its_own(k8s: Any, view_of: Any) -> None:
    """Whatever the Service is like, a pod that does not ask the cluster DNS cannot know its name."""
    pod = {"dnsPolicy": "None", "dnsConfig": {"nameservers": ["8.8.8.8"]}}
    one = _one(k8s, view_of, ABSENT.format("legacy"), _alias(k8s), pod=pod)
    assert "8.8.8.8" in one.statement.en and str(one.culprit) == "StatefulSet shop/app"
