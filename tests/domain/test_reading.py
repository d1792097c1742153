"""domain.reading: asking concurrently, within the deadline."""

from __future__ import annotations

import asyncio
import dataclasses
import threading
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from kubetriage.domain.errors import ClusterUnreachable
from kubetriage.domain.evidence import FailureKind, Observation, Read, get, log_of
from kubetriage.domain.finding import Want
from kubetriage.domain.language import Text
from kubetriage.domain.log_digest import LogDigest
from kubetriage.domain.ports import Fetch, PlainLogs, Services
from kubetriage.domain.reading import ask, fresh
from kubetriage.domain.resource import Resource, resource

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WHY = Text(en="", zh="")


def want(name: str) -> Want:
    ref = resource("Pod", "a", name)
    return Want(read=get(ref), about=ref, why=WHY)


class Memo:
    async def observe(self, run: str, read: Read, fetch: Fetch) -> Observation:
        return await fetch(read)


class Progress:
    def __init__(self) -> None:
        self.seen: list[tuple[int, int]] = []

    def node(self, name: str) -> None: ...

    def reads(self, done: int, planned: int, resource: Resource | None) -> None:
        self.seen.append((done, planned))


class Cluster:
    """Answers after as many seconds as the pod's name says; `down` cannot be reached."""

    name = "c"

    def now(self) -> datetime:
        return NOW

    async def read(self, read: Read) -> Observation:
        if read.name == "down":
            raise ClusterUnreachable("The server does not answer.")
        await asyncio.sleep(float(read.name))
        return Observation(read=read, tool="t", at=NOW, absent=True)


def services(progress: Progress) -> Services:
    stub = cast("Services", None)
    return Services(
        clusters=stub,  # type: ignore[arg-type]
        observations=Memo(),  # type: ignore[arg-type]
        knowledge=stub,  # type: ignore[arg-type]
        outbox=stub,  # type: ignore[arg-type]
        progress=progress,
        clock=lambda: NOW,
        stopwatch=lambda: 0.0,
    )


async def test_a_read_that_is_late_is_a_failure_and_the_others_count() -> None:
    """At the deadline the run goes on with what it has; the late read is a gap, not an absence."""
    progress = Progress()
    deadline = NOW + timedelta(seconds=0.2)
    seen = await ask(services(progress), Cluster(), "r", [want("0"), want("30")], deadline)
    assert seen[0].absent
    assert seen[1].failure is not None
    assert seen[1].failure.kind is FailureKind.TIMEOUT
    assert progress.seen == [(1, 2), (2, 2)]


async def test_after_the_deadline_nothing_is_asked() -> None:
    """A run whose time is up reads no more."""
    seen = await ask(services(Progress()), Cluster(), "r", [want("30")], NOW - timedelta(seconds=1))
    assert seen[0].failure is not None


async def test_an_unreachable_cluster_is_a_failed_read() -> None:
    """No server is a gap in the report; the run still ends with one."""
    seen = await ask(services(Progress()), Cluster(), "r", [want("down")], NOW + timedelta(seconds=5))
    assert seen[0].failure is not None
    assert seen[0].failure.kind is FailureKind.UNAVAILABLE
    assert seen[0].failure.message == "The server does not answer."


def test_each_read_is_wanted_once() -> None:
    """Reads that were asked already, or twice in one step, are dropped."""
    assert [w.about.name for w in fresh([want("a"), want("b"), want("a")], {want("b").read.key})] == ["a"]


class Logging(Cluster):
    """Answers with a log of as many lines as the container's name says."""

    async def read(self, read: Read) -> Observation:
        text = "".join(
            f"ERROR {n} dial tcp db:1: connect: connection refused\n" for n in range(int(read.container))
        )
        return Observation(read=read, tool="t", at=NOW, text=text)


class Reader(PlainLogs):
    """Remembers in which threads it read."""

    def __init__(self) -> None:
        self.threads: set[int] = set()

    def digest(self, text: str, *, now: datetime | None = None) -> LogDigest:
        self.threads.add(threading.get_ident())
        return super().digest(text, now=now)


@pytest.mark.parametrize(("lines", "beside"), [("5", False), ("20000", True)])
async def test_a_log_is_digested_before_it_is_stored(lines: str, beside: bool) -> None:
    """What comes back has a digest and a bounded text; a long log is read beside the event loop."""
    pod, reader = resource("Pod", "a", "b"), Reader()
    wanted = Want(read=log_of(pod, lines, tail=50_000), about=pod, why=WHY)
    given = dataclasses.replace(services(Progress()), logs=reader)
    (seen,) = await ask(given, Logging(), "r", [wanted], NOW + timedelta(seconds=60))
    assert seen.digest is not None and seen.digest.errors == int(lines)
    assert seen.text is not None and len(seen.text) < 1024 * 1024
    assert (reader.threads != {threading.get_ident()}) is beside
