"""Waiting for an answer until a moment that holds."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")
TRIES, BETWEEN = 5, 0.1
"""Cancellations of one task, and seconds between them; what survives them ends at `events.MOST_BYTES`."""


async def within(seconds: float, asked: Coroutine[Any, Any, Result]) -> Result:
    """The result; raises `TimeoutError` when the time is up.

    `asyncio.timeout` cancels once. `asyncio.wait_for` of Python 3.11, around each event of a stream in
    langchain-openai, loses that when the next event is there already: a fast stream then has no end.
    """
    task = asyncio.create_task(asked)
    try:
        await asyncio.wait({task}, timeout=seconds)
        if not task.done():
            raise TimeoutError
        return task.result()
    finally:
        await _ended(task)


async def _ended(task: asyncio.Task[Any]) -> None:
    for _ in range(TRIES):
        if task.done():
            break
        task.cancel()
        await asyncio.wait({task}, timeout=BETWEEN)
    if task.done() and not task.cancelled():
        task.exception()  # or asyncio would complain that nobody has asked for it
