"""The ReAct agent with a model: the baseline to beat, over the same tools of the same recorded cluster."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from langchain_core.callbacks import AsyncCallbackHandler

from kubetriage.domain.errors import ModelMisconfigured, ModelRefused, ModelUnavailable
from kubetriage.evals.cells import Kept
from kubetriage.evals.endpoints import Endpoint
from kubetriage.evals.react import ReActRun, alert_text, run_react, snapshot_tools
from kubetriage.evals.scripted_agent import Course, reads_of
from kubetriage.evals.simulated import MOST_TURNS, agent_answer
from kubetriage.evals.strategies.flow import triaged
from kubetriage.evals.strategies.made import Made, Task
from kubetriage.evals.strategies.react_report import report_of

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage
    from langchain_core.outputs import LLMResult

    from kubetriage.adapters.cluster.snapshot.store import SnapshotStore
    from kubetriage.adapters.model.ledger import Used

_FAILED = {"MISCONFIGURED": ModelMisconfigured, "REFUSED": ModelRefused}
"""By the kind of failure; others may pass."""


async def by_react(task: Task, endpoint: Endpoint) -> Made:
    """Raises what the model failed with; a history that outgrows the context is the agent's own failure."""
    from kubetriage.adapters.cluster.snapshot.store import SnapshotStore
    from kubetriage.bootstrap.folders import cache_folder

    store = SnapshotStore.load(task.scenario.snapshot, cache_dir=cache_folder() / "snapshots")
    if endpoint.courses is not None:
        endpoint.courses[task.key.id] = await _course(task, endpoint, store)
    watch = Watch(task, endpoint)
    chat = _chat(endpoint, watch)
    try:
        async with snapshot_tools(store) as tools:
            run = await _run(task, endpoint, watch, chat, tools)
    finally:
        await chat.clients.aclose()
    return Made(report_of(run, task), run.seconds, _told(run, watch.kept), watch.completions, watch.leaked)


async def _run(task: Task, endpoint: Endpoint, watch: Watch, chat: Any, tools: Any) -> ReActRun:
    from kubetriage.adapters.model.failures import Kind, failure_of

    try:
        run = await run_react(chat, tools, alert_text(task.scenario.alert), timeout=task.timeout)
    except Exception as error:  # noqa: BLE001 - `failure_of` raises again what is no failure of a call
        key = endpoint.key.get_secret_value() if endpoint.key else ""
        failure = failure_of(error, endpoint.profile, key)
        watch.kept.append(Kept(what="note", text=failure.sentence))
        if failure.kind is not Kind.TOO_LONG:
            raise _FAILED.get(failure.kind.name, ModelUnavailable)(failure.sentence) from None
        return _overgrown(watch, failure.sentence)
    if "seconds" in run.stopped:
        raise ModelUnavailable(f"The agent had no answer after {task.timeout:g} seconds.")
    return run


def _overgrown(watch: Watch, why: str) -> ReActRun:
    """The end of an agent whose history fits no more: it has no verdict, and that is its own doing."""
    return ReActRun("", None, why, watch.completions, 0, 0, 0, 0, 0, 0.0, ())


def _chat(endpoint: Endpoint, watch: Watch) -> Any:
    from langchain_core.rate_limiters import InMemoryRateLimiter

    from kubetriage.adapters.model import chat_model

    profile = endpoint.profile
    changes: dict[str, Any] = {"callbacks": [watch], "max_retries": profile.retries, "cache": False}
    if profile.requests_per_minute:
        changes["rate_limiter"] = InMemoryRateLimiter(requests_per_second=profile.requests_per_minute / 60)
    return chat_model(profile, endpoint.key, **changes)


async def _course(task: Task, endpoint: Endpoint, store: SnapshotStore) -> Course:
    """What the scripted agent does: it reads what the rules read, each once and one a turn, and answers."""
    report, _ = await triaged(task)
    async with snapshot_tools(store) as tools:
        offered = {tool.name for tool in tools}
    calls = tuple(call for call in reads_of(report.to_json()) if call[0] in offered)[:MOST_TURNS]
    return Course(calls, agent_answer(endpoint.manner, task.scenario.expected, calls))


def _told(run: ReActRun, kept: list[Kept]) -> list[Kept]:
    """What was asked and answered, with what the tools showed where they showed it."""
    from langchain_core.messages import AIMessage, ToolMessage

    answers = [each for each in kept if each.what == "answer"]
    told = [each for each in kept if each.what == "prompt"]
    calls = {
        call["id"]: call for each in run.messages if isinstance(each, AIMessage) for call in each.tool_calls
    }
    for each in run.messages:
        if isinstance(each, AIMessage) and answers:
            told.append(answers.pop(0))
        elif isinstance(each, ToolMessage):
            call = calls.get(each.tool_call_id)
            detail = {"tool": each.name, "arguments": call["args"] if call else {}}
            told.append(Kept(what="read", text=str(each.text), detail=detail))
    return [*told, *answers, *(each for each in kept if each.what == "note")]


class Reckoned(NamedTuple):
    """Tokens of so many messages of a history, and of what stands before them."""

    messages: int
    tokens: int


class Watch(AsyncCallbackHandler):
    """Writes down what the agent's model is asked and answers, and books it; a budget ends the agent."""

    raise_error = True

    def __init__(self, task: Task, endpoint: Endpoint) -> None:
        from kubetriage.adapters.model.accounts import Accounts

        self._run = task.key.id
        self._endpoint = endpoint
        self._accounts = Accounts(endpoint.booked)
        self._messages: list[BaseMessage] = []
        """Of the prompt that is being answered."""
        self._tools = ""
        self._reckoned = Reckoned(0, 0)
        self.kept = task.said
        self.completions = 0
        self.leaked = 0

    async def on_chat_model_start(
        self, serialized: dict[str, Any], messages: list[list[BaseMessage]], *, run_id: UUID, **kwargs: Any
    ) -> None:
        """The first prompt is kept; every later one is that and what is kept after it."""
        if not self._messages:
            said = "\n\n".join(each.text for each in messages[0])
            self.kept.append(Kept(what="prompt", text=said, detail={"turn": 1}))
        self._messages = messages[0]
        self._tools = json.dumps((kwargs.get("invocation_params") or {}).get("tools") or [])

    async def on_llm_end(self, response: LLMResult, *, run_id: UUID, **kwargs: Any) -> None:
        from langchain_core.messages import AIMessage

        from kubetriage.adapters.model.leaked import NOTES
        from kubetriage.adapters.model.reading import used_by

        message = getattr(response.generations[0][0], "message", None)
        if not isinstance(message, AIMessage):
            return
        self.completions += 1
        leaked = message.response_metadata.get(NOTES, {}).get("recovered_calls", 0)
        self.leaked += leaked
        usage = message.usage_metadata
        used = used_by(message, usage["input_tokens"] if usage else self._prompt_tokens())
        detail = {
            "turn": self.completions,
            "calls": [{"name": call["name"], "args": call["args"]} for call in message.tool_calls],
            "recovered_calls": leaked,
            "prompt_tokens": used.prompt,
            "completion_tokens": used.completion,
        }
        self.kept.append(Kept(what="answer", text=str(message.text), detail=detail))
        await self._book(used)

    async def on_llm_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """What was answered with an error costs nothing; what was cut off has cost its prompt."""
        from kubetriage.adapters.model.failures import ERRORS, failure_of
        from kubetriage.adapters.model.ledger import Used

        if isinstance(error, ERRORS) and not failure_of(error, self._endpoint.profile, "").status:
            await self._book(Used(self._prompt_tokens(), 0, 0))

    async def _book(self, used: Used) -> None:
        entry = await self._accounts.reserve(self._run, self._endpoint.profile, used, [])
        await self._accounts.settle(entry, self._endpoint.profile, used)

    def _prompt_tokens(self) -> int:
        """Tokens of the prompt, for endpoints that tell none; a history is reckoned as far as it is new."""
        from kubetriage.adapters.model.tokens import estimated_tokens

        known = self._reckoned
        tokens = known.tokens or estimated_tokens(self._tools)
        for each in self._messages[known.messages :]:
            calls = getattr(each, "tool_calls", None)
            tokens += estimated_tokens(each.text + (json.dumps(calls) if calls else ""))
        self._reckoned = Reckoned(len(self._messages), tokens)
        return tokens
