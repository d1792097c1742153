"""Services that send to the wrong port or to foreign pods, or keep traffic on a node without endpoints."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.finding import Likelihood, Role
from kubetriage.domain.rules import service_ports, service_traffic

SERVICE = "Service shop/web"
RULES = (*service_ports.RULES, *service_traffic.RULES)
LISTS = [("Pod", "shop"), ("EndpointSlice", "shop")]
POD = "Pod shop/web-1"
REFUSED = 'level=error msg="call failed" err="dial tcp web:80: connect: connection refused"\n' * 3


def _pod(k8s: Any, *ports: dict[str, Any], words: str = POD, owner: str = "", **spec: Any) -> Any:
    return k8s.pod(words, k8s.container(ports=list(ports), **spec), labels={"app": "web"}, owner=owner)


def test_a_named_port_that_no_container_declares(k8s: Any, view_of: Any, service: Any, cause: Any) -> None:
    """Kubernetes looks a named targetPort up in the containers: without it there is no endpoint."""
    pod = _pod(k8s, {"name": "web", "containerPort": 8080})
    one = cause(view_of([service(target="http"), pod], SERVICE, lists=LISTS), RULES)
    assert (one.category, one.likelihood, str(one.culprit)) == ("port-mismatch", Likelihood.HIGH, SERVICE)
    assert "target port http" in one.statement.en and "web" in one.statement.en
    assert '"value": "web"' in one.remedies[0].commands[0].command


def test_a_number_that_no_container_declares(k8s: Any, view_of: Any, service: Any, found: Any) -> None:
    """containerPorts are informational: a hint where the Service is asked about or callers wait in vain, a cause
    where a connection was refused."""
    objects = [service(target=8081), _pod(k8s, {"containerPort": 8080})]
    (asked,) = found(view_of(objects, SERVICE, lists=LISTS), RULES)
    assert (asked.role, asked.likelihood) == (Role.CAUSE, Likelihood.LOW)
    caller = k8s.pod("Pod shop/front-1", labels={"app": "front"})
    log = {("shop", "front-1", "app", False): REFUSED}
    (refused,) = found(view_of([*objects, caller], SERVICE, logs=log, lists=LISTS), RULES)
    assert (refused.role, refused.likelihood) == (Role.CAUSE, Likelihood.HIGH)
    assert "8081" in refused.statement.en and "8080" in refused.statement.en
    slow = {("shop", "front-1", "app", False): "ERROR dial tcp web:80: i/o timeout\n" * 3}
    (waits,) = found(view_of([*objects, caller], SERVICE, logs=slow, lists=LISTS), RULES)
    assert waits.likelihood is Likelihood.LOW


def test_pods_that_are_down_come_first(k8s: Any, view_of: Any, service: Any, found: Any) -> None:
    """While none of the pods is ready, a wrong port is what fails next."""
    down = k8s.pod(POD, k8s.container(ready=False, ports=[{"containerPort": 8080}]), labels={"app": "web"})
    for target in (8081, "http"):
        (one,) = found(view_of([service(target=target), down], SERVICE, lists=LISTS), RULES)
        assert one.role is Role.RISK


@pytest.mark.parametrize(
    "pod",
    [
        {"ports": [{"containerPort": 8081}]},
        {"ports": []},
        {"ports": [{"containerPort": 8080}], "readinessProbe": {"httpGet": {"path": "/", "port": 8081}}},
    ],
)
def test_ports_that_may_well_be_served(k8s: Any, view_of: Any, service: Any, found: Any, pod: Any) -> None:
    """A declared port, a container that declares nothing, and a port that a probe finds open are not spoken of."""
    made = k8s.pod(POD, k8s.container(**pod), labels={"app": "web"})
    assert found(view_of([service(target=8081), made], SERVICE, lists=LISTS), RULES) == []


def test_a_second_port_that_is_not_declared(k8s: Any, view_of: Any, service: Any, found: Any) -> None:
    """Many declare their main port only: a further port that is missing proves nothing."""
    made = service(target=8080)
    made["spec"]["ports"].append({"name": "metrics", "port": 9090, "targetPort": 9090})
    assert found(view_of([made, _pod(k8s, {"containerPort": 8080})], SERVICE, lists=LISTS), RULES) == []


def test_pods_of_another_workload(k8s: Any, view_of: Any, service: Any, cause: Any) -> None:
    """A selector that also takes a worker's pods, which do not serve the port."""
    api = _pod(k8s, {"containerPort": 8080}, owner="StatefulSet shop/api")
    worker = _pod(k8s, words="Pod shop/worker-1", owner="StatefulSet shop/worker")
    objects = [service(target=8080), api, worker]
    one = cause(view_of(objects, SERVICE, lists=LISTS), RULES)
    assert (one.rule, one.likelihood) == ("service.selects-foreign-pods", Likelihood.MEDIUM)
    assert "StatefulSet worker" in one.statement.en and "StatefulSet api" in one.statement.en


def test_two_revisions_that_both_serve(k8s: Any, view_of: Any, service: Any, found: Any) -> None:
    """Stable and canary behind one Service are no fault."""
    pods = [
        _pod(k8s, {"containerPort": 8080}, words=f"Pod shop/{n}-1", owner=f"StatefulSet shop/{n}")
        for n in "ab"
    ]
    assert found(view_of([service(target=8080), *pods], SERVICE, lists=LISTS), RULES) == []


# ---- internalTrafficPolicy


def _local(k8s: Any, service: Any, endpoints: Any, caller_on: str) -> list[Any]:
    made = service(target=8080)
    made["spec"]["internalTrafficPolicy"] = "Local"
    caller = k8s.pod("Pod shop/front-1", labels={"app": "front"}, node=caller_on)
    return [made, _pod(k8s, {"containerPort": 8080}), caller, endpoints("web", ("10.0.0.9", True, "n1"))]


def test_a_caller_on_a_node_without_endpoints(
    k8s: Any, view_of: Any, service: Any, endpoints: Any, found: Any, cause: Any
) -> None:
    """Policy Local drops the calls of pods on other nodes; a caller on the same node fails for another reason."""
    log = {("shop", "front-1", "app", False): REFUSED}
    one = cause(view_of(_local(k8s, service, endpoints, "n2"), SERVICE, logs=log, lists=LISTS), RULES)
    assert (one.category, str(one.culprit)) == ("traffic-policy", SERVICE)
    assert "n1" in one.statement.en and "n2" in one.statement.en
    same = view_of(_local(k8s, service, endpoints, "n1"), SERVICE, logs=log, lists=LISTS)
    assert found(same, RULES, Role.CAUSE) == []


def test_who_calls_in_vain_is_read_from_whole_host_names(k8s: Any, view_of: Any, service: Any) -> None:
    """`web` is not `web-admin`, and a name in another namespace is another Service."""
    found = service_traffic.callers_in_vain
    for host, expected in [("web", 1), ("web.shop", 1), ("web.shop.svc.cluster.local", 1), ("web-admin", 0),
                           ("my-web", 0), ("10.96.0.20", 1), ("10.96.0.2", 0)]:  # fmt: skip
        log = {("shop", "front-1", "app", False): REFUSED.replace("tcp web:80", f"tcp {host}:80")}
        view = view_of([service(), k8s.pod("Pod shop/front-1")], SERVICE, logs=log)
        assert len(found(view, view.objects("Service")[0])) == expected, host
