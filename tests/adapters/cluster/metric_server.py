"""An MCP server of a Prometheus over stdio, as told; standard library only, so that it starts at once.

The first argument is JSON: `tools` (names to their arguments), `writes` (names marked as writing), `results` (what
a query is answered with: a result of a tool call, or nothing for a query that hangs). What was called is told back
by the query `what was called`.
"""

from __future__ import annotations

import json
import sys
from typing import Any

OPTIONS: dict[str, Any] = json.loads(sys.argv[1])
CALLED: list[Any] = []


def tools() -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "description": name,
            "inputSchema": {"type": "object", "properties": {key: {"type": "string"} for key in arguments}},
            "annotations": {"readOnlyHint": name not in OPTIONS.get("writes", ())},
        }
        for name, arguments in OPTIONS["tools"].items()
    ]


def answer(params: dict[str, Any]) -> Any:
    query = params["arguments"].get("query")
    if query == "what was called":
        series = [{"metric": {"call": json.dumps(call)}, "value": [1, "1"]} for call in CALLED]
        return {"content": [], "structuredContent": {"resultType": "vector", "result": series}}
    CALLED.append([params["name"], params["arguments"]])
    if query == "flood":
        return {"content": [{"type": "text", "text": "x" * 5_000_000}]}
    return OPTIONS["results"].get(query)


def handle(message: dict[str, Any]) -> Any:
    match message.get("method"):
        case "initialize":
            info = {"name": "metrics", "version": "0.1"}
            version = message["params"]["protocolVersion"]
            return {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": info}
        case "tools/list":
            return {"tools": tools()}
        case "tools/call":
            return answer(message["params"])
        case "ping":
            return {}
    return None


if __name__ == "__main__":
    for line in sys.stdin:
        asked = json.loads(line)
        result = handle(asked)
        if result is not None and "id" in asked:
            print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}), flush=True)
