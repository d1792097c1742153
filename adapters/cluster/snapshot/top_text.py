"""The tables of `nodes_top` and `pods_top`, as kubectl's printer lays them out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import ROUND_CEILING, Decimal

from kubetriage.adapters.cluster.snapshot.store import Object

_SUFFIXES = {
    "": 0, "n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18,
}  # fmt: skip
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_QUANTITY = re.compile(r"([-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:[eE]([-+]?[0-9]+)|([numkMGTPE]|[KMGTPE]i)?)")


def quantity(text: object) -> Decimal:
    """A Kubernetes quantity as a number; 0 for what isn't one."""
    match = _QUANTITY.fullmatch(str(text).strip())
    if not match:
        return Decimal(0)
    number, exponent, suffix = match.groups()
    if suffix in _BINARY:
        return Decimal(number) * Decimal(1 << _BINARY[suffix])
    return Decimal(number).scaleb(int(exponent) if exponent else _SUFFIXES[suffix or ""])


def pod_usage(metrics: Iterable[Object]) -> str:
    """A row for each container, and their sum; empty for no pods."""
    rows = [["NAMESPACE", "POD", "NAME", "CPU(cores)", "MEMORY(bytes)", "SWAP(bytes)"]]
    total: list[Decimal] = [Decimal(0)] * len(_MEASURED)
    for pod in metrics:
        place = [pod["metadata"].get("namespace", ""), pod["metadata"]["name"]]
        for container in sorted(pod.get("containers") or (), key=lambda c: str(c.get("name", ""))):
            used = _used(container)
            total = [sum(pair, Decimal(0)) for pair in zip(total, used, strict=True)]
            rows.append([*place, str(container.get("name", "")), *_shown(used)])
    if len(rows) == 1:
        return ""
    # The printer sets the sum one column too far to the right.
    rows += [["", "", "", "", "________", "________"], ["", "", "", "", *_shown(total)]]
    return aligned(rows)


def node_usage(metrics: Iterable[Object], nodes: Iterable[Object]) -> str:
    """A row for each node, those without metrics last; empty where there are no metrics at all."""
    available = {node["metadata"]["name"]: _available(node) for node in nodes}
    rows = [["NAME", "CPU(cores)", "CPU(%)", "MEMORY(bytes)", "MEMORY(%)", "SWAP(bytes)", "SWAP(%)"]]
    for node in metrics:
        name, used = node["metadata"]["name"], _used(node)
        row = [name]
        for shown, amount, of in zip(_shown(used), used, available.pop(name, [None] * 3), strict=True):
            row += [shown] if of is None else [shown, f"{int(amount * 100 / of)}%"]
        rows.append(row)
    if len(rows) == 1:
        return ""
    rows += [[name, *["<unknown>"] * 6] for name in sorted(available)]
    return aligned(rows)


_MEASURED = ("cpu", "memory", "swap")


def _used(measured: Object) -> list[Decimal]:
    usage = measured.get("usage") or {}
    return [quantity(usage.get(key, 0)) for key in _MEASURED]


def _shown(amounts: list[Decimal]) -> list[str]:
    cpu, *rest = amounts
    millis = (cpu * 1000).to_integral_value(ROUND_CEILING)
    return [f"{millis}m", *(f"{int(amount) // (1024 * 1024)}Mi" for amount in rest)]


def _available(node: Object) -> list[Decimal | None]:
    status = node.get("status") or {}
    given = dict(status.get("allocatable") or {})
    given["swap"] = ((status.get("nodeInfo") or {}).get("swap") or {}).get("capacity")
    return [quantity(given[key]) or None if given.get(key) else None for key in _MEASURED]


def aligned(rows: list[list[str]]) -> str:
    """Cells three blanks apart, as Go's tab writer sets them: a column is a run of rows that have it."""
    lines = [""] * len(rows)
    for column in range(max(map(len, rows))):
        run: list[int] = []
        for index, row in enumerate([*rows, []]):
            if len(row) > column:
                run.append(index)
            elif run:
                longest = max(len(rows[i][column]) for i in run)
                width = max(6, longest + 3 if longest else 0)
                for i in run:
                    lines[i] += rows[i][column].ljust(width)
                run = []
    return "".join(line + "\n" for line in lines)
