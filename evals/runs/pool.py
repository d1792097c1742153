"""Worker processes: started, given cells, watched, ended. One that dies or hangs takes no other with it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, NamedTuple

from pydantic import ValidationError

from kubetriage.domain.errors import KubetriageError
from kubetriage.evals.cells import CellKey
from kubetriage.evals.runs.messages import Done, Order, Setting

LOG: Final = "workers.log"
"""What workers and their libraries write to stderr, in the run's folder."""
STARTING: Final = 120.0
"""Seconds until a worker has loaded what it needs."""
MOST_STARTS: Final = 3
"""Workers in a row that end before they have done anything."""
ENDING: Final = 5.0
"""Seconds between a worker's last word and its end."""
_LINE: Final = 2**20
READY: Final = '{"what":"ready"}'


class Began(NamedTuple):
    order: Order
    at: float
    """Of the monotonic clock."""


class Lost(NamedTuple):
    """Cells whose worker is gone."""

    orders: tuple[Order, ...]
    why: str
    hung: CellKey | None = None
    """The cell that had taken too long, if that is why the worker was ended."""


Event = Done | Lost


class _Process:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.ready = False
        self.started = time.monotonic()
        self.doing: dict[str, Began] = {}
        self.hung: CellKey | None = None
        self.exclusive = False
        """Whether what it does shall have no company."""
        self.scenario = ""
        """The folder of the one it was given a cell of last."""

    async def say(self, line: str) -> None:
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # its end is told by `_listen`
            self.process.stdin.write(f"{line}\n".encode())
            await self.process.stdin.drain()


class Pool:
    """So many workers; `place`, `give` and `event` are all there is to it."""

    def __init__(self, setting: Setting, processes: int, lock: int) -> None:
        self._setting = setting
        self._processes = processes
        self._lock = lock
        self._workers: list[_Process] = []
        self._listening: set[asyncio.Task[None]] = set()
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._failed_starts = 0
        self._broken = ""

    @property
    def doing(self) -> int:
        """Cells under way."""
        return sum(len(each.doing) for each in self._workers)

    @property
    def scenarios(self) -> set[str]:
        """Those that workers have at hand."""
        return {each.scenario for each in self._workers}

    def place(self, *, alone: bool = False) -> _Process | None:
        """A worker that can take one more cell; `alone`: one that has none. The least busy first."""
        free = [
            each
            for each in self._workers
            if each.ready and len(each.doing) < (1 if alone or each.exclusive else self._setting.slots)
        ]
        return min(free, key=lambda each: len(each.doing), default=None)

    async def give(self, worker: _Process, order: Order, *, alone: bool = False) -> None:
        worker.exclusive = alone
        worker.doing[order.key.id] = Began(order, time.monotonic())
        worker.scenario = order.scenario
        await worker.say(order.model_dump_json())

    async def event(self, seconds: float) -> Event | None:
        """What happens next; None if nothing does within so many seconds.

        Raises `KubetriageError` when workers cannot be started.
        """
        self._end_the_hung()
        if self._broken:
            raise KubetriageError(self._broken)
        await self._fill()
        try:
            async with asyncio.timeout(seconds):
                return await self._events.get()
        except TimeoutError:
            return None

    async def _fill(self) -> None:
        while len(self._workers) < self._processes:
            await self._start()

    async def _start(self) -> None:
        with (Path(self._setting.folder) / LOG).open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "kubetriage.evals.runs.worker",
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=log,
                pass_fds=(self._lock,), limit=_LINE,
            )  # fmt: skip
        worker = _Process(process)
        self._workers.append(worker)
        await worker.say(self._setting.model_dump_json())
        task = asyncio.create_task(self._listen(worker))
        self._listening.add(task)
        task.add_done_callback(self._listening.discard)

    async def _listen(self, worker: _Process) -> None:
        assert worker.process.stdout is not None
        async for line in worker.process.stdout:
            if line.decode().strip() == READY:
                worker.ready, self._failed_starts = True, 0
                self._events.put_nowait(Lost((), ""))  # wakes up whoever waits for a place
                continue
            try:
                done = Done.model_validate_json(line)
            except ValidationError:
                break
            worker.doing.pop(done.key.id, None)
            self._events.put_nowait(done)
        try:  # its output has ended, so it is about to
            async with asyncio.timeout(ENDING):
                status = await worker.process.wait()
        except TimeoutError:
            _kill(worker.process)
            status = await worker.process.wait()
        self._workers.remove(worker)
        if not worker.ready:
            self._failed_starts += 1
            if self._failed_starts >= MOST_STARTS:
                self._broken = f"Worker processes do not start; {self._setting.folder}/{LOG} says why."
        said = f"signal {-status}" if status < 0 else f"status {status}"
        orders = tuple(began.order for began in worker.doing.values())
        self._events.put_nowait(Lost(orders, f"The process that ran it ended with {said}.", worker.hung))

    def _end_the_hung(self) -> None:
        now = time.monotonic()
        for worker in self._workers:
            late = [each for each in worker.doing.values() if now - each.at > self._longest]
            if late and worker.hung is None:
                worker.hung = late[0].order.key
            if late or (not worker.ready and now - worker.started > STARTING):
                _kill(worker.process)

    @property
    def _longest(self) -> float:
        return self._setting.timeout * 1.1 + self._setting.grace

    async def aclose(self) -> None:
        """End every worker at once; what they were doing is not written."""
        for task in self._listening:
            task.cancel()
        for worker in self._workers:
            _kill(worker.process)
        for worker in self._workers:
            await worker.process.wait()
        log = Path(self._setting.folder) / LOG
        if log.is_file() and not log.stat().st_size:
            log.unlink()


def _kill(process: asyncio.subprocess.Process) -> None:
    """End it at once.

    Not by its own `kill`, which takes the end away from asyncio's watcher: that then knows no exit status.
    """
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)


@asynccontextmanager
async def pool_of(setting: Setting, processes: int, lock: int) -> AsyncIterator[Pool]:
    """Workers while the block runs."""
    pool = Pool(setting, processes, lock)
    try:
        yield pool
    finally:
        await pool.aclose()
