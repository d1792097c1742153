"""One run at a time in a folder: a lock that worker processes hold too, until the last of them has ended."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from kubetriage.domain.errors import BadInput

LOCK: Final = ".lock"
PATIENCE: Final = 10.0
"""Seconds in which the workers of a run that was killed have ended."""
_BETWEEN: Final = 0.1


@contextmanager
def locked(folder: Path, patience: float = PATIENCE) -> Iterator[int]:
    """The lock's file descriptor, to be handed down. Raises `BadInput` if a run is at work in the folder."""
    with (folder / LOCK).open("w", encoding="utf-8") as file:
        until = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= until:
                    raise BadInput(f"Another run is at work in {folder}.") from None
                time.sleep(_BETWEEN)
        yield file.fileno()
