"""Room for bodies: bounded together, and never all of it to those that come slowly."""

from __future__ import annotations

import asyncio
import json

import pytest

from kubetriage.server.bodies import SMALL, Room
from kubetriage.server.posted import plainly_holds_alerts
from kubetriage.server.problems import Refused

MB = 1024 * 1024


async def test_large_bodies_wait_for_room() -> None:
    """What finds no room waits until another gives it back, and is 503 when it takes too long."""
    room = Room(64 * MB)
    async with room.held(0.05) as first, room.held(0.05) as second:
        await first.grow(16 * MB)
        await second.grow(32 * MB)
        async with room.held(0.05) as third:
            with pytest.raises(Refused) as refused:
                await third.grow(16 * MB)
            assert refused.value.status_code == 503
    async with room.held(0.05) as later:
        await later.grow(48 * MB)


async def test_room_is_given_to_those_that_wait() -> None:
    """A body that waits goes on as soon as another is done."""
    room = Room(64 * MB)

    inside: list[int] = []
    most = 0

    async def body() -> None:
        nonlocal most
        async with room.held(60) as held:
            await held.grow(16 * MB)
            inside.append(1)
            most = max(most, len(inside))
            await asyncio.sleep(0.01)
            inside.pop()

    async with asyncio.timeout(60):
        await asyncio.gather(*(body() for _ in range(40)))
    assert most == 3


async def test_small_bodies_are_not_kept_out() -> None:
    """While large ones hold all that they may, small ones find room."""
    room = Room(64 * MB)
    async with room.held(0.05) as large:
        await large.grow(48 * MB)
        async with room.held(0.05) as small:
            await small.grow(SMALL)
            assert small.size == SMALL


async def test_a_body_grows() -> None:
    """One of unknown length takes more as it comes, and gives all of it back."""
    room = Room(64 * MB)
    for _ in range(5):
        async with room.held(0.05) as held:
            await held.grow(SMALL)
            await held.grow(16 * MB)
            await held.grow(SMALL)
            assert held.size == 16 * MB


async def test_a_body_that_is_still_being_written_keeps_its_room() -> None:
    """Who was answered that it takes too long is gone, its body is not: what waits to be written is bounded."""
    room = Room(64 * MB)
    writing: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    async with room.held(0.05) as late:
        await late.grow(48 * MB)
        late.for_ = writing
    async with room.held(0.05) as other:
        with pytest.raises(Refused):
            await other.grow(16 * MB)
        writing.set_exception(TimeoutError())
        await other.grow(16 * MB)
    assert isinstance(writing.exception(), TimeoutError)


def test_only_what_is_read_quickly_is_read_at_once() -> None:
    """Everyday alerts of a quarter of a megabyte are; what a small body holds tens of thousands of is not."""
    labels = {"alertname": "KubePodCrashLooping", "namespace": "shop", "pod": "web-5d9c7b6f4-x2x7k"}
    alert = {"status": "firing", "labels": labels, "annotations": {"summary": "s" * 80}, "startsAt": "2026"}
    everyday = json.dumps({"alerts": [alert] * 900}).encode()
    assert len(everyday) > 200_000
    assert plainly_holds_alerts(everyday)
    for value in (b"[]", b"{}", b"1", b'""'):
        assert not plainly_holds_alerts(b'{"alerts":[' + (value + b",") * 20_000 + b"1]}")
