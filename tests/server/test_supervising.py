"""Processes of the server: watched whatever they say and however they end, and ended in order."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from kubetriage.server import supervising
from kubetriage.server.supervising import Supervisor

SAYING = """
import os, signal, sys
os.write(1, b"[1]\\nnothing that is known\\n" + b"x" * 100_000 + b"\\n[2]\\n[3")
os.kill(os.getpid(), signal.SIGKILL)
"""
ENDING = """
import asyncio, sys
from kubetriage.server.ending import ended_by_signals

async def main():
    stopping = asyncio.Event()
    with ended_by_signals(stopping, 60, lambda: None, attached=True):
        print("ready", flush=True)
        await stopping.wait()
        await asyncio.sleep(0.2)
        print("in order", flush=True)

asyncio.run(main())
"""


@asynccontextmanager
async def supervised(code: Sequence[str], heard: Callable[[bytes], None]) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor(code, 1, 60, heard)
    stopping = asyncio.Event()
    running = asyncio.ensure_future(supervisor.run(stopping))
    try:
        async with asyncio.timeout(90):
            yield supervisor
    finally:
        stopping.set()
        await running


async def test_a_killed_process_is_started_again_whatever_it_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed in the middle of a line, after lines that mean nothing: the next one is started, and heard."""
    monkeypatch.setattr(supervising, "FIRST_PAUSE", 0.05)
    numbers: list[int] = []

    def heard(line: bytes) -> None:
        text = line.decode().strip()
        if not text.startswith("["):
            raise ValueError(text[:20])
        numbers.append(int(text.strip("[]")))

    async with supervised([sys.executable, "-S", "-c", SAYING], heard):
        while numbers.count(2) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert 3 not in numbers and numbers[:4] == [1, 2, 1, 2]


async def test_what_cannot_be_started_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    """A machine that has no room for a process for a moment: it is started as soon as there is."""
    monkeypatch.setattr(supervising, "FIRST_PAUSE", 0.05)
    said: list[bytes] = []
    script = f"{tmp_path}/program"
    async with supervised([script], said.append):
        await asyncio.sleep(0.1)
        with open(script, "w", encoding="ascii") as file:  # noqa: ASYNC230
            file.write("#!/bin/sh\necho there\n")
        os.chmod(script, 0o700)
        while not said:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert said[0] == b"there\n"


async def test_ctrl_c_reaches_all_and_the_server_says_when_they_end() -> None:
    """A terminal's signal goes to every process: the server's own is the first one that counts for the others."""
    said: list[bytes] = []
    async with supervised([sys.executable, "-c", ENDING], said.append) as supervisor:
        while not said:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        (process,) = supervisor.processes()
        for _ in range(2):
            os.kill(process, signal.SIGINT)
            await asyncio.sleep(0.1)
        assert supervisor.processes() == [process]
    assert said == [b"ready\n", b"in order\n"]
