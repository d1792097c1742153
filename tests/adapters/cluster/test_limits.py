"""Reads of one cluster are paced over all runs, and answers are shared for a short while."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import pytest

from kubetriage.adapters.cluster.limits import LimitSettings, ReadLimits
from kubetriage.domain.evidence import FailureKind, Observation, ReadFailure, get
from kubetriage.domain.resource import resource

READ = get(resource("Pod", "shop", "web"))


def answer(size: int = 0, failure: ReadFailure | None = None) -> Observation:
    objects = () if failure else ({"metadata": {"name": "x" * size}},)
    return Observation(read=READ, tool="t", at=datetime.now(UTC), objects=objects, failure=failure)


async def taken(limits: ReadLimits, turns: int) -> float:
    async def one() -> None:
        async with limits.turn():
            pass

    began = time.monotonic()
    await asyncio.gather(*(one() for _ in range(turns)))
    return time.monotonic() - began


async def test_a_burst_is_free_and_more_is_paced() -> None:
    """As many reads as the burst allows go at once; beyond it they come at the rate."""
    seldom = ReadLimits(LimitSettings(reads_per_second=0.01, burst=10), concurrency=64)
    assert await taken(seldom, 10) < 60  # where one more would take a hundred seconds
    limits = ReadLimits(LimitSettings(reads_per_second=100, burst=10), concurrency=64)
    assert 0.19 < await taken(limits, 30) < 30


async def test_no_rate_is_no_pace() -> None:
    """Zero reads a second means no limit."""
    limits = ReadLimits(LimitSettings(reads_per_second=0, burst=1), concurrency=64)
    assert await taken(limits, 500) < 60


async def test_reads_in_flight_are_bounded() -> None:
    """No more reads than there are slots are under way at once."""
    limits = ReadLimits(LimitSettings(), concurrency=3)
    running, most = 0, 0

    async def one() -> None:
        nonlocal running, most
        async with limits.turn():
            running += 1
            most = max(most, running)
            await asyncio.sleep(0.005)
            running -= 1

    await asyncio.gather(*(one() for _ in range(12)))
    assert most == 3


async def test_answers_are_shared_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another run gets the same answer until its time is over."""
    limits = ReadLimits(LimitSettings(cache_seconds=300), concurrency=1)
    limits.remember(READ.key, answer())
    assert limits.known(READ.key) is not None
    later = time.monotonic() + 301
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert limits.known(READ.key) is None


@pytest.mark.parametrize(
    ("settings", "observation"),
    [
        (LimitSettings(), answer(failure=ReadFailure(kind=FailureKind.TIMEOUT))),
        (LimitSettings(cache_seconds=0), answer()),
        (LimitSettings(cache_bytes=400), answer(size=200)),
    ],
    ids=["failure", "turned off", "too large"],
)
async def test_some_answers_are_not_shared(settings: LimitSettings, observation: Observation) -> None:
    """Failures may pass, zero seconds turn sharing off, and one answer never fills the cache."""
    limits = ReadLimits(settings, concurrency=1)
    limits.remember(READ.key, observation)
    assert limits.known(READ.key) is None


async def test_the_oldest_answers_go_when_the_cache_is_full() -> None:
    """The cache stays within its bytes."""
    limits = ReadLimits(LimitSettings(cache_bytes=1000), concurrency=1)
    for number in range(10):
        limits.remember(f"key{number}", answer(size=100))
    assert limits.known("key0") is None
    assert limits.known("key9") is not None
