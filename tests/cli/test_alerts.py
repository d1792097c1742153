"""cli.alerts: what ALERT stands for."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubetriage.cli.alerts import incidents_of


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
