"""The servers that one suite runs against: embedded, and the real binary over both of its transports."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client

from kubetriage.adapters.cluster.snapshot.mcp_server import session as embedded_session
from kubetriage.adapters.cluster.snapshot.store import SnapshotStore

Connect = Callable[[], AbstractAsyncContextManager[ClientSession]]

CONFIG = """
denied_resources = [{group = "", version = "v1", kind = "Secret"}]
disabled_tools = ["configuration_view", "configuration_contexts_list", "targets_list", "projects_list"]
"""
RATES = {"KUBE_CLIENT_QPS": "200", "KUBE_CLIENT_BURST": "400", "TZ": "UTC"}


@pytest.fixture(scope="module")
def arguments(shop: Path, serve_snapshots: Any, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The real binary's command line: the snapshot API behind it, set up as a triage sets it up."""
    config = tmp_path_factory.mktemp("mcp") / "config.toml"
    config.write_text(CONFIG, encoding="utf-8")
    kubeconfig = str(serve_snapshots(shop=shop).kubeconfig)
    return ["--read-only", "--list-output", "yaml", "--kubeconfig", kubeconfig, "--config", str(config)]


@pytest.fixture(scope="module")
def http_server(mcp_binary: Path, arguments: list[str], free_port: Callable[[], int]) -> Iterator[str]:
    port = free_port()
    listen = ["--port", str(port), "--stateless", "--bind-address", "127.0.0.1"]
    process = subprocess.Popen([mcp_binary, *arguments, *listen], env=RATES, stdout=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        process.terminate()
        process.wait(timeout=60)


def wait_for(port: int) -> None:
    for _ in range(1200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nothing listens on port {port}")


SERVERS = [
    "embedded",
    pytest.param("stdio", marks=pytest.mark.binary),
    pytest.param("http", marks=pytest.mark.binary),
]


@pytest.fixture(params=SERVERS)
def connect(request: pytest.FixtureRequest, shop: Path) -> Connect:
    """`async with connect() as session` for each of the servers."""
    if request.param == "embedded":
        store = SnapshotStore.load(shop)
        return lambda: embedded_session(store)
    if request.param == "stdio":
        binary, command_line = request.getfixturevalue("mcp_binary"), request.getfixturevalue("arguments")
        return lambda: over_stdio(binary, command_line)
    url = request.getfixturevalue("http_server")
    return lambda: over_http(url)


@asynccontextmanager
async def over_stdio(binary: Path, command_line: list[str]) -> AsyncIterator[ClientSession]:
    parameters = StdioServerParameters(command=str(binary), args=command_line, env=RATES)
    async with stdio_client(parameters) as streams, ClientSession(*streams) as session:
        await session.initialize()
        yield session


@asynccontextmanager
async def over_http(url: str) -> AsyncIterator[ClientSession]:
    async with streamable_http_client(url) as (read, write, _), ClientSession(read, write) as session:
        await session.initialize()
        yield session
