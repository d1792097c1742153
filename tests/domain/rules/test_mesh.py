"""A service mesh that denies calls, and routes that fail them."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.causes import explain
from kubetriage.domain.finding import Finding, Likelihood
from kubetriage.domain.rules.log_causes import log_causes
from kubetriage.domain.rules.mesh import denied_at_callee, denied_calls, plain_text_refused
from kubetriage.domain.rules.mesh_routes import wrong_routes

CALLER, VAULT = "Pod shop/web-1", "Service shop/vault"
DENIED = "ERROR POST http://vault.shop:80/keys: 403 Forbidden: RBAC: access denied\n" * 12
RESET = "ERROR Get http://vault.shop:80/keys: read: connection reset by peer\n" * 12
ISTIO, ROUTES = "security.istio.io/v1", "networking.istio.io/v1"


def _sidecar(k8s: Any) -> Any:
    return k8s.container("istio-proxy")


def _objects(k8s: Any, *, mesh: bool = True) -> list[Any]:
    spec = {
        "clusterIP": "10.96.5.5",
        "selector": {"app": "vault"},
        "ports": [{"port": 80, "targetPort": 8080}],
    }
    parts = (k8s.container("vault"), *((_sidecar(k8s),) if mesh else ()))
    vault = k8s.pod("Pod shop/vault-0", *parts, labels={"app": "vault"})
    return [k8s.obj(VAULT, spec=spec), vault]


def _caller(k8s: Any, *, mesh: bool = True) -> Any:
    parts = (k8s.container(), *((_sidecar(k8s),) if mesh else ()))
    return k8s.pod(CALLER, *parts, labels={"app": "web"})


def _policy(k8s: Any, name: str = "callers", **spec: Any) -> Any:
    made = {"selector": {"matchLabels": {"app": "vault"}}, **spec}
    return k8s.obj(f"AuthorizationPolicy shop/{name}", apiVersion=ISTIO, spec=made)


def _allow(account: str) -> Any:
    return [{"from": [{"source": {"principals": [f"cluster.local/ns/shop/sa/{account}"]}}]}]


def _view(k8s: Any, view_of: Any, objects: list[Any], log: str = DENIED) -> Any:
    return view_of(objects, CALLER, logs={("shop", "web-1", "app", False): log})


def test_the_policy_that_does_not_allow_the_caller_is_the_culprit(k8s: Any, view_of: Any) -> None:
    """The log says that the mesh denies; the callee's policies say which one, and it explains the log."""
    objects = [_caller(k8s), *_objects(k8s), _policy(k8s, rules=_allow("auditor"))]
    view = _view(k8s, view_of, objects)
    (found,) = k8s.findings(denied_calls(view))
    assert (
        found.culprit == k8s.ref("AuthorizationPolicy shop/callers") and found.likelihood is Likelihood.HIGH
    )
    assert "ns/shop/sa/auditor" in found.statement.en and "ns/shop/sa/default" in found.statement.en
    made = explain(view, [found, *k8s.findings(log_causes(view))])
    assert made.roots == (found,) and len(made.contributing) == 1


def test_a_policy_that_allows_the_caller_is_not_accused(k8s: Any, view_of: Any) -> None:
    """Where the policies that were read let the caller through, the log's own finding stands alone."""
    objects = [_caller(k8s), *_objects(k8s), _policy(k8s, rules=_allow("default"))]
    view = _view(k8s, view_of, objects)
    assert not k8s.findings(denied_calls(view))
    (log,) = k8s.findings(log_causes(view))
    assert log.category == "mesh-policy" and log.likelihood is not Likelihood.HIGH


def test_several_that_may_deny_leave_it_open(k8s: Any, view_of: Any) -> None:
    """What depends on the request is certain only if no other policy could be the one."""
    open_ended = [{"to": [{"operation": {"methods": ["GET"]}}]}]
    both = [_policy(k8s, "one", rules=open_ended), _policy(k8s, "two", rules=_allow("auditor"))]
    (found,) = k8s.findings(denied_calls(_view(k8s, view_of, [_caller(k8s), *_objects(k8s), *both])))
    assert found.likelihood is Likelihood.MEDIUM


def test_strict_mutual_tls_cuts_off_callers_outside_of_the_mesh(k8s: Any, view_of: Any) -> None:
    """A reset from pods that take mutual TLS only is what a caller without proxy gets, and only such a one."""
    auth = k8s.obj("PeerAuthentication shop/strict", apiVersion=ISTIO, spec={"mtls": {"mode": "STRICT"}})
    view = _view(k8s, view_of, [_caller(k8s, mesh=False), *_objects(k8s), auth], RESET)
    (found,) = k8s.findings(plain_text_refused(view))
    assert found.culprit == k8s.ref("PeerAuthentication shop/strict") and found.likelihood is Likelihood.HIGH
    for objects in (
        [_caller(k8s), *_objects(k8s), auth],
        [_caller(k8s, mesh=False), *_objects(k8s, mesh=False), auth],
    ):
        assert not k8s.findings(plain_text_refused(_view(k8s, view_of, objects, RESET)))


# ---- at the callee


def _callee_view(k8s: Any, view_of: Any, policies: list[Any], log: str) -> Any:
    return view_of([*_objects(k8s), *policies], "Pod shop/vault-0",
                   logs={("shop", "vault-0", "istio-proxy", False): log})  # fmt: skip


def _line(policy: str) -> str:
    return f'"POST /keys HTTP/1.1" 403 - rbac_access_denied_matched_policy[{policy}] - "-" 12 19 0\n'


def test_the_callees_proxy_names_the_policy(k8s: Any, view_of: Any) -> None:
    """A DENY policy stands in the access log; without a match it is the only ALLOW policy that applies."""
    deny = _policy(k8s, "no-web", action="DENY", rules=[{}])
    log = _line("ns[shop]-policy[no-web]-rule[0]") * 5
    (found,) = k8s.findings(denied_at_callee(_callee_view(k8s, view_of, [deny], log)))
    assert found.culprit == k8s.ref("AuthorizationPolicy shop/no-web") and found.likelihood is Likelihood.HIGH
    allow = _policy(k8s, rules=_allow("auditor"))
    (found,) = k8s.findings(denied_at_callee(_callee_view(k8s, view_of, [allow], _line("none") * 5)))
    assert found.culprit == k8s.ref("AuthorizationPolicy shop/callers")


def test_policies_that_could_not_be_read_leave_the_place_open(k8s: Any, view_of: Any) -> None:
    """That calls are refused is certain, by what is not; one refusal among many calls is nothing."""
    (found,) = k8s.findings(denied_at_callee(_callee_view(k8s, view_of, [], _line("none") * 5)))
    assert found.culprit is None and found.likelihood is Likelihood.MEDIUM
    assert not k8s.findings(denied_at_callee(_callee_view(k8s, view_of, [], _line("none"))))


# ---- routes


def _route(k8s: Any, host: str = "vault", minutes_ago: float = 20, **http: Any) -> Any:
    rule = {"route": [{"destination": {"host": "vault"}}], **http}
    return k8s.obj("VirtualService shop/vault", apiVersion=ROUTES, spec={"hosts": [host], "http": [rule]},
                   metadata={"creationTimestamp": k8s.at(minutes_ago)})  # fmt: skip


def _rule(k8s: Any, **labels: str) -> Any:
    spec = {"host": "vault", "subsets": [{"name": "v2", "labels": labels}]}
    return k8s.obj("DestinationRule shop/vault", apiVersion=ROUTES, spec=spec)


def _routed(k8s: Any, view_of: Any, *objects: Any) -> list[Finding]:
    view = view_of([*_objects(k8s), *objects], VAULT, looked=["VirtualService shop/vault"],
                   lists=[("DestinationRule", "shop"), ("Service", "shop")])  # fmt: skip
    return k8s.findings(wrong_routes(view))  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"abort": {"httpStatus": 503, "percentage": {"value": 50}}}, "answers 50% of the calls with 503"),
        ({"delay": {"fixedDelay": "7s", "percentage": {"value": 100}}}, "delays 100% of the calls by 7s"),
    ],
)
def test_a_fault_put_into_a_route_is_told(k8s: Any, view_of: Any, fault: Any, words: str) -> None:
    """Fault injection fails or delays calls on purpose: certain if new, likely if old."""
    (found,) = _routed(k8s, view_of, _route(k8s, fault=fault))
    assert words in found.statement.en and found.likelihood is Likelihood.HIGH
    (old,) = _routed(k8s, view_of, _route(k8s, minutes_ago=9000, fault=fault))
    assert old.likelihood is Likelihood.MEDIUM


def test_a_route_to_nowhere_is_told(k8s: Any, view_of: Any) -> None:
    """A Service that does not exist, a subset that nothing defines, and one whose labels no pod has."""
    nowhere = _route(k8s, route=[{"destination": {"host": "vault-v2"}}])
    subset = _route(k8s, route=[{"destination": {"host": "vault.shop.svc.cluster.local", "subset": "v2"}}])
    (gone,) = _routed(k8s, view_of, nowhere)
    (undefined,) = _routed(k8s, view_of, subset)
    (empty,) = _routed(k8s, view_of, subset, _rule(k8s, version="v2"))
    assert "Service vault-v2, which does not exist" in gone.statement.en
    assert "no DestinationRule defines" in undefined.statement.en and "has no pods" in empty.statement.en


def test_a_route_that_leads_to_pods_is_not_told(k8s: Any, view_of: Any) -> None:
    """A plain route, a subset with pods, a fault for 0% of the calls, and another host's route are all right."""
    subset = _route(k8s, route=[{"destination": {"host": "vault", "subset": "v2"}}])
    none = {"abort": {"httpStatus": 503, "percentage": {"value": 0}}}
    assert not _routed(k8s, view_of, _route(k8s))
    assert not _routed(k8s, view_of, subset, _rule(k8s, app="vault"))
    assert not _routed(k8s, view_of, _route(k8s, fault=none))
    assert not _routed(k8s, view_of, _route(k8s, host="other", route=[{"destination": {"host": "gone"}}]))
    assert not _routed(k8s, view_of, _route(k8s, route=[{"destination": {"host": "api.example.com"}}]))
