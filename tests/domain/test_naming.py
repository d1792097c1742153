"""Resources asked for by kind and name, on the command line and over HTTP."""

from __future__ import annotations

import pytest

from kubetriage.domain.errors import BadAlert
from kubetriage.domain.naming import asked_for, kind_named


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("pod", "Pod"),
        ("pods", "Pod"),
        ("po", "Pod"),
        ("Pod", "Pod"),
        ("deploy", "Deployment"),
        ("deployments.apps", "Deployment"),
        ("ingresses", "Ingress"),
        ("networkpolicies", "NetworkPolicy"),
        ("pvc", "PersistentVolumeClaim"),
        ("no", "Node"),
        ("hpa", "HorizontalPodAutoscaler"),
        ("certificate", "Certificate"),
        ("httproutes", "HTTPRoute"),
        ("applications.argoproj.io", "Application"),
    ],
)
def test_kinds_are_called_as_kubectl_calls_them(word: str, kind: str) -> None:
    """Kind, plural, plural with its group, and short name; well-known custom kinds too."""
    assert kind_named(word) == kind


def test_a_kind_nobody_knows() -> None:
    """A near word is suggested, a far one is not."""
    with pytest.raises(BadAlert, match="did you mean deployment"):
        kind_named("deplyment")
    with pytest.raises(BadAlert, match=r"such as pod, deployment or node$"):
        kind_named("alerts")


def test_a_resource_by_name() -> None:
    """In the namespace given, else in default; cluster-scoped kinds are in none. Its identity is stable."""
    pod, node = asked_for("pod", "web-1", "shop"), asked_for("node", "n1", "shop")
    assert pod.labels == {"alertname": "Pod web-1", "kind": "Pod", "name": "web-1", "namespace": "shop"}
    assert pod.asked_for and not pod.model_copy(update={"source": "grafana"}).asked_for
    assert "namespace" not in node.labels and "namespace" not in asked_for("clusterissuer", "le", None).labels
    assert asked_for("pod", "web-1", None).labels["namespace"] == "default"
    assert pod.fingerprint == asked_for("po", "web-1", "shop").fingerprint
    assert pod.fingerprint != asked_for("pod", "web-2", "shop").fingerprint
