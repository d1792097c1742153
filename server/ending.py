"""Ending: once asked, everything stops in order within its grace; asked twice, at once."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

log = logging.getLogger(__name__)

SIGNALS = (signal.SIGTERM, signal.SIGINT)
LATE_SECONDS = 30.0
"""Beyond the grace; a process that is still there then hangs, and is ended."""


@contextmanager
def ended_by_signals(
    stopping: asyncio.Event, grace: float, at_once: Callable[[], None], *, attached: bool = False
) -> Iterator[None]:
    """The first signal sets the event, the second calls `at_once` and ends the process with its status.

    Ctrl-C reaches the `attached` processes of a server as well. It is for the server to say when they end.
    """
    loop = asyncio.get_running_loop()

    def end(number: signal.Signals) -> None:
        if stopping.is_set():
            log.warning("asked to end twice: ending at once")
            at_once()
            _exit(128 + number)
        log.info("asked to end; running diagnoses have %.0f s", grace)
        stopping.set()
        late = threading.Timer(grace + LATE_SECONDS, _late)
        late.daemon = True
        late.start()

    if attached:
        loop.add_signal_handler(signal.SIGINT, lambda: None)
    for number in SIGNALS[:1] if attached else SIGNALS:
        loop.add_signal_handler(number, end, number)
    try:
        yield
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)


def end_with_parent() -> None:
    """End this process at once when its standard input ends: who holds the other end is dead."""

    def watch() -> None:
        while os.read(0, 4096):
            pass
        _exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def _late() -> None:
    log.error("ending took too long")
    _exit(1)


def _exit(status: int) -> None:
    """Without waiting for threads, which may wait for a database that is away."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
