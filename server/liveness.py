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
    from kubetriage.domain.intake.run_store import Runs

log = logging.getLogger(__name__)

Stopwatch = Callable[[], float]

LOOKS = 2
"""How often at least one looks at the same sign, after the first time, before its worker is held for dead."""


class TakenOver(Exception):
    """The others hold this worker for dead, and have its work."""


class Watch:
    """Notices what stays the same for too long.

    Only time in which one looks counts. Whoever slept, or could not look because the database was away, knows
    nothing of the others in that time: they may have slept too, and are given a part of theirs to show it.
    """

    def __init__(self, seconds: float, stopwatch: Stopwatch = time.monotonic) -> None:
        self._seconds = seconds
        self._stopwatch = stopwatch
        self._seen: dict[str, tuple[object, float]] = {}
        """By name the sign, and for how long it has been the same."""
        self._looked = stopwatch()

    def still(self, signs: Mapping[str, object]) -> Sequence[str]:
        """Names whose sign has been the same for that long; who is not named any more is forgotten."""
        now = self._stopwatch()
        passed = min(now - self._looked, self._seconds / LOOKS)
        self._looked = now
        before = self._seen
        self._seen = {
            name: (sign, before[name][1] + passed)
            if name in before and before[name][0] == sign
            else (sign, 0.0)
            for name, sign in signs.items()
        }
        return [name for name, (_, same_for) in self._seen.items() if same_for >= self._seconds]


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
        """`let_go` is awaited once no beat came through for `let_go_seconds`, or we slept for longer."""
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
        shown = await self._runs.beat(self._executor, self._clock(), self._data(), again=self._shown)
        if not shown:
            raise TakenOver(self._executor)
        self._shown = True

    async def run(self) -> None:
        """Until cancelled, or taken over."""
        last = time.monotonic()
        while True:
            asleep = time.monotonic()
            await asyncio.sleep(self._beat_seconds)
            asleep = time.monotonic() - asleep - self._beat_seconds
            if asleep > self._let_go_seconds:  # so was all that runs here: begun anew, it has its time again
                log.warning("worker %s slept for %.1f s", self._executor, asleep)
                await self._let_go()
            try:
                async with asyncio.timeout(self._let_go_seconds / 2):
                    await self.beat()
                last = time.monotonic()
            except (StoreUnavailable, TimeoutError) as error:
                silent = time.monotonic() - last
                log.warning("no beat of %s for %.1f s: %s", self._executor, silent, str(error) or "no answer")
                if silent > self._let_go_seconds:
                    await self._let_go()
