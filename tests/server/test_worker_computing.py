"""What a diagnosis of a large cluster computes is computed beside the event loop."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from kubetriage.bootstrap.serving import Diagnosis, Outside, build_diagnosis, open_database
from kubetriage.bootstrap.settings import Settings
from kubetriage.domain.computing import THREAD, aside
from kubetriage.domain.intake.runs import Run
from kubetriage.domain.report import Report
from kubetriage.server.metrics import ServerMetrics
from kubetriage.server.parts import Asked
from kubetriage.server.progress import RunProgress
from kubetriage.server.running import Runner

PODS = 150
LONGEST_SECONDS = 0.05
"""CPU time of one step of the loop: a node's work over this cluster takes up to 0.3 s, the rest 10 ms.

On a machine on which counting takes `COUNTING_SECONDS`; on a slower one all of that takes longer alike."""
COUNTED, COUNTING_SECONDS = 2_000_000, 0.08
COMPUTING = ("/domain/rules/", "/domain/relations/", "/domain/assembling.py",
             "/domain/diagnosing.py", "/domain/evidence_index.py", "/serde/jsonplus.py")  # fmt: skip
"""Parts of paths of what is only ever called to compute."""


@pytest.fixture
def crowd(tmp_path: Path, write_snapshot: Callable[..., Path]) -> Path:
    """A Deployment of which every pod crashes, with a log and events each."""
    pods = [_pod(number) for number in range(PODS)]
    template = {"metadata": {"labels": {"app": "web"}}, "spec": pods[0]["spec"]}
    spec = {"replicas": PODS, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    owners = [_made("Deployment", "web", spec=spec, apiVersion="apps/v1"),
              _made("ReplicaSet", "web-5d", spec=spec, apiVersion="apps/v1", owner=("Deployment", "web"))]  # fmt: skip
    events = [_event(pod, reason) for pod in pods for reason in ("BackOff", "Unhealthy")]
    line = "2025-03-04T09:{:02}:00Z ERROR connect to db-{} failed: connection refused\n"
    log = "".join(line.format(minute % 60, minute) for minute in range(300))
    logs = {f"shop/{pod['metadata']['name']}/web.previous": log for pod in pods}
    nodes = [{**_made("Node", "worker-1"), "status": {"conditions": [{"type": "Ready", "status": "True"}]}}]
    return write_snapshot(tmp_path / "crowd", [*owners, *nodes, *pods, *events], logs)


def _made(kind: str, name: str, owner: tuple[str, str] = ("", ""), **rest: Any) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name, "uid": f"uid-{kind}-{name}", "labels": {"app": "web"},
                                "creationTimestamp": "2025-03-01T10:00:00Z"}  # fmt: skip
    if kind != "Node":
        metadata["namespace"] = "shop"
    if owner[0]:
        uid = f"uid-{owner[0]}-{owner[1]}"
        metadata["ownerReferences"] = [
            {"apiVersion": "apps/v1", "kind": owner[0], "name": owner[1], "uid": uid, "controller": True}
        ]
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, **rest}


def _pod(number: int) -> dict[str, Any]:
    ended = {"exitCode": 1, "reason": "Error", "finishedAt": "2025-03-04T09:55:00Z", "containerID": "c://1"}
    status = {"name": "web", "image": "registry.test/web:1", "imageID": "", "ready": False, "restartCount": 4,
              "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": ended}}  # fmt: skip
    spec = {"containers": [{"name": "web", "image": "registry.test/web:1"}], "nodeName": "worker-1"}
    phase = {"phase": "Running", "containerStatuses": [status]}
    return _made("Pod", f"web-5d-{number:05}", ("ReplicaSet", "web-5d"), spec=spec, status=phase)


def _event(pod: dict[str, Any], reason: str) -> dict[str, Any]:
    about = {"apiVersion": "v1", "kind": "Pod", "namespace": "shop"}
    about |= {key: pod["metadata"][key] for key in ("name", "uid")}
    times = {"firstTimestamp": "2025-03-04T09:00:00Z", "lastTimestamp": "2025-03-04T09:58:00Z"}
    said = {"type": "Warning", "reason": reason, "message": f"{reason} of a container", "count": 7}
    return {**_made("Event", f"{pod['metadata']['name']}.{reason}"), "involvedObject": about, **times, **said}


@pytest.fixture
async def parts(worker_settings: Settings, crowd: Path) -> AsyncIterator[Diagnosis]:
    outside = Outside(lambda: datetime.now(UTC), RunProgress(), crowd)
    async with (
        open_database(worker_settings) as database,
        build_diagnosis(worker_settings, database, outside) as made,
    ):
        yield made


async def diagnosed(parts: Diagnosis, settings: Settings, run: str) -> Report:
    labels = {"alertname": "KubeDeploymentReplicasMismatch", "namespace": "shop", "deployment": "web"}
    alert = {
        "name": labels["alertname"],
        "fingerprint": "f",
        "labels": labels,
        "starts_at": "2025-03-04T09:50:00Z",
    }
    asked = Asked.model_validate({"alerts": [alert]}).model_dump(mode="json")
    now = datetime.now(UTC)
    await parts.runs.create_run(
        Run(
            id=run,
            thread=run,
            graph="triage_alert",
            arguments={"asked": asked},
            created_at=now,
            updated_at=now,
        )
    )
    await parts.runs.beat("me", now)
    await Runner(parts, settings, "me", ServerMetrics()).diagnose(run, 0)
    report = await parts.incidents.report(run)
    assert report is not None
    return report


@contextmanager
def longest_steps(steps: list[float]) -> Iterator[None]:
    """The CPU time of this thread's steps of its loop goes into `steps`, garbage collection left out.

    CPU time and not time on the clock: it is the same on a machine that has much else to do.
    """
    ours, run = threading.get_ident(), asyncio.events.Handle._run
    collecting = began = 0.0

    def collected(phase: str, _: object) -> None:
        nonlocal collecting, began
        if threading.get_ident() == ours:
            if phase == "start":
                began = time.thread_time()
            else:
                collecting += time.thread_time() - began

    def timed(handle: Any) -> None:
        nonlocal collecting
        if threading.get_ident() != ours:
            run(handle)
            return
        collecting, start = 0.0, time.thread_time()
        run(handle)
        steps.append(time.thread_time() - start - collecting)

    gc.callbacks.append(collected)
    asyncio.events.Handle._run = timed  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        asyncio.events.Handle._run = run  # type: ignore[method-assign]
        gc.callbacks.remove(collected)


def slowness() -> float:
    """How much slower this machine computes than the one of the figures above."""
    began, total = time.thread_time(), 0
    for number in range(COUNTED):
        total += number
    return (time.thread_time() - began) / COUNTING_SECONDS


@contextmanager
def called_here(files: set[str]) -> Iterator[None]:
    """The files of all functions that this thread calls go into `files`."""

    def called(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            files.add(frame.f_code.co_filename)

    sys.setprofile(called)
    try:
        yield
    finally:
        sys.setprofile(None)


@pytest.mark.slow
async def test_no_step_of_a_large_diagnosis_holds_the_loop(
    parts: Diagnosis, worker_settings: Settings
) -> None:
    """No step of the loop takes longer than a bound, however large the cluster: others wait meanwhile."""
    await diagnosed(parts, worker_settings, "first")  # imports what it needs
    steps: list[float] = []
    with longest_steps(steps):
        report = await diagnosed(parts, worker_settings, "second")
    assert report.outcome == "diagnosed"
    assert report.usage.cluster_reads > 50
    assert len(steps) > 1000
    assert max(steps) < LONGEST_SECONDS * max(1.0, slowness()), sorted(steps)[-5:]


@pytest.mark.slow
async def test_rules_reports_and_checkpoints_are_made_in_another_thread(
    parts: Diagnosis, worker_settings: Settings
) -> None:
    """Not one function of the rules, of the report or of what packs checkpoints is called in the loop's thread."""
    await diagnosed(parts, worker_settings, "first")
    files: set[str] = set()
    with called_here(files):
        report = await diagnosed(parts, worker_settings, "second")
    assert report.root_causes
    assert any(name.endswith("/nodes/apply_rules.py") for name in files)
    computed = {part for name in files for part in COMPUTING if part in name}
    assert computed == set()


async def test_what_is_computed_aside_is_returned_or_raised() -> None:
    """In one thread for all of a process; an error is the caller's, and a cancelled caller does not wait."""
    assert await aside(lambda: threading.current_thread().name) == f"{THREAD}_0"
    with pytest.raises(ValueError, match="Expecting value"):
        await aside(json.loads, "")
    computed = threading.Event()
    waiting = asyncio.ensure_future(aside(computed.wait, 60))
    await asyncio.sleep(0.05)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(waiting, 30)
    assert not computed.is_set()
    computed.set()
