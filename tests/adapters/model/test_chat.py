"""`KubetriageChat` on its own: what servers get wrong does not reach a LangChain agent."""

from __future__ import annotations

import asyncio
import logging
import pickle
from typing import Any

import openai
import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool
from pydantic import BaseModel, SecretStr

from kubetriage.adapters.model import KubetriageChat

LEAK = 'I look.\n<tool_call>\n{"name": "pods_log", "arguments": {"name": "web-0"}}\n</tool_call>'


@tool
def pods_log(name: str) -> str:
    """Read a pod's log."""
    return f"log of {name}: config.yaml: no such file"


@pytest.fixture
def chat(wire: Any) -> KubetriageChat:
    return KubetriageChat(model="m", base_url=wire.url, api_key=SecretStr(wire.key), max_retries=0)


# --- requests -----------------------------------------------------------------------------------------


def test_max_tokens_is_sent_under_the_name_that_servers_know(wire: Any, chat: KubetriageChat) -> None:
    """Many servers ignore max_completion_tokens and write on without end."""
    chat.model_copy(update={"max_tokens": 50}).invoke("hi")
    assert wire.last["max_tokens"] == 50
    assert "max_completion_tokens" not in wire.last
    chat.model_copy(update={"max_tokens": 50, "max_tokens_field": "max_completion_tokens"}).invoke("hi")
    assert wire.last["max_completion_tokens"] == 50
    assert "max_tokens" not in wire.last


def test_only_the_key_goes_out_as_identity(
    wire: Any, chat: KubetriageChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenAI's organisation and project, address and proxy of the environment are not used for others."""
    for name in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_API_KEY"):
        monkeypatch.setenv(name, "of-openai")
    monkeypatch.setenv("OPENAI_PROXY", "http://127.0.0.1:9")
    KubetriageChat(model="m", base_url=wire.url, api_key=SecretStr(wire.key)).invoke("hi")
    sent = wire.headers[-1]
    assert sent["authorization"] == f"Bearer {wire.key}"
    assert "of-openai" not in sent.values()


def test_every_model_name_goes_to_chat_completions(wire: Any) -> None:
    """langchain-openai sends names with codex, and gpt-6 with tools, to an API that only OpenAI has."""
    for name in ("my-codex", "gpt-6-local"):
        chat = KubetriageChat(model=name, base_url=wire.url, api_key=SecretStr(wire.key))
        chat.bind_tools([pods_log]).invoke("hi")
        assert wire.last["path"] == "/v1/chat/completions"


def test_reasoning_goes_back_with_the_calls_that_it_led_to(wire: Any, chat: KubetriageChat) -> None:
    """DeepSeek answers 400 to a history whose calls lack it; others are not sent it."""
    turn = AIMessage("", additional_kwargs={"reasoning_content": "hm"})
    turn.tool_calls = [{"name": "pods_log", "args": {"name": "a"}, "id": "1", "type": "tool_call"}]
    history = [HumanMessage("why?"), turn, ToolMessage("log", tool_call_id="1")]
    chat.model_copy(update={"reasoning_back": True}).invoke(history)
    assert wire.last["messages"][1]["reasoning_content"] == "hm"
    chat.invoke(history)
    assert "reasoning_content" not in wire.last["messages"][1]


def test_calls_that_nobody_answered_are_not_sent_back(wire: Any, chat: KubetriageChat) -> None:
    """Strict servers refuse a history with an unanswered call, as an agent leaves it after invalid arguments."""
    turn = AIMessage("I look.")
    turn.tool_calls = [{"name": "pods_log", "args": {}, "id": "1", "type": "tool_call"}]
    turn.invalid_tool_calls = [
        {"name": "pods_log", "args": "{", "id": "2", "error": None, "type": "invalid_tool_call"}
    ]
    chat.invoke([HumanMessage("why?"), turn, ToolMessage("log", tool_call_id="1"), HumanMessage("so?")])
    assert [call["id"] for call in wire.last["messages"][1]["tool_calls"]] == ["1"]
    chat.invoke([HumanMessage("why?"), turn, HumanMessage("so?")])
    assert wire.last["messages"][1] == {"role": "assistant", "content": "I look."}


# --- leaked calls ---------------------------------------------------------------------------------------


async def test_a_leaked_call_becomes_a_real_one(wire: Any, chat: KubetriageChat) -> None:
    """In every kind of call, streams included: a synthetic id, and the markup out of the content."""
    wire.answers(wire.said(LEAK))
    agent = chat.bind_tools([pods_log])
    answers = [agent.invoke("why?"), await agent.ainvoke("why?")]
    answers += [piece for piece in agent.stream("why?") if piece.tool_calls]
    answers += [piece async for piece in agent.astream("why?") if piece.tool_calls]
    assert len(answers) == 4
    for answer in answers:
        assert [(call["name"], call["args"]) for call in answer.tool_calls] == [
            ("pods_log", {"name": "web-0"})
        ]
        assert str(answer.tool_calls[0]["id"]).startswith("call_")
        assert "tool_call" not in answer.text
    assert chat.recovered_calls == 4
    assert wire.last["stream"] is False


def test_a_draft_between_thoughts_is_no_call(wire: Any, chat: KubetriageChat) -> None:
    """A call that the model takes back in its next thoughts is not made; what it wrote before is not shown."""
    wire.answers(wire.said(f"<think>a</think>{LEAK}<think>no, that is wrong</think>Nothing to do."))
    answer = chat.bind_tools([pods_log]).invoke("why?")
    assert answer.tool_calls == []
    wire.answers(wire.said(f"<think>a</think>Let me see.<think>b</think>{LEAK}"))
    answer = chat.bind_tools([pods_log]).invoke("why?")
    assert [call["args"] for call in answer.tool_calls] == [{"name": "web-0"}]
    assert answer.text == "I look."


def test_nothing_is_recovered_without_tools(wire: Any, chat: KubetriageChat) -> None:
    """A text about calls stays a text when no tool is bound."""
    wire.answers(wire.said(LEAK))
    answer = chat.invoke("why?")
    assert answer.tool_calls == [] and "tool_call" in answer.text


def test_the_same_leaked_call_is_made_twice_at_most(wire: Any, chat: KubetriageChat) -> None:
    """A model that leaks one call again and again comes to an end; after a new question it may again."""
    wire.answers(wire.said(LEAK))
    agent = chat.bind_tools([pods_log])
    history: list[Any] = [HumanMessage("why?")]
    for _ in range(2):
        answer = agent.invoke(history)
        history += [answer, ToolMessage("log", tool_call_id=str(answer.tool_calls[0]["id"]))]
    last = agent.invoke(history)
    assert last.tool_calls == []
    assert "again and again" in last.text
    assert agent.invoke([*history, HumanMessage("look again")]).tool_calls


def test_a_call_of_an_unknown_tool_is_answered_by_the_agent(wire: Any, chat: KubetriageChat) -> None:
    """It becomes a call without arguments: the agent's error, which lists its tools, is how the model learns."""
    wire.answers(wire.said('<tool_call>{"name": "delete_pod", "arguments": {"name": "web-0"}}</tool_call>'))
    answer = chat.bind_tools([pods_log]).invoke("why?")
    assert [(call["name"], call["args"]) for call in answer.tool_calls] == [("delete_pod", {})]


async def test_an_agent_works_with_a_model_that_leaks(wire: Any, chat: KubetriageChat) -> None:
    """`create_agent` runs the leaked call and gets the answer; the history shows it as a native call."""
    from langchain.agents import create_agent

    wire.answers(wire.said(LEAK), wire.said("config.yaml is missing"))
    agent = create_agent(chat, [pods_log])
    ended = await agent.ainvoke({"messages": [HumanMessage("why?")]})
    assert ended["messages"][-1].text == "config.yaml is missing"
    sent = wire.last["messages"]
    assert sent[1]["tool_calls"][0]["function"]["name"] == "pods_log"
    assert sent[2]["tool_call_id"] == sent[1]["tool_calls"][0]["id"]
    assert "no such file" in sent[2]["content"]
    wire.answers(wire.said(LEAK))
    wire.requests.clear()
    agent.invoke({"messages": [HumanMessage("why?")]})
    assert len(wire.requests) == 3


# --- structured output ----------------------------------------------------------------------------------


class Cause(BaseModel):
    """The cause."""

    cause: str
    rank: int


@pytest.mark.parametrize("method", ["json_schema", "json_mode", "json_object", "prompt"])
async def test_structured_output_by_each_method(method: str, wire: Any, chat: KubetriageChat) -> None:
    """Answers in fences, after thinking and with commas too many are read; the request says what it should."""
    wire.answers(wire.said('<think>so</think>```json\n{"cause": "x", "rank": "1",}\n```'))
    asked = chat.with_structured_output(Cause, method=method)
    assert await asked.ainvoke("why?") == Cause(cause="x", rank=1)
    assert asked.invoke([HumanMessage("why?")]) == Cause(cause="x", rank=1)
    kind = wire.last.get("response_format", {}).get("type")
    assert kind == {"json_schema": "json_schema", "prompt": None}.get(method, "json_object")
    assert ("JSON Schema" in wire.last["messages"][-1]["content"]) == (method != "json_schema")


def test_structured_output_by_a_tool(wire: Any, chat: KubetriageChat) -> None:
    """The arguments of the call are the answer, also where the call was written into the text."""
    call = {"id": "1", "function": {"name": "Cause", "arguments": '{"cause": "x", "rank": 1}'}}
    asked = chat.with_structured_output(Cause, method="function_calling")
    wire.answers(wire.said(None, "tool_calls", tool_calls=[call]))
    assert asked.invoke("why?") == Cause(cause="x", rank=1)
    wire.answers(
        wire.said('<tool_call>{"name": "Cause", "arguments": {"cause": "y", "rank": 2}}</tool_call>')
    )
    assert asked.invoke("why?") == Cause(cause="y", rank=2)


def test_an_answer_that_is_none_keeps_its_text(wire: Any, chat: KubetriageChat) -> None:
    """`include_raw` gives message, usage and error; without it the error is raised, never None returned."""
    from langchain_core.exceptions import OutputParserException

    wire.answers(wire.said('{"cause": "half a sen', "length"))
    asked = chat.with_structured_output(Cause, include_raw=True)
    got = asked.invoke("why?")
    assert got["parsed"] is None and "cut off" in str(got["parsing_error"])
    assert got["raw"].usage_metadata["output_tokens"] == 20
    with pytest.raises(OutputParserException, match="cut off"):
        chat.with_structured_output(Cause).invoke("why?")


# --- connections, keys ------------------------------------------------------------------------------------


def test_a_model_can_be_used_in_one_event_loop_after_another(wire: Any, chat: KubetriageChat) -> None:
    """A second `asyncio.run` does not find the first one's closed connections."""
    assert [asyncio.run(chat.ainvoke("hi")).text for _ in range(3)] == ["hello"] * 3


async def test_connections_are_kept(wire: Any, chat: KubetriageChat) -> None:
    """Calls one after the other go over one connection."""
    for _ in range(3):
        await chat.ainvoke("hi")
    assert len(set(wire.ports)) == 1
    await chat.clients.aclose()


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500])
async def test_the_key_is_in_no_error(
    status: int, wire: Any, chat: KubetriageChat, caplog: pytest.LogCaptureFixture
) -> None:
    """A server that quotes the request's headers in its error does not get the key into ours, nor into a log."""
    wire.answers(wire.refusal(status, f"bad header Authorization: Bearer {wire.key}"))
    seen: list[str] = []
    with caplog.at_level(logging.DEBUG):
        for call in (chat.ainvoke("hi"), chat.bind_tools([pods_log]).ainvoke("hi")):
            with pytest.raises(openai.APIStatusError) as caught:
                await call
            seen += [str(caught.value), repr(caught.value), str(caught.value.body)]
            assert caught.value.__cause__ is None
    assert wire.key not in "".join(seen) + caplog.text + repr(chat) + str(chat)


def test_no_tokenizer_is_fetched(chat: KubetriageChat) -> None:
    """Counting tokens needs no network."""
    assert chat.get_num_tokens("镜像拉取失败") >= 4
    assert chat.get_num_tokens_from_messages([HumanMessage("hello there")]) >= 6


def test_the_package_imports_nothing_heavy() -> None:
    """`kubetriage.adapters.model` names what it has, and loads it when it is used."""
    import kubetriage.adapters.model as package

    assert "KubetriageChat" in package.__all__
    with pytest.raises(AttributeError):
        _ = package.nothing
    assert pickle.loads(pickle.dumps(package.__all__)) == package.__all__
