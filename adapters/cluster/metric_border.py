"""Where answers of a Prometheus' MCP server come in: read, bounded and redacted before anything can see them.

Servers wrap the same JSON of Prometheus' API in their own ways: as structured content or as text, the whole
answer, its `data`, or either under `result`.
"""

from __future__ import annotations

import json
from typing import Any

from langchain_mcp_adapters.interceptors import MCPToolCallRequest, MCPToolCallResult
from mcp.types import CallToolResult

from kubetriage.adapters.cluster.border import Handler, raw_answer, said
from kubetriage.domain.evidence import FailureKind
from kubetriage.domain.samples import NoAnswer, Rows, rows_of

LARGEST = 4 * 1024 * 1024
"""Characters of one answer."""


async def samples_at_the_border(request: MCPToolCallRequest, handler: Handler) -> MCPToolCallResult:
    """The raw answer made one that may be seen: `{"rows": […], "cut": ""}`, or `{"unreadable": why}`."""
    raw = await raw_answer(request, handler)
    if isinstance(raw, CallToolResult):
        return raw
    try:
        rows = _rows(*raw)
    except NoAnswer as unclear:
        return said({"unreadable": str(unclear), "kind": unclear.kind.value})
    return said({"rows": rows.rows, "cut": rows.cut})


def _rows(text: str, structured: Any) -> Rows:
    if len(text) > LARGEST:
        raise NoAnswer(f"it has more than {LARGEST // 1024} KiB", FailureKind.TOO_LARGE)
    return rows_of(_body(structured if structured is not None else _parsed(text)))


def _body(answer: Any) -> Any:
    """The answer of Prometheus in what a server made of it."""
    for _ in range(3):
        if isinstance(answer, str):
            answer = _parsed(answer)
        if not isinstance(answer, dict) or {"resultType", "status"} & answer.keys():
            return answer
        answer = answer.get("result", answer.get("data"))
    return answer


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise NoAnswer("it is text for people, not Prometheus' JSON") from None
