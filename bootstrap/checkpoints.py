"""Checkpoints of runs, in the same database as everything else; a saver for each run.

A saver of its own lets runs go on side by side (PostgreSQL's serialises on one lock), and lets a run be
stopped at any moment: its connection is closed, and what was not committed is undone.

A saver may be made for the run of one worker. Then nothing is written once another worker has taken the run
over: a process that slept for a while must not put its old state on top of the other's newer one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from kubetriage.bootstrap.server_settings import sqlite_path
from kubetriage.domain.intake.errors import NotOurs
from kubetriage.state.checkpoint_types import checkpoint_types

Saver = BaseCheckpointSaver[Any]
OWNER = "SELECT executor FROM runs WHERE id = "


class Checkpoints(Protocol):
    """One database's checkpoints."""

    def saver(self, executor: str = "") -> AbstractAsyncContextManager[Saver]:
        """A saver for one run. It raises `NotOurs` for a run that is not this executor's, if one is given."""

    async def trim(self, thread: str) -> None:
        """Keep a thread's last checkpoint only."""

    async def forget(self, thread: str) -> None:
        """Keep nothing of a thread."""


@asynccontextmanager
async def open_checkpoints(url: str, runs: int) -> AsyncIterator[Checkpoints]:
    """Checkpoints in the database of that address, its tables made or migrated; for `runs` at once."""
    path = sqlite_path(url)
    if path is not None:
        from kubetriage.bootstrap.sqlite_checkpoints import SqliteCheckpoints

        yield await SqliteCheckpoints.opened(path)
        return
    from kubetriage.bootstrap.postgres_checkpoints import postgres_checkpoints  # of another extra

    async with postgres_checkpoints(url, runs) as opened:
        yield opened


def serializer() -> JsonPlusSerializer:
    """Of the state's own types, and of nothing else that somebody may have put there."""
    return JsonPlusSerializer(allowed_msgpack_modules=checkpoint_types())


def require_owner(owner: str | None, executor: str) -> None:
    """Raises `NotOurs`."""
    if owner != executor:
        raise NotOurs(f"It is {owner or 'nobody'}'s.")
