"""Logs of a must-gather, of which `oc` writes some files for nothing."""

from __future__ import annotations

import json
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kubetriage.adapters.cluster.bundles.importing import import_bundle


@pytest.mark.parametrize(
    ("files", "read"),
    [
        ({"current.log": "", "current.insecure.log": "2026-01-02T03:04:05Z why\n"}, "why\n"),
        ({"current.log": "2026-01-02T03:04:05Z half\n", "current.insecure.log": ""}, "half\n"),
        ({"current.log": "", "current.insecure.log": ""}, None),
        ({"current.log": ""}, ""),
    ],
    ids=["second try", "broke off", "refused twice", "nothing was said"],
)
def test_a_log_that_oc_asked_for_twice_is_taken_where_it_is(
    files: dict[str, str], read: str | None, tmp_path: Path
) -> None:
    """`oc` leaves an empty file where the kubelet refused, and asks again into one beside it."""
    folder = "namespaces/shop/pods/web"
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}}
    written = {f"{folder}/web.yaml": json.dumps(pod)}
    for name, content in files.items():
        written[f"{folder}/app/app/logs/{name}"] = content
        written[f"{folder}/app/app/logs/{name.replace('current', 'previous')}"] = ""
    for name, content in written.items():
        (tmp_path / "b" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "b" / name).write_text(content, encoding="utf-8")
    done = import_bundle(tmp_path / "b", tmp_path / "out", at=datetime(2026, 3, 1, tzinfo=UTC))
    log, before = (tmp_path / "out/logs/shop/web" / name for name in ("app.log", "app.previous.log"))
    assert (log.read_text() if log.exists() else None) == read
    assert before.exists() is (len(files) == 1)
    assert any("did not give: namespaces/shop/pods/web/app" in line for line in done.skipped) is (
        read is None
    )


def test_logs_that_are_left_out_are_told(tmp_path: Path) -> None:
    """must-gather collects rotated logs, and may compress large ones: neither is counted as no log at all."""
    folder = "namespaces/shop/pods/web"
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}}
    logs = f"{folder}/app/app/logs"
    written = {f"{folder}/web.yaml": json.dumps(pod), "audit_logs/kube-apiserver/m1-audit.log.gz": ""}
    written |= {
        f"{logs}/rotated/{name}": "" for name in ("0.log.20260102-030405", "0.log.20260102-020405.gz")
    }
    written[f"{logs}/current.log.gz"] = ""
    for name, content in written.items():
        (tmp_path / "b" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "b" / name).write_text(content, encoding="utf-8")
    archive = tmp_path / "b.tar.gz"
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(tmp_path / "b", "must-gather.local.1")
    for number, bundle in enumerate((tmp_path / "b", archive)):
        done = import_bundle(bundle, tmp_path / f"out{number}", at=datetime(2026, 3, 1, tzinfo=UTC))
        told = "\n".join(done.skipped)
        assert "2 × a rotated log" in told and "shop/pods/web/app, shop/pods/web/app" in told
        assert "1 × a log that was compressed afterwards" in told and f"{logs}/current.log.gz" in told
        assert (done.logs, done.others) == (0, 1)
