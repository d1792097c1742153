"""Arguments of native tool calls, in the one form that OpenAI's clients read: the JSON text of an object."""

from __future__ import annotations

import ast
import json
from typing import Any

LONGEST_REPAIR = 64 * 1024


def arguments_text(raw: Any, *, whole: bool = True) -> str:
    """JSON text of an object, from whatever a server sent as arguments; what can't be one is left as it is.

    Servers send nothing for no arguments, the object itself, JSON encoded twice, and Python literals. With
    `whole` false (the answer was cut off) nothing is repaired, because a repair would close what was cut.
    """
    if raw is None or raw == "":
        return "{}"
    if isinstance(raw, dict):
        return _written(raw) or "nested too deeply"
    if not isinstance(raw, str):
        return str(raw)
    value: Any = raw
    for _ in range(3):
        if not isinstance(value, str):
            break
        value = _decoded(value)
    if isinstance(value, dict):
        return _written(value) or raw
    mended = _mended(raw) if whole and value is None else None
    return (_written(mended) if isinstance(mended, dict) else None) or raw


def _written(value: dict[str, Any]) -> str | None:
    """None if it is nested more deeply than can be written."""
    try:
        return json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return None


def _decoded(text: str) -> Any:
    """None if it isn't JSON."""
    if not text.strip():
        return {}
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _mended(text: str) -> Any:
    stripped = text.strip()
    if not stripped.startswith("{") or not stripped.endswith("}"):
        return None
    try:
        return ast.literal_eval(stripped)
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        pass
    if len(stripped) > LONGEST_REPAIR:
        return None
    import json_repair

    try:
        return json_repair.loads(stripped, skip_json_loads=True)
    except (ValueError, RecursionError):
        return None
