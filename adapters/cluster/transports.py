"""The three ways to an MCP server, and what goes wrong on them in words."""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import anyio
import httpx
from mcp import McpError

from kubetriage.adapters.cluster.child import AnswerTooLong, Diagnostics, Streams, child_process
from kubetriage.adapters.cluster.connection import ClusterConnection
from kubetriage.domain.evidence import FailureKind, ReadFailure
from kubetriage.domain.redaction import redact_text

# They log raw answers, headers and addresses; what is to be known of a lost connection is in its failure.
for _library, _least in (
    ("mcp.client", logging.CRITICAL),
    ("httpx", logging.WARNING),
    ("httpcore", logging.INFO),
):
    logging.getLogger(_library).setLevel(_least)


def _is_ours(record: logging.LogRecord) -> bool:
    """Not a warning that the MCP library writes to the root logger, with what the server sent in it."""
    return f"{os.sep}mcp{os.sep}shared{os.sep}" not in record.pathname


logging.getLogger().addFilter(_is_ours)

IDLE = 24 * 3600.0
"""Seconds that an open event stream may stay silent."""
UNANSWERED = 300.0
"""Seconds after which an HTTP request is given up; our own deadline comes long before."""

BROKEN = (
    OSError,
    TimeoutError,
    httpx.HTTPError,
    httpx.InvalidURL,
    McpError,
    anyio.BrokenResourceError,
    anyio.ClosedResourceError,
    anyio.EndOfStream,
)
"""What transports and sessions raise when the server or the way to it is broken."""


@asynccontextmanager
async def open_streams(connection: ClusterConnection, diagnostics: Diagnostics) -> AsyncIterator[Streams]:
    """Connect; enter and leave it in the same task."""
    if connection.command:
        env = {name: value.get_secret_value() for name, value in connection.env.items()}
        command = (connection.command, *connection.args)
        async with child_process(command, env, connection.cwd, diagnostics) as streams:
            yield streams
        return
    headers = {name: value.get_secret_value() for name, value in connection.headers.items()}
    if connection.token:
        headers["Authorization"] = f"Bearer {connection.token.get_secret_value()}"
    if connection.transport == "sse":
        from mcp.client.sse import sse_client

        timeout = connection.connect_timeout
        async with sse_client(connection.url, headers, timeout=timeout, sse_read_timeout=IDLE) as streams:
            yield streams
        return
    from mcp.client.streamable_http import streamable_http_client

    timeouts = httpx.Timeout(connection.connect_timeout, read=UNANSWERED)
    # Ending a session with DELETE would wait for the calls that still run on the server.
    async with (
        httpx.AsyncClient(headers=headers, timeout=timeouts) as client,
        streamable_http_client(connection.url, http_client=client, terminate_on_close=False) as streams,
    ):
        yield streams[0], streams[1]


def leaves(error: BaseException) -> Iterator[BaseException]:
    """The errors in a group of groups; an error that is no group is its own."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from leaves(inner)
    else:
        yield error


def is_broken(error: BaseException) -> bool:
    """Is this the server or the way to it, and nothing of ours?"""
    return all(isinstance(leaf, BROKEN) for leaf in leaves(error))


def explain(error: BaseException, diagnostics: Diagnostics) -> ReadFailure:
    """Why a connection was not made or was lost; of several errors the first that says something."""
    known = [leaf for leaf in leaves(error) if isinstance(leaf, BROKEN)]
    telling = [leaf for leaf in known if isinstance(leaf, (httpx.HTTPError, OSError))] or known
    kind, message = _words(telling[0]) if telling else (FailureKind.UNAVAILABLE, "the connection was closed")
    if diagnostics.last:
        message += f"; its last words: {diagnostics.last}"
    return ReadFailure(kind=kind, message=redact_text(message)[:300])


def _words(error: BaseException) -> tuple[FailureKind, str]:
    match error:
        case httpx.HTTPStatusError(response=response):
            status = response.status_code
            refused = status in (401, 403)
            kind = FailureKind.FORBIDDEN if refused else FailureKind.UNAVAILABLE
            kind = FailureKind.THROTTLED if status == 429 else kind
            what = "refuses our credentials" if refused else "answers"
            return kind, f"the MCP server {what} (HTTP {status})"
        case httpx.TimeoutException() | TimeoutError():
            return FailureKind.TIMEOUT, "the MCP server did not answer in time"
        case FileNotFoundError():
            return FailureKind.UNAVAILABLE, f"there is no program {error.filename}"
        case PermissionError():
            return FailureKind.UNAVAILABLE, f"{error.filename} may not be run"
        case AnswerTooLong():
            return FailureKind.TOO_LARGE, f"the MCP server sent {error}"
        case httpx.ConnectError() | ConnectionError():
            return FailureKind.UNAVAILABLE, f"the MCP server cannot be reached ({error})"
        case McpError() if error.error.message == "Connection closed":
            return FailureKind.UNAVAILABLE, "the MCP server closed the connection"
        case McpError():
            return FailureKind.UNAVAILABLE, f"the MCP server answers: {error.error.message}"
        case _:
            return (
                FailureKind.UNAVAILABLE,
                f"the connection to the MCP server broke ({error or type(error).__name__})",
            )
