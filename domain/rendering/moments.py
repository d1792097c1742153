"""Times and durations as people read them: local with offset, and in at most two units."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, tzinfo

from kubetriage.domain.language import Language
from kubetriage.domain.rendering.words import DURATION_UNITS


def moment(at: datetime, zone: tzinfo) -> str:
    """`2026-11-23 11:13:28 +08:00`; a time without a zone is taken as UTC."""
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    with suppress(OverflowError):  # year 1 or 9999, where the local time lies outside the calendar
        at = at.astimezone(zone)
    text = at.isoformat(sep=" ", timespec="seconds")
    return f"{text[:19]} {text[19:25]}"


def lasted(since: datetime, until: datetime, language: Language) -> str:
    """How long from one time to the other, in the two largest units: `3 h 20 min`, `3 小时 20 分钟`.

    Empty when `until` is before `since`.
    """
    since = since if since.tzinfo else since.replace(tzinfo=UTC)
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    seconds = int((until - since).total_seconds())
    if seconds < 0:
        return ""
    parts: list[str] = []
    for size, unit in DURATION_UNITS:
        count, seconds = divmod(seconds, size)
        if count or parts:
            parts.append(unit.say(language).format(count=count))
        if len(parts) == 2:
            break
    parts = [part for part in parts if not part.startswith("0 ")]
    return " ".join(parts) or DURATION_UNITS[-1][1].say(language).format(count=0)
