"""The embedded MCP server and the real kubernetes-mcp-server over the snapshot API answer alike.

One suite runs against the embedded server, the real binary over standard input and output, and the real
binary over streamable HTTP.
"""

from __future__ import annotations

import json
import re
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import ClientSession, McpError, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, TextContent

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
def http_server(mcp_binary: Path, arguments: list[str]) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    listen = ["--port", str(port), "--stateless", "--bind-address", "127.0.0.1"]
    process = subprocess.Popen([mcp_binary, *arguments, *listen], env=RATES, stdout=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        process.terminate()
        process.wait(timeout=10)


def wait_for(port: int) -> None:
    for _ in range(100):
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


def text_of(result: CallToolResult) -> str:
    (block,) = result.content
    assert isinstance(block, TextContent)
    return block.text


# --- tools ----------------------------------------------------------------------------------------

TEXT, FLAG, LINES = "string", "boolean", "integer"
SELECTORS = {"labelSelector": TEXT, "fieldSelector": TEXT}
OF_KIND = {"apiVersion": TEXT, "kind": TEXT, "namespace": TEXT}
TOOLS: dict[str, tuple[dict[str, str], list[str]]] = {
    "events_list": ({"namespace": TEXT, "fieldSelector": TEXT}, []),
    "namespaces_list": ({"fieldSelector": TEXT}, []),
    "nodes_log": ({"name": TEXT, "query": TEXT, "tailLines": LINES}, ["name", "query"]),
    "nodes_stats_summary": ({"name": TEXT}, ["name"]),
    "nodes_top": ({"name": TEXT, "label_selector": TEXT}, []),
    "pods_get": ({"name": TEXT, "namespace": TEXT}, ["name"]),
    "pods_list": (SELECTORS, []),
    "pods_list_in_namespace": ({"namespace": TEXT, **SELECTORS}, ["namespace"]),
    "pods_log": (
        {"name": TEXT, "namespace": TEXT, "container": TEXT, "tail": LINES, "previous": FLAG},
        ["name"],
    ),
    "pods_top": ({"all_namespaces": FLAG, "namespace": TEXT, "name": TEXT, "label_selector": TEXT}, []),
    "resources_get": ({**OF_KIND, "name": TEXT}, ["apiVersion", "kind", "name"]),
    "resources_list": ({**OF_KIND, **SELECTORS}, ["apiVersion", "kind"]),
}


async def test_the_same_tools(connect: Connect) -> None:
    """Every server offers the same read-only tools with the same arguments, types and requirements."""
    async with connect() as session:
        tools = (await session.list_tools()).tools
    offered = {}
    for tool in tools:
        types = {name: schema["type"] for name, schema in tool.inputSchema["properties"].items()}
        offered[tool.name] = (types, tool.inputSchema.get("required", []))
        assert tool.annotations and tool.annotations.readOnlyHint and not tool.annotations.destructiveHint
    assert offered == TOOLS


async def test_the_rest_of_the_schemas(connect: Connect, shop: Path) -> None:
    """Titles, hints, defaults, bounds and patterns are the same too; only the descriptions are each server's own."""

    def shape(session_tools: Any) -> dict[str, Any]:
        shapes = {}
        for tool in session_tools.tools:
            schema = json.loads(json.dumps(tool.inputSchema))
            for argument in schema["properties"].values():
                assert argument.pop("description")
            shapes[tool.name] = (schema, tool.annotations)
        return shapes

    async with connect() as session, embedded_session(SnapshotStore.load(shop)) as embedded:
        assert shape(await session.list_tools()) == shape(await embedded.list_tools())


async def test_an_unknown_tool_is_a_protocol_error(connect: Connect) -> None:
    """A tool that isn't offered is an error of the call, not a result."""
    async with connect() as session:
        with pytest.raises(McpError, match='unknown tool "nope"'):
            await session.call_tool("nope", {})
