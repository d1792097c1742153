"""Bodies that a workflow tool or a gateway put into an envelope: n8n's `{headers, params, query, body}`."""

from __future__ import annotations

import json
from typing import Any

from kubetriage.domain.alert_formats.fields import Fields

_ENVELOPE = ("headers", "params", "query", "webhookUrl", "executionMode", "httpMethod", "method")


def is_wrapped(fields: Fields) -> bool:
    """A `body` beside at least one other part of a request."""
    return "body" in fields.value and any(name in fields.value for name in _ENVELOPE)


def unwrapped(fields: Fields) -> Any:
    """The body; opened when it came as text, as it does for a request that was text/plain."""
    body = fields.value["body"]
    if isinstance(body, str) and body.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(body, strict=False)
        except (ValueError, RecursionError):
            return body
    return body
