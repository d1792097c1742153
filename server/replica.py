"""The name of a worker process among all that share a database, and what its forerunner left behind.

A name is never used twice. The forerunner is who held the same slot of a folder before: the slot is a file
lock, which ends with its process, so whoever gets it knows that the other is dead, without waiting.
"""

from __future__ import annotations

import fcntl
import os
import socket
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_SLOTS, _BYTES = 256, 65536


@dataclass(frozen=True)
class Replica:
    """One worker process."""

    executor: str
    """Its name."""
    forerunners: Sequence[str] = ()
    """Workers that are certainly dead, and whose work nobody may have taken over."""
    slot: int | None = None

    def renamed(self) -> Replica:
        """The same process as another worker: the others hold this one for dead."""
        return _named(self.slot, [self.executor, *self.forerunners])

    def all_buried(self) -> Replica:
        """The same without forerunners: their work was taken over, and nobody need ask for it again."""
        _write(self.slot, [self.executor])
        return Replica(self.executor, (), self.slot)


@contextmanager
def replica(folder: Path) -> Iterator[Replica]:
    """This process as a worker, with a slot of the folder held until this ends; without one if there is none.

    Ends it without an error, it leaves nothing behind.
    """
    slot = _slot(folder)
    if slot is None:
        yield _named(None, [])
        return
    try:
        yield _named(slot, os.pread(slot, _BYTES, 0).decode("utf-8", "replace").split())
        _write(slot, [])
    finally:
        os.close(slot)


def process_name() -> str:
    """A name that is never given twice, and that says whose it is."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


def _named(slot: int | None, forerunners: Sequence[str]) -> Replica:
    name = process_name()
    _write(slot, [name, *forerunners])
    return Replica(name, tuple(forerunners), slot)


def _write(slot: int | None, names: Sequence[str]) -> None:
    if slot is not None:
        words = "\n".join(names).encode()
        os.pwrite(slot, words, 0)
        os.ftruncate(slot, len(words))


def _slot(folder: Path) -> int | None:
    """The first slot that nobody holds; None where the folder cannot be written to."""
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for number in range(_SLOTS):
            file = os.open(folder / f"slot-{number}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(file)
            else:
                return file
    return None
