"""A JSON Schema as each method of asking wants it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from kubetriage.adapters.model.profile import Method

_NAME = re.compile(r"[^A-Za-z0-9_-]+")


def response_format(method: Method, name: str, schema: Mapping[str, Any]) -> dict[str, Any] | None:
    """The request's `response_format`; None for methods without one."""
    match method:
        case Method.JSON_SCHEMA:
            wanted: dict[str, Any] = {"name": _NAME.sub("_", name)[:64] or "answer", "schema": dict(schema)}
            if is_strict(schema):
                wanted["strict"] = True
            return {"type": "json_schema", "json_schema": wanted}
        case Method.JSON_OBJECT:
            return {"type": "json_object"}
        case Method.FUNCTION_CALLING | Method.PROMPT:
            return None


def is_strict(schema: Any) -> bool:
    """Whether a schema keeps to what OpenAI's strict mode wants of it: every property of every object is
    required, and there are no others. It refuses the rest; without the mode it is guided by any schema."""
    if isinstance(schema, Mapping):
        if schema.get("type") == "object" or "properties" in schema:
            names = set(schema.get("properties") or ())
            if schema.get("additionalProperties") is not False or names != set(schema.get("required") or ()):
                return False
        return all(is_strict(part) for key, part in schema.items() if key not in ("enum", "const", "default"))
    if isinstance(schema, list):
        return all(is_strict(part) for part in schema)
    return True


def schema_words(schema: Mapping[str, Any]) -> str:
    """What a prompt says where nothing else enforces the schema. Some servers want to see the word JSON."""
    shown = json.dumps(schema, ensure_ascii=False, separators=(",", ":"))
    return f"Answer with one JSON object and nothing else. It must fit this JSON Schema:\n{shown}"


def is_shown(schema: Mapping[str, Any], prompt: str) -> bool:
    """Whether a prompt names every property of the answer, so that the schema need not be added."""
    names = list(schema.get("properties") or ())
    return bool(names) and all(f'"{name}"' in prompt or f"`{name}`" in prompt for name in names)


def tool_words(tools: Sequence[tuple[str, str, Mapping[str, Any]]]) -> str:
    """What a prompt says of tools (name, description, schema) where the endpoint takes none."""
    lines = [
        'To call a tool, answer with this JSON object alone: {"name": TOOL, "arguments": {…}}; the tools:'
    ]
    for name, description, schema in tools:
        shown = json.dumps(schema, ensure_ascii=False, separators=(",", ":"))
        lines.append(f"{name}: {description} JSON Schema of its arguments: {shown}")
    return "\n".join(lines)


def openai_tool(name: str, description: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """A tool as requests carry it."""
    function = {"name": name, "description": description, "parameters": dict(schema)}
    return {"type": "function", "function": function}
