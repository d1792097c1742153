"""What a Prometheus offers, for people who set it up: which it is, and which usual exporters it knows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import NamedTuple

from kubetriage.domain.evidence import Observation, Read, query_of
from kubetriage.domain.promql import one_of
from kubetriage.domain.resource import Resource
from kubetriage.domain.samples import samples_of

_VERSIONS = {
    "prometheus_build_info": "Prometheus", "thanos_build_info": "Thanos", "mimir_build_info": "Mimir",
    "cortex_build_info": "Cortex", "vm_app_version": "VictoriaMetrics",
}  # fmt: skip
"""What these servers tell of themselves, where they are scraped too."""
_EXPORTERS = {
    "kube_node_info": "kube-state-metrics",
    "machine_cpu_cores": "cAdvisor",
    "kubelet_node_name": "kubelet",
    "kubelet_volume_stats_capacity_bytes": "volume stats",
    "node_uname_info": "node-exporter",
}
"""A metric of few series that shows each."""

Ask = Callable[[Read], Awaitable[Observation]]


class ExaminedMetrics(NamedTuple):
    """What was found out about one Prometheus."""

    unreachable: str = ""
    """Why it could not be asked; empty if it was."""
    server: str = ""
    """Name and version as its own metrics tell them, empty where it is not scraped."""
    present: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    """Exporters whose metrics are not there: not scraped, or dropped."""


async def examine_metrics(ask: Ask) -> ExaminedMetrics:
    """Two queries, changing nothing."""
    about, now = Resource(kind="Prometheus", name=""), datetime.now(UTC)
    versions = f"count by (__name__, version, short_version) ({{{one_of('__name__', _VERSIONS)}}})"
    exporters = f"count by (__name__) ({{{one_of('__name__', _EXPORTERS)}}})"
    told, there = await asyncio.gather(
        *(ask(query_of(expr, about, "doctor", now)) for expr in (versions, exporters))
    )
    for answer in (told, there):
        if answer.failure is not None:
            return ExaminedMetrics(unreachable=answer.failure.message or answer.failure.kind.value)
    known = {series.name for series in samples_of(there).series}
    return ExaminedMetrics(
        server=_server(told),
        present=tuple(name for metric, name in _EXPORTERS.items() if metric in known),
        missing=tuple(name for metric, name in _EXPORTERS.items() if metric not in known),
    )


def _server(told: Observation) -> str:
    """Of several that are scraped, all: which of them answers is not told."""
    found = dict.fromkeys(
        f"{_VERSIONS[s.name]} {s.labels.get('version') or s.labels.get('short_version', '')}".strip()
        for s in samples_of(told).series
        if s.name in _VERSIONS
    )
    return ", ".join(list(found)[:3])
