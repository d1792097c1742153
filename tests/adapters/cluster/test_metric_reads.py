"""A Prometheus behind an MCP server: which tools are called, with what, and what comes of their answers."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from kubetriage.adapters.cluster.connection import ClusterConnection
from kubetriage.adapters.cluster.metric_reads import McpMetrics
from kubetriage.domain.evidence import FailureKind, Observation, query_of, rules_of
from kubetriage.domain.resource import resource

SERVER = Path(__file__).parent / "metric_server.py"
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
WEB = resource("Deployment", "shop", "web")
DATA = {"resultType": "vector", "result": [{"metric": {"pod": "web-1"}, "value": [1, "3"]}]}
USUAL = {"execute_query": ["query", "time"], "execute_range_query": ["query", "start", "end", "step"]}

Open = Callable[..., McpMetrics]


def said(text: str = "", *, error: bool = False, **more: Any) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": text}], "isError": error, **more}


@pytest_asyncio.fixture
async def opened() -> AsyncIterator[Open]:
    """`opened(results, tools=…)` starts a server that answers so; all are ended after the test."""
    made: list[McpMetrics] = []

    def start(results: dict[str, Any] | None = None, timeout: float = 60.0, **options: Any) -> McpMetrics:
        told = json.dumps({"tools": USUAL, "results": results or {}, **options})
        connection = ClusterConnection(
            name="shop", command=sys.executable, args=("-S", str(SERVER), told), timeout=timeout
        )
        made.append(McpMetrics(connection))
        return made[-1]

    yield start
    for source in made:
        await source.close()


async def ask(source: McpMetrics, expr: str = "up", **span: int) -> Observation:
    return await source.read(query_of(expr, WEB, "alert-now", AT, **span))


@pytest.mark.parametrize(
    "result",
    [
        said(structuredContent=DATA),
        said(structuredContent={"result": DATA}),
        said(structuredContent={"result": json.dumps(DATA)}),
        said(structuredContent={"status": "success", "data": DATA}),
        said(json.dumps(DATA)),
        said(json.dumps({"status": "success", "data": DATA})),
    ],
)
async def test_every_way_to_wrap_an_answer(opened: Open, result: dict[str, Any]) -> None:
    """Structured or as text, the whole answer of Prometheus or a part: the same series."""
    seen = await ask(opened({"up": result}))
    assert (seen.failure, seen.tool) == (None, "execute_query")
    assert seen.objects == ({"labels": {"pod": "web-1"}, "points": [[1, "3"]]},)
    assert seen.arguments == {"query": "up", "time": "2026-03-01T12:00:00Z"}


@pytest.mark.parametrize(
    ("tools", "instant", "over"),
    [
        (USUAL, ["execute_query", {"query": "up", "time": "2026-03-01T12:00:00Z"}],
         ["execute_range_query", {"query": "up", "start": "2026-03-01T11:50:00Z", "end": "2026-03-01T12:00:00Z",
                                  "step": "30s"}]),
        ({"query": ["query", "timestamp"], "range_query": ["query", "start_time", "end_time", "step"]},
         ["query", {"query": "up", "timestamp": "2026-03-01T12:00:00Z"}],
         ["range_query", {"query": "up", "start_time": "2026-03-01T11:50:00Z",
                          "end_time": "2026-03-01T12:00:00Z", "step": "30s"}]),
        ({"execute_instant_query": ["query"], "prometheus_query_range": ["query", "start", "end", "step"]},
         ["execute_instant_query", {"query": "up"}],
         ["prometheus_query_range", {"query": "up", "start": "2026-03-01T11:50:00Z",
                                     "end": "2026-03-01T12:00:00Z", "step": "30s"}]),
    ],
)  # fmt: skip
async def test_the_tools_of_known_servers(
    opened: Open, tools: dict[str, list[str]], instant: Any, over: Any
) -> None:
    """By name, with the arguments that the offered schema knows."""
    source = opened({"up": said(structuredContent=DATA)}, tools=tools)
    assert (await ask(source)).failure is None
    assert (await ask(source, seconds=600, step=30)).failure is None
    told = await ask(source, "what was called")
    assert [json.loads(row["labels"]["call"]) for row in told.objects] == [instant, over]


@pytest.mark.parametrize(
    "options",
    [
        {"tools": {"delete_series": ["query"], "promql": ["query"]}},
        {"tools": {"execute_query": ["query"]}, "writes": ["execute_query"]},
        {"tools": {}},
    ],
)
async def test_no_other_tool_is_called(opened: Open, options: dict[str, Any]) -> None:
    """Whatever else a server offers, and none that it marks as writing: the query is a gap then."""
    seen = await ask(opened({"up": said(structuredContent=DATA)}, **options))
    assert seen.failure is not None and seen.failure.kind is FailureKind.UNSUPPORTED
    assert "offers no tool for queries" in seen.failure.message


async def test_rules_are_not_read_this_way(opened: Open) -> None:
    """Servers tell of rules in forms of their own."""
    seen = await opened(tools={**USUAL, "list_rules": []}).read(rules_of("Down"))
    assert seen.failure is not None and seen.failure.kind is FailureKind.UNSUPPORTED


@pytest.mark.parametrize(
    ("result", "kind", "words"),
    [
        (said("up{} => 1 @[1772366400]"), FailureKind.BAD_ANSWER, "text for people"),
        (said("[]"), FailureKind.BAD_ANSWER, "not an answer"),
        (said(structuredContent={"value": 7}), FailureKind.BAD_ANSWER, "cannot be used"),
        (said("dial tcp: connection refused", error=True), FailureKind.UNAVAILABLE, "connection refused"),
        (said("query timed out", error=True), FailureKind.TIMEOUT, "timed out"),
        (
            said("403 Forbidden: access denied, token=canary-7f3a9c00", error=True),
            FailureKind.FORBIDDEN,
            "denied",
        ),
        (None, FailureKind.TIMEOUT, "no answer within 0.5 seconds"),
    ],
)
async def test_what_is_no_answer(opened: Open, result: Any, kind: FailureKind, words: str) -> None:
    """A failure of its kind, in words without a secret."""
    seen = await ask(opened({"up": result}, timeout=0.5 if result is None else 60.0))
    assert seen.failure is not None and seen.failure.kind is kind
    assert words in seen.failure.message and "canary" not in seen.failure.message


async def test_an_answer_that_is_too_large(opened: Open) -> None:
    """It is not taken apart, and said to be so."""
    seen = await ask(opened(), "flood")
    assert seen.failure is not None and seen.failure.kind is FailureKind.TOO_LARGE
    assert "more than 4096 KiB" in seen.failure.message


async def test_what_comes_back_is_bounded_and_redacted(opened: Open) -> None:
    """As over the HTTP API: the same code reads both."""
    many = [
        {"metric": {"n": str(n), "config": "password=hunter2hunter2"}, "value": [1, "1"]} for n in range(300)
    ]
    answer = {"resultType": "vector", "result": many}
    seen = await ask(opened({"up": said(structuredContent=answer)}))
    assert len(seen.objects) == 200 and "100 of 300 series" in seen.cut
    assert "hunter2" not in str(seen.objects)


async def test_a_server_that_cannot_be_started() -> None:
    """A gap, not an error: the cluster itself may well be read."""
    source = McpMetrics(ClusterConnection(name="shop", command="no-such-program-of-ours"))
    seen = await ask(source)
    await source.close()
    assert seen.failure is not None and seen.failure.kind is FailureKind.UNAVAILABLE
    assert "there is no program no-such-program-of-ours" in seen.failure.message
