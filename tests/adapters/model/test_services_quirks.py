"""Against the scripted server with the services' quirks and faults: a question is answered, or its failure said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from langchain_core.tools import tool
from pydantic import SecretStr

from kubetriage.adapters.model import KubetriageChat
from kubetriage.adapters.model.fake import scripted_server
from kubetriage.domain.errors import ModelUnavailable

Make = Callable[..., Any]
RIGHT = {"cause": "the ConfigMap web is missing", "rank": 1}
CALL = {"tool_calls": [{"name": "pods_log", "arguments": {"name": "web-0", "lines": 40}}]}
READS = {"tool_calls": [{"name": "request_reads", "arguments": {"kind": "Node"}}]}


@tool
def pods_log(name: str, lines: int = 10) -> str:
    """Read a pod's log."""
    return f"{lines} lines of {name}: config.yaml: no such file"


@pytest.mark.parametrize(
    "leak",
    [
        "hermes",
        "qwen3_coder",
        "deepseek_v3",
        "deepseek_v31",
        "kimi_k2",
        "glm45",
        "pythonic",
        "react",
        {"format": "deepseek_v3", "strip_special": True},
        {"format": "hermes", "before": "I will look at the log."},
    ],
)
async def test_an_agent_gets_through_with_calls_leaked_in_any_format(leak: Any) -> None:
    """`create_agent` over HTTP: the leaked call is run once, with typed arguments, and the answer comes."""
    from langchain.agents import create_agent

    script = [{**CALL, "do": [{"leak": leak}]}, "config.yaml is missing"]
    async with scripted_server(script, mode="zero") as server:
        chat = KubetriageChat(model="m", base_url=server.base_url, api_key=SecretStr("sk-any"))
        ended = await create_agent(chat, [pods_log]).ainvoke({"messages": [HumanMessage("why?")]})
        await chat.clients.aclose()
        assert "40 lines of web-0" in ended["messages"][-2].content
        assert ended["messages"][-1].text == "config.yaml is missing"
        assert chat.recovered_calls == 1
        assert [each["http_status"] for each in server.journal()] == [200, 200]


async def test_an_agent_with_a_model_that_leaks_without_end_comes_to_one() -> None:
    """The same leaked call is made twice; then the run ends, long before the recursion limit."""
    from langchain.agents import create_agent

    async with scripted_server([{**CALL, "do": [{"leak": "hermes"}]}], mode="zero") as server:
        chat = KubetriageChat(model="m", base_url=server.base_url, api_key=SecretStr("sk-any"))
        ended = await create_agent(chat, [pods_log]).ainvoke({"messages": [HumanMessage("why?")]})
        await chat.clients.aclose()
        assert "again and again" in ended["messages"][-1].text
        assert len(server.journal()) == 3


QUIRKS = [
    "openai",
    "siliconflow",
    "ark",
    "deepseek",
    "dashscope",
    "ollama",
    "vllm",
    "vllm_no_parser",
    "llamacpp",
]


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("quirks", QUIRKS)
async def test_every_service_is_asked_in_a_form_that_it_takes(
    quirks: str, stream: bool, profile: Make, models: Make, question: Make
) -> None:
    """The first question finds it out; the second goes without a refusal, with tools and without."""
    async with scripted_server([{"answer": RIGHT}], quirks=quirks, mode="zero") as server:
        asked = models(profile(base_url=server.base_url, stream=stream))
        for reads in (True, False):
            assert (await asked.ask(question(reads=reads))).answer == RIGHT
        server.reset()
        for reads in (True, False):
            got = await asked.ask(question(reads=reads))
            assert (got.answer, got.notes) == (RIGHT, ())
        await asked.aclose()
        assert [each["http_status"] for each in server.journal()] == [200, 200]


@pytest.mark.parametrize("quirks", QUIRKS)
async def test_reads_can_be_asked_for_at_every_service(
    quirks: str, profile: Make, models: Make, question: Make
) -> None:
    """Natively, leaked, or in words where the service refuses tools."""
    async with scripted_server([READS], quirks=quirks, mode="zero") as server:
        asked = models(profile(base_url=server.base_url))
        got = await asked.ask(question(reads=True))
        await asked.aclose()
        assert [(call.name, call.args) for call in got.calls] == [("request_reads", {"kind": "Node"})]


MENDED = [
    "fenced", "prose", "trailing_comma", "python_quoted", "two_objects", "content_list",
    {"reasoning_as": "inline"}, {"reasoning_as": "lone_close"}, {"reasoning_as": "reasoning_content"},
    {"usage": "absent"}, {"usage": "each_chunk"}, {"usage": "in_last_choice"},
]  # fmt: skip
ONCE = [
    "reset", {"reset": {"after_bytes": 100}}, {"cut": {"tokens": 3}}, {"cut": {"tokens": 3, "abrupt": True}},
    "html", {"choices": "null"}, {"choices": "empty"}, {"choices": "absent"}, "error_in_200", {"finish": "null"},
    {"status": 429}, {"status": {"status": 429, "style": "siliconflow"}}, {"status": {"status": 500, "style": "html"}},
    {"status": {"status": 503, "style": "empty"}}, {"status": 529}, {"status": 408},
]  # fmt: skip


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("fault", [each for each in MENDED if each != "content_list"], ids=str)
async def test_oddly_wrapped_answers_are_read(
    fault: Any, stream: bool, profile: Make, models: Make, question: Make
) -> None:
    """The first completion is enough."""
    reply = {"answer": RIGHT, "reasoning": "hm", "do": [fault]}
    async with scripted_server([reply], mode="zero") as server:
        asked = models(profile(base_url=server.base_url, stream=stream))
        got = await asked.ask(question())
        await asked.aclose()
        assert got.answer is not None and got.answer["cause"] == RIGHT["cause"]
        assert len(server.journal()) == 1
        assert "<think>" not in got.text


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("fault", ONCE, ids=str)
async def test_a_fault_that_passes_is_got_over(
    fault: Any, stream: bool, profile: Make, models: Make, question: Make
) -> None:
    """One retry, one note, one completion."""
    faults = [{"do": [fault], "times": 1}]
    async with scripted_server([{"answer": RIGHT}], faults=faults, mode="zero") as server:
        asked = models(profile(base_url=server.base_url, stream=stream, methods=["json_object"]))
        got = await asked.ask(question())
        await asked.aclose()
        assert (got.answer, got.completions) == (RIGHT, 1)
        assert len(got.notes) == 1


@pytest.mark.parametrize("fault", ["html", {"status": 500}, {"cut": {"tokens": 3}}, {"hang": 60000}], ids=str)
async def test_a_fault_that_stays_is_said(fault: Any, profile: Make, models: Make, question: Make) -> None:
    """`ModelUnavailable`, within the deadline."""
    async with scripted_server([{"answer": RIGHT}], faults=[{"do": [fault]}], mode="zero") as server:
        asked = models(profile(base_url=server.base_url, stream=True, retries=1))
        with pytest.raises(ModelUnavailable) as caught:
            await asked.ask(question(seconds=1.0))
        await asked.aclose()
        assert caught.value.completions == 0


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        ("blank", "empty"),
        ("all_in_reasoning", "thinking"),
        ({"budget_eaten": 400}, "cut off"),
        ({"truncate": 5}, ""),
    ],
    ids=str,
)
async def test_an_answer_that_was_eaten_is_said_to_be_none(
    fault: Any, problem: str, profile: Make, models: Make, question: Make
) -> None:
    """It comes back as a completion with its problem, for the node to ask again."""
    reply = {"answer": RIGHT, "reasoning": "hm", "do": [fault]}
    async with scripted_server([reply], mode="zero") as server:
        asked = models(profile(base_url=server.base_url))
        got = await asked.ask(question())
        await asked.aclose()
        assert got.answer is None
        assert problem in got.problem and got.problem
