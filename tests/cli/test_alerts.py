"""cli.alerts: what ALERT stands for."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubetriage.cli.alerts import asked_for, incidents_of, kind_named
from kubetriage.domain.errors import BadAlert


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
    ],
)
def test_kinds_are_called_as_kubectl_calls_them(word: str, kind: str) -> None:
    """Kind, plural, plural with its group, and short name."""
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
    assert "namespace" not in node.labels
    assert asked_for("pod", "web-1", None).labels["namespace"] == "default"
    assert pod.fingerprint == asked_for("po", "web-1", "shop").fingerprint
    assert pod.fingerprint != asked_for("pod", "web-2", "shop").fingerprint


def test_a_file_of_that_name_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`pod/web-1` is a file where there is one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pod").mkdir()
    (tmp_path / "pod" / "web-1").write_text('{"labels": {"alertname": "FromFile"}}', encoding="utf-8")
    assert incidents_of("pod/web-1", None).groups[0][0].name == "FromFile"
    assert incidents_of("pod/web-2", None).groups[0][0].name == "Pod web-2"


def test_several_alerts_are_told(tmp_path: Path) -> None:
    """A body with several alerts is several, even if they are one incident."""
    body = '[{"labels": {"alertname": "A", "pod": "x", "namespace": "n"}},' \
           ' {"labels": {"alertname": "B", "pod": "x", "namespace": "n"}}]'  # fmt: skip
    (tmp_path / "alerts.json").write_text(body, encoding="utf-8")
    found = incidents_of(str(tmp_path / "alerts.json"), None)
    assert (len(found.groups), found.several) == (1, True)
