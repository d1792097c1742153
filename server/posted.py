"""The bytes of a post → alerts, with nothing left behind: what is not understood is kept as text."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from kubetriage.adapters.alerts.decode import bounded, decode
from kubetriage.adapters.alerts.gzip_members import GZIP
from kubetriage.adapters.alerts.text_encoding import text_of
from kubetriage.domain.alert import Alert
from kubetriage.domain.alert_formats import alerts_from
from kubetriage.domain.alert_formats.fields import MAX_DEPTH, json_value
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


NOTHING = "The body holds no alerts."
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_FEW = 16
"""Brackets of a group without alerts, and some more."""
_READ_WHOLE = 8 * 1024
"""Bytes that are read in a fraction of a millisecond."""
SMALL = 256 * 1024
"""Bytes of a body that is read at once; a larger one gets a thread."""
_MOST_AT_ONCE = 15_000
"""Values in a body that is read at once, about: everyday alerts of that size have 10,000."""
_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)
MOST_ITEMS = 60_000
"""Items that the lists of one body may have together: 16 MB of Alertmanager's are about 27,000 alerts."""
MOST_LEFT_OUT = 2**31 - 1
"""Whatever a sender says: databases count no further."""
LONGEST_TEXT = 65_536
"""Characters of a text that are looked into; its alert keeps half of them."""
_MOST_FIELDS = 40
_FIELD = re.compile(r'"(?:title|message|alert-[a-z-]+|prometheus-url|alertmanager-url)"')
"""Names in PrometheusAlert's stock template, which has nine; many in a long text take for ever."""


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

    Raises `Refused`: 400 for what is empty or broken gzip, 413 above the limits.
    """
    plain = _plain(body)
    digest = hashlib.sha256(plain).hexdigest()
    document = _document(plain, source)
    alerts, found, truncated = _understood(document, received_at)
    if not alerts:
        raise Refused(400, NOTHING)
    left_out = max(0, min(truncated, MOST_LEFT_OUT))
    return Posted(tuple(alerts), source.value if source else found, left_out, digest)


def plainly_holds_alerts(body: bytes) -> bool:
    """Whether a body is small and everyday JSON with something in it: nothing that takes time to find out."""
    if len(body) > SMALL or not body.startswith((b"{", b"[")):
        return False
    if body.count(b",") + body.count(b"[") + body.count(b"{") > _MOST_AT_ONCE:
        return False
    if len(body) > _READ_WHOLE:
        return _looks_like_alerts(body)
    try:
        document = bounded(json.loads(body))
    except (ValueError, RecursionError, BadAlert):
        return False
    return not _is_hollow(document)


def _looks_like_alerts(body: bytes) -> bool:
    """Whether brackets are many, and close each other at no great depth. Reading all of it is the sorter's:

    what only looks like JSON becomes a text alert there.
    """
    brackets = body.translate(None, _NO_BRACKETS)
    if len(brackets) <= _FEW:
        return False
    for _ in range(MAX_DEPTH):
        inner = brackets.replace(b"{}", b"").replace(b"[]", b"")
        if len(inner) == len(brackets):
            break
        brackets = inner
    return not brackets


def require_alerts(body: bytes, source: Source | None) -> None:
    """Raises `Refused` as `posted` does for what no retry can mend, without making alerts of all the rest.

    Takes a tenth of a second for 10,000 alerts: to be called in a thread.
    """
    document = _document(_plain(body), source)
    if isinstance(document, str) and not _of_text(document, _ANY_TIME):
        raise Refused(400, NOTHING)


def _plain(body: bytes) -> bytes:
    plain = unpacked(unpacked(body))  # a proxy may have packed what was packed
    if plain.startswith(GZIP):
        raise Refused(400, "The body is packed with gzip more than twice.")
    return plain


def _document(plain: bytes, source: Source | None) -> Any:
    """JSON values or text, not empty and within the limits."""
    try:
        document = _text(plain) if source is Source.TEXT else decode(plain)
    except BadAlert as error:
        raise Refused(400, str(error)) from None
    if _is_hollow(document):
        raise Refused(400, NOTHING)
    if _items(document) > MOST_ITEMS:
        raise Refused(413, f"The body holds more than {MOST_ITEMS} alerts or other items.")
    return document


def _is_hollow(document: Any) -> bool:
    """Whether nothing is in it: no value, or a list or a group with no alerts."""
    if isinstance(document, dict) and document.get("alerts") == []:
        return True
    return document in ([], {}, None, "", [[]], [{}])


def _text(plain: bytes) -> str:
    text = text_of(plain)
    if not text.strip():
        raise BadAlert("The alert is empty.")
    return text


def _understood(document: Any, received_at: datetime) -> tuple[list[Alert], str, int]:
    """Alerts, their format, and how many were left out; one wrong part does not take the others with it."""
    if isinstance(document, str):
        return _of_text(document, received_at), "text", 0
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

    Numbers and words among them stay together. Of anything else, itself.
    """
    group = document.get("alerts") if isinstance(document, dict) else None
    items = group if isinstance(group, list) else document
    if not isinstance(items, list):
        yield document
        return
    parts = [item for item in items if isinstance(item, dict | list)]
    rest = [item for item in items if not isinstance(item, dict | list)]
    if group is not None and len(items) > 1:
        yield from ({**document, "alerts": [part]} for part in parts)
    else:
        yield from parts
    if rest:
        yield rest


def _as_text(document: Any, received_at: datetime) -> list[Alert]:
    if document in ([], {}, None, "") or (isinstance(document, dict) and document.get("alerts") == []):
        return []
    return _of_text(json.dumps(json_value(document), ensure_ascii=False), received_at)


def _of_text(text: str, received_at: datetime) -> list[Alert]:
    """The alert of a text; none if nothing is visible in it. Its identity is that of the whole text."""
    shown = text[:LONGEST_TEXT]
    if '"alert-name"' in shown and len(_FIELD.findall(shown)) > _MOST_FIELDS:
        shown = shown[:4096]
    try:
        found = alerts_from(shown, received_at=received_at).alerts
    except BadAlert:
        return []
    if shown == text or found[0].source != Source.TEXT:
        return list(found)
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return [
        each.model_copy(update={"fingerprint": digest, "extra": {**each.extra, "characters": len(text)}})
        for each in found
    ]


def _items(document: Any) -> int:
    """Items of all lists in a document; stops above the limit."""
    found = 0
    left = [document] if isinstance(document, dict | list) else []
    while left and found <= MOST_ITEMS:
        value = left.pop()
        inner = value.values() if isinstance(value, dict) else value
        found += len(value) if isinstance(value, list) else 0
        left += [each for each in inner if isinstance(each, dict | list)]
    return found
