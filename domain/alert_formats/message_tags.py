"""Label-like parts of an event that some monitor sent: `tags_map`, `["pod=x"]`, `{pod=x, namespace=y}`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from kubetriage.domain.alert_formats.fields import scalar_text

_PARTS = frozenset(
    {"tagsmap", "tags", "labels", "label", "dimensions", "dimension", "eventtags", "alerttags"}
)
_NAME = re.compile(r"[A-Za-z_][\w.\-/]{0,62}", re.ASCII)
_PAIR = re.compile(
    r"\s*[\"']?(?P<name>[A-Za-z_][\w.\-/]{0,62})[\"']?\s*[=:]\s*[\"']?(?P<value>[^,;\"'{}]{1,253})"
)
_SNAKE = re.compile(r"(?<=[a-z])(?=[A-Z])")
_INNER = ("data", "event", "alert", "Trigger", "trigger", "additionalMsg")
MOST = 64
"""Labels that are taken."""


def tags_of(body: Mapping[Any, Any]) -> dict[str, str]:
    """The labels of these parts, of the object itself and of the event in it."""
    found: dict[str, str] = {}
    inner = [body.get(name) for name in _INNER]
    for where in (body, *(each for each in inner if isinstance(each, Mapping))):
        for name, given in where.items():
            if str(name).lower().replace("_", "") in _PARTS:
                for label, value in _pairs(given):
                    if len(found) < MOST and value:
                        found.setdefault(label, value)
    return found


def _pairs(given: Any) -> Iterator[tuple[str, str]]:
    if isinstance(given, str):
        try:
            opened = json.loads(given) if given.lstrip()[:1] in ("{", "[") else None
        except (ValueError, RecursionError):
            opened = None
        if isinstance(opened, dict | list):
            yield from _pairs(opened)
            return
        for part in re.split(r"[,;]", given[:8_192].strip().strip("{}[]")):
            if pair := _PAIR.match(part):
                yield _label(pair["name"]), pair["value"].strip()
    elif isinstance(given, Mapping):
        for name, value in given.items():
            text = scalar_text(value)
            if text and _NAME.fullmatch(str(name)) and len(text) <= 253:
                yield _label(str(name)), text
    elif isinstance(given, list | tuple):
        for each in given[:MOST]:
            yield from _named(each)


def _named(each: Any) -> Iterator[tuple[str, str]]:
    """One of a list: `"pod=x"`, or an object that gives the name and the value, or names and values."""
    if not isinstance(each, Mapping):
        if isinstance(each, str):
            yield from _pairs(each)
        return
    name = next(
        (each[key] for key in ("name", "key", "tag", "tagKey") if isinstance(each.get(key), str)), None
    )
    if name is not None and "value" in each:
        yield from _pairs({name: each["value"]})
    else:
        yield from _pairs(each)


def _label(name: str) -> str:
    """`PodName` as Prometheus would write it: `pod_name`."""
    return _SNAKE.sub("_", name).lower() if name[:1].isupper() else name
