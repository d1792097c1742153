"""Envelopes that workflow tools put around a body."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from kubetriage.domain.alert_formats import alerts_from, has_alert_shape
from kubetriage.domain.errors import BadAlert


def envelope(body: Any) -> dict[str, Any]:
    return {"headers": {"content-type": "application/json"}, "params": {}, "query": {}, "body": body}


def test_n8n_forwards_everything(webhook: dict[str, Any], now: datetime) -> None:
    """n8n's whole item, and its list of one item, are opened."""
    for body in (envelope(webhook), [envelope(webhook)], [[envelope(webhook)]]):
        assert alerts_from(body, received_at=now) == alerts_from(webhook, received_at=now)


def test_a_body_that_is_text(webhook: dict[str, Any], now: datetime) -> None:
    """A text/plain request's body is JSON in a text; other text becomes a text alert."""
    assert alerts_from(envelope(json.dumps(webhook)), received_at=now).source == "alertmanager"
    assert alerts_from(envelope("[FIRING] cart is down"), received_at=now).source == "text"


def test_body_alone_is_no_envelope(now: datetime) -> None:
    """An object with only `body` isn't taken for a request."""
    with pytest.raises(BadAlert, match="neither labels nor alerts"):
        alerts_from({"body": {"labels": {"alertname": "X"}}}, received_at=now)


def test_wrapping_is_bounded(webhook: dict[str, Any], now: datetime) -> None:
    """An envelope in an envelope, many times over, is refused."""
    body: Any = webhook
    for _ in range(20):
        body = envelope(body)
    with pytest.raises(BadAlert, match="wrapped"):
        alerts_from(body, received_at=now)


@pytest.mark.parametrize(
    ("document", "is_alert"),
    [
        ({"labels": {}}, True),
        ([{"alertname": "X"}], True),
        ({"alerts": 3}, True),
        ({"Note": "all is well"}, False),
        ([], False),
        (["a", "b"], False),
        ("text", False),
        (None, False),
    ],
)
def test_shape(document: Any, is_alert: bool) -> None:
    """The shape alone says whether a YAML document is meant as an alert."""
    assert has_alert_shape(document) is is_alert
