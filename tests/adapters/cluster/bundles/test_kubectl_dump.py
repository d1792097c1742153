"""What the real kubectl dumps can be imported."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.cluster.bundles.importing import import_bundle
from kubetriage.adapters.cluster.snapshot.check import check
from kubetriage.adapters.cluster.snapshot.store import SnapshotStore
from kubetriage.cli.demo import bundled_scenarios

pytestmark = [pytest.mark.kubectl, pytest.mark.slow]

SNAPSHOT = bundled_scenarios() / "crash-oom-killed" / "snapshot"
Dump = Callable[..., str]


@pytest.fixture(scope="module")
def dump(kubectl: Path, serve_snapshots: Any) -> Dump:
    """`dump("-o", "yaml", …)` is what `kubectl cluster-info dump` prints."""
    api = serve_snapshots(shop=SNAPSHOT)

    def call(*options: str) -> str:
        begin = [
            kubectl,
            "--kubeconfig",
            str(api.kubeconfig),
            "--cache-dir",
            str(api.kubeconfig.parent / "c"),
        ]
        command = [*begin, "cluster-info", "dump", "--all-namespaces", *options]
        return subprocess.run(
            [str(part) for part in command], capture_output=True, text=True, timeout=300, check=True
        ).stdout

    return call


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_a_dump_holds_what_the_cluster_did(form: str, dump: Dump, tmp_path: Path) -> None:
    """Written to a folder: every object of its kinds, the logs, and that it is of all namespaces."""
    dump("-o", form, "--output-directory", str(tmp_path / "dump"))
    done = import_bundle(tmp_path / "dump", tmp_path / "out")
    original, again = SnapshotStore.load(SNAPSHOT), SnapshotStore.load(tmp_path / "out")
    for version, kind in (("v1", "Pod"), ("v1", "Event"), ("v1", "Node"), ("apps/v1", "ReplicaSet")):
        wanted = [o["metadata"]["uid"] for o in original.list(version, kind)]
        assert wanted and [o["metadata"]["uid"] for o in again.list(version, kind)] == wanted
    assert (done.format, done.namespaces, done.logs) == ("cluster-info-dump", None, 1)
    found = again.list("v1", "Pod", "reports")[0]
    pod = found["metadata"]["name"]
    assert found["status"] == original.get("v1", "Pod", "reports", pod)["status"]
    assert again.log("reports", pod) == original.log("reports", pod)
    assert check(tmp_path / "out") == []


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_a_printed_dump_holds_the_same_objects(form: str, dump: Dump, tmp_path: Path) -> None:
    """Printed without a folder, lists and logs stand one after the other in one text."""
    (tmp_path / "dump.txt").write_text(dump("-o", form), encoding="utf-8")
    done = import_bundle(tmp_path / "dump.txt", tmp_path / "out")
    dump("-o", form, "--output-directory", str(tmp_path / "dump"))
    folder = import_bundle(tmp_path / "dump", tmp_path / "other")
    assert (done.kinds, done.logs, done.at) == (folder.kinds, folder.logs, folder.at)
    assert done.namespaces == ("kube-system", "monitoring", "reports")
