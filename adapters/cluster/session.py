"""One long-lived session with an MCP server.

A task of its own opens the transport, holds the session and closes it. Calls run in tasks of their own and
are waited for from outside, so that a dying server ends neither its callers nor a caller the session.
After a loss the next call connects anew, not more often than a growing pause allows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any, NamedTuple

import anyio
from langchain_mcp_adapters.interceptors import ToolCallInterceptor
from langchain_mcp_adapters.tools import load_mcp_tools
from mcp import ClientSession, McpError
from mcp.types import Implementation
from pydantic import ValidationError

from kubetriage.adapters.cluster.child import Diagnostics, Streams
from kubetriage.adapters.cluster.tools import CallableTool
from kubetriage.adapters.cluster.transports import explain, is_broken
from kubetriage.domain.evidence import FailureKind, ReadFailure
from kubetriage.domain.rendering.visible import clip, one_line

OpenStreams = Callable[[Diagnostics], AbstractAsyncContextManager[Streams]]

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0
"""Seconds in which, after a failed attempt to connect, no other is made; doubled after each."""
_CLIENT = Implementation(name="kubetriage", version="1")


class Lost(Exception):
    """The server could not be reached, or went away during the call."""

    def __init__(self, failure: ReadFailure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class Overdue(Exception):
    """The call did not come back before its deadline."""


class Offer(NamedTuple):
    """What a server said of itself when it was connected to."""

    server: str
    version: str
    tools: Mapping[str, CallableTool]


class ToolAnswer(NamedTuple):
    """What a tool answered, after the interceptors."""

    text: str
    structured: Mapping[str, Any] | None
    error: bool


class _Link:
    """One connection, from its start to its loss."""

    def __init__(
        self, name: str, opened: OpenStreams, interceptors: Sequence[ToolCallInterceptor], strict: bool
    ) -> None:
        self.name = name
        self.opened = opened
        self.interceptors = list(interceptors)
        self.strict = strict
        self.ready: asyncio.Future[Offer] = asyncio.get_running_loop().create_future()
        self.calls: set[asyncio.Task[Any]] = set()
        self.diagnostics = Diagnostics()
        self.failure: ReadFailure | None = None
        self._noise = ""
        self._leave = asyncio.Event()

    def start(self, timeout: float) -> None:
        self.task = asyncio.create_task(self._hold(timeout), name=f"mcp {self.name}")

    @property
    def alive(self) -> bool:
        return not self.task.done() and not self._leave.is_set()

    async def _hold(self, timeout: float) -> None:
        try:
            async with self.opened(self.diagnostics) as (read, write):
                made = ClientSession(read, write, message_handler=self._hear, client_info=_CLIENT)
                async with made as self.session:
                    with anyio.fail_after(timeout) as self._greeting:
                        offer = await self._greet(self.session)
                    if self._noise:
                        raise ConnectionError(f"it does not speak MCP: {self._noise}")
                    self.ready.set_result(offer)
                    await self._leave.wait()
        except BaseException as error:
            if not is_broken(error):
                raise
            self.failure = explain(error, self.diagnostics)
        finally:
            self._leave.set()
            for call in tuple(self.calls):
                call.cancel()
            if not self.ready.done():
                self.ready.cancel()

    async def _greet(self, session: ClientSession) -> Offer:
        try:
            told = await session.initialize()
            tools = await load_mcp_tools(session, tool_interceptors=self.interceptors, server_name=self.name)
        except ValidationError as error:  # an answer of another protocol
            raise ConnectionError(f"it does not speak our MCP: {error.title} has another form") from error
        except RuntimeError as error:  # one of another version
            raise ConnectionError(f"it does not speak our MCP: {error}") from error
        name, version = (
            clip(one_line(word), 100) for word in (told.serverInfo.name, told.serverInfo.version)
        )
        return Offer(name, version, {tool.name: tool for tool in tools})

    async def _hear(self, message: object) -> None:
        """What came in that answers no request. Over HTTP, where each answer belongs to a request, a message
        that isn't MCP means another kind of server; on a pipe it may be a line that a library printed.
        """
        if isinstance(message, Exception) and self.strict and not self.ready.done():
            self._noise = str(message)
            self._greeting.cancel()

    def abandon(self) -> None:
        """Let go of the connection without waiting for its end."""
        self._leave.set()

    async def close(self) -> None:
        """Let go of it and wait until it has ended."""
        self._leave.set()
        await asyncio.wait({self.task})

    @property
    def why(self) -> ReadFailure:
        """Why it is no more. A bug of ours that ended it is raised instead."""
        if self.task.done() and not self.task.cancelled() and (bug := self.task.exception()):
            raise bug
        closed = ReadFailure(kind=FailureKind.UNAVAILABLE, message="the MCP server closed the connection")
        return self.failure or closed


class McpSession:
    """Calls tools of one server; connects when first used."""

    def __init__(
        self,
        name: str,
        opened: OpenStreams,
        *,
        interceptors: Sequence[ToolCallInterceptor] = (),
        connect_timeout: float = 30.0,
        strict: bool = False,
    ) -> None:
        self.name = name
        self.connect_timeout = connect_timeout
        self.reached = False
        """Whether the server was ever reached."""
        self._new_link = partial(_Link, name, opened, interceptors, strict)
        self._link: _Link | None = None
        self._pause = FIRST_PAUSE
        self._not_before = 0.0
        self._refusal: ReadFailure | None = None
        self.closed = False

    async def offer(self) -> Offer:
        """What the server offers; connects if there is no connection. Raises `Lost`."""
        return (await self._linked())[1]

    async def call(self, tool: str, arguments: Mapping[str, Any], deadline: float) -> ToolAnswer:
        """Call one tool within `deadline` seconds. Raises `Lost`, `Overdue`, and `McpError` for a refusal."""
        until = asyncio.get_running_loop().time() + deadline
        try:
            async with asyncio.timeout_at(until):
                link, offer = await self._linked()
        except TimeoutError:
            raise Overdue from None
        request = {"type": "tool_call", "id": tool, "name": tool, "args": dict(arguments)}
        # Made in the caller's context, so that a tracer sees the call under the caller's node.
        call = asyncio.create_task(offer.tools[tool].ainvoke(request))
        link.calls.add(call)
        call.add_done_callback(link.calls.discard)
        try:
            await asyncio.wait({call}, timeout=max(0.0, until - asyncio.get_running_loop().time()))
        except asyncio.CancelledError:
            call.cancel()
            raise
        if not call.done():
            call.cancel()
            self._doubt(link)
            raise Overdue
        return self._answer(link, call)

    def _answer(self, link: _Link, call: asyncio.Task[Any]) -> ToolAnswer:
        if call.cancelled():
            raise Lost(link.why)
        error = call.exception()
        if error is None:
            message = call.result()
            artifact = message.artifact or {}
            blocks = [block for block in message.content if isinstance(block, dict)]
            text = "\n".join(str(block.get("text", "")) for block in blocks)
            return ToolAnswer(text, artifact.get("structured_content"), message.status == "error")
        if isinstance(error, McpError) and not _session_gone(error):
            raise error
        if not is_broken(error):
            raise error
        link.abandon()
        raise Lost(link.failure or explain(error, link.diagnostics)) from error

    async def _linked(self) -> tuple[_Link, Offer]:
        if self.closed:
            raise Lost(ReadFailure(kind=FailureKind.UNAVAILABLE, message="the connection is closed"))
        link = self._link
        if link is None or not link.alive:
            if self._refusal and asyncio.get_running_loop().time() < self._not_before:
                raise Lost(self._refusal)
            if link is not None:
                await link.close()
                if self._link is not link:  # another call was quicker
                    return await self._linked()
            link = self._link = self._new_link()
            link.start(self.connect_timeout)
        await asyncio.wait({link.ready})
        if link.ready.cancelled():
            raise self._refused(link)
        self.reached, self._pause, self._refusal = True, FIRST_PAUSE, None
        return link, link.ready.result()

    def _refused(self, link: _Link) -> Lost:
        if self._refusal is not link.failure:
            self._refusal = link.failure
            self._not_before = asyncio.get_running_loop().time() + self._pause
            self._pause = min(self._pause * 2, LONGEST_PAUSE)
        return Lost(link.why)

    def _doubt(self, link: _Link) -> None:
        """A call is overdue: does the cluster hang, or the server? A server without a pulse is left."""

        async def pulse() -> None:
            try:
                async with asyncio.timeout(self.connect_timeout / 3):
                    await link.session.send_ping()
            except (TimeoutError, McpError, anyio.ClosedResourceError, anyio.BrokenResourceError):
                link.abandon()

        task = asyncio.create_task(pulse())
        link.calls.add(task)
        task.add_done_callback(link.calls.discard)

    async def close(self) -> None:
        """End the session, and the server if it is a child of ours."""
        self.closed = True
        if self._link is not None:
            await self._link.close()


def _session_gone(error: McpError) -> bool:
    return error.error.message in ("Connection closed", "Session terminated")
