"""A server as kubernetes-mcp-server 0.0.30 was: SSE, no hints, no selectors, no tail, no structured content.

Argument: a snapshot folder. Prints its address.
"""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from typing import Any

import uvicorn
from mcp.server.lowlevel import Server
from mcp.server.sse import SseServerTransport
from mcp.types import (
    CallToolRequest,
    CallToolResult,
    ListToolsRequest,
    ListToolsResult,
    ServerResult,
    TextContent,
    Tool,
)
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from kubetriage.adapters.cluster.snapshot.store import SnapshotStore
from kubetriage.adapters.cluster.snapshot.tool_answers import ToolAnswers
from kubetriage.adapters.cluster.snapshot.tool_arguments import ToolFailure

ARGUMENTS = {
    "configuration_view": ("minified",),
    "events_list": ("namespace",),
    "helm_list": ("namespace", "all_namespaces"),
    "namespaces_list": (),
    "pods_list": (),
    "pods_list_in_namespace": ("namespace",),
    "pods_get": ("namespace", "name"),
    "pods_delete": ("namespace", "name"),
    "pods_exec": ("namespace", "name", "command", "container"),
    "pods_log": ("namespace", "name", "container"),
    "pods_run": ("namespace", "name", "image", "port"),
    "resources_list": ("apiVersion", "kind", "namespace"),
    "resources_get": ("apiVersion", "kind", "namespace", "name"),
    "resources_create_or_update": ("resource",),
    "resources_delete": ("apiVersion", "kind", "namespace", "name"),
}
LOG_LINES = 256
"""What it always asked for."""


def oldest(store: SnapshotStore) -> Server[Any, Any]:
    server: Server[Any, Any] = Server("kubernetes-mcp-server", version="v0.0.30")
    answers = ToolAnswers(store)

    async def list_tools(_: ListToolsRequest) -> ServerResult:
        schema = {
            name: {"type": "object", "properties": {key: {"type": "string"} for key in keys}}
            for name, keys in ARGUMENTS.items()
        }
        return ServerResult(ListToolsResult(tools=[Tool(name=n, inputSchema=s) for n, s in schema.items()]))

    async def call_tool(request: CallToolRequest) -> ServerResult:
        name, arguments = request.params.name, request.params.arguments or {}
        unknown = set(arguments) - set(ARGUMENTS.get(name, ()))
        if unknown:
            return said(f"test: {name} was sent {sorted(unknown)}, which its schema lacks", error=True)
        if name == "pods_log":
            arguments = {**arguments, "tail": LOG_LINES}
        try:
            return said(answers.by_name[name](arguments).text)
        except ToolFailure as failure:
            return said(str(failure), error=True)

    server.request_handlers[ListToolsRequest] = list_tools
    server.request_handlers[CallToolRequest] = call_tool
    return server


def said(text: str, *, error: bool = False) -> ServerResult:
    return ServerResult(CallToolResult(content=[TextContent(type="text", text=text)], isError=error))


def main() -> None:
    server, transport = oldest(SnapshotStore.load(Path(sys.argv[1]))), SseServerTransport("/messages/")

    async def connect(request: Request) -> Response:
        async with transport.connect_sse(request.scope, request.receive, request._send) as (read, write):
            await server.run(read, write, server.create_initialization_options())
        return Response()

    routes = [Route("/sse", connect), Mount("/messages/", app=transport.handle_post_message)]
    listening = socket.create_server(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{listening.getsockname()[1]}/sse", flush=True)
    uvicorn.Server(uvicorn.Config(Starlette(routes=routes), log_level="error")).run([listening])


if __name__ == "__main__":
    main()
