"""Times in all the ways that sources write them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kubetriage.domain.alert_formats import alerts_from
from kubetriage.domain.errors import BadAlert

START = datetime(2026, 11, 23, 3, 13, 28, tzinfo=UTC)

TIMES: list[tuple[Any, datetime | None]] = [
    ("2026-11-23T03:13:28Z", START),
    ("2026-11-23T03:13:28.000000000Z", START),
    ("2026-11-23T11:13:28+08:00", START),
    ("2026-11-23T11:13:28+0800", START),
    ("2026-11-22T19:13:28-08:00", START),
    ("2026-11-23 03:13:28", START),
    ("2026/11/23 03:13:28", START),
    ("2026-11-23 03:13:28 +0000 UTC", START),
    ("2026-11-23 11:13:28.0 +0800 CST", START),
    ("2026-11-23 03:13:28 +0000 UTC m=+0.5", START),
    (1795403608, START),
    (1795403608000, START),
    ("1795403608000", START),
    (1795403608000000000, START),
    ("0001-01-01T00:00:00Z", None),
    ("0001-01-01T08:05:43+08:05", None),
    (0, None),
    ("0", None),
    ("", None),
    (None, None),
    ("<no value>", None),
    ("yesterday", None),
    ("2026-13-40T00:00:00Z", None),
    ("9999-12-31T23:59:59-01:00", None),
    (1e300, None),
    (float("nan"), None),
    (-5, None),
]


@pytest.mark.parametrize(("written", "at"), TIMES)
def test_start(written: Any, at: datetime | None, now: datetime) -> None:
    """Times come out in UTC; the zero time, absent times and what is no time come out as none."""
    (alert,) = alerts_from({"labels": {"alertname": "X"}, "startsAt": written}, received_at=now).alerts
    assert alert.starts_at == at
    assert at is None or (alert.starts_at and alert.starts_at.tzinfo is UTC)


@pytest.mark.parametrize(
    ("written", "note"),
    [
        ("2026-11-23 03:13:28", "startsAt: no time zone given, read as UTC"),
        ("yesterday", "startsAt: not a time: yesterday"),
    ],
)
def test_what_was_assumed_is_said(written: str, note: str, now: datetime) -> None:
    """A missing zone and a text that is no time are noted in the alert's extra fields."""
    (alert,) = alerts_from({"labels": {"alertname": "X"}, "startsAt": written}, received_at=now).alerts
    assert alert.extra == {"time_notes": [note]}


@pytest.mark.parametrize("written", [[], {}, True])
def test_a_wrong_type_is_refused(written: Any, now: datetime) -> None:
    """A list, an object or a truth value as a time is refused with the field's name."""
    with pytest.raises(BadAlert, match="endsAt must be a time, not"):
        alerts_from({"labels": {"alertname": "X"}, "endsAt": written}, received_at=now)
