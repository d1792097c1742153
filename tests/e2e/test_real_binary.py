"""Triage through the real kubernetes-mcp-server over the snapshot API, as it is done on a live cluster."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.cluster.border import at_the_border
from kubetriage.adapters.cluster.clusters import OneCluster
from kubetriage.adapters.cluster.connection import ClusterConnection
from kubetriage.adapters.cluster.limits import LimitSettings, ReadLimits
from kubetriage.adapters.cluster.reads import McpCluster
from kubetriage.adapters.cluster.session import McpSession
from kubetriage.adapters.cluster.snapshot.scope import MANIFEST, read_manifest, snapshot_time
from kubetriage.adapters.cluster.transports import open_streams
from kubetriage.bootstrap.incidents import incidents_in
from kubetriage.bootstrap.services import build_services
from kubetriage.bootstrap.settings import Settings
from kubetriage.bootstrap.triaging import triage_incidents
from kubetriage.domain.ports import NoProgress, Services
from kubetriage.state.triage_alert import TriageContext

pytestmark = [pytest.mark.binary, pytest.mark.slow]

STORAGE = "claim-below-storage-class-minimum"
SCENARIOS = [STORAGE, "crash-exit-1-last-words", "webhook-service-missing"]
RATES = {"KUBE_CLIENT_QPS": "100", "KUBE_CLIENT_BURST": "200"}
OPTIONS = ("--read-only", "--list-output", "yaml", "--kubeconfig")

Report = dict[str, Any]
Places = Callable[[Any, Any], Sequence[str]]
Run = Callable[..., Any]


async def report_of(services: Services, folder: Path) -> Report:
    body = (folder / "alert.json").read_bytes()
    incidents = incidents_in(body, folder / "snapshot").groups[:1]
    (report,) = [made async for made in triage_incidents(services, incidents, TriageContext())]
    return report.to_json()


def opened(connection: ClusterConnection, folder: Path) -> McpCluster:
    """The cluster behind a connection, at the snapshot's time instead of now."""
    session = McpSession(connection.name, partial(open_streams, connection), interceptors=[at_the_border])
    taken = snapshot_time(folder / MANIFEST, read_manifest(folder))
    limits = ReadLimits(LimitSettings(cache_seconds=0), connection.concurrency)
    return McpCluster(connection.name, session, limits, now=lambda: taken)


@pytest.fixture
def http_server(mcp_binary: Path, free_port: Callable[[], int]) -> Iterator[Callable[[Path], str]]:
    """`http_server(kubeconfig)` starts the real server and gives its streamable HTTP address."""
    running: list[subprocess.Popen[bytes]] = []

    def start(kubeconfig: Path) -> str:
        port = free_port()
        listen = ["--port", str(port), "--bind-address", "127.0.0.1"]
        command = [str(mcp_binary), *OPTIONS, str(kubeconfig), *listen]
        running.append(subprocess.Popen(command, env=os.environ | RATES, stdout=subprocess.DEVNULL))
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return f"http://127.0.0.1:{port}/mcp"
            time.sleep(0.02)
        raise TimeoutError(f"nothing listens on port {port}")

    yield start
    for process in running:
        process.terminate()
        process.wait(timeout=60)


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("transport", ["stdio", "http"])
async def test_the_report_is_that_of_the_embedded_server(
    name: str,
    transport: str,
    mcp_binary: Path,
    http_server: Callable[[Path], str],
    serve_api: Run,
    scenario_folder: Callable[[str], Path],
    comparable: Callable[[Report], Report],
    different: Places,
) -> None:
    """The real server, over either transport, gives the embedded server's report: tools and arguments too."""
    folder = scenario_folder(name)
    kubeconfig = serve_api(folder / "snapshot", rebase=False).kubeconfig
    way: dict[str, Any] = {"command": str(mcp_binary), "args": (*OPTIONS, str(kubeconfig)), "env": RATES}
    if transport == "http":
        way = {"transport": "streamable-http", "url": http_server(kubeconfig)}
    cluster = opened(ClusterConnection(name="real", **way), folder / "snapshot")
    async with (
        build_services(Settings(), snapshot=folder / "snapshot", progress=NoProgress()) as services,
        OneCluster(cluster) as real,
    ):
        embedded = await report_of(services, folder)
        through_it = await report_of(replace(services, clusters=real), folder)
    assert different(comparable(embedded), comparable(through_it)) == []
    assert embedded["usage"]["cluster_reads"] == through_it["usage"]["cluster_reads"] > 5


def test_without_configuration_the_current_kube_context_is_read(
    mcp_binary: Path,
    kubetriage: Run,
    serve_api: Run,
    scenario_folder: Callable[[str], Path],
    alert_now: Callable[[Path], str],
    tmp_path: Path,
) -> None:
    """With kubernetes-mcp-server on PATH and a kubeconfig, an alert on standard input is all it takes."""
    folder = scenario_folder(STORAGE)
    (tmp_path / "kubernetes-mcp-server").symlink_to(mcp_binary)
    api = serve_api(folder / "snapshot")
    env = {"KUBECONFIG": str(api.kubeconfig), "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    ended = kubetriage("triage", "-", "--format", "json", stdin=alert_now(folder), env=env)
    assert (ended.status, ended.err) == (0, "")
    report = json.loads(ended.out)
    assert report["outcome"] == "diagnosed"
    assert report["root_causes"][0]["culprit"]["name"] == "test-data"
    assert "10Gi" in report["root_causes"][0]["statement"]
    assert report["gaps"] == []


STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


@pytest.mark.parametrize("name", ["claim-provisioner-down", "crash-exit-1-last-words"])
def test_a_recorded_snapshot_gives_the_live_report(
    name: str,
    kubetriage: Run,
    configured: Callable[..., Path],
    serve_api: Run,
    scenario_folder: Callable[[str], Path],
    alert_now: Callable[[Path], str],
    comparable: Callable[[Report], Report],
    different: Places,
    tmp_path: Path,
) -> None:
    """`snapshot record` of a live cluster, then a triage of the recording: the live report but for times."""
    folder, recorded = scenario_folder(name), tmp_path / "recorded"
    settings = configured(serve_api(folder / "snapshot"))
    alert = tmp_path / "alert.json"
    alert.write_text(alert_now(folder), encoding="utf-8")
    made = kubetriage("--config", settings, "snapshot", "record", recorded, "-A", "--cluster", "real")
    assert (made.status, made.err) == (0, "")
    assert kubetriage("snapshot", "check", recorded).status == 0
    how = ("--format", "json", "--language", "en")
    live = kubetriage("--config", settings, "triage", alert, "--cluster", "real", *how)
    again = kubetriage("triage", alert, "--snapshot", recorded, *how)
    assert (live.status, again.status) == (0, 0)
    reports = [comparable(json.loads(STAMP.sub("TIME", ended.out))) for ended in (live, again)]
    assert different(*reports) == []
    assert reports[0]["root_causes"]
