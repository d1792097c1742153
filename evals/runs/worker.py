"""A worker process of a run: `python -m kubetriage.evals.runs.worker`, started by `pool` and by nobody else.

It tries the cells that it is given and writes their files itself, so that no report goes through a pipe. It
ends when its input ends: when whoever started it is done, or was killed.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from kubetriage.domain.language import Language
from kubetriage.evals.cells import Cell, CellOutcome, write_cell, write_kept
from kubetriage.evals.endpoints import Endpoints
from kubetriage.evals.redefining import redefined
from kubetriage.evals.runs.attempt import Tried, Trouble, attempt
from kubetriage.evals.runs.messages import Done, Order, Ready, Setting
from kubetriage.evals.scenario import Scenario, load
from kubetriage.evals.scorers.every import DECIDING
from kubetriage.evals.strategies.made import Task

if TYPE_CHECKING:
    from kubetriage.bootstrap.settings import Settings

Say = Callable[[str], None]


@lru_cache(maxsize=4)
def _scenario(folder: str) -> Scenario:
    return load(Path(folder))


class Worker:
    def __init__(self, setting: Setting, settings: Settings, endpoints: Endpoints, say: Say) -> None:
        self._setting = setting
        self._settings = settings
        self._endpoints = endpoints
        self._say = say

    async def do(self, order: Order) -> None:
        """Try a cell, write what it came to where that stands, and say so."""
        task = Task(
            key=order.key,
            scenario=_scenario(order.scenario),
            settings=self._settings,
            language=Language(self._setting.language),
            timeout=self._setting.timeout,
            said=[],
        )
        if order.key.model in self._setting.models:
            from kubetriage.adapters.model.traffic.naming import asking_cell

            asking_cell.set(order.key.id)  # in this cell's task, and those that it makes
        tried = await attempt(task, self._endpoints, waited=self._setting.time == "real")
        cost = tried.cell.cost or 0.0
        stands = tried.cell.outcome is not CellOutcome.COULD_NOT_RUN or self._ends(order, tried.trouble)
        # What has cost money has a file, whether it is tried again or never: no figure may lack it.
        if written := stands or cost + order.carried > 0:
            await asyncio.to_thread(self._write, order, tried)
        self._say(_done(tried, cost, written=written, again=not stands).model_dump_json())

    def _ends(self, order: Order, trouble: Trouble) -> bool:
        """Whether a cell that could not be run is left at that."""
        return order.last if trouble is Trouble.PASSING else trouble is Trouble.LASTING

    def _write(self, order: Order, tried: Tried) -> None:
        folder, cell = Path(self._setting.folder), tried.cell
        # What is kept comes first: a cell whose file is there has everything.
        changes: dict[str, object] = {"calls_file": write_kept(folder, cell.key, tried.kept)}
        if order.carried:
            changes["cost"] = (cell.cost or 0.0) + order.carried
        if cell.outcome is CellOutcome.COULD_NOT_RUN and order.tries > 1:
            changes["why"] = f"{cell.why} ({order.tries} tries)"
        write_cell(folder, cell.model_copy(update=changes))


def _done(tried: Tried, cost: float, *, written: bool, again: bool) -> Done:
    cell: Cell = tried.cell
    problems = [f"{name}: {cell.scores[name].reason}" for name in DECIDING
                if name in cell.scores and cell.scores[name].passed is False]  # fmt: skip
    return Done(
        key=cell.key,
        outcome=cell.outcome,
        why=cell.why,
        trouble=tried.trouble,
        written=written,
        again=again,
        wrong_with_confidence=cell.wrong_with_confidence,
        problems=tuple(problems),
        seconds=cell.diagnosis_seconds,
        cost=cost,
        currency=cell.currency if cell.cost is not None else "",
    )


async def work(lines: TextIO, say: Say) -> None:
    """Do what the lines say until they end."""
    from kubetriage.bootstrap.settings import load_settings
    from kubetriage.graphs.triage_alert import build_triage_alert  # noqa: F401 - loaded before time is taken

    loop = asyncio.get_running_loop()
    setting = Setting.model_validate_json(lines.readline())
    settings = redefined(load_settings(setting.config or None), setting.models)
    if setting.asks:
        from kubetriage.adapters.model.loading import loaded

        await loaded()  # else the first cells would take seconds longer than all others
    waiting: asyncio.Queue[Order] = asyncio.Queue()

    def listen() -> None:
        for line in lines:
            loop.call_soon_threadsafe(waiting.put_nowait, Order.model_validate(json.loads(line)))
        # Nobody is there any more to hear what the cells come to. Whatever is under way is not waited for.
        os._exit(0)

    async with Endpoints(settings, setting.time, setting.seed, setting.processes) as endpoints:
        worker = Worker(setting, settings, endpoints, say)
        threading.Thread(target=listen, name="orders", daemon=True).start()
        say(Ready().model_dump_json())
        doing: set[asyncio.Task[None]] = set()
        while True:
            task = asyncio.create_task(worker.do(await waiting.get()))
            doing.add(task)
            task.add_done_callback(doing.discard)
            task.add_done_callback(_must_not_fail)


def _must_not_fail(task: asyncio.Task[None]) -> None:
    """A bug of the worker itself, such as a disk that is full: the process ends, and says so on stderr."""
    if not task.cancelled() and (error := task.exception()) is not None:
        try:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        finally:  # stderr is a file, on the disk that may be full
            os._exit(1)


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever started us, and they end us
    orders = os.fdopen(os.dup(0), encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints is not for the pipe
    lock = threading.Lock()

    def say(line: str) -> None:
        with lock:
            answers.write(line + "\n")
            answers.flush()

    asyncio.run(work(orders, say))


if __name__ == "__main__":
    main()
