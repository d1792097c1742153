"""Plain text, or what was meant to be JSON: nothing is certain, so everything is kept.

What can be read with confidence is read: an alert's name from the table, the state, the severity. Which
object the text is about is looked for in `domain.subject`, like in any alert's annotations.
"""

from __future__ import annotations

import re
from datetime import datetime

from kubetriage.domain.alert import Alert, AlertStatus, Severity
from kubetriage.domain.alert_formats import prometheusalert
from kubetriage.domain.alert_formats.fields import Fields, whole_text
from kubetriage.domain.alert_formats.labelled import MAX_CHARACTERS, one_line
from kubetriage.domain.alert_formats.parsed import ParsedAlerts
from kubetriage.domain.alert_formats.severity import known_severity
from kubetriage.domain.alert_table import row_of
from kubetriage.domain.errors import BadAlert
from kubetriage.domain.fingerprint import text_fingerprint

SOURCE = "text"
_RESOLVED = re.compile(
    r"^\W*(?:RESOLVED|已恢复|告警恢复|已解决)(?![A-Za-z])|^\W*(?:RESOLVED|OK|恢复)\s*[\]:：】]"
)
"""At the start of the first line only: a wrong "resolved" would make the report say that all is well."""

_SEVERITY = re.compile(
    r"(?:severity|level|priority|级别|等级|优先级)\s*[\"']?\s*[:=：]\s*[\"']?(?P<named>[\w-]+)"
    r"|[\[【](?P<tag>critical|fatal|error|warning|info|P[0-5]|严重|紧急|致命|警告|提示)[\]】:]",
    re.IGNORECASE,
)
_MAIL = re.compile(
    r"(?:From|To|Cc|Date|Sent|Subject|Received|Return-Path|Message-ID|发件人|收件人|主题)\s*[:：]",
    re.IGNORECASE,
)
_SUBJECT = re.compile(r"^(?:Subject|主题)\s*[:：][ \t]*(?P<subject>\S[^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]{5,}")


def text_alerts(text: str, *, received_at: datetime) -> ParsedAlerts:
    """One alert that keeps the text as its description; its fingerprint is a hash of the text.

    Raises BadAlert for a text without a visible character.
    """
    text = whole_text(text.strip("\ufeff \t\r\n\0"))
    if not text:
        raise BadAlert("The alert is empty.")
    found = prometheusalert.stock_fields(text)
    if found:
        return prometheusalert.stock(Fields(found), received_at=received_at)
    name = next((word for word in _WORD.findall(text[:MAX_CHARACTERS]) if row_of(word)), "")
    first = one_line(_subject_line(text) or text)
    alert = Alert(
        name=name or first,
        status=AlertStatus.RESOLVED if _RESOLVED.search(first) else AlertStatus.FIRING,
        severity=_severity(text[:MAX_CHARACTERS]),
        labels={"alertname": name} if name else {},
        annotations={"description": text[:MAX_CHARACTERS]},
        fingerprint=text_fingerprint(text),
        source=SOURCE,
        extra={"characters": len(text)} if len(text) > MAX_CHARACTERS else {},
    )
    return ParsedAlerts(alerts=(alert,), source=SOURCE)


def _subject_line(text: str) -> str:
    """What a mail says it is about, where the text begins with a mail's header; else empty."""
    if not _MAIL.match(text):
        return ""
    found = _SUBJECT.search(text, 0, 4_096)
    return found["subject"] if found else ""


def _severity(text: str) -> Severity:
    for match in _SEVERITY.finditer(text):
        severity = known_severity(match["named"] or match["tag"])
        if severity:
            return severity
    return Severity.WARNING
