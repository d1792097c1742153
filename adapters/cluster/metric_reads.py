"""A Prometheus behind an MCP server: queries become tool calls, answers become observations.

Tools by the names of the servers that people run: `execute_query` (prometheus-mcp-server),
`execute_instant_query` (obs-mcp, also as a toolset of kubernetes-mcp-server), `prometheus_query` and `query`
(several). No other tool is ever called, and none that its server marks as writing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from mcp import McpError

from kubetriage.adapters.cluster.connection import ClusterConnection
from kubetriage.adapters.cluster.failures import failure_of
from kubetriage.adapters.cluster.limits import LimitSettings, ReadLimits
from kubetriage.adapters.cluster.metric_border import samples_at_the_border
from kubetriage.adapters.cluster.session import Lost, McpSession, Offer, Overdue, ToolAnswer
from kubetriage.adapters.cluster.tools import Toolbox, sort_tools
from kubetriage.adapters.cluster.transports import open_streams
from kubetriage.domain.evidence import FailureKind, Observation, Read, ReadFailure, ReadKind

INSTANT = ("execute_query", "execute_instant_query", "prometheus_query", "query")
RANGE = ("execute_range_query", "prometheus_query_range", "query_range", "range_query")
METRIC_TOOLS = frozenset({*INSTANT, *RANGE})
"""The allow-list. Rules are not read this way: servers tell of them in forms of their own."""


class McpMetrics:
    """A `ports.MetricSource` over one session."""

    def __init__(self, connection: ClusterConnection) -> None:
        self.where = connection.where
        self._timeout = connection.timeout
        self._limits = ReadLimits(LimitSettings(reads_per_second=0), connection.concurrency)
        self._session = McpSession(
            f"{connection.name} (Prometheus)",
            partial(open_streams, connection),
            interceptors=[samples_at_the_border],
            connect_timeout=connection.connect_timeout,
            strict=not connection.command,
        )
        self._sorted: tuple[Offer, Toolbox] | None = None

    async def read(self, read: Read) -> Observation:
        """See `ports.MetricSource`."""
        try:
            async with self._limits.turn():
                toolbox = await self._tools()
                question = question_of(read, toolbox)
                if question is None:
                    return _made(read, failure=_no_tool(read))
                tool, arguments = question
                answer = await self._session.call(tool, arguments, self._timeout)
        except Lost as lost:
            return _made(read, failure=lost.failure)
        except Overdue:
            message = f"no answer within {self._timeout:g} seconds"
            return _made(read, failure=ReadFailure(kind=FailureKind.TIMEOUT, message=message))
        except McpError as error:
            return _made(read, failure=failure_of(error.error.message))
        return _observed(read, tool, arguments, answer)

    async def _tools(self) -> Toolbox:
        """What the server offers of our tools. Raises `Lost`."""
        offer = await self._session.offer()
        if self._sorted is None or self._sorted[0] is not offer:
            self._sorted = offer, sort_tools(offer.tools.values(), METRIC_TOOLS)
        return self._sorted[1]

    async def close(self) -> None:
        """End the session and the server, if it is ours."""
        await self._session.close()


def question_of(read: Read, toolbox: Toolbox) -> tuple[str, dict[str, Any]] | None:
    """The tool and the arguments that ask a read, None if the server has no such tool."""
    names = RANGE if read.seconds else INSTANT
    tool = next((name for name in names if name in toolbox.usable), None)
    if tool is None or read.verb is ReadKind.RULES:
        return None
    at = read.at or datetime.now(UTC)
    given = {"query": read.expr}
    if not read.seconds:
        given |= dict.fromkeys(("time", "timestamp"), _moment(at))
    else:
        given |= dict.fromkeys(("start", "start_time"), _moment(at - timedelta(seconds=read.seconds)))
        given |= dict.fromkeys(("end", "end_time"), _moment(at)) | {"step": f"{read.step}s"}
    return tool, toolbox.fitted(tool, given)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _no_tool(read: Read) -> ReadFailure:
    what = "rules" if read.verb is ReadKind.RULES else "ranges" if read.seconds else "queries"
    message = f"the MCP server of Prometheus offers no tool for {what} that kubetriage knows"
    return ReadFailure(kind=FailureKind.UNSUPPORTED, message=message)


def _observed(read: Read, tool: str, arguments: Mapping[str, Any], answer: ToolAnswer) -> Observation:
    if answer.error:
        return _made(read, tool, arguments, failure=failure_of(answer.text))
    told = answer.structured or {}
    if "rows" not in told:
        message = f"the answer of {tool} cannot be used: {told.get('unreadable', 'it is empty')}"[:300]
        failure = ReadFailure(kind=FailureKind(told.get("kind", FailureKind.BAD_ANSWER)), message=message)
        return _made(read, tool, arguments, failure=failure)
    return _made(read, tool, arguments, rows=told["rows"], cut=str(told.get("cut", "")))


def _made(
    read: Read,
    tool: str = "",
    arguments: Mapping[str, Any] | None = None,
    *,
    failure: ReadFailure | None = None,
    rows: list[dict[str, Any]] | None = None,
    cut: str = "",
) -> Observation:
    return Observation(
        read=read, tool=tool, arguments=dict(arguments or {}), at=datetime.now(UTC), failure=failure,
        objects=tuple(rows or ()), cut=cut,
    )  # fmt: skip
