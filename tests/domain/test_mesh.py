"""Who may call a pod in the mesh, and whether by mutual TLS only."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.kube import Obj
from kubetriage.domain.mesh import Caller, applying, caller_of, denial, in_mesh, strict

ISSUER = Caller("shop", "issuer", "10.1.2.3")


def _policy(name: str = "p", namespace: str = "shop", kind: str = "AuthorizationPolicy", **spec: Any) -> Obj:
    return Obj({"apiVersion": "security.istio.io/v1", "kind": kind,
                "metadata": {"name": name, "namespace": namespace}, "spec": spec})  # fmt: skip


def _from(**source: Any) -> Any:
    return [{"from": [{"source": source}]}]


def _pod(namespace: str = "shop", *, sidecar: bool = True, **labels: str) -> Obj:
    parts = [{"name": "app"}, *([{"name": "istio-proxy"}] if sidecar else [])]
    return Obj({"kind": "Pod", "metadata": {"name": "x", "namespace": namespace, "labels": labels},
                "spec": {"containers": parts, "serviceAccountName": "issuer"}})  # fmt: skip


def test_policies_apply_by_namespace_selector_and_root() -> None:
    """A policy is for the pods that it selects in its namespace; in the root namespace for the whole mesh."""
    mine, other = _policy(selector={"matchLabels": {"app": "a"}}), _policy(namespace="x")
    root = _policy(namespace="istio-system")
    waypoint = _policy(targetRefs=[{"kind": "Service", "name": "a"}])
    pod = _pod(app="a")
    assert applying([mine, other, root, waypoint], pod) == [mine, root]
    assert applying([waypoint], pod, "a") == [waypoint]
    assert applying([mine], _pod(app="b")) == []


@pytest.mark.parametrize(
    ("rules", "certain"),
    [
        (_from(principals=["cluster.local/ns/shop/sa/issuer"]), None),
        (_from(principals=["other.domain/ns/shop/sa/issuer"]), None),
        (_from(principals=["*/sa/issuer"]), None),
        (_from(namespaces=["sh*"]), None),
        (_from(serviceAccounts=["shop/issuer"]), None),
        (_from(notNamespaces=["x"]), None),
        ([{}], None),
        (_from(principals=["cluster.local/ns/shop/sa/auditor"]), True),
        (_from(namespaces=["x"]), True),
        (_from(notPrincipals=["*"]), True),
        (_from(serviceAccounts=["x/issuer"]), True),
        ([], True),
        ([{"to": [{"operation": {"methods": ["GET"]}}]}], False),
        ([{**_from(namespaces=["shop"])[0], "when": [{"key": "request.headers[x]"}]}], False),
        ([{**_from(namespaces=["x"])[0], "to": [{"operation": {"paths": ["/a"]}}]}], True),
        (_from(requestPrincipals=["*"]), False),
        (_from(ipBlocks=["10.9.0.0/16"]), True),
        (_from(ipBlocks=["10.1.0.0/16"]), None),
        (_from(principals=7), None),
    ],
)
def test_a_caller_that_no_allow_rule_fits_is_denied(rules: Any, certain: bool | None) -> None:
    """None: let through; True: denied; False: denied as far as can be seen without the request."""
    found = denial([_policy(rules=rules)], ISSUER)
    assert (found.certain if found else None) is certain


def test_deny_goes_before_allow() -> None:
    """A DENY policy that fits is enough, whatever else allows the caller."""
    deny = _policy("deny", action="DENY", rules=_from(namespaces=["shop"]))
    found = denial([_policy("allow", rules=[{}]), deny], ISSUER)
    assert found is not None
    assert found.policy is deny and found.certain
    other = _policy("deny", action="DENY", rules=_from(namespaces=["x"]))
    assert denial([other], ISSUER) is None


def test_without_policies_everybody_may_call() -> None:
    """No policy applies, nobody is denied; audits and others' decisions deny nobody here."""
    assert denial([], ISSUER) is None
    assert denial([_policy(action="AUDIT", rules=[]), _policy(action="CUSTOM", rules=[{}])], ISSUER) is None


def test_a_caller_outside_of_the_mesh_has_no_identity() -> None:
    """Without a proxy there is no principal that could be allowed, nor one that could be denied."""
    plain = caller_of(_pod(sidecar=False), _pod())
    assert not plain.known and caller_of(_pod(sidecar=False), _pod(sidecar=False)).known
    assert denial([_policy(rules=_from(namespaces=["shop"]))], plain) is not None
    assert denial([_policy(action="DENY", rules=_from(namespaces=["shop"]))], plain) is None


def test_the_policy_made_for_the_pods_is_the_one_to_change() -> None:
    """Of several that do not allow a caller, the one for these pods and with rules is named."""
    wide = _policy("wide", rules=[])
    own = _policy("own", rules=_from(namespaces=["x"]), selector={"matchLabels": {"app": "a"}})
    found = denial([wide, own], ISSUER)
    assert found is not None
    assert found.policy is own and found.others == 1


def _auth(name: str, namespace: str, mode: str, **spec: Any) -> Obj:
    return _policy(name, namespace, "PeerAuthentication", **({"mtls": {"mode": mode}} | spec))


def test_the_narrower_peer_authentication_wins() -> None:
    """Workload before namespace before mesh; UNSET takes over from the wider one; a port has its own mode."""
    mesh, space = _auth("mesh", "istio-system", "STRICT"), _auth("space", "shop", "PERMISSIVE")
    own = _auth("own", "shop", "UNSET", selector={"matchLabels": {"app": "a"}})
    ported = _auth("own", "shop", "STRICT", selector={"matchLabels": {"app": "a"}},
                   portLevelMtls={"8080": {"mode": "DISABLE"}})  # fmt: skip
    pod = _pod(app="a")
    assert strict([mesh], pod, None) is mesh
    assert strict([mesh, space], pod, None) is None
    assert strict([mesh, own], pod, None) is mesh
    assert strict([ported], pod, 9090) is ported and strict([ported], pod, 8080) is None
    assert strict([], pod, None) is None


def test_pods_are_in_the_mesh_by_sidecar_or_redirection() -> None:
    """A sidecar (also as a restartable init container) or ambient mode's annotation puts a pod in the mesh."""
    native = Obj({"kind": "Pod", "spec": {"initContainers": [{"name": "istio-proxy"}]}})
    ambient = Obj({"kind": "Pod", "metadata": {"annotations": {"ambient.istio.io/redirection": "enabled"}}})
    assert in_mesh(_pod()) and in_mesh(native) and in_mesh(ambient)
    assert not in_mesh(_pod(sidecar=False))
