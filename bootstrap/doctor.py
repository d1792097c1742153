"""What `kubetriage doctor` finds out: connections, their tools and rights, the model and the channels."""

from __future__ import annotations

import asyncio
import textwrap
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, NamedTuple

from kubetriage.bootstrap.settings import Settings
from kubetriage.domain.errors import UnknownCluster

if TYPE_CHECKING:
    from kubetriage.adapters.cluster.connection import ClusterConnection
    from kubetriage.adapters.cluster.examination import Examined
    from kubetriage.adapters.cluster.limits import LimitSettings
    from kubetriage.adapters.metrics.examination import ExaminedMetrics

WIDTH = 100
REASONS = 3
"""Reasons for reads that failed otherwise, so that a connection fits on a screen."""


class Prometheus(NamedTuple):
    """One Prometheus as it was found."""

    where: str
    """Command or address, nothing secret in it."""
    found: ExaminedMetrics


class Connection(NamedTuple):
    """One connection as it was found."""

    name: str
    transport: str
    where: str
    """Command or address, nothing secret in it."""
    default: bool
    found: Examined
    metrics: Prometheus | None = None
    """What measures it, None if nothing is configured."""

    @property
    def reachable(self) -> bool:
        return not self.found.unreachable


class DoctorReport(NamedTuple):
    """Everything that a triage depends on."""

    connections: tuple[Connection, ...]
    note: str
    """Why there is no connection, where the only one comes from, or which alerts find none of several."""
    model: str
    """The default profile and whether it can be asked; empty for none."""
    channels: tuple[str, ...]


async def examine(settings: Settings, cluster: str = "") -> DoctorReport:
    """Try every connection, or only the one named. Raises `UnknownCluster`."""
    from kubetriage.adapters.cluster.limits import LimitSettings
    from kubetriage.bootstrap import default_server
    from kubetriage.bootstrap.doubts import doubts_about
    from kubetriage.bootstrap.models import model_state
    from kubetriage.bootstrap.services import connections

    limits = LimitSettings(reads_per_second=settings.limits.reads_per_second, cache_seconds=0)
    async with AsyncExitStack() as closing:
        made = connections(settings, closing)
        chosen = [each for each in made if cluster in ("", each.name)]
        if cluster and not chosen:
            known = ", ".join(each.name for each in made) or "none"
            raise UnknownCluster(f"There is no cluster connection {cluster!r}; configured are: {known}.")
        default = settings.default_cluster or (made[0].name if len(made) == 1 else "")
        found = await asyncio.gather(*(_examined(each, limits, default, settings) for each in chosen))
    channels = tuple(f"{name} ({each.type})" for name, each in settings.channels.items())
    doubts = " ".join(doubts_about(settings))
    note = doubts if settings.connections else default_server.NOTE if made else default_server.MISSING
    return DoctorReport(tuple(found), note, await model_state(settings), channels)


async def _examined(
    connection: ClusterConnection, limits: LimitSettings, default: str, settings: Settings
) -> Connection:
    from kubetriage.adapters.cluster.clusters import open_cluster
    from kubetriage.adapters.cluster.examination import examine_cluster

    cluster = open_cluster(connection, limits)
    try:
        found, metrics = await asyncio.gather(examine_cluster(cluster), _measured(settings, connection.name))
    finally:
        await cluster.close()
    made = (connection.name, connection.transport, connection.where, connection.name == default)
    return Connection(*made, found, metrics)


async def _measured(settings: Settings, name: str) -> Prometheus | None:
    """The Prometheus of a connection, None where none is configured. Raises `BadSettings`."""
    configured = settings.connections.get(name)
    if configured is None or configured.prometheus is None:
        return None
    from kubetriage.adapters.metrics.examination import examine_metrics
    from kubetriage.bootstrap.prometheus import source_of
    from kubetriage.bootstrap.services import handed_down

    source = source_of(name, configured.prometheus, handed_down())
    try:
        return Prometheus(source.where, await examine_metrics(source.read))
    finally:
        await source.close()


# --- on one screen ----------------------------------------------------------------------------------


def render(report: DoctorReport) -> str:
    """The report as text."""
    lines: list[str] = []
    if report.note:
        lines += textwrap.wrap(report.note, WIDTH)
    for connection in report.connections:
        lines += ["", *_connection(connection)] if lines else _connection(connection)
    model = report.model or "none configured: rules alone write the diagnosis"
    lines += ["", *textwrap.wrap(model, WIDTH, initial_indent="model     ", subsequent_indent=" " * 10)]
    lines += [f"channels  {', '.join(report.channels) or 'none configured: reports go to standard output'}"]
    return "\n".join(lines)


def _connection(connection: Connection) -> list[str]:
    found = connection.found
    mark = "ok" if connection.reachable else "NOT REACHABLE"
    default = ", default" if connection.default else ""
    lines = [f"{connection.name}  {mark}  ({connection.transport}: {connection.where}{default})"]
    rows = [] if found.unreachable else _rows(found)
    if found.unreachable:
        lines += textwrap.wrap(found.unreachable, WIDTH, initial_indent="  ", subsequent_indent="  ")
    for title, words in rows + _prometheus(connection.metrics):
        lines += textwrap.wrap(words, WIDTH, initial_indent=f"  {title:<11}", subsequent_indent=" " * 13)
    return lines


def _prometheus(measured: Prometheus | None) -> list[tuple[str, str]]:
    """Whether it can be asked, which it is, and whose metrics it has."""
    if measured is None:
        return []
    found = measured.found
    if found.unreachable:
        return [("prometheus", f"NOT REACHABLE ({measured.where}): {found.unreachable}")]
    said = f"ok ({measured.where}): {found.server or 'its version is not among its metrics'}"
    rows = [("prometheus", said), ("metrics", ", ".join(found.present) or "none of the usual exporters'")]
    return rows + [("no metrics", ", ".join(found.missing))] * bool(found.missing)


def _rows(found: Examined) -> list[tuple[str, str]]:
    rights = found.rights
    others = f"; {found.others} more, never called" if found.others else ""
    unhinted = "it does not say which tools write; only the allow-list is called" if found.unhinted else ""
    rows = [
        ("server", f"{found.server} {found.version}"),
        ("tools", f"{', '.join(found.usable) or 'none'}{others}"),
        ("missing", ", ".join(found.missing)),
        ("refused", ", ".join(found.refused)),
        ("no hints", unhinted),
        ("readable", ", ".join(rights.readable)),
        ("forbidden", ", ".join(rights.forbidden)),
        ("not served", ", ".join(rights.unserved)),
    ]
    rows += [("trouble", f"{', '.join(what)}: {why}") for why, what in rights.troubled[:REASONS]]
    if more := rights.troubled[REASONS:]:
        rows.append(("trouble", f"{', '.join(what for _, each in more for what in each)}: other reasons"))
    return [(title, words) for title, words in rows if words]
