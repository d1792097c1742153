"""The bytes of a post → alerts, with nothing left behind: what is not understood is kept as text."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from kubetriage.adapters.alerts.decode import decode
from kubetriage.domain.alert import Alert
from kubetriage.domain.alert_formats import alerts_from
from kubetriage.domain.alert_formats.fields import json_value
from kubetriage.domain.errors import BadAlert
from kubetriage.server.bodies import unpacked
from kubetriage.server.problems import Refused


class Source(StrEnum):
    """Senders with a path of their own. What is posted is told by its shape on all of them, but for text."""

    ALERTMANAGER = "alertmanager"
    GRAFANA = "grafana"
    PROMETHEUS = "prometheus"
    VMALERT = "vmalert"
    PROMETHEUSALERT = "prometheusalert"
    ALIYUN = "aliyun"
    TENCENT = "tencent"
    VOLCENGINE = "volcengine"
    N8N = "n8n"
    BARE = "bare"
    TEXT = "text"
    """Taken as it is, never looked into."""


class Posted(NamedTuple):
    """What a post holds."""

    alerts: tuple[Alert, ...]
    source: str
    """The path's, else the format that was recognised."""
    truncated: int
    """Alerts that the sender left out."""
    digest: str
    """SHA-256 of the unpacked body, hexadecimal."""


def posted(body: bytes, source: Source | None, received_at: datetime) -> Posted:
    """The alerts of a body, gzip or not. Takes a second for 10,000 alerts: to be called in a thread.

    Raises `Refused`: 400 for what is empty, broken gzip or nested too deeply, 413 above the size limit.
    """
    plain = unpacked(body)
    digest = hashlib.sha256(plain).hexdigest()
    try:
        document = _text(plain) if source is Source.TEXT else decode(plain)
    except BadAlert as error:
        raise Refused(400, str(error)) from None
    if document in ([], {}, None, ""):
        raise Refused(400, "The body holds no alerts.")
    alerts, found, truncated = _understood(document, received_at)
    if not alerts:
        raise Refused(400, "The body holds no alerts.")
    return Posted(tuple(alerts), source.value if source else found, truncated, digest)


def _text(plain: bytes) -> str:
    text = plain.decode("utf-8-sig", "backslashreplace").replace("\0", "\\x00")
    if not text.strip():
        raise BadAlert("The alert is empty.")
    return text


def _understood(document: Any, received_at: datetime) -> tuple[list[Alert], str, int]:
    """Alerts, their format, and how many were left out; one wrong part does not take the others with it."""
    try:
        parsed = alerts_from(document, received_at=received_at)
        return list(parsed.alerts), parsed.source, parsed.truncated
    except BadAlert:
        parts = list(_parts(document))
    if parts == [document]:
        return _as_text(document, received_at), "text", 0
    alerts: list[Alert] = []
    sources: set[str] = set()
    for part in parts:
        found, source, _ = _understood(part, received_at)
        alerts += found
        sources.add(source)
    return alerts, sources.pop() if len(sources) == 1 else "mixed", 0


def _parts(document: Any) -> Iterator[Any]:
    """The documents that a list consists of, or groups of one alert each, or the alert of such a group.

    Of anything else, itself.
    """
    if isinstance(document, list):
        yield from document
    elif isinstance(document, dict) and isinstance(document.get("alerts"), list):
        alone = document["alerts"]
        yield from alone if len(alone) == 1 else ({**document, "alerts": [alert]} for alert in alone)
    else:
        yield document


def _as_text(document: Any, received_at: datetime) -> list[Alert]:
    if document in ([], {}, None, "") or (isinstance(document, dict) and document.get("alerts") == []):
        return []
    text = document if isinstance(document, str) else json.dumps(json_value(document), ensure_ascii=False)
    try:
        return list(alerts_from(text, received_at=received_at).alerts)
    except BadAlert:  # nothing visible in it
        return []
