"""Servers whose answers nobody would expect: they cost a sentence, never the run."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.model import recover_tool_calls
from kubetriage.adapters.model.arguments import arguments_text
from kubetriage.adapters.model.cache import AnswerCache
from kubetriage.adapters.model.events import MOST_BYTES
from kubetriage.adapters.model.ledger import Ledger
from kubetriage.adapters.model.policies import Budget, CachePolicy
from kubetriage.adapters.model.waiting import within
from kubetriage.domain.errors import ModelUnavailable

Make = Callable[..., Any]


def _now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def kept(tmp_path: Path) -> dict[str, Any]:
    """A cache and a ledger, as every run has them."""
    return {
        "cache": AnswerCache(tmp_path / "answers.sqlite", CachePolicy(), _now),
        "ledger": Ledger(tmp_path / "spent.sqlite", Budget(day_tokens=10**9), _now),
    }


@pytest.mark.parametrize("levels", [100, 300, 900, 5000])
@pytest.mark.parametrize(("opens", "closes"), [("[", "]"), ('{"a": ', "}")])
async def test_an_answer_in_an_answer_in_an_answer(
    levels: int, opens: str, closes: str, wire: Any, models: Make, question: Make, kept: dict[str, Any]
) -> None:
    """What is nested so deeply that it could not be written down is no answer, and is said to be none."""
    inner = "1" if closes == "}" else ""
    text = '{"cause": "x", "rank": 1, "more": ' + opens * levels + inner + closes * levels + "}"
    wire.answers(wire.said(text))
    answered = await models(**kept).ask(question())
    assert answered.answer is None and answered.problem


async def test_half_a_character_is_replaced(
    wire: Any, models: Make, question: Make, kept: dict[str, Any]
) -> None:
    """A lone surrogate can be written to no file; two halves that belong together are one character."""
    wire.answers(wire.said('{"cause": "a \\ud800 b \\ud83d\\ude00", "rank": 1}', reasoning_content="\udfff"))
    answered = await models(**kept).ask(question())
    assert answered.answer == {"cause": "a \ufffd b \U0001f600", "rank": 1}
    assert answered.reasoning == "\ufffd"
    answered.model_dump_json()


async def test_a_count_of_tokens_that_cannot_be(
    wire: Any, models: Make, question: Make, kept: dict[str, Any]
) -> None:
    """A number that no ledger holds is as none: the tokens are reckoned."""
    wire.answers(
        wire.said({"cause": "x", "rank": 1}, usage={"prompt_tokens": 10**30, "completion_tokens": 7})
    )
    answered = await models(**kept).ask(question())
    assert 0 < answered.prompt_tokens < 10_000 and answered.completion_tokens == 7
    assert kept["ledger"].spent()[0].prompt == answered.prompt_tokens


@pytest.mark.parametrize("event", [None, [1], 7])
async def test_an_event_that_is_none(
    event: Any, wire: Any, models: Make, profile: Make, question: Make
) -> None:
    """A stream of something else is an endpoint that gives no answer."""
    wire.answers(wire.reply(events=[event]))
    with pytest.raises(ModelUnavailable, match="no event"):
        await models(profile(stream=True, retries=0)).ask(question())


@pytest.mark.parametrize(
    "delta",
    [
        "text",
        {"tool_calls": [None, "x", {"function": None}, {"function": {"name": "f"}, "index": "zero"}]},
        {"tool_calls": {"a": 1}},
        {"function_call": "f"},
    ],
)
async def test_a_delta_that_is_none(
    delta: Any, wire: Any, models: Make, profile: Make, question: Make, recwarn: Any
) -> None:
    """What has not the form of a delta is left out, the rest is read, and nothing is printed about it."""
    odd = {"id": "c1", "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    text = wire.chunk(content=json.dumps({"cause": "x", "rank": 1}))
    wire.answers(wire.reply(events=[odd, text, wire.chunk("stop")]))
    answered = await models(profile(stream=True, retries=0)).ask(question())
    assert answered.answer == {"cause": "x", "rank": 1}
    assert not [each for each in recwarn if "Pydantic" in str(each.message)]


@pytest.mark.parametrize("stream", [True, False])
async def test_an_answer_without_end_is_not_read(
    stream: bool, wire: Any, models: Make, profile: Make, question: Make
) -> None:
    """More bytes than any answer has are not taken into memory."""
    long = "x" * (MOST_BYTES + 1024)
    wire.answers(wire.reply(events=[wire.chunk(content=long)]) if stream else wire.said(long))
    with pytest.raises(ModelUnavailable, match="more than 16 MiB"):
        await models(profile(stream=stream, retries=0)).ask(question())


async def test_an_error_of_any_length_is_quoted_shortly(
    wire: Any, models: Make, profile: Make, question: Make
) -> None:
    """Of an error page only the beginning is read."""
    wire.answers(wire.reply(b"o" * 20_000_000, 500, type_="text/plain"))
    began = time.monotonic()
    with pytest.raises(ModelUnavailable, match="500") as raised:
        await models(profile(retries=0)).ask(question())
    assert time.monotonic() - began < 60 and len(str(raised.value)) < 400


async def test_a_deadline_holds_although_a_cancellation_is_lost() -> None:
    """Cancelling once is not enough: `asyncio.wait_for` loses it when what it waits for is there already."""

    async def events() -> AsyncIterator[int]:
        for number in range(10**9):
            await asyncio.sleep(0)
            yield number

    async def deaf() -> None:
        lost = 0
        async for _ in events():
            try:
                await asyncio.sleep(0.01)
            except asyncio.CancelledError:
                lost += 1
                if lost == 3:
                    raise

    began = time.monotonic()
    with pytest.raises(TimeoutError):
        await within(0.05, deaf())
    assert time.monotonic() - began < 60


@pytest.mark.parametrize("levels", [2_000, 100_000])
def test_arguments_nested_without_end_stay_as_they_are(levels: int) -> None:
    """They are no arguments, and refused later; nothing is raised."""
    raw = '{"a": ' * levels + "1" + "}" * levels
    assert arguments_text(raw) == raw
    value: Any = 1
    for _ in range(2_000):
        value = {"a": value}
    with pytest.raises(ValueError):
        json.loads(arguments_text(value))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("For example, one would call:", "But it is not needed: the image is missing."),
        ("例如：", "以上只是示例，结论：镜像不存在。"),
    ],
)
def test_an_example_in_a_fence_is_shown_and_not_called(before: str, after: str) -> None:
    """With words behind it; at the end of an answer the same fence is a call."""
    tools = {"pods_log": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}}
    fence = '```json\n{"name": "pods_log", "arguments": {"name": "web-0"}}\n```'
    assert recover_tool_calls(f"{before}\n{fence}\n\n{after}", tools).calls == []
    assert [call.name for call in recover_tool_calls(f"{before}\n{fence}", tools).calls] == ["pods_log"]
    plain = f"I read the log.\n{fence}\n\nThen I go on."
    assert [call.name for call in recover_tool_calls(plain, tools).calls] == ["pods_log"]
