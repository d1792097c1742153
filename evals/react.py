"""The baseline to beat: a ReAct agent with the same MCP tools, as n8n's AI Agent node runs one.

One system prompt, all tools, the whole history in every turn, until the model answers instead of calling. It
is built by `langchain.agents.create_agent`, with nothing of the product's in it but the tools and the chat
model that mends leaked calls.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from kubetriage.domain.errors import BadInput
from kubetriage.domain.verdict import ANSWER_SCHEMA, Verdict, read_verdict

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage
    from langchain_core.tools import BaseTool

    from kubetriage.adapters.cluster.connection import ClusterConnection
    from kubetriage.adapters.cluster.session import OpenStreams
    from kubetriage.adapters.cluster.snapshot.store import SnapshotStore

VERSION = "1"
"""Of the agent's prompt; figures of different versions are not comparable."""
MOST_TURNS = 60
"""Completions of one run; published histories of such agents have up to 53 turns with tool calls."""

SYSTEM = """\
You are a site reliability engineer on call. A Prometheus alert of a Kubernetes cluster is given to you. Find
out what broke and why, with the tools: they only read. Go from the object that the alert names to what it
depends on. Say what you expect before each call. Do not guess: names, values and messages are those that the
tools show.

When you know the cause, or have seen that it cannot be known or that nothing is wrong, answer with one JSON
object and nothing else:
{"outcome": "diagnosed" | "healthy" | "inconclusive",
 "summary": "what is wrong and why, at most 300 characters",
 "root_causes": [{"category": "oom-killed", "culprit": {"kind": "", "namespace": "", "name": ""},
                  "statement": "", "likelihood": "high" | "medium" | "low"}],
 "contributing": [{"statement": ""}],
 "steps": [{"kind": "check" | "change" | "escalate", "title": "", "detail": "", "commands": [""]}]}
The culprit is the object whose change ends the fault with the least risk."""


class ReActRun(NamedTuple):
    """What one run of the agent came to."""

    answer: str
    """The last thing the model said, reasoning left out."""
    verdict: Verdict | None
    """The answer as it was asked for; None if it is not in that form."""
    stopped: str
    """Why the run ended before an answer; empty if the agent ended it."""
    turns: int
    """Completions."""
    tool_calls: int
    failed_calls: int
    """Those that a tool answered with an error."""
    prompt_tokens: int
    cached_tokens: int
    """Among `prompt_tokens`."""
    completion_tokens: int
    seconds: float
    messages: tuple[BaseMessage, ...]
    """The whole history, tool answers redacted."""

    def as_report(self) -> dict[str, Any]:
        """What scorers read of a report; inconclusive where there is no verdict. Nothing is confirmed."""
        if self.verdict is None:
            why = self.stopped or "the agent's answer is not in the form asked for"
            return {"outcome": "inconclusive", "summary": f"No verdict: {why}.", "root_causes": []}
        said = self.verdict.model_dump(mode="json")
        causes = [
            {key: cause[key] for key in ("category", "culprit", "statement", "likelihood")}
            | {"rank": rank, "confirmed": False, "evidence": []}
            for rank, cause in enumerate(said["root_causes"], 1)
        ]
        return {"outcome": said["outcome"], "summary": said["summary"], "root_causes": causes}


async def run_react(
    model: BaseChatModel,
    tools: Sequence[BaseTool],
    alert: str,
    *,
    system: str = SYSTEM,
    most_turns: int = MOST_TURNS,
    timeout: float | None = None,
) -> ReActRun:
    """Give the agent an alert, in whatever text it came, and let it work until it answers.

    It is stopped after `most_turns` completions and after `timeout` seconds; what it took until then counts.
    Raises what the chat model raises, and `BadInput` where langchain is not installed.
    """
    agent = _agent(model, tools, system)
    began = time.monotonic()
    messages: Sequence[BaseMessage] = ()
    stopped = ""
    try:
        async with asyncio.timeout(timeout):
            # A turn is two steps, the model's and the tools'; the last one has no tools.
            steps = agent.astream(
                {"messages": [{"role": "user", "content": alert}]},
                {"recursion_limit": 2 * most_turns},
                stream_mode="values",
            )
            async for state in steps:
                messages = state["messages"]
    except RecursionError:  # LangGraph's own error is one
        stopped = f"it was stopped after {most_turns} turns"
    except TimeoutError:
        stopped = f"it was stopped after {timeout} seconds"
    return _run(messages, stopped, time.monotonic() - began)


def _agent(model: BaseChatModel, tools: Sequence[BaseTool], system: str) -> Any:
    try:
        from langchain.agents import create_agent
    except ImportError as error:
        raise BadInput("The ReAct agent needs more packages: pip install 'kubetriage[evals]'.") from error
    return create_agent(model, list(tools), system_prompt=system)


def _run(messages: Sequence[BaseMessage], stopped: str, seconds: float) -> ReActRun:
    from langchain_core.messages import AIMessage, ToolMessage

    said = [each for each in messages if isinstance(each, AIMessage)]
    used = [each.usage_metadata for each in said if each.usage_metadata]
    last = messages[-1] if messages else None
    answer = last.text if isinstance(last, AIMessage) and not last.tool_calls else ""
    return ReActRun(
        answer=answer,
        verdict=verdict_of(answer),
        stopped=stopped,
        turns=len(said),
        tool_calls=sum(len(each.tool_calls) for each in said),
        failed_calls=sum(isinstance(each, ToolMessage) and each.status == "error" for each in messages),
        prompt_tokens=sum(each["input_tokens"] for each in used),
        cached_tokens=sum((each.get("input_token_details") or {}).get("cache_read") or 0 for each in used),
        completion_tokens=sum(each["output_tokens"] for each in used),
        seconds=seconds,
        messages=tuple(messages),
    )


def verdict_of(answer: str) -> Verdict | None:
    """The verdict in an agent's last words, read as leniently as the flow reads a model's; else None."""
    from kubetriage.adapters.model.answers import read_answer

    found = read_answer(answer, ANSWER_SCHEMA)
    verdict = read_verdict(found.value) if found.value is not None else ""
    return verdict if isinstance(verdict, Verdict) else None


def alert_text(body: Any) -> str:
    """An alert's body as the user's message: its JSON, as a webhook hands it to an agent."""
    return json.dumps(body, ensure_ascii=False, indent=1)


# --- tools --------------------------------------------------------------------------------------------


@asynccontextmanager
async def snapshot_tools(store: SnapshotStore) -> AsyncIterator[list[BaseTool]]:
    """The read tools of the embedded MCP server over a recorded cluster."""
    from kubetriage.adapters.cluster.snapshot.mcp_server import connected

    async with _tools(store.name, lambda _: connected(store)) as tools:
        yield tools


@asynccontextmanager
async def server_tools(connection: ClusterConnection) -> AsyncIterator[list[BaseTool]]:
    """The read tools of the MCP server behind a connection, with its own names, descriptions and schemas."""
    from functools import partial

    from kubetriage.adapters.cluster.transports import open_streams

    async with _tools(connection.name, partial(open_streams, connection)) as tools:
        yield tools


@asynccontextmanager
async def _tools(name: str, opened: OpenStreams) -> AsyncIterator[list[BaseTool]]:
    from langchain_core.tools import BaseTool

    from kubetriage.adapters.cluster.agent_tools import agent_tools

    async with agent_tools(name, opened) as offered:
        yield [tool for tool in offered if isinstance(tool, BaseTool)]
