"""An answer key from what people said: theirs where they said it, marked where they did not."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from kubetriage.domain.intake.reading import Feedback, Verdict
from kubetriage.domain.report import Report
from kubetriage.evals.incident_key import Material, key_of
from kubetriage.evals.key_checking import TO_FILL_IN
from kubetriage.evals.scenario import Expected

PLACES = frozenset(
    {
        ("Secret", "shop", "db-login"),
        ("Deployment", "shop", "orders"),
        ("Service", "shop", "orders"),
        ("Pod", "shop", "orders-55ddf748ff-8mj2q"),
        ("Node", "", "node-1"),
        ("Service", "shop", "web"),
    }
)
MATERIAL = Material(
    '{"labels": {"alertname": "KubePodCrashLooping", "pod": "orders-55ddf748ff-8mj2q"}}', PLACES
)
CULPRIT = {"kind": "Deployment", "namespace": "shop", "name": "orders"}


def report(**changes: Any) -> Report:
    cause = {
        "rank": 1,
        "category": "oom-killed",
        "culprit": CULPRIT,
        "statement": "Deployment orders sets a memory limit of 64Mi, and its container is OOMKilled at it.",
        "likelihood": "high",
        "confirmed": True,
    }
    body = {
        "id": "r",
        "language": "en",
        "created_at": "2026-05-29T10:57:40Z",
        "alert": {
            "name": "KubePodCrashLooping", "status": "firing", "severity": "warning", "labels": {},
            "annotations": {}, "starts_at": None, "fingerprint": "0" * 16,
        },
        "outcome": "diagnosed",
        "summary": "Pod orders-55ddf748ff-8mj2q crashes.",
        "first_reading": "",
        "primary": {"kind": "Pod", "namespace": "shop", "name": "orders-55ddf748ff-8mj2q"},
        "impact": {"statement": ""},
        "root_causes": [cause],
    }  # fmt: skip
    return Report.model_validate(body | changes)


def said(verdict: Verdict, actual: str = "") -> Feedback:
    return Feedback(verdict=verdict, actual=actual, who="Li Wei", at=datetime(2026, 5, 29, tzinfo=UTC))


def unfinished(key: dict[str, Any]) -> set[str]:
    return {field for field, value in key.items() if TO_FILL_IN in str(value)}


def test_a_report_that_was_right_is_the_key() -> None:
    """Culprit, category, outcome and sentence are its own, and the sentence fits what must be mentioned."""
    key = key_of(report(), said(Verdict.RIGHT), MATERIAL)
    expected = Expected.model_validate(key)
    assert (expected.outcome, expected.category) == (("diagnosed",), "oom-killed")
    assert expected.culprit is not None and expected.culprit.model_dump() == CULPRIT
    assert all(re.search(pattern, expected.root_cause, re.IGNORECASE) for pattern in expected.must_mention)
    assert not all(re.search(p, MATERIAL.alert, re.IGNORECASE) for p in expected.must_mention)
    assert "OOMKilled" in expected.must_mention
    assert unfinished(key) == set()


@pytest.mark.parametrize(
    ("outcome", "status", "category"),
    [
        ("healthy", "resolved", "resolved"),
        ("healthy", "firing", "no-issue"),
        ("inconclusive", "firing", "insufficient-data"),
    ],
)
def test_a_right_report_without_a_cause_is_a_key_too(outcome: str, status: str, category: str) -> None:
    """That nothing is wrong, or nothing can be known, is an answer; the category says which."""
    alert = report().alert.model_dump() | {"status": status}
    made = report(outcome=outcome, root_causes=[], alert=alert)
    key = key_of(made, said(Verdict.RIGHT), MATERIAL)
    assert (key["outcome"], key["category"], key["culprit"]) == (outcome, category, None)
    assert key["root_cause"] == made.summary


@pytest.mark.parametrize(
    ("actual", "culprit", "category"),
    [
        ("missing-secret: Secret db-login was deleted.", "Secret shop/db-login", "missing-secret"),
        ("The db-login had been rotated.", "Secret shop/db-login", ""),
        ("Deployment orders had no replicas.", "Deployment shop/orders", ""),
        ("node-1 lost its disk: disk-error", "Node /node-1", "disk-error"),
        ("It was orders.", "", ""),
        ("Somebody pulled the plug of the web.", "", ""),
        ("Secret db-login-old was wrong", "", ""),
        ("密钥 db-login 被轮换", "Secret shop/db-login", ""),
        ("", "", ""),
    ],
)
def test_what_it_really_was_is_used_as_far_as_it_says(actual: str, culprit: str, category: str) -> None:
    """An object is taken from free text where only one can be meant, a category where its word stands there;

    everything else is marked.
    """
    key = key_of(report(), said(Verdict.WRONG, actual), MATERIAL)
    place = key["culprit"]
    assert f"{place['kind']} {place['namespace']}/{place['name']}" == (
        culprit or f"{TO_FILL_IN} /{TO_FILL_IN}"
    )
    assert key["category"] == (category or TO_FILL_IN)
    assert key["root_cause"] == (actual or TO_FILL_IN)
    assert "64Mi" not in str(key)
    Expected.model_validate(key)


def test_without_a_word_nothing_is_taken_for_right() -> None:
    """Nobody judged the report: its answer is not the key."""
    key = key_of(report(), None, MATERIAL)
    assert unfinished(key) == {"root_cause", "culprit", "category", "must_mention"}


@pytest.mark.parametrize(
    ("actual", "asked_for"),
    [
        ("Secret db-login lacks ORDERS_TOKEN after the rotation.", {"db-login", "ORDERS_TOKEN"}),
        ("The Secret db-login had been forgotten.", {"db-login"}),
        ("The Pod orders-55ddf748ff-8mj2q was evicted.", {"orders-55ddf748ff-8mj2q", "evicted"}),
    ],
)
def test_a_plain_word_is_asked_for_only_where_nothing_else_is_said(actual: str, asked_for: set[str]) -> None:
    """Another may say the same without it; names, numbers and reasons it cannot do without. What the alert
    holds is not enough."""
    assert set(key_of(report(), said(Verdict.WRONG, actual), MATERIAL)["must_mention"]) == asked_for
