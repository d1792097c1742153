"""Usage rows from the tables that `pods_top` and `nodes_top` print, and from metrics objects."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

Row = dict[str, Any]

_COLUMNS = {
    "NAMESPACE": "namespace",
    "CPU(cores)": "cpu",
    "CPU(%)": "cpu_percent",
    "CPU%": "cpu_percent",
    "MEMORY(bytes)": "memory",
    "MEMORY(%)": "memory_percent",
    "MEMORY%": "memory_percent",
}


def rows_of(table: str) -> list[Row] | None:
    """Rows with `namespace`, `name`, `container`, `cpu`, `memory` and percentages, as far as there are.

    None if the text is no such table. Totals and unknown values are left out.
    """
    lines = [line for line in table.splitlines() if line.strip()]
    if not lines:
        return []
    if "CPU(cores)" not in lines[0]:
        return None
    starts = [(found.start(), found[0]) for found in re.finditer(r"\S+", lines[0])]
    pods = any(title == "POD" for _, title in starts)
    rows: list[Row] = []
    for line in lines[1:]:
        row: Row = {}
        for i, (start, title) in enumerate(starts):
            end = starts[i + 1][0] if i + 1 < len(starts) else len(line)
            value = line[start:end].strip()
            key = _key(title, pods)
            if key and value and value != "<unknown>":
                row[key] = value
        if "name" in row and "cpu" in row:
            rows.append(row)
    return rows


def _key(title: str, pods: bool) -> str:
    if title == "POD" or (title == "NAME" and not pods):
        return "name"
    return "container" if title == "NAME" else _COLUMNS.get(title, "")


def rows_of_metrics(objects: Iterable[Mapping[str, Any]]) -> list[Row]:
    """The same rows from PodMetrics and NodeMetrics objects."""
    rows: list[Row] = []
    for obj in objects:
        metadata = obj.get("metadata") or {}
        place = {key: metadata[key] for key in ("namespace", "name") if metadata.get(key)}
        if "usage" in obj:
            rows.append(place | _usage(obj))
        for container in obj.get("containers") or ():
            rows.append(place | {"container": container.get("name", "")} | _usage(container))
    return rows


def _usage(holder: Mapping[str, Any]) -> Row:
    usage = holder.get("usage") or {}
    return {key: str(usage[key]) for key in ("cpu", "memory") if key in usage}
