"""Requests and tokens per minute of one key, over all runs of this process."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

WINDOW = 60.0
"""Seconds that providers count over."""


class TooBusy(Exception):
    """The limit leaves no room before the deadline."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"{seconds:.0f} s")
        self.seconds = seconds
        """How long one would have had to wait."""


class Limiter:
    """A sliding window of a minute; waiting is in the order of asking."""

    def __init__(
        self,
        requests: int,
        tokens: int,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._requests = requests
        self._tokens = tokens
        self._clock = clock
        self._sleep = sleep
        self._made: deque[tuple[float, int]] = deque()
        self._paused_until = 0.0
        self._turns: dict[asyncio.AbstractEventLoop, asyncio.Lock] = {}

    def pause(self, seconds: float) -> None:
        """Nobody asks for a while: the server has said 429."""
        self._paused_until = max(self._paused_until, self._clock() + seconds)

    async def take(self, tokens: int, deadline: float) -> float:
        """Wait for room for a request of so many tokens, and take it; says how many seconds that took.

        Raises `TooBusy` at once if there will be none before `deadline` (of the same clock).
        """
        waited = 0.0
        async with self._turn():
            while (seconds := self._until_room(tokens)) > 0:
                if self._clock() + seconds >= deadline:
                    raise TooBusy(seconds)
                await self._sleep(seconds)
                waited += seconds
            self._made.append((self._clock(), tokens))
        return waited

    def correct(self, tokens: int, by: int) -> None:
        """The last request that was reckoned with `tokens` took `by` more, or less if negative."""
        for index in range(len(self._made) - 1, -1, -1):
            at, reckoned = self._made[index]
            if reckoned == tokens:
                self._made[index] = (at, max(0, reckoned + by))
                return

    def _until_room(self, tokens: int) -> float:
        now = self._clock()
        while self._made and self._made[0][0] <= now - WINDOW:
            self._made.popleft()
        wait = max(0.0, self._paused_until - now)
        if self._requests and len(self._made) >= self._requests:
            wait = max(wait, self._made[len(self._made) - self._requests][0] + WINDOW - now)
        used = sum(each for _, each in self._made)
        if self._tokens and self._made and used + tokens > self._tokens:
            wait = max(wait, self._until_fewer(used + tokens - self._tokens, now))
        return wait

    def _until_fewer(self, tokens: int, now: float) -> float:
        """Seconds until so many tokens have left the window, or all of them."""
        at = now
        for made_at, each in self._made:
            at, tokens = made_at, tokens - each
            if tokens <= 0:
                break
        return max(0.001, at + WINDOW - now)

    def _turn(self) -> asyncio.Lock:
        """A lock of the running event loop."""
        loop = asyncio.get_running_loop()
        if loop not in self._turns:
            self._turns = {each: lock for each, lock in self._turns.items() if not each.is_closed()}
            self._turns[loop] = asyncio.Lock()
        return self._turns[loop]
