"""Masking secrets at the border, before anything is stored, logged, traced or sent.

What a reader needs to diagnose stays: names of Secrets and of their keys, user names, hosts, ports, the
scheme of a header. What is masked is replaced by `MARK`. Masking twice changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, TypeAlias

from kubetriage.domain.redaction_names import (
    name_says_secret,
    object_name,
    ordinary_value,
    place,
)
from kubetriage.domain.redaction_patterns import MARK
from kubetriage.domain.redaction_text import mask, may_hold_secret

__all__ = ["MARK", "redact_object", "redact_text"]

JSON: TypeAlias = Any
"""dict, list, str, int, float, bool or None, as `json` gives them."""

_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
_NAMES_OBJECT: Final = frozenset({"secret", "credentials", "credential"})
"""Fields of API objects whose value is usually the name of an object."""
_DEEPEST: Final = 60
"""Levels of nesting beyond which an object is masked as a whole; Kubernetes' own have less than 20."""


def redact_text(text: str) -> str:
    """The text with its secrets masked; linear in its length."""
    return mask(text)


def redact_object(obj: JSON) -> JSON:
    """A Kubernetes object (or a list of them, or any JSON) with its secrets masked; the input is not changed.

    Data of Secrets is masked whole, its keys stay. Environment variables and ConfigMap data are masked by
    name and by content, JSON in annotations is read and masked as an object, every other string by content.
    """
    walk = _Walk()
    if isinstance(obj, Mapping) and isinstance(obj.get("items"), list):
        kind = str(obj.get("kind", "")).removesuffix("List")
        items = [walk.item(item, kind) for item in obj["items"]]
        return {**walk.fields(obj, "", 0, skip="items"), "items": items}
    return [walk.item(item, "") for item in obj] if isinstance(obj, list) else walk.item(obj, "")


class _Walk:
    """One pass over an answer; strings that come again (labels, images, reasons) are looked at once."""

    def __init__(self) -> None:
        self.seen: dict[str, str] = {}

    def text(self, value: str) -> str:
        if len(value) < 8:
            return value
        known = self.seen.get(value)
        if known is None:
            known = self.seen[value] = mask(value)
        return known

    def item(self, obj: JSON, kind: str) -> JSON:
        """Small objects often hold nothing that could be a secret: one look at their JSON spares the walk."""
        if kind != "Secret" and not may_hold_secret(json.dumps(obj, ensure_ascii=False, default=str)):
            return obj
        return self.any(obj, kind, 0)

    def any(self, value: JSON, kind: str, depth: int) -> JSON:
        if isinstance(value, str):
            return self.text(value)
        if depth > _DEEPEST:
            return MARK if isinstance(value, (dict, list)) else value
        if isinstance(value, dict):
            return self.mapping(value, kind, depth)
        if isinstance(value, list):
            return self.sequence(value, depth)
        return value

    def mapping(self, value: Mapping[str, JSON], kind: str, depth: int) -> dict[str, JSON]:
        own = value.get("kind")
        kind = own if isinstance(own, str) and ("metadata" in value or "data" in value) else kind
        if kind == "Secret":
            return self.secret(value, depth)
        if kind == "ConfigMap" and isinstance(value.get("data"), dict):
            data = {key: self.named(key, text, depth) for key, text in value["data"].items()}
            return {**self.fields(value, "", depth, skip="data"), "data": data}
        name = value.get("name", value.get("key"))
        if isinstance(name, str) and isinstance(value.get("value"), str):
            return {
                **self.fields(value, "", depth, skip="value"),
                "value": self.named(name, value["value"], depth),
            }
        return self.fields(value, kind, depth)

    def fields(self, value: Mapping[str, JSON], kind: str, depth: int, skip: str = "") -> dict[str, JSON]:
        return {
            key: inner if key == skip else self.field(key, inner, kind, depth) for key, inner in value.items()
        }

    def field(self, key: str, value: JSON, kind: str, depth: int) -> JSON:
        if not isinstance(value, str):
            if key == "binaryData" and isinstance(value, dict):
                return dict.fromkeys(value, MARK)
            return self.any(value, kind if key == "items" else "", depth + 1)
        if value[:1] in ("{", "[") and (inner := _parsed(value)) is not None:
            return self.again(value, inner, depth)
        if len(value) > 1 and _says_secret(key) and not ordinary_value(value) and not _refers(key, value):
            return _partly(value)
        return self.text(value)

    def named(self, name: str, value: JSON, depth: int) -> JSON:
        """The value of an environment variable or of a ConfigMap's key."""
        if not isinstance(value, str):
            return self.any(value, "", depth + 1)
        if "\n" not in value.strip() and _says_secret(name):
            return value if _is_reference(value) else _partly(value)
        if value[:1] in ("{", "[") and (inner := _parsed(value)) is not None:
            return self.again(value, inner, depth)
        return self.text(value)

    def again(self, text: str, inner: JSON, depth: int) -> str:
        """JSON inside a string, masked as an object; the same to the letter if there is nothing to mask."""
        masked = self.any(inner, "", depth + 1)
        return text if masked == inner else json.dumps(masked, ensure_ascii=False, separators=(",", ":"))

    def secret(self, value: Mapping[str, JSON], depth: int) -> dict[str, JSON]:
        masked = self.fields(value, "", depth)
        for key in ("data", "stringData"):
            if key in value:
                masked[key] = dict.fromkeys(value[key], MARK) if isinstance(value[key], dict) else MARK
        metadata = value.get("metadata")
        annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
        if isinstance(annotations, dict) and _parsed(annotations.get(_APPLIED, "{}")) is None:
            # The manifest last applied holds the data again; where it cannot be read it goes whole.
            masked["metadata"] = {**masked["metadata"], "annotations": {**annotations, _APPLIED: MARK}}
        return masked

    def sequence(self, values: Sequence[JSON], depth: int) -> list[JSON]:
        """In a command line the word after `--password` (or after the `-a` of redis-cli) is its value."""
        masked: list[JSON] = []
        cli = any(isinstance(v, str) and v.endswith(("redis-cli", "redis-benchmark")) for v in values)
        secret_next = False
        for value in values:
            if (
                secret_next
                and isinstance(value, str)
                and not value.startswith("-")
                and not _is_reference(value)
            ):
                masked.append(MARK)
            else:
                masked.append(self.any(value, "", depth + 1))
            secret_next = isinstance(value, str) and (
                (value.startswith("--") and "=" not in value and _says_secret(value))
                or (cli and value == "-a")
            )
        return masked


_says_secret = lru_cache(maxsize=4096)(name_says_secret)


def _refers(key: str, value: str) -> bool:
    """Does a field such as `secret: my-tls` name an object or a file instead of holding a secret?"""
    if place(value):
        return True
    return (key.lower() in _NAMES_OBJECT or key.endswith("Secret")) and (
        object_name(value) or value.isalpha()
    )


def _is_reference(value: str) -> bool:
    """A boolean, nothing, `$(OTHER)` or a path: not the secret itself."""
    return value.lower() in ("", "true", "false", "none", "null") or value.startswith("$(") or place(value)


def _partly(value: str) -> str:
    """A secret as a whole; but of a connection string only what is secret in it."""
    masked = mask(value)
    in_parts = "://" in masked and (MARK in masked or "@" not in value)
    return masked if in_parts else MARK


def _parsed(text: JSON) -> JSON | None:
    try:
        inner = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return None
    return inner if isinstance(inner, (dict, list)) else None
