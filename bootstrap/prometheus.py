"""The Prometheus servers of the settings as sources of metrics, or a snapshot's recorded answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from pydantic import SecretStr

from kubetriage.bootstrap.prometheus_settings import PrometheusSettings
from kubetriage.bootstrap.web_access import secret_of
from kubetriage.domain.evidence import Observation, Read
from kubetriage.domain.ports import MetricSource


class OpenSource(Protocol):
    """A `ports.MetricSource` that has to be closed."""

    where: str
    """Command or address, nothing secret in it."""

    async def read(self, read: Read) -> Observation: ...

    async def close(self) -> None: ...


class ConfiguredMetrics:
    """`ports.Metrics` by the names of the clusters."""

    def __init__(self, sources: Mapping[str, MetricSource]) -> None:
        self._sources = sources

    def of(self, cluster: str) -> MetricSource | None:
        """See `ports.Metrics`."""
        return self._sources.get(cluster)


class OneSource:
    """The same source whatever the cluster is called: a snapshot's."""

    def __init__(self, source: MetricSource) -> None:
        self._source = source

    def of(self, cluster: str) -> MetricSource | None:
        """See `ports.Metrics`."""
        return self._source


def source_of(name: str, configured: PrometheusSettings, child: Mapping[str, SecretStr]) -> OpenSource:
    """The source of one cluster, not yet connected; `child` are variables for a server that is started.

    Raises `BadSettings` for a variable that is not set and a file that cannot be used.
    """
    place = f"clusters.{name}.prometheus"
    token = secret_of(f"{place}.token_env", configured.token, configured.token_env)
    if configured.is_api:
        from kubetriage.adapters.metrics.connection import PrometheusConnection
        from kubetriage.adapters.metrics.prometheus import Prometheus

        return Prometheus(
            PrometheusConnection(
                name=name,
                url=configured.url,
                token=token,
                username=configured.username,
                password=secret_of(f"{place}.password_env", configured.password, configured.password_env),
                headers=configured.headers,
                ca_file=configured.ca_file,
                timeout=configured.timeout,
                concurrency=configured.concurrency,
            )
        )
    from kubetriage.adapters.cluster.connection import ClusterConnection
    from kubetriage.adapters.cluster.metric_reads import McpMetrics

    transport = "stdio" if configured.command else configured.transport
    return McpMetrics(
        ClusterConnection(
            name=name,
            transport="sse" if transport == "sse" else "stdio" if transport == "stdio" else "streamable-http",
            command=configured.command,
            args=configured.args,
            env={**child, **configured.env} if configured.command else {},
            cwd=configured.cwd or None,
            url=configured.url,
            token=token,
            headers=configured.headers,
            timeout=configured.timeout,
            concurrency=configured.concurrency,
        )
    )
