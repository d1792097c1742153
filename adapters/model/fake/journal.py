"""One line for every request, in memory up to a bound and in a temporary file beyond it."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, Any

Line = dict[str, Any]

CLOCKS = ("t_start", "t_first", "t_end", "measured_ms")
"""Fields of a line that differ between equal runs. In the modes with time so do `modelled` (load and queue
of requests that overlap) and `cached_tokens`."""
IN_MEMORY = 2 * 2**20
"""Bytes of lines; all go to a temporary file when they are more."""
KEPT_REQUESTS = 100
KEPT_BYTES = 16 * 2**20


class Journal:
    """Safe to read from other threads than the server's."""

    def __init__(self, in_memory: int = IN_MEMORY) -> None:
        self._lock = threading.Lock()
        self._in_memory = in_memory
        self._lines = self._empty()
        self._requests: deque[tuple[int, Line]] = deque()
        self._bytes = 0

    def _empty(self) -> IO[str]:
        return SpooledTemporaryFile(self._in_memory, "w+", encoding="utf-8")

    def write(self, line: Line) -> None:
        with self._lock:
            self._lines.seek(0, 2)
            self._lines.write(json.dumps(line, ensure_ascii=False) + "\n")

    def lines(self, run: str | None = None) -> list[Line]:
        """The lines of a run, or all, oldest first."""
        return list(self.each(run))

    def each(self, run: str | None = None) -> Iterator[Line]:
        """The same without holding all at once; nothing can be written meanwhile."""
        with self._lock:
            self._lines.seek(0)
            for text in self._lines:
                line: Line = json.loads(text)
                if run is None or line.get("run") == run:
                    yield line

    def keep_request(self, run: str, body: Line, size: int) -> None:
        """Keep a request's body beside the journal: the last hundred, and 16 MiB of them at most."""
        with self._lock:
            self._requests.append((size, {"run": run, "body": body}))
            self._bytes += size
            while len(self._requests) > KEPT_REQUESTS or self._bytes > KEPT_BYTES:
                self._bytes -= self._requests.popleft()[0]

    def requests(self, run: str | None = None) -> list[Line]:
        """The kept requests' bodies, oldest first."""
        with self._lock:
            return [kept["body"] for _, kept in self._requests if run is None or kept["run"] == run]

    def forget(self, run: str | None = None) -> None:
        """Drop the lines and requests of a run, or all."""
        kept = [] if run is None else [line for line in self.each() if line.get("run") != run]
        with self._lock:
            self._lines.close()
            self._lines = self._empty()
            self._requests = deque(
                (size, one) for size, one in self._requests if run is not None and one["run"] != run
            )
            self._bytes = sum(size for size, _ in self._requests)
        for line in kept:
            self.write(line)


def without_clocks(line: Line) -> Line:
    """What of a line is equal in equal runs."""
    return {key: value for key, value in line.items() if key not in CLOCKS}
