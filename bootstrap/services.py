"""The clients that a triage needs, made from the settings and closed again."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from kubetriage.bootstrap.folders import cache_folder
from kubetriage.bootstrap.settings import ConnectionSettings, Settings
from kubetriage.bootstrap.web_access import secret_of
from kubetriage.domain.errors import BadSettings
from kubetriage.domain.ports import Clusters, Metrics, Models, NoMetrics, Observations, Progress, Services

if TYPE_CHECKING:
    from kubetriage.adapters.cluster.connection import ClusterConnection

_HANDED_DOWN = """
    KUBECONFIG HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy SSL_CERT_FILE SSL_CERT_DIR
    XDG_CONFIG_HOME XDG_CACHE_HOME TMPDIR LANG KUBERNETES_SERVICE_HOST KUBERNETES_SERVICE_PORT
"""
HANDED_DOWN = tuple(_HANDED_DOWN.split())
"""Variables that a configured server gets beside HOME, PATH and its own `env`; no credential among them."""


@asynccontextmanager
async def build_services(
    settings: Settings, *, snapshot: Path | None = None, progress: Progress, observations: Path | None = None
) -> AsyncIterator[Services]:
    """Everything a triage needs; what was opened is closed when this ends, child processes included.

    With `snapshot` the recorded cluster is the only one, whatever names alerts carry. `observations` is a
    folder to keep the answers in; without it they are kept in memory. Raises `BadSnapshot`, `BadSettings`.
    """
    from kubetriage.adapters.knowledge.empty import EmptyKnowledge
    from kubetriage.adapters.logs.mining import MiningLogReader
    from kubetriage.adapters.store.outbox import MemoryOutbox

    async with AsyncExitStack() as closing:
        yield Services(
            clusters=await _clusters(settings, snapshot, closing),
            metrics=_metrics(settings, snapshot, closing),
            models=_models(settings, closing),
            logs=MiningLogReader(),
            observations=_observations(observations),
            knowledge=EmptyKnowledge(),
            outbox=MemoryOutbox(),
            progress=progress,
            clock=lambda: datetime.now(UTC),
            stopwatch=time.monotonic,
        )


def _models(settings: Settings, closing: AsyncExitStack) -> Models:
    """The configured profiles; nothing is imported or read for them before one is asked."""
    from kubetriage.bootstrap.models import ConfiguredModels

    models = ConfiguredModels(settings)
    closing.push_async_callback(models.aclose)
    return models


def _observations(folder: Path | None) -> Observations:
    from kubetriage.adapters.store.observations import FolderObservations, MemoryObservations

    return FolderObservations(folder) if folder else MemoryObservations()


async def _clusters(settings: Settings, snapshot: Path | None, closing: AsyncExitStack) -> Clusters:
    from kubetriage.adapters.cluster.clusters import (
        McpClusters,
        NoCluster,
        OneCluster,
        open_cluster,
        snapshot_clusters,
    )
    from kubetriage.adapters.cluster.limits import LimitSettings
    from kubetriage.bootstrap import default_server

    if snapshot is not None:
        from kubetriage.adapters.cluster.snapshot.store import SnapshotStore

        store = SnapshotStore.load(snapshot, cache_dir=cache_folder() / "snapshots")
        return await closing.enter_async_context(snapshot_clusters(store))
    limits = LimitSettings(**settings.limits.model_dump())
    made = connections(settings, closing)
    if not made:
        return OneCluster(NoCluster(default_server.MISSING))
    if not settings.connections:
        return await closing.enter_async_context(OneCluster(open_cluster(made[0], limits)))
    return await closing.enter_async_context(McpClusters(made, settings.default_cluster, limits))


def _metrics(settings: Settings, snapshot: Path | None, closing: AsyncExitStack) -> Metrics:
    """What measures the clusters; of a snapshot, the answers recorded with it."""
    from kubetriage.bootstrap.prometheus import ConfiguredMetrics, OneSource, source_of

    if snapshot is not None:
        from kubetriage.adapters.cluster.snapshot.recorded_metrics import RecordedMetrics

        recorded = RecordedMetrics.load(snapshot)
        return OneSource(recorded) if recorded is not None else NoMetrics()
    sources = {
        name: source_of(name, each.prometheus, handed_down())
        for name, each in settings.connections.items()
        if each.prometheus is not None
    }
    for source in sources.values():
        closing.push_async_callback(source.close)
    return ConfiguredMetrics(sources)


def connections(settings: Settings, closing: AsyncExitStack) -> list[ClusterConnection]:
    """The configured connections; where there are none, one to the current kube context.

    Empty if there are none and kubernetes-mcp-server is not installed.
    """
    from kubetriage.bootstrap import default_server

    configured = settings.connections
    if configured:
        return [connection_of(name, each) for name, each in configured.items()]
    program = default_server.server_on_path()
    if program is None:
        return []
    return [closing.enter_context(default_server.default_connection(program))]


def connection_of(name: str, configured: ConnectionSettings) -> ClusterConnection:
    """A connection as the adapter takes it. Raises `BadSettings` for what is not there."""
    from kubetriage.adapters.cluster.connection import ClusterConnection
    from kubetriage.bootstrap.default_server import REQUESTS

    if configured.cwd and not Path(configured.cwd).is_dir():
        raise BadSettings(f"clusters.{name}.cwd: there is no folder {configured.cwd}.")
    child = handed_down()
    requests = {name: SecretStr(value) for name, value in REQUESTS.items()}
    env: Mapping[str, SecretStr] = {**child, **requests, **configured.env} if configured.command else {}
    return ClusterConnection(
        name=name,
        also_called=configured.also_called,
        transport="stdio" if configured.command else configured.transport,
        command=configured.command,
        args=configured.args,
        env=dict(env),
        cwd=configured.cwd or None,
        url=configured.url,
        token=secret_of(f"clusters.{name}.token_env", configured.token, configured.token_env),
        headers=configured.headers,
        context=configured.context,
        timeout=configured.timeout,
        connect_timeout=configured.connect_timeout,
        concurrency=configured.concurrency,
    )


def handed_down() -> dict[str, SecretStr]:
    """The variables of ours that a server which we start gets."""
    return {key: SecretStr(os.environ[key]) for key in HANDED_DOWN if key in os.environ}
