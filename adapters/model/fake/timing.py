"""Modelled time: when each token of a turn is due, and what of a prompt is already in the prefix cache."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from kubetriage.adapters.model.fake.settings import Settings, factor

BLOCK = 16
"""Tokens of a block of the prefix cache."""
CACHED_BLOCKS = 100_000
"""Blocks that are kept over all runs; the oldest go first."""


@dataclass(frozen=True)
class Timing:
    """The modelled milliseconds of one turn."""

    ttft: float
    prefill: float
    per_token: float
    tokens: int

    @property
    def decode(self) -> float:
        return self.per_token * self.tokens

    def due(self, tokens: int) -> float:
        """When that many tokens of the turn are there, since the request got its place."""
        return self.ttft + self.prefill + self.per_token * tokens

    @property
    def total(self) -> float:
        return self.due(self.tokens)


def timing(settings: Settings, prompt: int, cached: int, tokens: int, in_flight: int) -> Timing:
    """The time of a turn; `in_flight` counts this request too and is held to what it was at the start.

    In mode `zero` requests take no time, so none overlap and `in_flight` has no meaning.
    """
    profile = settings.profile
    others = max(in_flight - 1, 0) if factor(settings.mode) else 0
    return Timing(
        ttft=profile.ttft_base_ms,
        prefill=profile.prefill_ms * settings.prefill_factor * (prompt - cached),
        per_token=profile.tpot_ms * settings.tpot_factor * (1 + settings.beta * others),
        tokens=tokens,
    )


class Pace:
    """Turns modelled milliseconds since one start into moments, so that many short waits do not drift."""

    def __init__(self, mode: str, start: float) -> None:
        self._factor = factor(mode)
        self._start = start

    async def until(self, modelled_ms: float, wait: Callable[[float], Awaitable[None]]) -> None:
        """Wait till the moment that long after the start; at once if it has passed."""
        if self._factor:
            left = self._start + modelled_ms * self._factor / 1000 - time.monotonic()
            if left > 0:
                await wait(left)

    def modelled(self, seconds: float) -> float:
        """Modelled milliseconds that so many real seconds are; 0 in mode `zero`."""
        return seconds * 1000 / self._factor if self._factor else 0.0


class PrefixCache:
    """Which beginnings of prompts a run has sent before, in whole blocks, as inference servers keep them."""

    def __init__(self, most: int = CACHED_BLOCKS) -> None:
        self._blocks: OrderedDict[tuple[str, int], None] = OrderedDict()
        self._most = most

    def cached(self, run: str, ids: Sequence[int]) -> int:
        """Tokens at the beginning that need no work. The last token always does."""
        count = 0
        for block in _chain(ids[:-1]):
            if (run, block) not in self._blocks:
                break
            self._blocks.move_to_end((run, block))
            count += BLOCK
        return count

    def remember(self, run: str, ids: Sequence[int]) -> None:
        for block in _chain(ids):
            self._blocks[run, block] = None
        while len(self._blocks) > self._most:
            self._blocks.popitem(last=False)

    def forget(self, run: str | None) -> None:
        """Drop a run's blocks, or all of them."""
        kept = [] if run is None else [key for key in self._blocks if key[0] != run]
        self._blocks = OrderedDict.fromkeys(kept)


def _chain(ids: Sequence[int]) -> list[int]:
    """One number for each whole block, which stands for it and all before it."""
    chain: list[int] = []
    before = 0
    for start in range(0, len(ids) - BLOCK + 1, BLOCK):
        before = hash((before, *ids[start : start + BLOCK]))
        chain.append(before)
    return chain


class Places:
    """The server's capacity: how many are in flight, and who has to wait."""

    def __init__(self, most: int | None) -> None:
        self.in_flight = 0
        self._free = asyncio.Semaphore(most) if most else None

    async def take(self) -> None:
        """Wait for a place; in order of arrival."""
        if self._free:
            await self._free.acquire()
        self.in_flight += 1

    def leave(self) -> None:
        self.in_flight -= 1
        if self._free:
            self._free.release()
