"""The time of day, as a process can rely on it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

SLIGHT = timedelta(seconds=2)
HOLD_SECONDS = 600.0
"""Longer than a diagnosis takes, and than what is due waits."""


class SteadyClock:
    """Wall-clock time that does not jump in the middle of things.

    Small corrections are followed at once. A step, be it of seconds or of days, is followed only when it has
    stood for a while: until then time goes on as it went, so that no deadline falls due by it, and nothing
    that was due lies in the future again.
    """

    def __init__(
        self,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        stopwatch: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall = wall
        self._stopwatch = stopwatch
        self._lock = threading.Lock()
        self._base, self._since = wall(), stopwatch()
        self._stepped: float | None = None

    def __call__(self) -> datetime:
        """Now, in UTC."""
        with self._lock:
            wall, seconds = self._wall(), self._stopwatch()
            steady = self._base + timedelta(seconds=seconds - self._since)
            if abs(wall - steady) > SLIGHT:
                self._stepped = seconds if self._stepped is None else self._stepped
                if seconds - self._stepped < HOLD_SECONDS:
                    return steady
            self._base, self._since, self._stepped = wall, seconds, None
            return wall
