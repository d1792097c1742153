"""The stdio transport: a server as a child process that is surely gone when the transport ends.

The MCP library's own transport keeps the process to itself, copies long answers once per pipe read, and
leaves the server's diagnostics to the terminal.
"""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress

import anyio
from anyio.abc import ByteReceiveStream, ByteSendStream, Process
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.client.stdio import get_default_environment
from mcp.shared.message import SessionMessage
from mcp.types import JSONRPCMessage
from pydantic import ValidationError

Streams = tuple[MemoryObjectReceiveStream[SessionMessage | Exception], MemoryObjectSendStream[SessionMessage]]
"""What `ClientSession` takes: (read, write)."""

LONGEST = 64 * 1024 * 1024
"""Bytes of one message; a longer answer ends the connection."""
_GRACE = 0.5
"""Seconds that a server gets to end after its input was closed, and again after SIGTERM."""

_groups: set[int] = set()


class AnswerTooLong(OSError):
    """The server sent a message of more than `LONGEST` bytes."""


class Diagnostics:
    """The last lines that a server wrote to its standard error."""

    def __init__(self) -> None:
        self.lines: deque[str] = deque(maxlen=20)

    def add(self, chunk: bytes) -> None:
        self.lines.extend(line for line in chunk.decode("utf-8", "replace").splitlines() if line.strip())

    @property
    def last(self) -> str:
        return self.lines[-1].strip() if self.lines else ""


@asynccontextmanager
async def child_process(
    command: Sequence[str], env: Mapping[str, str], cwd: str | None, diagnostics: Diagnostics
) -> AsyncIterator[Streams]:
    """Start the server and yield its streams. Raises `OSError` if it cannot be started.

    It runs in a session of its own, so that a Ctrl-C in the terminal reaches only us, and with all its
    children it is killed at the latest when this ends, however it ends.
    """
    process = await anyio.open_process(
        command,
        stderr=subprocess.PIPE,
        env=get_default_environment() | dict(env),
        cwd=cwd,
        start_new_session=True,
    )
    _groups.add(process.pid)
    try:
        async with _pumped(process, diagnostics) as streams:
            yield streams
    finally:
        try:
            with anyio.CancelScope(shield=True):
                await _end(process)
        finally:
            _kill(process.pid)
            _groups.discard(process.pid)
            with anyio.CancelScope(shield=True):
                await _drain(process)


@asynccontextmanager
async def _pumped(process: Process, diagnostics: Diagnostics) -> AsyncIterator[Streams]:
    assert process.stdin and process.stdout and process.stderr
    incoming, read = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    write, outgoing = anyio.create_memory_object_stream[SessionMessage](0)
    async with anyio.create_task_group() as tasks, read, write:
        tasks.start_soon(_receive, process.stdout, incoming)
        tasks.start_soon(_send, outgoing, process.stdin)
        tasks.start_soon(_listen, process.stderr, diagnostics)
        try:
            yield read, write
        finally:
            tasks.cancel_scope.cancel()


async def _receive(
    stdout: ByteReceiveStream, incoming: MemoryObjectSendStream[SessionMessage | Exception]
) -> None:
    parts: list[bytes] = []
    size = 0
    async with incoming:
        with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
            async for chunk in stdout:
                *ended, rest = chunk.split(b"\n")
                for piece in ended:
                    await _deliver(b"".join((*parts, piece)), incoming)
                    parts, size = [], 0
                parts.append(rest)
                size += len(rest)
                if size > LONGEST:
                    raise AnswerTooLong(f"an answer of more than {LONGEST >> 20} MiB")


async def _deliver(line: bytes, incoming: MemoryObjectSendStream[SessionMessage | Exception]) -> None:
    if not line.strip():
        return
    try:
        message = JSONRPCMessage.model_validate_json(line)
    except ValidationError as error:  # some servers print to their output before they speak the protocol
        await incoming.send(error)
    else:
        await incoming.send(SessionMessage(message))


async def _send(outgoing: MemoryObjectReceiveStream[SessionMessage], stdin: ByteSendStream) -> None:
    async with outgoing:
        with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
            async for message in outgoing:
                text = message.message.model_dump_json(by_alias=True, exclude_none=True)
                await stdin.send(text.encode() + b"\n")


async def _listen(stderr: ByteReceiveStream, diagnostics: Diagnostics) -> None:
    with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
        async for chunk in stderr:
            diagnostics.add(chunk)


async def _end(process: Process) -> None:
    """Close its input, then ask with SIGTERM; the caller kills what is left."""
    if process.stdin:
        with suppress(OSError, anyio.BrokenResourceError, anyio.ClosedResourceError):
            await process.stdin.aclose()
    for last_word in (None, signal.SIGTERM):
        if last_word is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, last_word)
        with anyio.move_on_after(_GRACE):
            await process.wait()
            return
    _kill(process.pid)
    with anyio.move_on_after(_GRACE):
        await process.wait()


async def _drain(process: Process) -> None:
    """Read its outputs to their end: with something left in them asyncio would not close its pipes."""
    with anyio.move_on_after(_GRACE):
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
                    async for _ in stream:
                        pass
        await process.wait()


def _kill(group: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


@atexit.register
def _kill_all() -> None:
    """For an interpreter that ends without having closed its event loop."""
    for group in tuple(_groups):
        _kill(group)
