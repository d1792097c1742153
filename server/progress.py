"""What a running diagnosis tells those who watch: reads are told at most twice a second."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from kubetriage.domain.resource import Resource

Tell = Callable[[str, Mapping[str, Any]], None]
_TELL: ContextVar[Tell | None] = ContextVar("kubetriage_run_progress", default=None)


@contextmanager
def told_to(tell: Tell) -> Iterator[None]:
    """What runs within, and what it starts, tells its progress there."""
    token = _TELL.set(tell)
    try:
        yield
    finally:
        _TELL.reset(token)


class RunProgress:
    """`ports.Progress` of all runs of a process: each is told apart by the context that it runs in."""

    def node(self, name: str) -> None:
        """Nodes are told by the run itself, once they are on record."""

    def reads(self, done: int, planned: int, resource: Resource | None) -> None:
        tell = _TELL.get()
        if tell is not None:
            tell("reads", {"done": done, "planned": planned, "resource": str(resource) if resource else ""})
