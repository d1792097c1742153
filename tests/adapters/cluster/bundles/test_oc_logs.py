"""Logs of a must-gather, of which `oc` writes some files for nothing."""

from __future__ import annotations

import json
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
