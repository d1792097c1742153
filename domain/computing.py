"""Computing beside the event loop: rules over a large cluster take half a second, and others wait meanwhile.

All of it in one thread a process. Python computes in one thread at a time anyway, a second one would only
make the loop wait for both, and `functools.cached_property` holds a lock for each property of a class: two
threads that come upon two of them in a different order would wait for each other for ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import cache, partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

THREAD = "kubetriage-computing"


@cache
def _thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, THREAD)


async def aside(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What `work(…)` returns or raises, computed while the event loop goes on.

    For pure functions only: cancelled, this returns at once, and a computation that has begun runs to its end
    unheard.
    """
    computing = partial(copy_context().run, partial(work, *args, **kwargs))
    return await asyncio.get_running_loop().run_in_executor(_thread(), computing)
