"""Processes of our own: started, watched, started again with growing pauses, and ended with this one."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
STEADY_SECONDS = 60.0
"""A process that lived this long was well: its next end counts as the first."""
LATE_SECONDS = 15.0
"""How long beyond their grace processes may take to end before they are killed."""


class Supervisor:
    """Keeps `count` processes of one command running.

    Each gets the reading end of a pipe as its standard input and is to end when that ends: so none outlives
    this process, however it dies.
    """

    def __init__(
        self,
        command: Sequence[str],
        count: int,
        grace: float,
        heard: Callable[[bytes], None] | None = None,
    ) -> None:
        """`heard` is given each line that they print."""
        self._command = command
        self._count = count
        self._grace = grace
        self._heard = heard
        self._processes: dict[int, asyncio.subprocess.Process] = {}

    def processes(self) -> Sequence[int]:
        """Ids of those that run."""
        return [each.pid for each in self._processes.values()]

    async def run(self, stopping: asyncio.Event) -> None:
        """Until it is to stop and all have ended."""
        keeping = [asyncio.ensure_future(self._keep(n, stopping)) for n in range(self._count)]
        try:
            await stopping.wait()
            self._signal(signal.SIGTERM)
            await asyncio.wait(keeping, timeout=self._grace + LATE_SECONDS)
        finally:
            self.kill()
            await asyncio.gather(*keeping)

    def kill(self) -> None:
        """End all of them at once."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        for each in self._processes.values():
            with suppress(ProcessLookupError):
                each.send_signal(number)

    async def _keep(self, number: int, stopping: asyncio.Event) -> None:
        pause = FIRST_PAUSE
        while not stopping.is_set():
            began = time.monotonic()
            try:
                process, status = await self._one(number, stopping)
            except OSError as error:  # no memory, or no room for a further process: there will be
                log.error("a process could not be started: %s; it is tried again", error)
            else:
                if stopping.is_set():
                    return
                log.error("process %d ended with status %d; it is started again", process, status)
            pause = FIRST_PAUSE if time.monotonic() - began > STEADY_SECONDS else pause
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), pause)
            pause = min(LONGEST_PAUSE, pause * 2)

    async def _one(self, number: int, stopping: asyncio.Event) -> tuple[int, int]:
        """From the start of a process to its end; its id and its status."""
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE if self._heard else None,
        )
        self._processes[number] = process
        if stopping.is_set():
            process.terminate()
        if process.stdout is not None and self._heard is not None:
            await _hear(process.stdout, self._heard)
        status = await process.wait()
        del self._processes[number]
        return process.pid, status


async def _hear(lines: asyncio.StreamReader, heard: Callable[[bytes], None]) -> None:
    """Whole lines until the end. One that means nothing is no reason to stop watching who wrote it."""
    while True:
        try:
            line = await lines.readline()
            if not line.endswith(b"\n"):  # nothing, or what a kill left of a line
                return
            heard(line)
        except (ValueError, TypeError) as error:
            log.error("a line of a process of ours was not understood: %s", error)
