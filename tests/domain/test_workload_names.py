"""The workload's name is read from the names that controllers make."""

from __future__ import annotations

import pytest

from kubetriage.domain.workload_names import workload_name

NAMES = [
    ("Pod", "checkout-6d9c7f8b5d-x2x7q", "checkout"),
    ("Pod", "analytics-exporter-fast-76897854c-cw5wh", "analytics-exporter-fast"),
    ("Pod", "my-web-app-5f7d9bcf44-w8r5n", "my-web-app"),
    ("Pod", "cart-0", "cart"),
    ("Pod", "kafka-broker-12", "kafka-broker"),
    ("Pod", "fluent-bit-x7k2p", "fluent-bit"),
    ("Pod", "nightly-report-29211840-jx8kp", "nightly-report"),
    ("Pod", "kube-apiserver-node-1", "kube-apiserver-node"),
    ("Pod", "web", "web"),
    ("Pod", "my-nginx", "my-nginx"),
    ("Pod", "payment-gateway-proxy", "payment-gateway-proxy"),
    ("ReplicaSet", "checkout-6d9c7f8b5d", "checkout"),
    ("Job", "nightly-report-29211840", "nightly-report"),
    ("Job", "migrate-1", "migrate-1"),
    ("PersistentVolumeClaim", "data-postgres-0", "data-postgres"),
    ("HorizontalPodAutoscaler", "checkout-hpa", "checkout"),
    ("HorizontalPodAutoscaler", "checkout", "checkout"),
    ("PodDisruptionBudget", "checkout-pdb", "checkout"),
    ("Service", "checkout-svc", "checkout"),
    ("Deployment", "checkout-service", "checkout-service"),
    ("StatefulSet", "web-1", "web-1"),
]


@pytest.mark.parametrize(("kind", "name", "workload"), NAMES)
def test_workload_name(kind: str, name: str, workload: str) -> None:
    """Suffixes that controllers generate are cut off, and nothing that people chose themselves."""
    assert workload_name(kind, name) == workload
