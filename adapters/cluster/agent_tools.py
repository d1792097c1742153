"""A server's read tools as LangChain agents take them: each answer whole, as text, redacted.

The flow reads objects and shows a model little of them; an agent is shown what the server says. Errors are
answers too, because it is for the model to try something else.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from langchain_mcp_adapters.interceptors import MCPToolCallRequest
from mcp import McpError
from mcp.types import CallToolResult, TextContent

from kubetriage.adapters.cluster.answer_objects import Unreadable, objects_in
from kubetriage.adapters.cluster.border import LONGEST_TEXT, Handler, raw_answer
from kubetriage.adapters.cluster.bounds import bound_log
from kubetriage.adapters.cluster.session import McpSession, OpenStreams
from kubetriage.adapters.cluster.snapshot.yaml_text import yaml_text
from kubetriage.adapters.cluster.tools import OBJECT_TOOLS, CallableTool, sort_tools
from kubetriage.domain.redaction import redact_object, redact_text

_OF_ONE = ("resources_get", "pods_get")


async def as_text(request: MCPToolCallRequest, handler: Handler) -> CallToolResult:
    """The answer's text with its secrets masked: objects field by field, tables and logs by content."""
    try:
        raw = await raw_answer(request, handler)
    except McpError as refused:
        return _told(refused.error.message, error=True)
    if isinstance(raw, CallToolResult):
        return raw
    text, structured = raw
    if request.name in OBJECT_TOOLS:
        try:
            found = objects_in(text, structured)
        except Unreadable:
            pass  # a table
        else:
            masked = redact_object(found)
            return _told(yaml_text(masked[0] if request.name in _OF_ONE else masked))
    return _told(redact_text(bound_log(text, 0, LONGEST_TEXT)[0]))


def _told(text: str, *, error: bool = False) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=text)], isError=error)


@asynccontextmanager
async def agent_tools(name: str, opened: OpenStreams) -> AsyncIterator[list[CallableTool]]:
    """The tools of a server that only read, as it describes them, while the block runs.

    They are those that a triage may use, no others. Raises `Lost` if the server cannot be reached.
    """
    session = McpSession(name, opened, interceptors=[as_text])
    try:
        offered = (await session.offer()).tools
        usable = sort_tools(offered.values()).usable
        yield [tool for tool in offered.values() if tool.name in usable]
    finally:
        await session.close()
