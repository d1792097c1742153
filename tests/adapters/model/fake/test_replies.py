"""What a script says is what clients get, in the form that they asked for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from kubetriage.adapters.model.fake import Reply, ReplyRule, ScriptedServer, ToolCall
from kubetriage.domain.errors import BadSettings

Serve = Callable[..., ScriptedServer]
Ask = Callable[..., Any]
Tool = dict[str, Any]

VERDICT = {"outcome": "diagnosed", "summary": "The image does not exist.", "evidence": ["E1", "E2"]}


def test_bare_replies_follow_each_other(serve: Serve, ask: Ask) -> None:
    """Replies without conditions are given in turn, and the last one from then on."""
    server = serve(["one", "two"])
    assert [ask(server).choices[0].message.content for _ in range(3)] == ["one", "two", "two"]


def test_the_first_rule_that_fits_wins(serve: Serve, ask: Ask) -> None:
    """Rules are tried in their order; one that is used up is passed over."""
    server = serve(
        [
            {"match": {"regex": "OOM"}, "reply": {"text": "memory"}, "times": 1},
            {"match": {"last_regex": "(?i)oom"}, "reply": {"text": "again"}},
            {"reply": {"text": "other"}},
        ]
    )
    said = [ask(server, text).choices[0].message.content for text in ("OOM", "disk", "OOM", "oom")]
    assert said == ["memory", "other", "again", "again"]


@pytest.mark.parametrize(
    ("match", "parameters"),
    [
        ({"model": "^QWEN"}, {"model": "qwen3-30b"}),
        ({"stream": False, "call_no": [1, 9]}, {"model": "m"}),
        ({"response_format": "json_object"}, {"response_format": {"type": "json_object"}}),
        ({"thinking": True}, {"extra_body": {"enable_thinking": True}}),
        ({"thinking": True}, {"extra_body": {"chat_template_kwargs": {"enable_thinking": True}}}),
        ({"thinking": False}, {"extra_body": {"thinking": {"type": "disabled"}}}),
        ({"has_param": "thinking.type"}, {"extra_body": {"thinking": {"type": "disabled"}}}),
        ({"thinking": True}, {"reasoning_effort": "low"}),
        ({"stage": "verdict"}, {"extra_headers": {"x-stage": "verdict"}}),
        ({"stage": "verdict"}, {"metadata": {"stage": "verdict"}}),
        ({"has_tools": False, "tool_choice": "absent", "tool_results": 0}, {"model": "m"}),
    ],
)
def test_conditions_look_at_the_request(
    serve: Serve, ask: Ask, match: dict[str, Any], parameters: dict[str, Any]
) -> None:
    """Every condition holds for the request it describes and not for its opposite."""
    server = serve([{"match": match, "reply": {"text": "fits"}}, {"reply": {"text": "does not"}}])
    assert ask(server, "Answer in JSON", **parameters).choices[0].message.content == "fits"
    if fails := {key: not value for key, value in match.items() if isinstance(value, bool)}:
        server.configure(replies=[{"match": match | fails, "reply": {"text": "fits"}}, "does not"])
        assert ask(server, "Answer in JSON", **parameters).choices[0].message.content == "does not"
    else:
        other = {"response_format": {"type": "json_schema", "json_schema": {"name": "a"}}}
        assert ask(server, "Answer in JSON", **other).choices[0].message.content == "does not"


def test_tool_conditions(serve: Serve, ask: Ask, reads_tool: Tool) -> None:
    """Offered tools, forced tools and tool results can be told apart."""
    server = serve(
        [
            {"match": {"tool_results": 1}, "reply": {"text": "seen"}},
            {"match": {"tool": "request_reads", "tool_choice": "named"}, "reply": {"text": "named"}},
            {"match": {"has_tools": True, "tool_choice": "required"}, "reply": {"text": "required"}},
            {"match": {"tool": "request_reads"}, "reply": {"text": "offered"}},
        ]
    )
    call = {"id": "c1", "type": "function", "function": {"name": "request_reads", "arguments": "{}"}}
    seen: list[dict[str, Any]] = [
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "Running"},
    ]
    named = {"type": "function", "function": {"name": "request_reads"}}
    given: list[dict[str, Any]] = [
        {"messages": seen},
        {"tool_choice": named},
        {"tool_choice": "required"},
        {},
    ]
    said = [ask(server, tools=[reads_tool], **one).choices[0].message.content for one in given]
    assert said == ["seen", "named", "required", "offered"]


def test_no_rule_is_an_error_that_nobody_retries(serve: Serve, ask: Ask) -> None:
    """A request that no rule fits is answered 500 `sim_no_rule` and marked as not to be repeated."""
    server = serve([{"match": {"case": "other"}, "reply": {"text": "x"}}])
    client = openai.OpenAI(base_url=server.base_url, api_key="key", max_retries=2)
    with pytest.raises(openai.InternalServerError, match="sim_no_rule"):
        client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hello"}])
    assert [line["faults"] for line in server.journal()] == [["sim_no_rule"]]


def test_tool_calls(serve: Serve, ask: Ask, reads_tool: Tool) -> None:
    """Calls come as native tool calls, with ids of their own, a text beside them, and their finish reason."""
    calls = (
        ToolCall(name="request_reads", arguments={"kind": "Pod", "name": "cart"}),
        ToolCall(name="request_reads", arguments='{"kind": 1', id="mine"),
    )
    server = serve([Reply(text="Let me look.", tool_calls=calls)])
    choice = ask(server, tools=[reads_tool]).choices[0]
    first, second = choice.message.tool_calls
    assert (choice.finish_reason, choice.message.content) == ("tool_calls", "Let me look.")
    assert json.loads(first.function.arguments) == {"kind": "Pod", "name": "cart"}
    assert (second.id, second.function.arguments) == ("mine", '{"kind": 1')
    assert first.id.startswith("call_")


@pytest.mark.parametrize("form", ["plain", "json_object", "json_schema", "named", "required"])
def test_an_answer_takes_the_form_that_is_asked_for(
    serve: Serve, ask: Ask, reads_tool: Tool, form: str
) -> None:
    """The same structured answer is JSON text, or the arguments of the tool that the request forces."""
    server = serve([Reply(answer=VERDICT)])
    schema = {"type": "json_schema", "json_schema": {"name": "verdict", "schema": {"type": "object"}}}
    named = {"type": "function", "function": {"name": "request_reads"}}
    forms: dict[str, dict[str, Any]] = {
        "plain": {},
        "json_object": {"response_format": {"type": "json_object"}},
        "json_schema": {"response_format": schema},
        "named": {"tools": [reads_tool], "tool_choice": named},
        "required": {"tools": [reads_tool], "tool_choice": "required"},
    }
    message = ask(server, "Answer as json", **forms[form]).choices[0].message
    if form in ("named", "required"):
        assert json.loads(message.tool_calls[0].function.arguments) == VERDICT
    else:
        assert json.loads(message.content) == VERDICT and message.tool_calls is None


def test_limits_of_the_answer(serve: Serve, ask: Ask) -> None:
    """`max_tokens` and `max_completion_tokens` cut the answer with reason `length`; `stop` ends it."""
    server = serve(["one two three four five six"])
    for limit in ("max_tokens", "max_completion_tokens"):
        response = ask(server, **{limit: 3})
        choice = response.choices[0]
        assert (choice.message.content, choice.finish_reason) == ("one two three", "length")
        assert response.usage.completion_tokens == 3
    choice = ask(server, stop=[" four"]).choices[0]
    assert (choice.message.content, choice.finish_reason) == ("one two three", "stop")


def test_cases_are_kept_apart(serve: Serve, ask: Ask) -> None:
    """Run, arm and case travel in the base URL, and each case has its own counters."""
    server = serve(["first", "second"])
    one, two = server.base_url_of("r1", "graph", "a/b"), server.base_url_of("r1", "react")
    said = [ask(server, base_url=url).choices[0].message.content for url in (one, two, one)]
    assert said == ["first", "first", "second"]
    found = [(line["run"], line["arm"], line["case"], line["seq"]) for line in server.journal("r1")]
    assert found == [("r1", "graph", "a/b", 1), ("r1", "react", "", 1), ("r1", "graph", "a/b", 2)]


def test_other_paths_are_lost(serve: Serve) -> None:
    """`/v1/responses`, doubled and missing `/v1` are 404 in the provider's form, and listed as no request."""
    server = serve(["Hello"])
    for path in ("/v1/responses", "/v1/v1/chat/completions", "/chat/completions"):
        answer = httpx.post(server.url + path, json={})
        assert (answer.status_code, "Invalid URL" in answer.json()["error"]["message"]) == (404, True)
    assert server.journal() == server.summary() == []


def test_models_are_listed(serve: Serve, ask: Ask) -> None:
    """`/v1/models` lists the configured models; another model is a 404 and another key a 401."""
    server = serve(["Hello"], models=["qwen3", "deepseek"], api_keys=["key"])
    listed = httpx.get(f"{server.base_url_of('r', 'a', 'c')}/models").json()["data"]
    assert [model["id"] for model in listed] == ["qwen3", "deepseek"]
    assert ask(server, model="qwen3").choices[0].message.content == "Hello"
    with pytest.raises(openai.NotFoundError):
        ask(server, model="qwen4")
    with pytest.raises(openai.AuthenticationError):
        openai.OpenAI(base_url=server.base_url, api_key="other", max_retries=0).chat.completions.create(
            model="qwen3", messages=[{"role": "user", "content": "Hello"}]
        )


def test_a_script_is_a_file(tmp_path: Path, serve: Serve, ask: Ask) -> None:
    """A YAML file holds replies, faults and settings; single values given beside it win."""
    path = tmp_path / "script.yaml"
    path.write_text(
        "profile: deepseek-v3\nmode: real\nseed: 3\n"
        "replies:\n- match: {has_tools: false}\n  reply: {text: from the file}\n"
        "faults:\n- {when: {call_no: 1}, do: [{status: 503}]}\n",
        encoding="utf-8",
    )
    server = serve(path, mode="zero")
    with pytest.raises(openai.InternalServerError):
        ask(server)
    assert ask(server).choices[0].message.content == "from the file"
    assert (server.settings.profile.name, server.settings.mode, server.settings.seed) == (
        "deepseek-v3",
        "zero",
        3,
    )


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ({"replys": []}, "replys"),
        ({"mode": "fast"}, "real, zero and scaled"),
        ({"profile": "gpt-9"}, "qwen3-30b-a3b"),
        ({"quirks": "acme"}, "siliconflow"),
        ({"faults": [{"do": ["explode"]}]}, "reset"),
        ({"faults": [{"do": [{"cut": {"bytes": 1}}]}]}, "no parameter 'bytes'"),
        ({"faults": [{"do": [{"arguments": "sideways"}]}]}, "wrong parameter"),
        ({"faults": [{"do": ["truncate"]}]}, "needs 'tokens'"),
        ({"faults": [{"do": [{"leak": "klingon"}]}]}, "hermes"),
        ({"replies": [{"reply": {"text": "a", "answer": {}}}]}, "not both"),
        ({"replies": [{"match": {"regex": "("}, "reply": {"text": "a"}}]}, "regular expression"),
        (Path("absent.yaml"), "cannot be read"),
        ("Hello", "a mapping or a list"),
    ],
)
def test_a_wrong_script_is_refused_before_it_runs(serve: Serve, script: Any, reason: str) -> None:
    """Whatever is mistyped in a script is said when the server is started, with what is known instead."""
    with pytest.raises(BadSettings, match=reason):
        serve(script)


def test_settings_can_be_changed(serve: Serve, ask: Ask) -> None:
    """Over HTTP as in the process settings change one by one, and rules count anew; requests go on."""
    server = serve([ReplyRule(reply=Reply(text="a"), times=1), ReplyRule(reply=Reply(text="b"))])
    assert [ask(server).choices[0].message.content for _ in range(2)] == ["a", "b"]
    answer = httpx.put(f"{server.url}/sim/config", json={"seed": 5})
    assert answer.json() == {"ok": True} and server.settings.seed == 5
    assert ask(server).choices[0].message.content == "a"
    server.configure(replies=["c"])
    assert (ask(server).choices[0].message.content, server.settings.seed) == ("c", 5)
    assert [line["seq"] for line in server.journal()] == [1, 2, 3, 4]
    with pytest.raises(BadSettings, match="real, zero"):
        server.configure(mode="fast")
    wrong = httpx.put(f"{server.url}/sim/config", json={"mode": "fast"})
    assert wrong.status_code == 400 and "real, zero" in wrong.json()["error"]
