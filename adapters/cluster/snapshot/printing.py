"""Pieces of table cells, as the API server prints them for kubectl."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from kubetriage.adapters.cluster.snapshot.scope import parse_time

Object = Mapping[str, Any]
Cell = Callable[[Object, datetime], Any]


class Column(NamedTuple):
    name: str
    cell: Cell
    """Of the object and the time that ages are counted to."""
    wide: bool = False
    type: str = "string"


def at(obj: Any, path: str, default: Any = None) -> Any:
    """The value at a dotted path; the default where any step is missing or null."""
    for step in path.split("."):
        obj = obj.get(step) if isinstance(obj, Mapping) else None
        if obj is None:
            return default
    return obj


def value(path: str, default: Any = "<none>") -> Cell:
    return lambda obj, _: at(obj, path, default)


def count(path: str) -> Cell:
    return lambda obj, _: len(at(obj, path, ()))


def age_of(path: str = "metadata.creationTimestamp") -> Cell:
    return lambda obj, now: age(at(obj, path), now)


def age(timestamp: Any, now: datetime) -> str:
    time = parse_time(timestamp) if isinstance(timestamp, str) else None
    return human_duration((now - time).total_seconds()) if time else "<unknown>"


def human_duration(total: float) -> str:
    """`k8s.io/apimachinery/pkg/util/duration.HumanDuration`: 2m5s, 47m, 3h10m, 45d."""
    seconds = int(total)
    if seconds < 0:
        return "0s" if seconds >= -1 else "<invalid>"
    minutes, hours = seconds // 60, seconds // 3600
    if seconds < 120:
        return f"{seconds}s"
    if minutes < 10:
        return _pair(minutes, "m", seconds % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return _pair(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if hours < 192:
        return _pair(hours // 24, "d", hours % 24, "h")
    if hours < 24 * 365 * 2:
        return f"{hours // 24}d"
    if hours < 24 * 365 * 8:
        return _pair(hours // 24 // 365, "y", hours // 24 % 365, "d")
    return f"{hours // 24 // 365}y"


def _pair(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large}{large_unit}" + (f"{small}{small_unit}" if small else "")


def joined(values: Iterable[Any], empty: str = "<none>", most: int = 0) -> str:
    """Comma-joined; beyond `most` values the rest is counted, as for the endpoints of a Service."""
    shown = [str(v) for v in values]
    if most and len(shown) > most:
        return ",".join(shown[:most]) + f" + {len(shown) - most} more..."
    return ",".join(shown) or empty


def pairs(labels: Mapping[str, Any] | None) -> str:
    return joined(f"{k}={v}" for k, v in sorted((labels or {}).items()))


def label_selector(selector: Mapping[str, Any] | None) -> str:
    """A `metav1.LabelSelector` as kubectl writes it."""
    if not selector:
        return "<none>"
    terms = [f"{k}={v}" for k, v in sorted((selector.get("matchLabels") or {}).items())]
    for expression in selector.get("matchExpressions") or ():
        key, operator = expression.get("key", ""), expression.get("operator", "")
        values = ",".join(expression.get("values") or ())
        terms.append(
            {"Exists": key, "DoesNotExist": f"!{key}"}.get(operator, f"{key} {operator.lower()} ({values})")
        )
    return joined(terms)


AGE = Column("Age", age_of())
NAME = Column("Name", value("metadata.name"))
CONTAINERS = Column("Containers", lambda o, _: containers(at(o, "spec.template.spec"), "name"), wide=True)
IMAGES = Column("Images", lambda o, _: containers(at(o, "spec.template.spec"), "image"), wide=True)
SELECTOR = Column("Selector", lambda o, _: label_selector(at(o, "spec.selector")), wide=True)


def containers(spec: Object | None, key: str) -> str:
    return joined(c.get(key, "") for c in at(spec, "containers", ()))
