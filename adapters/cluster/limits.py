"""How fast one cluster is read, over all runs, and the answers that runs share for a few seconds."""

from __future__ import annotations

import asyncio
import json
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import BaseModel, ConfigDict, Field

from kubetriage.domain.evidence import Observation


class LimitSettings(BaseModel):
    """What one cluster may be asked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reads_per_second: float = Field(default=50.0, ge=0)
    """Reads a second over a longer time; 0 for no limit."""
    burst: int = Field(default=100, ge=1)
    """Reads that may be made at once after a pause."""
    cache_seconds: float = Field(default=5.0, ge=0, le=300)
    """How long an answer is shared between runs; 0 for not at all."""
    cache_bytes: int = Field(default=16 * 1024 * 1024, ge=0)
    """Bytes of JSON that the shared answers of one cluster may have together."""


class ReadLimits:
    """Turns and shared answers of one cluster."""

    def __init__(self, settings: LimitSettings, concurrency: int) -> None:
        self._settings = settings
        self._slots = asyncio.Semaphore(concurrency)
        self._next = 0.0
        """When the next read may be made if none was made in advance."""
        self._answers: OrderedDict[str, tuple[float, int, Observation]] = OrderedDict()
        self._size = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for one of the cluster's slots and for the rate to allow one more read."""
        async with self._slots:
            await self._pace()
            yield

    async def _pace(self) -> None:
        rate = self._settings.reads_per_second
        if not rate:
            return
        now = time.monotonic()
        earliest = now - (self._settings.burst - 1) / rate
        self._next = max(self._next, earliest) + 1 / rate
        wait = self._next - 1 / rate - now
        if wait > 0:
            await asyncio.sleep(wait)

    def known(self, key: str) -> Observation | None:
        """An answer that another run got a few seconds ago."""
        entry = self._answers.get(key)
        if entry is None:
            return None
        if entry[0] < time.monotonic():
            self._drop(key)
            return None
        return entry[2]

    def remember(self, key: str, observation: Observation) -> None:
        """Share an answer; failures are not shared, because they may pass."""
        seconds = self._settings.cache_seconds
        if not seconds or observation.failure is not None:
            return
        size = len(json.dumps(observation.objects)) + len(observation.text or "")
        if size > self._settings.cache_bytes // 4:
            return
        self._drop(key)
        self._answers[key] = (time.monotonic() + seconds, size, observation)
        self._size += size
        while self._size > self._settings.cache_bytes:
            self._drop(next(iter(self._answers)))

    def _drop(self, key: str) -> None:
        entry = self._answers.pop(key, None)
        if entry is not None:
            self._size -= entry[1]
