"""Bodies that a workflow tool or a gateway put into an envelope: n8n's `{headers, params, query, body}`, and
the notices of AWS SNS and Huawei Cloud SMN, whose `Message` is the body."""

from __future__ import annotations

import json
from typing import Any

from kubetriage.domain.alert_formats.fields import Fields

_ENVELOPE = ("headers", "params", "query", "webhookUrl", "executionMode", "httpMethod", "method")


_NOTICES = (("TopicArn", "Message"), ("topic_urn", "message"))


def is_wrapped(fields: Fields) -> bool:
    """A `body` beside at least one other part of a request, or a notice of JSON."""
    if _noticed(fields) is not None:
        return True
    return "body" in fields.value and any(name in fields.value for name in _ENVELOPE)


def unwrapped(fields: Fields) -> Any:
    """The body; opened when it came as text, as it does for a request that was text/plain."""
    notice = _noticed(fields)
    if notice is not None:
        return notice
    body = fields.value["body"]
    if isinstance(body, str) and body.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(body, strict=False)
        except (ValueError, RecursionError):
            return body
    return body


def _noticed(fields: Fields) -> Any:
    """What a notice tells as JSON; None if this is no notice, or one of words."""
    for topic, text in _NOTICES:
        told = fields.value.get(text)
        if topic in fields.value and isinstance(told, str) and told.lstrip()[:1] in ("{", "["):
            try:
                opened = json.loads(told, strict=False)
            except (ValueError, RecursionError):
                return None
            return opened if isinstance(opened, dict | list) and opened else None
    return None
