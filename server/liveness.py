"""Who is alive: a worker shows it by beats, and tells from others' beats who is dead.

Neither compares clocks of two machines: what counts is whether a beat changed, and the time on one's own
monotonic clock since it did. Steps of any wall clock change nothing.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kubetriage.domain.intake.errors import StoreUnavailable

if TYPE_CHECKING:
    from kubetriage.domain.intake.stores import Runs

log = logging.getLogger(__name__)

Stopwatch = Callable[[], float]


class TakenOver(Exception):
    """The others hold this worker for dead, and have its work."""


class Watch:
    """Notices what stays the same for too long."""

    def __init__(self, seconds: float, stopwatch: Stopwatch = time.monotonic) -> None:
        self._seconds = seconds
        self._stopwatch = stopwatch
        self._seen: dict[str, tuple[object, float]] = {}

    def still(self, signs: Mapping[str, object]) -> Sequence[str]:
        """Names whose sign has been the same for that long; who is not named any more is forgotten."""
        now = self._stopwatch()
        self._seen = {
            name: seen if (seen := self._seen.get(name)) is not None and seen[0] == sign else (sign, now)
            for name, sign in signs.items()
        }
        return [name for name, (_, since) in self._seen.items() if now - since >= self._seconds]


class Pulse:
    """Beats while the worker lives; lets go of what runs when the others may soon hold it for dead."""

    def __init__(
        self,
        runs: Runs,
        executor: str,
        *,
        beat_seconds: float,
        let_go_seconds: float,
        let_go: Callable[[], Any],
        clock: Callable[[], datetime],
        data: Callable[[], Mapping[str, Any]] = dict,
    ) -> None:
        """`let_go` is awaited once no beat came through for `let_go_seconds`."""
        self._runs = runs
        self._executor = executor
        self._beat_seconds = beat_seconds
        self._let_go_seconds = let_go_seconds
        self._let_go = let_go
        self._clock = clock
        self._data = data
        self._shown = False

    async def beat(self) -> None:
        """Show that this worker is alive. Raises `TakenOver` if the others have forgotten it."""
        if self._shown and self._executor not in {each.id for each in await self._runs.executors()}:
            raise TakenOver(self._executor)
        await self._runs.beat(self._executor, self._clock(), self._data())
        self._shown = True

    async def run(self) -> None:
        """Until cancelled, or taken over."""
        last = time.monotonic()
        while True:
            await asyncio.sleep(self._beat_seconds)
            try:
                async with asyncio.timeout(self._let_go_seconds / 2):
                    await self.beat()
                last = time.monotonic()
            except (StoreUnavailable, TimeoutError) as error:
                silent = time.monotonic() - last
                log.warning("no beat of %s for %.1f s: %s", self._executor, silent, error or "no answer")
                if silent > self._let_go_seconds:
                    await self._let_go()
