"""How the configured connections are, each tried at most every few seconds however often it is asked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kubetriage.bootstrap.settings import Settings
from kubetriage.server.parts import ClusterHealth

if TYPE_CHECKING:
    from kubetriage.adapters.cluster.connection import ClusterConnection
    from kubetriage.bootstrap.doctor import Connection

FRESH_SECONDS = 15.0
ANSWER_SECONDS = 5.0
"""In this time there is an answer, though a connection may take half a minute to be given up."""


class ConfiguredClusters:
    """`parts.ClusterWatch`: the connections of the settings, tried as `kubetriage doctor` tries them."""

    def __init__(
        self,
        settings: Settings,
        stopwatch: Callable[[], float] = time.monotonic,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._settings = settings
        self._stopwatch = stopwatch
        self._answer_seconds = answer_seconds
        self._known: dict[str, tuple[float, ClusterHealth]] = {}
        self._looks: dict[str, asyncio.Task[None]] = {}

    async def health(self) -> Sequence[ClusterHealth]:
        from kubetriage.bootstrap.services import connections

        async with AsyncExitStack() as closing:
            made = connections(self._settings, closing)
        looks = [look for each in made if (look := self._look_at(each.name))]
        if looks:
            done, _ = await asyncio.wait(looks, timeout=self._answer_seconds)
            for each in done:
                each.result()
        default = self._settings.default_cluster or (made[0].name if len(made) == 1 else "")
        return [
            self._known[each.name][1] if each.name in self._known else self._unanswered(each, default)
            for each in made
        ]

    def _look_at(self, name: str) -> asyncio.Task[None] | None:
        """The look that is under way, or a new one; None if the last was a moment ago."""
        look = self._looks.get(name)
        if look is None or look.done():
            known = self._known.get(name)
            if known and self._stopwatch() - known[0] <= FRESH_SECONDS:
                return None
            look = self._looks[name] = asyncio.ensure_future(self._look(name))
        return look

    async def _look(self, name: str) -> None:
        from kubetriage.bootstrap.doctor import examine

        report = await examine(self._settings, name)
        for each in report.connections:
            self._known[name] = (self._stopwatch(), health_of(each, datetime.now(UTC)))

    def _unanswered(self, connection: ClusterConnection, default: str) -> ClusterHealth:
        return ClusterHealth(
            name=connection.name,
            default=connection.name == default,
            reachable=False,
            detail=f"It has not answered for {self._answer_seconds:g} s, and is still being tried.",
            transport=connection.transport,
            where=connection.where,
            checked_at=datetime.now(UTC),
        )


class RecordedCluster:
    """`parts.ClusterWatch` of a server that reads a snapshot: no configured connection is used, or tried."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def health(self) -> Sequence[ClusterHealth]:
        there = await asyncio.to_thread(self._folder.is_dir)
        return [
            ClusterHealth(
                name="snapshot",
                default=True,
                reachable=there,
                detail="" if there else "The folder is not there any more.",
                transport="files",
                where=str(self._folder),
                checked_at=datetime.now(UTC),
            )
        ]


def health_of(connection: Connection, now: datetime) -> ClusterHealth:
    """What a person needs to know of it first."""
    found = connection.found
    missing = f"Tools are missing: {', '.join(found.missing)}." if found.missing else ""
    return ClusterHealth(
        name=connection.name,
        default=connection.default,
        reachable=connection.reachable,
        detail=found.unreachable or missing,
        transport=connection.transport,
        where=connection.where,
        server=f"{found.server} {found.version}".strip(),
        tools=len(found.usable),
        forbidden=found.rights.forbidden,
        prometheus=None if connection.metrics is None else not connection.metrics.found.unreachable,
        checked_at=now,
    )
