"""Sources' own words for how bad it is."""

from __future__ import annotations

import pytest

from kubetriage.domain.alert import Severity
from kubetriage.domain.alert_formats.severity import severity_of

WORDS = [
    (Severity.CRITICAL, "critical CRITICAL P0 p1 error fatal emergency 严重 紧急 致命 high Serious page"),
    (Severity.WARNING, "warning Warn P2 警告 medium major"),
    (Severity.INFO, "info P3 P4 提示 low Remind"),
    (Severity.NONE, "none"),
]


@pytest.mark.parametrize(
    ("severity", "word"), [(severity, word) for severity, words in WORDS for word in words.split()]
)
def test_words(severity: Severity, word: str) -> None:
    """Words of Alertmanager, Grafana and Chinese clouds, in any case, map to four severities."""
    assert severity_of({"severity": word}) is severity


@pytest.mark.parametrize("labels", [{}, {"severity": "strange"}, {"severity": ""}])
def test_unknown_is_a_warning(labels: dict[str, str]) -> None:
    """Without a severity, or with a word nobody knows, an alert is a warning."""
    assert severity_of(labels) is Severity.WARNING


def test_other_labels() -> None:
    """Other labels carry the severity where the usual one is absent or unknown; the usual one wins."""
    assert severity_of({"internal_label_alert_level": "P0"}) is Severity.CRITICAL
    assert severity_of({"severity": "team-a", "level": "info"}) is Severity.INFO
    assert severity_of({"severity": "info", "level": "critical"}) is Severity.INFO
