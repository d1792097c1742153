"""Progress on stderr: node by node, reads done; one line that rewrites itself."""

from __future__ import annotations

import shutil
import sys
from typing import TextIO

from kubetriage.domain.ports import NoProgress
from kubetriage.domain.rendering.visible import one_line
from kubetriage.domain.resource import Resource

NODES = ("parse_alert", "locate_primary", "check_related", "apply_rules", "recall_knowledge", "synthesize",
         "verify_claims", "notify")  # fmt: skip


class Silent(NoProgress):
    """No progress: not a terminal, or `--quiet`."""

    def files(self, done: int, total: int) -> None: ...

    def clear(self) -> None: ...


class TerminalProgress:
    """A single line on a terminal."""

    def __init__(self, stream: TextIO, title: str = "") -> None:
        self._stream = stream
        self._title = title
        self._node = ""
        self._total = 0

    def node(self, name: str) -> None:
        self._node = name
        step = NODES.index(name) + 1 if name in NODES else 0
        self._show(f"[{step}/{len(NODES)}] {name}")

    def reads(self, done: int, planned: int, resource: Resource | None) -> None:
        self._total += 1
        what = f" {resource}" if resource is not None else ""
        step = NODES.index(self._node) + 1 if self._node in NODES else 0
        line = f"[{step}/{len(NODES)}] {self._node}: {done}/{planned} reads, {self._total} in all{what}"
        self._show(line)

    def files(self, done: int, total: int) -> None:
        """So many files of a bundle have been read."""
        self._show(f"{done}/{total} files")

    def clear(self) -> None:
        self._stream.write("\r\x1b[2K")
        self._stream.flush()

    def _show(self, line: str) -> None:
        width = shutil.get_terminal_size().columns - 1
        shown = one_line(f"{self._title}{line}")[:width]  # names come from alerts
        self._stream.write(f"\r\x1b[2K{shown}")
        self._stream.flush()


def progress_for(quiet: bool) -> Silent | TerminalProgress:
    """What fits where stderr goes."""
    return TerminalProgress(sys.stderr) if sys.stderr.isatty() and not quiet else Silent()
