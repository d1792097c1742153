"""An MCP server over a snapshot that answers as kubernetes-mcp-server 0.0.67 would over its API.

Same tool names, argument schemas, structured content and error texts; Secrets are denied as that server
denies them when configured to.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Any

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp import ClientSession, McpError
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.shared.memory import create_client_server_memory_streams
from mcp.shared.message import SessionMessage
from mcp.types import (
    INVALID_PARAMS,
    CallToolRequest,
    CallToolResult,
    ErrorData,
    ListToolsRequest,
    ListToolsResult,
    ServerResult,
    TextContent,
)

from kubetriage.adapters.cluster.snapshot.mcp_tools import TOOLS
from kubetriage.adapters.cluster.snapshot.store import SnapshotStore
from kubetriage.adapters.cluster.snapshot.tool_answers import Answer, ToolAnswers
from kubetriage.adapters.cluster.snapshot.tool_arguments import ToolFailure
from kubetriage.domain.computing import aside

NAME = "kubetriage-snapshot"

Streams = tuple[MemoryObjectReceiveStream[SessionMessage | Exception], MemoryObjectSendStream[SessionMessage]]
"""What `ClientSession` takes: (read, write)."""


def mcp_server(store: SnapshotStore, *, hang: Collection[str] = ()) -> Server[Any, Any]:
    """The server, not yet connected. Calls of the tools in `hang` are never answered."""
    server: Server[Any, Any] = Server(NAME, version=f"{store.time:%Y-%m-%dT%H:%M:%SZ}")
    answers = ToolAnswers(store)

    async def list_tools(_: ListToolsRequest) -> ServerResult:
        return ServerResult(ListToolsResult(tools=list(TOOLS)))

    async def call_tool(request: CallToolRequest) -> ServerResult:
        answer = answers.by_name.get(request.params.name)
        if answer is None:
            raise McpError(ErrorData(code=INVALID_PARAMS, message=f'unknown tool "{request.params.name}"'))
        if request.params.name in hang:
            await anyio.sleep_forever()
        return ServerResult(await aside(_result, answer, request.params.arguments or {}))

    # Registered by hand: the library's decorators check arguments, and make a result of an unknown tool.
    server.request_handlers[ListToolsRequest] = list_tools
    server.request_handlers[CallToolRequest] = call_tool
    return server


def _result(answer: Callable[[Mapping[str, Any]], Answer], arguments: Mapping[str, Any]) -> CallToolResult:
    try:
        text, structured = answer(arguments)
    except ToolFailure as failure:
        return CallToolResult(content=[TextContent(type="text", text=str(failure))], isError=True)
    return CallToolResult(content=[TextContent(type="text", text=text)], structuredContent=structured)


@asynccontextmanager
async def connected(store: SnapshotStore, *, hang: Collection[str] = ()) -> AsyncIterator[Streams]:
    """A running server in this process; yields the client's (read, write) streams.

    Enter and leave it in the same task, as any transport of the MCP library.
    """
    server = mcp_server(store, hang=hang)
    async with create_client_server_memory_streams() as (client, ours), anyio.create_task_group() as tasks:
        tasks.start_soon(server.run, *ours, server.create_initialization_options())
        try:
            yield client
        finally:
            tasks.cancel_scope.cancel()


@asynccontextmanager
async def session(store: SnapshotStore, *, hang: Collection[str] = ()) -> AsyncIterator[ClientSession]:
    """An initialised client session with a server in this process."""
    async with connected(store, hang=hang) as streams, ClientSession(*streams) as client:
        await client.initialize()
        yield client


async def serve_stdio(store: SnapshotStore) -> None:
    """Serve on standard input and output until the client closes them."""
    server = mcp_server(store)
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())
