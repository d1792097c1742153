"""A source's own words for how bad it is → four severities."""

from __future__ import annotations

from collections.abc import Mapping

from kubetriage.domain.alert import Severity

LABELS = (
    "severity",
    "level",
    "priority",
    "alert_level",
    "alertLevel",
    "alarmLevel",
    "internal_label_alert_level",
    "_aliyun_arms_alert_level",
    "级别",
    "告警级别",
)
"""Labels that carry a severity, the usual one first; then those of Tencent, Volcengine and Aliyun."""

_WORDS: dict[Severity, str] = {
    Severity.CRITICAL: """critical crit fatal emergency emerg alert error err high page disaster severe
        serious p0 p1 s0 s1 sev0 sev1 sev-0 sev-1 严重 紧急 致命 灾难 高 高危""",
    Severity.WARNING: "warning warn medium moderate major average p2 s2 sev2 sev-2 警告 告警 重要 中",
    Severity.INFO: """info information informational notice low minor remind note debug ok
        p3 p4 p5 s3 s4 sev3 sev4 sev-3 sev-4 提示 通知 信息 次要 低 一般""",
    Severity.NONE: "none",
}
_SEVERITY = {word: severity for severity, words in _WORDS.items() for word in words.split()}


def known_severity(word: str) -> Severity | None:
    """The severity a word stands for, None for one we don't know."""
    return _SEVERITY.get(word.strip().lower())


def severity_of(labels: Mapping[str, str]) -> Severity:
    """From the first severity label with a word we know; warning when there is none."""
    for name in LABELS:
        severity = known_severity(labels.get(name, ""))
        if severity:
            return severity
    return Severity.WARNING
