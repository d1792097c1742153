"""Certificates of nodes that are asked for and not issued."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.finding import Finding, Likelihood, Role
from kubetriage.domain.rules.certificates import requests_not_issued

NODE = "Node node-2"
SERVING, CLIENT = "kubernetes.io/kubelet-serving", "kubernetes.io/kube-apiserver-client-kubelet"


def _request(
    k8s: Any,
    name: str,
    *,
    node: str = "node-2",
    signer: str = SERVING,
    minutes_ago: float = 30,
    **status: Any,
) -> Any:
    spec = {"signerName": signer, "username": f"system:node:{node}"}
    meta = {"creationTimestamp": k8s.at(minutes_ago)}
    return k8s.obj(f"CertificateSigningRequest {name}", metadata=meta, spec=spec, status=status)


def _node(k8s: Any, ready: str = "True") -> Any:
    return k8s.obj(NODE, status={"conditions": [{"type": "Ready", "status": ready}]})


def _found(
    k8s: Any, view: Any, words: str = "Server certificate for the kubelet expires in 17h"
) -> list[Finding]:
    view.alert = view.alert.model_copy(update={"annotations": {"description": words}})
    return k8s.findings(requests_not_issued(view))  # type: ignore[no-any-return]


def test_pending_requests_are_why_a_certificate_is_not_renewed(k8s: Any, view_of: Any) -> None:
    """Requests that nobody approves are told once for a node and a purpose; the newest is to be approved."""
    requests = [_request(k8s, "csr-a", minutes_ago=50), _request(k8s, "csr-b", minutes_ago=20)]
    (found,) = _found(k8s, view_of([_node(k8s), *requests], NODE))
    assert found.culprit == k8s.ref("CertificateSigningRequest csr-b") and found.likelihood is Likelihood.HIGH
    assert "node-2" in found.statement.en and "2 CertificateSigningRequest" in found.statement.en
    assert [c.command for r in found.remedies for c in r.commands if c.effect.value == "change"] == [
        "kubectl certificate approve csr-b"
    ]


def test_issued_new_and_others_requests_say_nothing(k8s: Any, view_of: Any) -> None:
    """What is approved, minutes old, or of another node is no trouble of this one."""
    approved: dict[str, Any] = {"conditions": [{"type": "Approved", "status": "True"}], "certificate": "LS0t"}
    requests = [_request(k8s, "csr-a", **approved), _request(k8s, "csr-b", minutes_ago=2),
                _request(k8s, "csr-c", node="node-3")]  # fmt: skip
    assert not _found(k8s, view_of([_node(k8s), *requests], NODE))


def test_a_denied_request_tells_why(k8s: Any, view_of: Any) -> None:
    """Denied and failed requests carry a message."""
    denied: dict[str, Any] = {
        "conditions": [{"type": "Denied", "status": "True", "reason": "Policy", "message": "wrong SAN"}]
    }
    (found,) = _found(k8s, view_of([_node(k8s), _request(k8s, "csr-a", **denied)], NODE))
    assert "wrong SAN" in found.statement.en


def test_an_alert_about_something_else_makes_it_a_risk(k8s: Any, view_of: Any) -> None:
    """A node whose disk fills has its pending requests beside that, not for that."""
    view = view_of([_node(k8s), _request(k8s, "csr-a")], NODE)
    (found,) = _found(k8s, view, "The disk of node-2 is filling up")
    assert found.role is Role.RISK


def test_a_client_certificate_of_a_silent_node_may_be_the_reason(k8s: Any, view_of: Any) -> None:
    """A kubelet without a valid client certificate cannot report its status."""
    view = view_of([_node(k8s, "Unknown"), _request(k8s, "csr-a", signer=CLIENT)], NODE)
    (found,) = _found(k8s, view, "node-2 has been unready for 15 minutes")
    assert found.role is Role.CAUSE and found.likelihood is Likelihood.MEDIUM
    assert k8s.ref(NODE) in found.explains
