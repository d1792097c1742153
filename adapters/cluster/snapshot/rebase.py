"""Timestamps moved so that the snapshot's time is now: kubectl's `describe` counts ages by its own clock."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")


def rebased(value: Any, shift: timedelta) -> Any:
    """A copy with every string that is a timestamp, and nothing else, moved by `shift`."""
    if isinstance(value, dict):
        return {key: rebased(item, shift) for key, item in value.items()}
    if isinstance(value, list):
        return [rebased(item, shift) for item in value]
    if isinstance(value, str) and 20 <= len(value) <= 35 and _TIME.fullmatch(value):
        return _moved(value, shift)
    return value


def _moved(text: str, shift: timedelta) -> str:
    try:
        time = (datetime.fromisoformat(text) + shift).astimezone(UTC)
    except (ValueError, OverflowError):
        return text
    micro = "." in text
    return f"{time:%Y-%m-%dT%H:%M:%S}{f'.{time.microsecond:06d}' if micro else ''}Z"
