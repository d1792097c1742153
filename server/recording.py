"""The record of one run: what its nodes do, for those who watch and for those who take it over."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kubetriage.domain.intake.errors import NotOurs, StoreUnavailable

if TYPE_CHECKING:
    from kubetriage.domain.intake.run_store import Runs

TELL_SECONDS = 0.5


class Recorder:
    """Puts the events of one run on record, in their order."""

    def __init__(self, runs: Runs, run: str, executor: str, now: Callable[[], datetime]) -> None:
        self._runs = runs
        self._run = run
        self._executor = executor
        self._now = now
        self._done: list[Mapping[str, Any]] = []
        self._told = 0.0
        self._telling: set[asyncio.Task[None]] = set()

    async def task(self, part: Mapping[str, Any]) -> None:
        """A task of the graph begins (it has an input) or has ended; its end waits for the checkpoint.

        The next one begins only when the checkpoint is there. Raises `NotOurs` before it does, if the run was
        taken over.
        """
        if "input" not in part:
            if not part.get("error"):
                self._done.append({"node": part["name"], "state": "finished"})
            return
        await self.flush()
        await self._record("node", {"node": part["name"], "state": "began"})

    async def flush(self) -> None:
        """Everything that happened so far is on record when this returns. Raises `NotOurs`."""
        if self._telling:
            await asyncio.wait(self._telling)
        while self._done:
            await self._record("node", self._done[0])
            del self._done[0]

    def tell(self, kind: str, data: Mapping[str, Any]) -> None:
        """Progress, told at most twice a second, and not told at all while the database is away."""
        if time.monotonic() - self._told < TELL_SECONDS:
            return
        self._told = time.monotonic()
        telling = asyncio.ensure_future(self._tell(kind, data))
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)

    async def _tell(self, kind: str, data: Mapping[str, Any]) -> None:
        with suppress(StoreUnavailable, NotOurs):
            await self._record(kind, data)

    async def _record(self, kind: str, data: Mapping[str, Any]) -> None:
        await self._runs.record_event(self._run, kind, data, self._now(), executor=self._executor)
