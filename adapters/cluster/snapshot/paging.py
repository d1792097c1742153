"""`limit` and `continue` of a list."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any, TypeVar

from kubetriage.adapters.cluster.snapshot.status import bad_request, expired

T = TypeVar("T")


def page(items: Sequence[T], limit: int, token: str, version: str) -> tuple[Sequence[T], dict[str, Any]]:
    """One page and the list's `metadata`; raises `ApiStatus`, 410 for a token of another version."""
    start = _start(token, version) if token else 0
    metadata: dict[str, Any] = {"resourceVersion": version}
    if not limit or start + limit >= len(items):
        return (items[start:] if start else items), metadata
    body = json.dumps({"v": "meta.k8s.io/v1", "rv": version, "start": start + limit}, separators=(",", ":"))
    metadata["continue"] = base64.urlsafe_b64encode(body.encode()).decode().rstrip("=")
    metadata["remainingItemCount"] = len(items) - start - limit
    return items[start : start + limit], metadata


def _start(token: str, version: str) -> int:
    try:
        body = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        start, of = int(body["start"]), body["rv"]
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        raise bad_request("continue key is not valid") from error
    if of != version:
        raise expired()
    return max(start, 0)
