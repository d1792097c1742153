"""The embedded MCP server and the real kubernetes-mcp-server over the snapshot API answer alike.

One suite runs against the embedded server, the real binary over standard input and output, and the real
binary over streamable HTTP.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from mcp import ClientSession, McpError
from mcp.types import CallToolResult, TextContent

from kubetriage.adapters.cluster.snapshot.mcp_server import session as embedded_session
from kubetriage.adapters.cluster.snapshot.store import SnapshotStore

Connect = Callable[[], AbstractAsyncContextManager[ClientSession]]


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
    """Titles, hints, defaults, bounds and patterns are the same; descriptions are each server's own."""

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


# --- answers --------------------------------------------------------------------------------------


async def test_an_object_and_a_list(connect: Connect, shop: Path) -> None:
    """`resources_get` gives the recorded object, `resources_list` its items, both as structured content."""
    store = SnapshotStore.load(shop)
    pods = {"apiVersion": "v1", "kind": "Pod", "namespace": "shop"}
    async with connect() as session:
        one = await session.call_tool("resources_get", pods | {"name": "web-5d-crash"})
        many = await session.call_tool("resources_list", pods)
        none = await session.call_tool("resources_list", pods | {"labelSelector": "app=none"})
    assert one.structuredContent == store.get("v1", "Pod", "shop", "web-5d-crash")
    assert many.structuredContent == {"items": store.list("v1", "Pod", "shop")}
    assert none.structuredContent == {"items": []}


ERRORS: list[tuple[str, dict[str, Any], str]] = [
    (
        "pods_get",
        {"name": "x", "namespace": "shop"},
        'failed to get pod x in namespace shop: pods "x" not found',
    ),
    (
        "resources_get",
        {"apiVersion": "apps/v1", "kind": "Deployment", "namespace": "shop", "name": "x"},
        'failed to get resource: deployments.apps "x" not found',
    ),
    (
        "resources_list",
        {"apiVersion": "v1", "kind": "PersistentVolume"},
        'failed to list resources: persistentvolumes is forbidden: User "snapshot-reader" '
        'cannot list resource "persistentvolumes" in API group "" at the cluster scope',
    ),
    (
        "resources_list",
        {"apiVersion": "apps/v1", "kind": "Foo"},
        'failed to list resources: no matches for kind "Foo" in version "apps/v1"',
    ),
    (
        "resources_get",
        {"apiVersion": "v1", "kind": "Node", "namespace": "shop", "name": "worker-1"},
        "failed to get resource: the server could not find the requested resource",
    ),
    (
        "resources_list",
        {"apiVersion": "apps/v1", "kind": "Deployment"},
        "failed to list resources: not recorded in this snapshot: deployments.apps (its scope holds only the "
        "namespaces default, kube-system, shop)",
    ),
    ("resources_get", {"apiVersion": "v1", "kind": "Pod"}, "failed to get resource, missing argument name"),
    (
        "pods_list",
        {"fieldSelector": "foo=bar"},
        "failed to list pods in all namespaces: field label not supported: foo",
    ),
    (
        "pods_log",
        {"name": "web-5d-aaaaa", "tail": "3"},
        "failed to get pod log: tail parameter must be an integer",
    ),
    (
        "pods_log",
        {"name": "web-5d-image", "namespace": "shop"},
        'failed to get pod web-5d-image log in namespace shop: container "web" in pod "web-5d-image" '
        "is waiting to start: trying and failing to pull image",
    ),
    (
        "pods_log",
        {"name": "web-5d-aaaaa", "namespace": "shop", "previous": True},
        'failed to get pod web-5d-aaaaa log in namespace shop: previous terminated container "web" in pod '
        '"web-5d-aaaaa" not found',
    ),
    (
        "pods_top",
        {"namespace": "shop", "name": "x"},
        "failed to get pods top: failed to get metrics for pod shop/x",
    ),
    ("nodes_top", {"name": "x"}, "failed to get nodes top: failed to get metrics for node x"),
]


@pytest.mark.parametrize(("tool", "given", "words"), ERRORS)
async def test_refusals(connect: Connect, tool: str, given: dict[str, Any], words: str) -> None:
    """Not found, forbidden, unknown kind, not recorded, wrong arguments: errors in the same words."""
    async with connect() as session:
        result = await session.call_tool(tool, given)
    assert result.isError and text_of(result).startswith(words), text_of(result)
    assert result.structuredContent is None


async def test_secrets_are_denied(connect: Connect) -> None:
    """Neither one Secret nor a list of them is served, and nothing of one is in the answer."""
    secrets = {"apiVersion": "v1", "kind": "Secret", "namespace": "shop"}
    async with connect() as session:
        for tool, given in (("resources_get", secrets | {"name": "password"}), ("resources_list", secrets)):
            result = await session.call_tool(tool, given)
            assert result.isError and "resource not allowed: /v1, Kind=Secret" in text_of(result)
            assert "aHVudGVyMg" not in result.model_dump_json()


async def test_logs(connect: Connect) -> None:
    """The last hundred lines by default, as many as asked for otherwise, of the container asked for."""
    web = {"name": "web-5d-aaaaa", "namespace": "shop"}
    async with connect() as session:

        async def lines(**more: Any) -> list[str]:
            return text_of(await session.call_tool("pods_log", web | more)).splitlines()

        assert len(await lines()) == len(await lines(tail=0)) == 100
        assert await lines(tail=2) == ["2025-03-04T09:58:00Z line 58", "2025-03-04T09:59:00Z line 59"]
        assert len(await lines(tail=1000)) == 180
        empty = "The pod web-5d-aaaaa in namespace shop has not logged any message yet"
        assert await lines(container="proxy") == [empty]
        crash = {"name": "web-5d-crash", "previous": True}
        assert await lines(**crash) == ["starting", "no database"]


async def test_where_all_namespaces_are_refused(connect: Connect) -> None:
    """A refused list of all namespaces quietly becomes one of `default`: callers must not trust it."""
    async with connect() as session:
        result = await session.call_tool("resources_list", {"apiVersion": "v1", "kind": "ConfigMap"})
    assert not result.isError and result.structuredContent == {"items": []}
