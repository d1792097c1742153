"""The table of well-known alert names is complete and usable."""

from __future__ import annotations

import pytest

from kubetriage.domain.alert import SubjectScope
from kubetriage.domain.alert_table import row_of, rows
from kubetriage.domain.resource import KINDS
from kubetriage.domain.subject_labels import KIND_LABELS


def test_every_row_is_whole() -> None:
    """Each of the names has a kind, a severity, a Chinese title and at least one cause."""
    assert len(rows()) >= 138
    for row in rows().values():
        assert row.kind and row.source and row.group
        assert set(row.severities) <= {"critical", "warning", "info", "none"}
        assert any("\u4e00" <= letter <= "\u9fff" for letter in row.title_zh), row.alertname
        assert all(row.typical_causes), row.alertname


def test_every_resource_row_names_a_kind_we_can_find() -> None:
    """An alert about a resource has a kind of the API, and labels that we know to hold its name."""
    for row in rows().values():
        if row.triage is SubjectScope.RESOURCE:
            assert row.kind in KINDS, row.alertname
            assert row.kind in KIND_LABELS or row.kind in ("Pod", "Node", "Service"), row.alertname


def test_holding_times_are_seconds() -> None:
    """`for` is known in seconds, one for each severity that has its own."""
    crash, volume = row_of("KubePodCrashLooping"), row_of("KubePersistentVolumeFillingUp")
    assert crash and crash.hold_seconds == (900,)
    assert volume and volume.hold_seconds == (60, 3600)


@pytest.mark.parametrize("name", ["Watchdog", "InfoInhibitor"])
def test_helper_alerts_are_skipped(name: str) -> None:
    """Watchdog and InfoInhibitor are never triaged."""
    row = row_of(name)
    assert row and row.triage is SubjectScope.SKIP


def test_a_name_of_someones_own_has_no_row() -> None:
    """An unknown alertname has no row; names are not matched by similarity."""
    assert row_of("Pod状态异常") is None
    assert row_of("kubepodcrashlooping") is None


def test_the_table_cannot_be_changed() -> None:
    """The table is read once and shared, so nobody can write to it."""
    with pytest.raises(TypeError):
        rows()["KubePodCrashLooping"] = None  # type: ignore[index]
