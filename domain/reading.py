"""Asking the cluster: concurrently, once each, within the run's deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

from kubetriage.domain.errors import ClusterUnreachable
from kubetriage.domain.evidence import (
    ASKS_PROMETHEUS,
    FailureKind,
    Observation,
    Read,
    ReadFailure,
    ReadKind,
)
from kubetriage.domain.finding import Want
from kubetriage.domain.ports import Cluster, Fetch, LogReader, Services

SHORT_LOG = 4 * 1024
"""Characters of a log that is read in less than 5 ms."""


async def ask(
    services: Services, cluster: Cluster, run: str, wants: Sequence[Want], deadline_at: datetime
) -> list[Observation]:
    """Perform reads concurrently; one that fails, or is not back by the deadline, is a failed observation.

    Answers are stored under the run before this returns.
    """
    done = 0

    async def one(want: Want) -> Observation:
        nonlocal done
        seen = await _within(services, cluster, run, want.read, deadline_at)
        done += 1
        services.progress.reads(done, len(wants), want.about)
        return seen

    return list(await asyncio.gather(*(one(want) for want in wants)))


async def _within(
    services: Services, cluster: Cluster, run: str, read: Read, deadline_at: datetime
) -> Observation:
    left = (deadline_at - services.clock()).total_seconds()
    if left <= 0:
        return failed(cluster, read, FailureKind.TIMEOUT, "the run's deadline has passed")
    try:
        async with asyncio.timeout(left) as limit:
            return await services.observations.observe(run, read, _asker(services, cluster, read))
    except TimeoutError:
        why = "the run's deadline has passed" if limit.expired() else "no answer in time"
        return failed(cluster, read, FailureKind.TIMEOUT, why)
    except ClusterUnreachable as error:
        return failed(cluster, read, FailureKind.UNAVAILABLE, str(error))


def _asker(services: Services, cluster: Cluster, read: Read) -> Fetch:
    """Who answers a read: the cluster, or the Prometheus that measures it."""
    if read.verb is ReadKind.LOG:
        return partial(_digested, services.logs, cluster)
    if read.verb not in ASKS_PROMETHEUS:
        return cluster.read
    source = services.metrics.of(cluster.name)
    if source is not None:
        return source.read

    async def nobody(read: Read) -> Observation:
        return failed(cluster, read, FailureKind.UNSUPPORTED, "no Prometheus is configured for this cluster")

    return nobody


async def _digested(logs: LogReader, cluster: Cluster, read: Read) -> Observation:
    """A log with its digest, bounded before it is stored; a long one is read beside the event loop."""
    from kubetriage.domain.log_keeping import is_log, with_digest  # late: patterns take a while to compile

    seen = await cluster.read(read)
    if not is_log(seen):
        return seen

    def digested() -> Observation:
        return with_digest(seen, logs.digest(seen.text or "", now=seen.at))

    if len(seen.text or "") < SHORT_LOG:
        return digested()
    return await asyncio.to_thread(digested)


def failed(cluster: Cluster, read: Read, kind: FailureKind, message: str) -> Observation:
    """A read that came to nothing on our side."""
    return Observation(
        read=read, tool="", at=cluster.now(), failure=ReadFailure(kind=kind, message=message[:300])
    )


def fresh(wants: Sequence[Want], asked: set[str]) -> list[Want]:
    """The wants whose read was not asked yet, each read once, in the order given."""
    found: dict[str, Want] = {}
    for want in wants:
        if want.read.key not in asked:
            found.setdefault(want.read.key, want)
    return list(found.values())


class Step(NamedTuple):
    """What to do next of all that is wanted."""

    unread: list[Want]
    """What has not been asked yet."""
    chosen: list[Want]
    """What of it to ask now."""
    looked: list[Want]
    """What is newly looked at, be it by what is asked now or by what was asked before."""

    @property
    def is_empty(self) -> bool:
        return not self.chosen and not self.looked


def next_step(wants: Sequence[Want], asked: set[str], looked: Sequence[Want], most: int) -> Step:
    """At most `most` reads, in the order given; what is not asked is not looked at either."""
    unread = fresh(wants, asked)
    chosen = unread[:most]
    by_now = asked | {want.read.key for want in chosen}
    known = {(want.about.key, want.read.key) for want in looked}
    added: dict[tuple[tuple[str, str, str], str], Want] = {}
    for want in wants:
        key = (want.about.key, want.read.key)
        if want.read.key in by_now and key not in known:
            added.setdefault(key, want)
    return Step(unread, chosen, list(added.values()))
