"""The imports that asking a model takes, about a second: in a thread, begun while the cluster is read."""

from __future__ import annotations

import asyncio
import importlib
import threading
from contextlib import suppress
from functools import lru_cache

MODULES = (
    "kubetriage.adapters.model.calling",
    "kubetriage.adapters.model.chat_of_profile",
    "openai.resources.chat.completions",
)
"""The last one is imported by openai's client when it is first asked."""
FIRST = "langchain_core.tracers.context"
"""What both this and a graph's first run import; loaded before there are two threads."""

_done = threading.Event()


@lru_cache(maxsize=1)
def load_ahead() -> None:
    """Begin to load, once in a process; to be called when the graph and the cluster's adapters are there."""
    importlib.import_module(FIRST)
    threading.Thread(target=_quietly, name="loading the model's client", daemon=True).start()


async def loaded() -> None:
    """Everything is loaded, and the event loop went on meanwhile. Raises what an import raises."""
    if not _done.is_set():
        await asyncio.to_thread(_load)


def _load() -> None:
    for name in MODULES:
        importlib.import_module(name)
    _done.set()


def _quietly() -> None:
    """What cannot be imported is said by `loaded`, where there is somebody to tell."""
    with suppress(ImportError):
        _load()
