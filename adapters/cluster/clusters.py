"""The clusters of a configuration, or one recorded cluster: `ports.Clusters`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Self

from kubetriage.adapters.cluster.connection import ClusterConnection
from kubetriage.adapters.cluster.limits import LimitSettings, ReadLimits
from kubetriage.domain.errors import ClusterUnreachable, UnknownCluster
from kubetriage.domain.evidence import Observation, Read

if TYPE_CHECKING:
    from kubetriage.adapters.cluster.child import Diagnostics, Streams
    from kubetriage.adapters.cluster.reads import McpCluster
    from kubetriage.adapters.cluster.snapshot.store import SnapshotStore

logger = logging.getLogger("kubetriage.cluster")


def open_cluster(connection: ClusterConnection, limits: LimitSettings) -> McpCluster:
    """A cluster behind a connection; nothing is connected before the first read."""
    from kubetriage.adapters.cluster.border import at_the_border
    from kubetriage.adapters.cluster.reads import McpCluster
    from kubetriage.adapters.cluster.session import McpSession
    from kubetriage.adapters.cluster.transports import open_streams

    session = McpSession(
        connection.name,
        partial(open_streams, connection),
        interceptors=[at_the_border],
        connect_timeout=connection.connect_timeout,
        strict=not connection.command,
    )
    return McpCluster(
        connection.name,
        session,
        ReadLimits(limits, connection.concurrency),
        timeout=connection.timeout,
        context=connection.context,
        where=connection.where,
    )


def open_snapshot(store: SnapshotStore, now: datetime | None = None) -> McpCluster:
    """A recorded cluster, read through the embedded MCP server by the same session, tools and border.

    `now` is the snapshot's time unless given.
    """
    from kubetriage.adapters.cluster.border import at_the_border
    from kubetriage.adapters.cluster.reads import McpCluster
    from kubetriage.adapters.cluster.session import McpSession
    from kubetriage.adapters.cluster.snapshot.mcp_server import connected

    def opened(_: Diagnostics) -> AbstractAsyncContextManager[Streams]:
        return connected(store)

    time = now or store.time
    return McpCluster(
        store.name,
        McpSession(store.name, opened, interceptors=[at_the_border]),
        ReadLimits(LimitSettings(reads_per_second=0, cache_seconds=0), concurrency=32),
        now=lambda: time,
    )


class McpClusters:
    """Connections by name, each opened when first chosen and read."""

    def __init__(
        self, connections: Sequence[ClusterConnection], default: str = "", limits: LimitSettings | None = None
    ) -> None:
        self._connections = {connection.name: connection for connection in connections}
        self._aliases = {also: each.name for each in connections for also in each.also_called}
        self._default = default or (connections[0].name if len(connections) == 1 else "")
        self._limits = limits or LimitSettings()
        self._open: dict[str, McpCluster] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the connections, in the order of the configuration."""
        return tuple(self._connections)

    def choose(self, name: str) -> McpCluster:
        """See `ports.Clusters`."""
        name = name or self._default
        name = name if name in self._connections else self._aliases.get(name, name)
        if name not in self._connections:
            known = ", ".join(self.names) or "none"
            if not name:
                raise UnknownCluster(
                    "No cluster was named, the alert has no cluster label, and default_cluster is not set; "
                    f"configured are: {known}."
                )
            raise UnknownCluster(f"There is no cluster connection {name!r}; configured are: {known}.")
        if name not in self._open:
            self._open[name] = open_cluster(self._connections[name], self._limits)
        return self._open[name]

    async def close(self) -> None:
        """Close every connection that was opened."""
        await asyncio.gather(*(cluster.close() for cluster in self._open.values()))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class NoCluster:
    """A cluster that cannot be reached, and why: every read raises `ClusterUnreachable`."""

    name = "none"

    def __init__(self, why: str) -> None:
        self._why = why

    def now(self) -> datetime:
        """See `ports.Cluster`."""
        return datetime.now(UTC)

    async def read(self, read: Read) -> Observation:
        """See `ports.Cluster`."""
        raise ClusterUnreachable(self._why)

    async def close(self) -> None:
        """Nothing is open."""


class OneCluster:
    """The same cluster whatever name an alert carries: a snapshot, or the current kube context."""

    def __init__(self, cluster: McpCluster | NoCluster) -> None:
        self._cluster = cluster
        self._told = False

    def choose(self, name: str) -> McpCluster | NoCluster:
        """See `ports.Clusters`. No name is unknown here, since none is configured."""
        if name and name != self._cluster.name and not self._told:
            self._told = True
            logger.info("cluster %r is not configured; %s is read instead", name, self._cluster.name)
        return self._cluster

    async def close(self) -> None:
        """Close the cluster."""
        await self._cluster.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


@asynccontextmanager
async def snapshot_clusters(store: SnapshotStore, now: datetime | None = None) -> AsyncIterator[OneCluster]:
    """A recorded cluster as the only one."""
    async with OneCluster(open_snapshot(store, now)) as clusters:
        yield clusters
