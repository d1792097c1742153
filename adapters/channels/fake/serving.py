"""The stand-ins behind a real socket: a small HTTP/1.1 server that can also fall silent or hang up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import parse_qsl, urlsplit

from kubetriage.adapters.channels.fake.faults import FaultKind
from kubetriage.adapters.channels.fake.platform import Call, Platform, Reply

HOST = "127.0.0.1"
_LARGEST = 8 * 1024 * 1024


class FakePlatforms:
    """Platforms by name, each under an address of its own."""

    def __init__(self) -> None:
        self.base = ""
        self._platforms: dict[str, Platform] = {}
        self._silent = asyncio.Event()
        self._talks: set[asyncio.Task[None]] = set()

    def add(self, name: str, platform: Platform) -> str:
        """The address that a channel is configured with."""
        self._platforms[name] = platform
        return f"{self.base}/{name}"

    def __getitem__(self, name: str) -> Platform:
        return self._platforms[name]

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        if (task := asyncio.current_task()) is not None:
            self._talks.add(task)
            task.add_done_callback(self._talks.discard)
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await self._answer(await _read(reader), writer)
        writer.close()

    async def _answer(self, call: Call, writer: asyncio.StreamWriter) -> None:
        name = call.path.strip("/").split("/")[0]
        platform = self._platforms.get(name)
        if platform is None:
            return await _write(writer, Reply(404, b"no such robot"))
        fault = platform.next_fault()
        if fault is not None and fault.kind is FaultKind.LOST:
            platform.calls.append(call)
            return writer.transport.abort()
        reply = platform.handle(call, fault)
        if fault is not None and fault.kind is FaultKind.CUT:
            return writer.transport.abort()
        if fault is not None and fault.kind is FaultKind.SILENT:
            await self._silent.wait()
            return None
        return await _write(writer, reply)

    async def stop(self) -> None:
        """Let go of callers that were left without an answer."""
        self._silent.set()
        for task in list(self._talks):
            task.cancel()
        if self._talks:
            await asyncio.wait(list(self._talks), timeout=2)


@asynccontextmanager
async def fake_platforms(port: int = 0) -> AsyncIterator[FakePlatforms]:
    """A server on this machine while the block runs; port 0 takes a free one."""
    platforms = FakePlatforms()
    server = await asyncio.start_server(platforms.talk, HOST, port, limit=64 * 1024)
    platforms.base = f"http://{HOST}:{server.sockets[0].getsockname()[1]}"
    try:
        yield platforms
    finally:
        server.close()
        await platforms.stop()


async def _read(reader: asyncio.StreamReader) -> Call:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    _, target, _ = head[0].split(" ", 2)
    pairs = (line.split(":", 1) for line in head[1:] if ":" in line)
    headers = {name.strip().lower(): value.strip() for name, value in pairs}
    length = min(int(headers.get("content-length", "0")), _LARGEST)
    parts = urlsplit(target)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    return Call(parts.path, query, headers, await reader.readexactly(length))


async def _write(writer: asyncio.StreamWriter, reply: Reply) -> None:
    headers = {**reply.headers, "Content-Length": str(len(reply.body)), "Connection": "close"}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"HTTP/1.1 {reply.status} X\r\n{lines}\r\n".encode("latin-1") + reply.body)
    await writer.drain()
