"""`kubetriage triage KIND/NAME`: there is no alert, and the report does not make one up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kubetriage.cli.app import run
from kubetriage.cli.demo import bundled_scenarios

SNAPSHOT = str(Path(bundled_scenarios()) / "claim-below-storage-class-minimum" / "snapshot")


def triaged(capsys: pytest.CaptureFixture[str], name: str, *options: str) -> str:
    assert run(["-q", "triage", name, "--snapshot", SNAPSHOT, *options]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("language", "asked", "alert"),
    [("en", ("no alert: asked for by name", "Deployment aiops/redis was asked for by name"),
      ("firing", "warning", "the alert says", "named by the alert")),
     ("zh", ("没有告警：按名称查询", "按名称查询 Deployment aiops/redis"), ("告警中", "警告\n", "告警所述", "告警所指"))],
)  # fmt: skip
def test_no_word_of_an_alert_is_said(
    capsys: pytest.CaptureFixture[str], language: str, asked: tuple[str, ...], alert: tuple[str, ...]
) -> None:
    """Neither state nor severity, nor that an alert named the resource, or that it is over."""
    said = triaged(capsys, "deploy/redis", "-n", "aiops", "--language", language)
    assert [word for word in asked if word not in said] == []
    assert [word for word in alert if word in said] == []


def test_the_json_report_says_that_there_is_no_alert(capsys: pytest.CaptureFixture[str]) -> None:
    """`alert.source` is `resource`; that of an alert is its format."""
    assert (
        json.loads(triaged(capsys, "deploy/redis", "-n", "aiops", "--format", "json"))["alert"]["source"]
        == "resource"
    )
    alert = str(Path(SNAPSHOT).parent / "alert.json")
    assert json.loads(triaged(capsys, alert, "--format", "json"))["alert"]["source"] == "alertmanager"
