"""How the configured connections are, tried at most every few seconds however often it is asked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kubetriage.bootstrap.settings import Settings
from kubetriage.server.parts import ClusterHealth

if TYPE_CHECKING:
    from kubetriage.bootstrap.doctor import Connection

FRESH_SECONDS = 15.0


class ConfiguredClusters:
    """`parts.ClusterWatch`: the connections of the settings, tried as `kubetriage doctor` tries them."""

    def __init__(self, settings: Settings, stopwatch: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._stopwatch = stopwatch
        self._found: tuple[float, Sequence[ClusterHealth]] | None = None
        self._looking = asyncio.Lock()

    async def health(self) -> Sequence[ClusterHealth]:
        async with self._looking:
            if self._found is None or self._stopwatch() - self._found[0] > FRESH_SECONDS:
                self._found = (self._stopwatch(), await self._look())
            return self._found[1]

    async def _look(self) -> Sequence[ClusterHealth]:
        from kubetriage.bootstrap.doctor import examine

        report = await examine(self._settings)
        now = datetime.now(UTC)
        return [health_of(each, now) for each in report.connections]


def doubts_about(settings: Settings) -> Sequence[str]:
    """Why alerts may find no cluster to be diagnosed in, a sentence each; to be said at the start."""
    from kubetriage.bootstrap import default_server

    names, default = list(settings.connections), settings.default_cluster
    if not names:
        return [] if default_server.server_on_path() else [default_server.MISSING]
    known = ", ".join(names)
    called = {also for each in settings.connections.values() for also in each.also_called}
    if default and default not in {*names, *called}:
        return [
            f"default_cluster is {default}, which is not configured (configured are: {known}): alerts "
            "without a cluster label will not be diagnosed."
        ]
    if not default and len(names) > 1:
        return [
            f"There are several clusters ({known}) and no default_cluster: alerts without a cluster label "
            "will not be diagnosed."
        ]
    return []


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
