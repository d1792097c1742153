"""`kubetriage demo` and what a triage prints: formats, exit statuses, the same bytes each time."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kubetriage.cli.demo import FIRST, bundled_scenarios

Run = Callable[..., Any]
DIFFERING = ("id", "created_at", "usage")


def test_the_demo_shows_the_first_scenario(kubetriage: Run) -> None:
    """No cluster, no key, no network: a diagnosis with the claim as culprit."""
    ended = kubetriage("demo", "--language", "en")
    assert (ended.status, ended.err) == (0, "")
    assert "test-data" in ended.out
    assert "10Gi" in ended.out


def test_the_examples_are_listed(kubetriage: Run) -> None:
    """Each can be run by its name."""
    names = kubetriage("demo", "--list").out.split()
    assert FIRST in names
    assert names == sorted(names)
    assert all((bundled_scenarios() / name / "alert.json").is_file() for name in names)


@pytest.mark.parametrize(
    ("format_", "begins"), [("text", "Pod"), ("markdown", "# "), ("json", "{"), ("html", "<!doctype html>")]
)
def test_formats(format_: str, begins: str, kubetriage: Run, tmp_path: Path) -> None:
    """Each on the screen and in a file."""
    shown = kubetriage("demo", "--language", "en", "--format", format_)
    assert shown.status == 0
    assert shown.out.lower().startswith(begins.lower())
    file = tmp_path / "report"
    written = kubetriage("demo", "--language", "en", "--format", format_, "--output", file)
    assert (written.status, written.out) == (0, "")
    assert file.read_text(encoding="utf-8")[:8] == shown.out[:8]


def test_several_alerts_give_several_reports(kubetriage: Run) -> None:
    """`{"reports": […]}` in JSON for a body with several alerts, an object for one."""
    labels = [{"alertname": "KubePodNotReady", "namespace": "n", "pod": name} for name in ("api", "web")]
    body = json.dumps([{"labels": one} for one in labels]).encode()
    snapshot = bundled_scenarios() / FIRST / "snapshot"
    ended = kubetriage("triage", "-", "--snapshot", snapshot, "--format", "json", stdin=body)
    assert [r["primary"]["name"] for r in json.loads(ended.out)["reports"]] == ["api", "web"]


def test_a_cluster_that_cannot_be_read_at_all(kubetriage: Run) -> None:
    """Exit status 3 and one sentence; the inconclusive report with its gap is printed all the same."""
    ended = kubetriage("triage", "pod/web-1", "--format", "json", "--language", "en")
    assert ended.status == 3
    report = json.loads(ended.out)
    assert report["outcome"] == "inconclusive"
    assert "kubernetes-mcp-server" in report["gaps"][0]["why"]
    assert ended.err.startswith("kubetriage: the cluster could not be read at all")
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize(("count", "said"), [(0, ""), (1, "1 more alert of"), (7, "7 more alerts of")])
def test_what_the_sender_left_out_is_said(kubetriage: Run, count: int, said: str) -> None:
    """Alertmanager's `max_alerts` cuts a group off: those alerts never arrive, and the reader has to know."""
    folder = bundled_scenarios() / FIRST
    body = {
        "version": "4", "status": "firing", "groupKey": "g", "truncatedAlerts": count,
        "alerts": [{"status": "firing", "labels": {"alertname": "Down", "namespace": "n", "pod": "web"}}],
    }  # fmt: skip
    ended = kubetriage("triage", "-", "--snapshot", folder / "snapshot", stdin=json.dumps(body).encode())
    assert ended.status == 0
    assert said in ended.err and ended.err.count("\n") == bool(count)


def test_a_gap_is_no_failure(kubetriage: Run) -> None:
    """Where some reads came back and others did not, a report was made: exit status 0, and the gap is in it."""
    ended = kubetriage("demo", "log-was-not-recorded", "--format", "json")
    report = json.loads(ended.out)
    assert report["gaps"] and report["evidence"]
    assert (ended.status, ended.err) == (0, "")


def test_the_same_snapshot_gives_the_same_bytes(process: Run) -> None:
    """In processes with different hash seeds, apart from id, time and cost."""
    texts = []
    for seed in ("1", "2"):
        ended = process("demo", "two-faults-at-once", "--format", "json", env={"PYTHONHASHSEED": seed})
        assert ended.status == 0
        report = {k: v for k, v in json.loads(ended.out).items() if k not in DIFFERING}
        texts.append(json.dumps(report))
    assert texts[0] == texts[1]


def test_a_screen_that_knows_only_ascii_gets_escapes(process: Run) -> None:
    """A Chinese report on such a screen is no bug of ours."""
    ended = process("demo", "--language", "zh", env={"PYTHONIOENCODING": "ascii"})
    assert (ended.status, ended.err) == (0, "")
    assert "\\u" in ended.out


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    """`kubetriage demo --list | head -1` ends quietly."""
    command = f"{sys.executable} -m kubetriage.cli demo --format html | head -c 10"
    ended = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, cwd=tmp_path, timeout=300
    )
    assert ended.stderr == b""
    assert ended.returncode == 0
