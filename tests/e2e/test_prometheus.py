"""The installed command with a cluster over MCP and a real Prometheus beside it."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest

pytestmark = pytest.mark.slow

FULL = "kubelet_volume_stats_available_bytes / kubelet_volume_stats_capacity_bytes < 0.1"
ERRORS = "checkout_error_ratio > 0.05"
PAGE = """
kubelet_volume_stats_capacity_bytes{namespace="shop",persistentvolumeclaim="data"} 10737418240
kubelet_volume_stats_used_bytes{namespace="shop",persistentvolumeclaim="data"} 10307921510
kubelet_volume_stats_available_bytes{namespace="shop",persistentvolumeclaim="data"} 429496730
"""
RULES = f"""
groups:
- name: shop
  rules:
  - {{alert: DataFills, expr: "{FULL}", labels: {{severity: critical}}}}
"""
Raw = dict[str, Any]


def at(minutes: float) -> str:
    return (datetime.now(UTC) - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def past() -> str:
    """An hour of an error ratio that was too high until twenty minutes ago."""
    now = datetime.now(UTC)
    times = [now - timedelta(seconds=30 * i) for i in range(120, 0, -1)]
    labels = '{namespace="shop",deployment="checkout"}'
    lines = [
        f"checkout_error_ratio{labels} {0.3 if t < now - timedelta(minutes=20) else 0.01} {t.timestamp():.0f}\n"
        for t in times
    ]
    return f"# TYPE checkout_error_ratio gauge\n{''.join(lines)}# EOF\n"


@pytest.fixture(scope="module")
def prometheus(run_prometheus: Callable[..., str]) -> str:
    return run_prometheus(PAGE, RULES, past())


def objects() -> list[Raw]:
    """A bound claim, and a Deployment that is well."""
    meta: Raw = {"namespace": "shop", "creationTimestamp": at(9000)}
    labels = {"app": "checkout"}
    template = {
        "metadata": {"labels": labels},
        "spec": {"containers": [{"name": "app", "image": "r.example.com/a:1"}]},
    }
    replicas = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "checkout-6d5f9"}
    ready = [{"type": "Ready", "status": "True", "lastTransitionTime": at(600)}]
    status = {"name": "app", "image": "r.example.com/a:1", "imageID": "", "ready": True, "restartCount": 0,
              "state": {"running": {"startedAt": at(600)}}}  # fmt: skip
    counts = {"replicas": 1, "readyReplicas": 1, "updatedReplicas": 1}
    return [
        {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {**meta, "name": "data"},
         "spec": {"volumeName": "pv-1", "resources": {"requests": {"storage": "10Gi"}}},
         "status": {"phase": "Bound", "capacity": {"storage": "10Gi"}}},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {**meta, "name": "checkout"},
         "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}, "status": counts},
        {"apiVersion": "apps/v1", "kind": "ReplicaSet",
         "metadata": {**meta, "name": "checkout-6d5f9", "labels": labels, "ownerReferences": [
             {"apiVersion": "apps/v1", "kind": "Deployment", "name": "checkout", "controller": True}]},
         "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}, "status": counts},
        {"apiVersion": "v1", "kind": "Pod",
         "metadata": {**meta, "name": "checkout-6d5f9-x2k4p", "labels": labels,
                      "ownerReferences": [{**replicas, "controller": True}]},
         "spec": template["spec"],
         "status": {"phase": "Running", "conditions": ready, "containerStatuses": [status]}},
    ]  # fmt: skip


@pytest.fixture
def triage(kubetriage: Any, command: str, tmp_path: Path, write_snapshot: Any) -> Callable[..., Raw]:
    """`triage(url, labels, expr)`: the report about an alert of 40 minutes ago, and how the command ended."""
    folder = write_snapshot(
        tmp_path / "s", objects(), {"shop/checkout-6d5f9-x2k4p/app": "ready\n"}, time=at(0)
    )

    def run(url: str, expr: str = "", words: str = "something is wrong", **labels: str) -> Raw:
        config = tmp_path / "kubetriage.toml"
        config.write_text(
            f"[clusters.shop]\ncommand = {json.dumps(command)}\n"
            f'args = ["snapshot", "mcp", {json.dumps(str(folder))}]\n'
            f"[clusters.shop.prometheus]\nurl = {json.dumps(url)}\ntimeout = 3\n",
            encoding="utf-8",
        )
        alert = {
            "labels": {"namespace": "shop", **labels},
            "annotations": {"description": words},
            "startsAt": at(40),
            "generatorURL": f"{url}/graph?g0.expr={quote_plus(expr)}&g0.tab=1",
        }
        done = kubetriage("--config", config, "triage", "-", "--format", "json", stdin=json.dumps(alert))
        assert done.status == 0, done.err
        report: Raw = json.loads(done.out)
        return report

    return run


def queries(report: Raw) -> list[str]:
    return [e["tool"] for e in report["evidence"] if e["tool"].startswith("prometheus")]


def test_a_full_volume(triage: Callable[..., Raw], prometheus: str) -> None:
    """The rule is found by the alert's name, its expression is true, and the volume's use is the evidence."""
    report = triage(prometheus, alertname="DataFills", severity="critical", persistentvolumeclaim="data")
    (cause,) = report["root_causes"]
    assert (report["outcome"], cause["likelihood"], cause["confirmed"]) == ("diagnosed", "high", True)
    assert "9.6Gi of 10Gi are used, 4% is left" in cause["statement"]
    assert queries(report) == [
        "prometheus rules",
        "prometheus query",
        "prometheus query_range",
        "prometheus query",
    ]
    assert any(
        "expression is true now" in said or "has been true" in said
        for said in report["checked"][0]["findings"]
    )
    volume = next(e for e in report["evidence"] if "max by" in str(e["arguments"].get("query")))
    assert 'persistentvolumeclaim="data"' in volume["arguments"]["query"] and "9.6Gi (" in volume["excerpt"]


def test_an_alert_that_is_over(triage: Callable[..., Raw], prometheus: str) -> None:
    """Its own expression says so, with since when; the metrics are still scraped."""
    report = triage(prometheus, ERRORS, "checkout fails requests", alertname="Errors", deployment="checkout")
    assert report["outcome"] == "healthy", report["summary"]
    assert "was last true at" in report["summary"] and report["gaps"] == []


def test_an_alert_whose_metrics_are_gone(triage: Callable[..., Raw], prometheus: str) -> None:
    """An expression that gives nothing is no proof: of this Deployment nothing was ever measured."""
    expr = 'checkout_error_ratio{deployment="api"} > 0.05'
    report = triage(prometheus, expr, "checkout fails requests", alertname="Errors", deployment="checkout")
    assert report["outcome"] == "inconclusive"


def test_a_prometheus_that_is_down(triage: Callable[..., Raw]) -> None:
    """One gap that says so; what the cluster itself tells is told all the same."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        report = triage(url, FULL, "Volume data is 96% full", alertname="F", persistentvolumeclaim="data")
    assert (report["outcome"], queries(report)) == ("diagnosed", [])
    assert [gap["what"] for gap in report["gaps"]].count("metrics of Prometheus") == 1
    assert "kubetriage read" not in str(report["recommendations"])


def test_a_prometheus_that_hangs(triage: Callable[..., Raw]) -> None:
    """It costs its own timeout once, and not the triage."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        report = triage(url, FULL, "Volume data is 96% full", alertname="F", persistentvolumeclaim="data")
    assert report["outcome"] == "diagnosed"
    assert 3 <= report["usage"]["seconds"] < 30
    assert any("no answer within 3 seconds" in gap["why"] for gap in report["gaps"])
