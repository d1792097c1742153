"""Alerts come with what their senders' templates put into them: secrets in it go no further."""

from __future__ import annotations

from datetime import UTC, datetime

from kubetriage.domain.alert_formats import alerts_from

CANARY = "canary-7f3a9c"
LABELS = {"alertname": "LoginFails", "namespace": "shop", "url": f"https://app:{CANARY}@db.shop/x"}
RECEIVED = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_secrets_in_alerts_are_masked() -> None:
    """Passwords and tokens in labels, annotations, the link and unknown fields; names and hosts stay."""
    body = {
        "labels": LABELS,
        "annotations": {"description": f"db.shop refuses password={CANARY} of app"},
        "generatorURL": f"https://u:{CANARY}@prometheus/graph",
        "payload": {"token": CANARY},
    }
    (alert,) = alerts_from(body, received_at=RECEIVED).alerts
    assert CANARY not in alert.model_dump_json()
    assert alert.annotations["description"] == "db.shop refuses password=[redacted] of app"
    assert alert.labels["namespace"] == "shop" and alert.labels["url"].endswith("@db.shop/x")


def test_names_that_say_secret_are_heeded() -> None:
    """A label or an annotation of such a name has its value masked, also within JSON; object names stay."""
    body = {
        "labels": {**LABELS, "db_password": CANARY, "secret": "web-tls", "token_ttl": "300s"},
        "annotations": {"api_token": CANARY, "payload": f'{{"password": "{CANARY}"}}'},
    }
    (alert,) = alerts_from(body, received_at=RECEIVED).alerts
    assert CANARY not in alert.model_dump_json()
    assert alert.labels["db_password"] == "[redacted]"
    assert (alert.labels["secret"], alert.labels["token_ttl"]) == ("web-tls", "300s")


def test_the_identity_is_that_of_the_labels_as_they_came() -> None:
    """The fingerprint is what Alertmanager computes, of the labels before anything was masked."""
    (one,) = alerts_from({"labels": LABELS}, received_at=RECEIVED).alerts
    (other,) = alerts_from(
        {"labels": {**LABELS, "url": "https://app:else@db.shop/x"}}, received_at=RECEIVED
    ).alerts
    assert one.labels == other.labels and one.fingerprint != other.fingerprint
