"""Real kubectl works against the snapshot API."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.kubectl


@pytest.fixture(scope="module")
def run(kubectl: Path, shop: Path, serve_snapshots: Any) -> Any:
    """`run("get pods")` gives (exit status, standard output, standard error) in namespace shop."""
    api = serve_snapshots(shop=shop)
    cache = api.kubeconfig.parent / "cache"

    def call(command: str, *more: str) -> tuple[int, str, str]:
        options = ["--kubeconfig", str(api.kubeconfig), "--cache-dir", str(cache), "-n", "shop"]
        done = subprocess.run(
            [kubectl, *options, *command.split(), *more],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    return call


def good(result: tuple[int, str, str]) -> str:
    status, out, err = result
    assert status == 0, err
    return out


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("get pods", ["web-5d-crash", "CrashLoopBackOff", "4 (5m ago)"]),
        ("get pods -A -o wide", ["NOMINATED NODE", "worker-2"]),
        ("get all", ["pod/web-5d-aaaaa", "deployment.apps/web", "replicaset.apps/web-5d"]),
        ("get po,deploy,rs,cm,secret,sc,no", ["configmap/settings", "node/worker-1"]),
        ("get pvc,widgets", ["persistentvolumeclaim/data", "widget.example.test/blue"]),
        ("get pods -l app=web --field-selector status.phase=Pending -o name", ["pod/web-5d-image"]),
        ("get pods --chunk-size=1 -o name", ["pod/web-5d-aaaaa", "pod/web-5d-queue"]),
        ("get events", ["FailedScheduling", "0/2 nodes are available"]),
        ("get deploy web -o yaml", ["replicas: 4"]),
        ("get cm settings -o jsonpath={.data.mode}", ["yes"]),
        ("get secret password -o yaml", ["type: Opaque"]),
        ("get pods --watch", ["web-5d-aaaaa"]),
        ("describe pod web-5d-crash", ["Reason:       CrashLoopBackOff", "Back-off restarting"]),
        ("describe deployment web", ["4 desired"]),
        ("describe node worker-1", ["worker-1"]),
        ("describe pvc data", ["StorageClass:  fast"]),
        ("events", ["BackOff", "FailedScheduling"]),
        ("events --for pod/web-5d-crash", ["BackOff"]),
        ("logs web-5d-aaaaa -c web --tail=1", ["line 59"]),
        ("logs web-5d-aaaaa -c web --since=90s --tail=1", ["line 59"]),
        ("logs web-5d-crash --previous", ["no database"]),
        ("top pods", ["web-5d-aaaaa", "25Mi"]),
        ("top pods --containers", ["proxy", "5Mi"]),
        ("top nodes", ["worker-1", "250m", "12%"]),
        ("auth can-i list pods", ["yes"]),
        ("auth whoami", ["snapshot-reader"]),
        ("api-resources", ["deployments", "widgets", "metrics.k8s.io/v1beta1"]),
        ("api-versions", ["apps/v1"]),
        ("version", ["Server Version"]),
        ("rollout history deployment/web", ["deployment.apps/web"]),
    ],
)  # fmt: skip
def test_reading_commands(run: Any, command: str, shown: list[str]) -> None:
    """What people type to look at a cluster exits 0 and shows what was recorded."""
    out = good(run(command))
    assert [words for words in shown if words not in out] == []


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("get pod gone", 'Error from server (NotFound): pods "gone" not found'),
        ("get foos", 'the server doesn\'t have a resource type "foos"'),
        ("get pv", "Error from server (Forbidden): persistentvolumes is forbidden"),
        ("get deploy -A", "Error from server (NotRecorded)"),
        ("get pods --field-selector a=b", "field label not supported: a"),
        ("logs web-5d-image", "is waiting to start: trying and failing to pull image"),
        ("logs web-5d-aaaaa -c web --previous", 'previous terminated container "web"'),
        ("logs web-5d-aaaaa -c nope", "container nope is not valid for pod web-5d-aaaaa"),
        ("delete pod web-5d-crash", "Error from server (MethodNotAllowed)"),
        ("scale deployment/web --replicas=0", "Error from server (MethodNotAllowed)"),
    ],
)
def test_refusals(run: Any, command: str, said: str) -> None:
    """What cannot be had fails with the API server's words."""
    status, out, err = run(command)
    assert status != 0 and said in err, out + err


def test_access_is_refused_where_the_snapshot_says_so(run: Any) -> None:
    """`auth can-i` knows what the snapshot's reader was refused, and that nothing can be written."""
    assert run("auth can-i list persistentvolumes")[1].startswith("no")
    assert run("auth can-i delete pods")[1].startswith("no")


def test_objects_come_back_whole(run: Any, shop: Path) -> None:
    """`-o json` of every recorded pod is the recorded pod."""
    documents = (shop / "cluster.yaml").read_text(encoding="utf-8").split("\n---\n")
    recorded = [json.loads(text) for text in documents]
    pods = {pod["metadata"]["name"]: pod for pod in recorded if pod["kind"] == "Pod"}
    shown = json.loads(good(run("get pods -o json")))["items"]
    assert {pod["metadata"]["name"]: pod for pod in shown} == pods


@pytest.mark.slow
def test_every_kind_can_be_listed_and_described(run: Any) -> None:
    """No kind that discovery names breaks `get -o wide` or `describe`."""
    refused = ("Forbidden", "NotRecorded", "No resources found", "MethodNotAllowed")
    kinds = good(run("api-resources --verbs=list -o name")).split()
    failed = []
    for command in (f"get {','.join(kinds)} -o wide", *(f"describe {kind}" for kind in kinds)):
        status, out, err = run(command)
        unexpected = [line for line in err.splitlines() if not any(word in line for word in refused)]
        if unexpected or not (status == 0 or err):
            failed.append((command, status, out[-200:], unexpected))
    assert failed == []
