"""Where answers come in: read, bounded and redacted before a callback, a tracer or a log can see them.

It is a tool interceptor, so it runs inside the traced tool call and before its end is reported.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from langchain_mcp_adapters.interceptors import MCPToolCallRequest, MCPToolCallResult
from mcp import McpError
from mcp.types import CallToolResult, EmbeddedResource, ErrorData, TextContent, TextResourceContents
from pydantic import ValidationError

from kubetriage.adapters.cluster.answer_objects import Unreadable, objects_in
from kubetriage.adapters.cluster.bounds import bound_log, bound_objects
from kubetriage.adapters.cluster.tools import OBJECT_TOOLS
from kubetriage.domain.computing import aside
from kubetriage.domain.redaction import redact_object, redact_text

LONGEST_ERROR = 2_000
LONG_TEXT = 64 * 1024
"""Characters of a text from which on redacting it takes more than 5 ms: it leaves the event loop."""
SHORT_YAML = 4 * 1024
"""Characters of YAML that are parsed and redacted in less than 5 ms."""
LONGEST_TEXT = 1024 * 1024
"""Characters of an answer that is neither objects nor a log."""

Handler = Callable[[MCPToolCallRequest], Awaitable[MCPToolCallResult]]


async def at_the_border(request: MCPToolCallRequest, handler: Handler) -> MCPToolCallResult:
    """Make the raw answer one that may be seen.

    Objects come out as structured content `{"objects": […], "cut": ""}`, logs and tables as text with
    `{"cut": ""}`, an answer that cannot be read as `{"unreadable": why}`; errors as text.
    """
    raw = await raw_answer(request, handler)
    if isinstance(raw, CallToolResult):
        return raw
    text, structured = raw
    if request.name in OBJECT_TOOLS:
        if len(text) > SHORT_YAML or structured is not None:
            return await aside(_objects, text, structured)
        return _objects(text, structured)
    kept, cut = (
        bound_log(text, _tail(request)) if request.name == "pods_log" else bound_log(text, 0, LONGEST_TEXT)
    )
    if len(kept) > LONG_TEXT:
        return said({"cut": cut}, await aside(redact_text, kept))
    return said({"cut": cut}, redact_text(kept))


async def raw_answer(request: MCPToolCallRequest, handler: Handler) -> tuple[str, Any] | CallToolResult:
    """An answer's text and structured content as they came, or what stands for one that is none or a refusal.

    Raises `McpError` with its words redacted.
    """
    try:
        raw = await handler(request)
    except McpError as error:
        told = ErrorData(code=error.error.code, message=redact_text(error.error.message[:LONGEST_ERROR]))
        raise McpError(told) from None
    except (ValidationError, RuntimeError):  # the library's verdict on an answer that breaks its own schema
        return said({"unreadable": "it breaks the tool's own schema"})
    if not isinstance(raw, CallToolResult):
        return said({"unreadable": f"it is a {type(raw).__name__}"})
    text = "\n".join(filter(None, map(_text, raw.content)))
    if raw.isError:
        return CallToolResult(content=[_block(redact_text(text[:LONGEST_ERROR]))], isError=True)
    return text, raw.structuredContent


def _objects(text: str, structured: Any) -> CallToolResult:
    try:
        found = objects_in(text, structured)
    except Unreadable as why:
        return said({"unreadable": redact_text(str(why))})
    size = len(text) or len(json.dumps(structured))
    kept, cut = bound_objects(found, size)
    return said({"objects": redact_object(kept), "cut": cut}, f"{len(found)} objects")


def _tail(request: MCPToolCallRequest) -> int:
    tail = request.args.get("tail", 0)
    return tail if isinstance(tail, int) else 0


def _text(block: object) -> str:
    if isinstance(block, TextContent):
        return block.text
    if isinstance(block, EmbeddedResource) and isinstance(block.resource, TextResourceContents):
        return block.resource.text
    return ""


def _block(text: str) -> TextContent:
    return TextContent(type="text", text=text)


def said(structured: dict[str, Any], text: str = "") -> CallToolResult:
    """An answer in our own form."""
    return CallToolResult(content=[_block(text)], structuredContent=structured)
