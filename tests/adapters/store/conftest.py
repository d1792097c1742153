"""A fresh database of each kind, and alerts to put in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.store.sql.database import Database
from kubetriage.domain.alert import Alert, AlertStatus, Severity
from kubetriage.domain.fingerprint import fingerprint
from kubetriage.domain.report import Report

NOW = datetime(2025, 3, 4, 10, tzinfo=UTC)

MakeAlert = Callable[..., Alert]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/incidents.db"
    address: str = request.getfixturevalue("postgres").database()
    return address


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    opened = await Database.open(url)
    yield opened
    await opened.close()


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def make_alert() -> MakeAlert:
    """`make(name, pod=…, minutes=start after NOW, resolved=False, **labels)`."""

    def make(
        name: str = "KubePodCrashLooping",
        *,
        minutes: float | None = 0,
        resolved: bool = False,
        severity: Severity = Severity.WARNING,
        **labels: Any,
    ) -> Alert:
        labels = {"alertname": name, "severity": severity.value, **labels}
        start = None if minutes is None else NOW + timedelta(minutes=minutes)
        return Alert(
            name=name,
            labels=labels,
            severity=severity,
            starts_at=start,
            status=AlertStatus.RESOLVED if resolved else AlertStatus.FIRING,
            fingerprint=fingerprint(labels),
        )

    return make


@pytest.fixture
def make_report() -> Callable[..., Report]:
    """`make(outcome="inconclusive", **fields)`: a report that says little."""

    def make(**fields: Any) -> Report:
        report = {
            "id": "r",
            "language": "en",
            "created_at": NOW,
            "alert": {
                "name": "A",
                "status": "firing",
                "severity": "warning",
                "labels": {},
                "annotations": {},
                "starts_at": None,
                "fingerprint": "0" * 16,
            },
            "outcome": "inconclusive",
            "summary": "It is not known.",
            "first_reading": "",
            "primary": None,
            "impact": {"statement": ""},
        }
        return Report.model_validate(report | fields)

    return make
