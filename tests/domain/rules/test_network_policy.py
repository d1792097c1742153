"""NetworkPolicies that stop calls which logs say fail, and those that shut off a Service's pods."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.evidence import FailureKind
from kubetriage.domain.finding import Finding, Likelihood
from kubetriage.domain.rules.network_policy import blocked_calls, shut_off

CALLER = "Pod shop/web-1"
TIMES_OUT = "ERROR dial tcp 10.96.5.5:5432: i/o timeout connecting to db:5432\n" * 12
NO_DNS = 'ERROR getaddrinfo EAI_AGAIN db while calling http://db:5432/\n' * 12  # fmt: skip


def _caller(k8s: Any, labels: dict[str, str] | None = None, **more: Any) -> Any:
    return k8s.pod(CALLER, labels=labels or {"app": "web"}, **more)


def _db(k8s: Any, port: int = 5432, ready: bool = True) -> list[Any]:
    spec = {
        "clusterIP": "10.96.5.5",
        "selector": {"app": "db"},
        "ports": [{"port": 5432, "targetPort": port}],
    }
    pod = k8s.pod("Pod shop/db-0", k8s.container("db", ready=ready), labels={"app": "db"})
    return [k8s.obj("Service shop/db", spec=spec), pod]


def _policy(k8s: Any, name: str, minutes_ago: float = 300, **spec: Any) -> Any:
    made = {"creationTimestamp": k8s.at(minutes_ago)}
    return k8s.obj(f"NetworkPolicy shop/{name}", metadata=made, spec={"podSelector": {}, **spec})


def _only(k8s: Any, role: str, **more: Any) -> Any:
    """Lets pods of that role reach the database's pods."""
    peers = [{"podSelector": {"matchLabels": {"app": role}}}]
    chosen = {"matchLabels": {"app": "db"}}
    return _policy(
        k8s, "db-clients", podSelector=chosen, ingress=[{"from": peers}], policyTypes=["Ingress"], **more
    )


def _view(k8s: Any, view_of: Any, objects: list[Any], log: str = TIMES_OUT, **more: Any) -> Any:
    lists = more.pop("lists", [("NetworkPolicy", "shop"), ("NetworkPolicy", "kube-system")])
    logs = {("shop", "web-1", "app", False): log}
    return view_of(objects, CALLER, logs=logs, lists=lists, **more)


def _one(k8s: Any, view: Any) -> Finding:
    (found,) = k8s.findings(blocked_calls(view))
    return found  # type: ignore[no-any-return]


def test_a_policy_of_the_callee_that_does_not_admit_the_caller_is_the_culprit(k8s: Any, view_of: Any) -> None:
    """A timeout towards ready pods whose policy admits others only is that policy's doing."""
    view = _view(k8s, view_of, [_caller(k8s), *_db(k8s), _only(k8s, "api")])
    found = _one(k8s, view)
    assert found.culprit == k8s.ref("NetworkPolicy shop/db-clients") and found.likelihood is Likelihood.HIGH
    assert "only pods with app=api" in found.statement.en and "app=web" in found.statement.en
    assert k8s.ref(CALLER) in found.explains and k8s.ref("Service shop/db") in found.explains


def test_an_admitted_caller_is_not_blocked(k8s: Any, view_of: Any) -> None:
    """The same timeout with a policy that admits the caller has another reason."""
    view = _view(k8s, view_of, [_caller(k8s), *_db(k8s), _only(k8s, "web")])
    assert not k8s.findings(blocked_calls(view))


def test_a_second_policy_that_admits_the_caller_opens_the_way(k8s: Any, view_of: Any) -> None:
    """What any policy admits gets through."""
    both = [_only(k8s, "api"), _policy(k8s, "all", ingress=[{}], policyTypes=["Ingress"])]
    assert not k8s.findings(blocked_calls(_view(k8s, view_of, [_caller(k8s), *_db(k8s), *both])))


def test_egress_of_the_caller_without_the_port_is_the_culprit(k8s: Any, view_of: Any) -> None:
    """The port that counts is the pod's, not the Service's."""
    out = [{"ports": [{"port": 5432}]}]
    policy = _policy(k8s, "out", egress=out, policyTypes=["Egress"])
    view = _view(k8s, view_of, [_caller(k8s), *_db(k8s, port=6432), policy])
    found = _one(k8s, view)
    assert found.culprit == k8s.ref("NetworkPolicy shop/out") and "egress" in found.statement.en
    assert not k8s.findings(blocked_calls(_view(k8s, view_of, [_caller(k8s), *_db(k8s), policy])))


def test_a_client_that_failed_to_connect_in_time_was_not_refused(k8s: Any, view_of: Any) -> None:
    """Jedis says “failed to connect” first, and how at the end: dropped packets are a policy's doing."""
    log = (
        "ERROR JedisConnectionException: Failed to connect to db:5432: java.net.SocketTimeoutException: Connect timed out\n"
        * 12
    )
    view = _view(k8s, view_of, [_caller(k8s), *_db(k8s), _only(k8s, "api")], log)
    found = _one(k8s, view)
    assert found.likelihood is Likelihood.HIGH and "gets no answer from db:5432" in found.statement.en


def test_several_callers_are_told_of_in_the_plural(k8s: Any, view_of: Any) -> None:
    """“2 of 2 pods … get no answer”."""
    owner = {"owner": "StatefulSet shop/web"}
    callers = [k8s.pod(f"Pod shop/web-{n}", labels={"app": "web"}, **owner) for n in (1, 2)]
    logs = {("shop", f"web-{n}", "app", False): TIMES_OUT for n in (1, 2)}
    lists = [("NetworkPolicy", "shop"), ("NetworkPolicy", "kube-system")]
    view = view_of([*callers, *_db(k8s), _only(k8s, "api")], "StatefulSet shop/web", logs=logs, lists=lists,
                   looked=[CALLER, "Pod shop/web-2"])  # fmt: skip
    assert "2 of 2 pods of StatefulSet web get no answer from " in _one(k8s, view).statement.en


def test_without_the_list_of_policies_nothing_is_concluded(k8s: Any, view_of: Any) -> None:
    """A policy that was read alone may not be the only one."""
    objects = [_caller(k8s), *_db(k8s), _only(k8s, "api")]
    assert not k8s.findings(blocked_calls(_view(k8s, view_of, objects, lists=[])))


def test_pods_that_are_not_ready_are_another_reason(k8s: Any, view_of: Any) -> None:
    """A database that is down does not answer either: the policy is not accused."""
    view = _view(k8s, view_of, [_caller(k8s), *_db(k8s, ready=False), _only(k8s, "api")])
    assert not k8s.findings(blocked_calls(view))


def test_a_refused_connection_leaves_another_reason_open(k8s: Any, view_of: Any) -> None:
    """Most plugins drop silently, some reject: a refusal makes it likely at most."""
    log = "ERROR connect ECONNREFUSED db:5432\n" * 12
    view = _view(k8s, view_of, [_caller(k8s), *_db(k8s), _only(k8s, "api")], log)
    assert _one(k8s, view).likelihood is Likelihood.MEDIUM


def test_a_policy_younger_than_the_alert_is_not_certain(k8s: Any, view_of: Any) -> None:
    """What was made after the alert began did not begin it."""
    view = _view(k8s, view_of, [_caller(k8s), *_db(k8s), _only(k8s, "api", minutes_ago=3)])
    assert _one(k8s, view).likelihood is Likelihood.MEDIUM


def test_namespaces_whose_labels_could_not_be_read_leave_it_open(k8s: Any, view_of: Any) -> None:
    """A policy that chooses namespaces by labels decides nothing while they are unknown."""
    peers = [{"namespaceSelector": {"matchLabels": {"team": "shop"}}}]
    policy = _policy(k8s, "by-team", ingress=[{"from": peers}], policyTypes=["Ingress"])
    objects = [_caller(k8s), *_db(k8s), policy]
    failed = {"Namespace shop": FailureKind.FORBIDDEN}
    assert not k8s.findings(blocked_calls(_view(k8s, view_of, objects, failed=failed)))
    known = k8s.obj("Namespace shop", labels={"team": "other"})
    assert _one(k8s, _view(k8s, view_of, [*objects, known])).likelihood is Likelihood.HIGH


# ---- DNS


def test_egress_without_port_53_blocks_dns(k8s: Any, view_of: Any) -> None:
    """Names cannot be resolved where no policy lets the pod ask the cluster DNS."""
    policy = _policy(k8s, "closed", egress=[{"ports": [{"port": 443}]}], policyTypes=["Egress"])
    found = _one(k8s, _view(k8s, view_of, [_caller(k8s), policy], NO_DNS))
    assert found.culprit == k8s.ref("NetworkPolicy shop/closed") and found.likelihood is Likelihood.HIGH
    assert "DNS" in found.statement.en and k8s.ref("Service kube-system/kube-dns") in found.explains


def test_go_says_in_other_words_that_dns_did_not_answer(k8s: Any, view_of: Any) -> None:
    """`lookup x on …:53: i/o timeout` is a lookup that failed, not a connection to x."""
    policy = _policy(k8s, "closed", egress=[], policyTypes=["Egress"])
    log = "ERROR dial tcp: lookup db on 10.96.0.10:53: read udp 10.1.0.9:3->10.96.0.10:53: i/o timeout\n" * 12
    assert "cannot resolve db" in _one(k8s, _view(k8s, view_of, [_caller(k8s), policy], log)).statement.en


def test_open_dns_is_not_blamed(k8s: Any, view_of: Any) -> None:
    """A policy that admits port 53, to anyone or to the node's cache, does not block DNS."""
    for peers in ([], [{"ipBlock": {"cidr": "169.254.20.10/32"}}]):
        rule = {"ports": [{"port": 53, "protocol": "UDP"}], **({"to": peers} if peers else {})}
        policy = _policy(k8s, "most", egress=[rule], policyTypes=["Egress"])
        assert not k8s.findings(blocked_calls(_view(k8s, view_of, [_caller(k8s), policy], NO_DNS)))


def test_a_resolver_that_answered_was_not_blocked(k8s: Any, view_of: Any) -> None:
    """NXDOMAIN is an answer: the plugin does not enforce the policy, or not for DNS."""
    policy = _policy(k8s, "closed", egress=[], policyTypes=["Egress"])
    log = "ERROR dial tcp: lookup db on 10.96.0.10:53: no such host\n" * 12
    assert not k8s.findings(blocked_calls(_view(k8s, view_of, [_caller(k8s), policy], log)))


def test_a_pod_that_is_out_of_memory_keeps_its_own_cause(k8s: Any, view_of: Any) -> None:
    """The policy explains the calls of a pod, not that it was killed for its memory."""
    killed = k8s.container("cache", last=k8s.ended(137, "OOMKilled"), restarts=1)
    caller = k8s.pod(CALLER, k8s.container(), killed, labels={"app": "web"})
    view = _view(k8s, view_of, [caller, *_db(k8s), _only(k8s, "api")])
    assert k8s.ref(CALLER) not in _one(k8s, view).explains


# ---- nobody can call


def _served(k8s: Any, view_of: Any, policy: Any, **more: Any) -> list[Finding]:
    objects = [*_db(k8s), policy]
    lists = [("NetworkPolicy", "shop")]
    return k8s.findings(shut_off(view_of(objects, "Service shop/db", lists=lists, **more)))  # type: ignore[no-any-return]


def test_a_policy_that_admits_nobody_shuts_a_service_off(k8s: Any, view_of: Any) -> None:
    """Ready pods behind a Service that a new policy lets nobody reach are cut off by it."""
    (found,) = _served(k8s, view_of, _policy(k8s, "deny", 20, policyTypes=["Ingress"]))
    assert found.culprit == k8s.ref("NetworkPolicy shop/deny") and found.likelihood is Likelihood.HIGH
    assert k8s.ref("Service shop/db") in found.explains


def test_an_old_policy_that_admits_nobody_is_likely_only(k8s: Any, view_of: Any) -> None:
    """What was so for long before the alert need not be its reason."""
    (found,) = _served(k8s, view_of, _policy(k8s, "deny", 9000, policyTypes=["Ingress"]))
    assert found.likelihood is Likelihood.MEDIUM


def test_a_policy_that_admits_somebody_does_not_shut_off(k8s: Any, view_of: Any) -> None:
    """Who calls is not known here: any admitted peer at the port is enough, at another port it is not."""
    assert not _served(k8s, view_of, _policy(k8s, "some", ingress=[{"from": [{"podSelector": {}}]}]))
    assert _served(k8s, view_of, _policy(k8s, "port", ingress=[{"ports": [{"port": 80}]}]))
