"""Big clusters and long logs through the real kubernetes-mcp-server: done in time, in little memory."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.binary, pytest.mark.slow]

PODS = 3_000
LINES = 200_000
AT = "2025-03-04T09:{:02}:00Z"
MIB = 1024 * 1024

Object = dict[str, Any]
Run = Callable[..., Any]


def metadata(name: str, owner: tuple[str, str] | None = None, **more: Any) -> Object:
    made: Object = {
        "name": name,
        "namespace": "load",
        "uid": f"uid-{name}",
        "creationTimestamp": AT.format(0),
    }
    made["labels"] = {"app": "web", "pod-template-hash": "6f7d9c4b5d"}
    if owner:
        kind, of = owner
        made["ownerReferences"] = [
            {"apiVersion": "apps/v1", "kind": kind, "name": of, "uid": f"uid-{of}", "controller": True}
        ]
    return made | more


CONTAINER = {
    "name": "main",
    "image": "registry.example.com/web:1.4.2",
    "env": [{"name": f"SETTING_{n}", "value": "x" * 40} for n in range(20)],
}
TEMPLATE = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [CONTAINER]}}
ENDED = {"exitCode": 1, "reason": "Error", "startedAt": AT.format(50), "finishedAt": AT.format(55)}
CRASHING = {
    "state": {
        "waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container"}
    },
    "lastState": {"terminated": ENDED},
    "restartCount": 6,
    "ready": False,
}
RUNNING = {"state": {"running": {"startedAt": AT.format(1)}}, "restartCount": 0, "ready": True}


def pod(name: str, container: Object) -> Object:
    named = {"name": "main", "image": CONTAINER["image"], "imageID": "", "started": container["ready"]}
    ready = {"type": "Ready", "status": str(container["ready"]), "lastTransitionTime": AT.format(2)}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata(name, ("ReplicaSet", "web-6f7d9c4b5d")),
        "spec": {"nodeName": "node-1", "containers": [CONTAINER]},
        "status": {"phase": "Running", "conditions": [ready], "containerStatuses": [named | container]},
    }


def workload(kind: str, name: str, owner: tuple[str, str] | None, pods: int) -> Object:
    spec = {"replicas": pods, "selector": {"matchLabels": {"app": "web"}}, "template": TEMPLATE}
    status = {"replicas": pods, "readyReplicas": pods - 1, "availableReplicas": pods - 1}
    whole = {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata(name, owner)}
    return whole | {"spec": spec, "status": status | {"updatedReplicas": pods}}


def node() -> Object:
    status = {
        "conditions": [{"type": "Ready", "status": "True"}],
        "allocatable": {"cpu": "64", "memory": "256Gi", "pods": "4000"},
    }
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1"}, "status": status}


def cluster(pods: int) -> list[Object]:
    """A Deployment of that many pods, one of which crashes."""
    names = [f"web-6f7d9c4b5d-{n:05}" for n in range(pods)]
    return [
        node(),
        workload("Deployment", "web", None, pods),
        workload("ReplicaSet", "web-6f7d9c4b5d", ("Deployment", "web"), pods),
        pod(names[0], CRASHING),
        *(pod(name, RUNNING) for name in names[1:]),
    ]


LAST_WORDS = "FATAL cannot open /var/lib/web/index.db: no space left on device"
FIRST = "web-6f7d9c4b5d-00000"


def written(lines: int) -> str:
    body = (f"INFO request {n} took {n % 97} ms on path /items/{n % 1000}\n" for n in range(lines))
    return "".join(body) + LAST_WORDS + "\n"


@pytest.fixture(scope="module")
def triaged(
    write_snapshot: Run, serve_api: Run, tmp_path_factory: pytest.TempPathFactory, kubetriage: Run
) -> Callable[..., Any]:
    """`triaged(configured, pods, lines)` is the end of a triage of the crashing pod of such a cluster."""

    def run(configured: Callable[..., Path], pods: int, lines: int) -> Any:
        log = written(lines)
        logs = {f"load/{FIRST}/main.previous": log, f"load/{FIRST}/main": log}
        folder = tmp_path_factory.mktemp("load") / "load"
        api = serve_api(write_snapshot(folder, cluster(pods), logs))
        settings = configured(api)
        return kubetriage(
            "--config", settings, "triage", f"pod/{FIRST}", "-n", "load", "--format", "json", "--language", "en"
        )  # fmt: skip

    return run


def expect_the_diagnosis(ended: Any) -> Object:
    """The crash is explained by the last words of the log, and the report is of bounded size."""
    assert (ended.status, ended.err) == (0, "")
    report: Object = json.loads(ended.out)
    assert report["outcome"] == "diagnosed"
    assert "no space left on device" in report["root_causes"][0]["statement"]
    assert all(len(evidence["excerpt"]) <= 1200 for evidence in report["evidence"])
    assert len(report["checked"]) <= 40
    assert len(ended.out) < 200_000
    return report


def test_three_thousand_pods(
    triaged: Run, configured: Callable[..., Path], lateness: Callable[[], float]
) -> None:
    """In a namespace of 3,000 pods the one that fails is diagnosed within a minute and 512 MiB."""
    ended = triaged(configured, PODS, 50)
    report = expect_the_diagnosis(ended)
    assert ended.seconds < 60 * lateness()
    assert ended.peak < 512 * MIB
    assert report["impact"]["statement"]


def test_a_log_of_two_hundred_thousand_lines(
    triaged: Run, configured: Callable[..., Path], lateness: Callable[[], float]
) -> None:
    """Of 200,000 lines no more are read than are looked at; it takes no more memory than a short log."""
    ended = triaged(configured, 3, LINES)
    report = expect_the_diagnosis(ended)
    assert ended.seconds < 30 * lateness()
    assert ended.peak < 150 * MIB
    logs = [evidence for evidence in report["evidence"] if evidence["tool"] == "pods_log"]
    assert logs and all(LAST_WORDS in evidence["excerpt"] for evidence in logs)
