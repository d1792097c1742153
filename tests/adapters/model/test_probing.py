"""`probe_profile`: what an endpoint can do, against servers with the quirks of the services."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from kubetriage.adapters.model.probed import Probed
from kubetriage.adapters.model.probing import WORD, planned, probe_profile
from kubetriage.adapters.model.profile import Method
from kubetriage.adapters.model.reachability import reached
from kubetriage.domain.errors import ModelMisconfigured, ModelUnavailable

Rule = Callable[[dict[str, Any]], Any]


def good(probed: Probed) -> dict[str, bool | None]:
    return {check.name: check.good for check in probed.checks}


@pytest.fixture
def endpoint(wire: Any) -> Callable[..., None]:
    """`endpoint(**overrides)`: everything works, but for what a test overrides by a kind of request."""

    def kind_of(request: dict[str, Any]) -> str:
        if "messages" not in request:
            return "models"
        if request.get("stream"):
            return "stream"
        form = (request.get("response_format") or {}).get("type")
        if form or "tools" in request:
            return str(form or "tools")
        if "17 times 23" in request["messages"][0]["content"]:
            return "thinking"
        return "cut" if request.get("max_tokens", request.get("max_completion_tokens")) == 24 else "plain"

    def set_up(**overrides: Rule) -> None:
        call = {"id": "1", "function": {"name": "get_time", "arguments": '{"city": "Paris"}'}}
        usual: dict[str, Rule] = {
            "models": lambda _: wire.reply({"data": [{"id": "m"}, {"id": "n"}]}),
            "plain": lambda _: wire.reply(wire.said("ready")),
            "cut": lambda _: wire.reply(
                wire.said("one, two", "length", {"prompt_tokens": 9, "completion_tokens": 24})
            ),
            "json_schema": lambda _: wire.reply(wire.said({"token": WORD})),
            "json_object": lambda _: wire.reply(wire.said({"colour": "red"})),
            "tools": lambda _: wire.reply(wire.said(None, "tool_calls", tool_calls=[call])),
            "thinking": lambda r: wire.reply(
                wire.said("391", reasoning_content="17*23" if r.get("enable_thinking") else "")
            ),
            "stream": lambda _: wire.reply(
                events=[wire.chunk(content=f"{n}, ") for n in range(20)]
                + [wire.chunk("stop", {"prompt_tokens": 9, "completion_tokens": 40})]
            ),
        }
        rules = usual | overrides
        wire.rule = lambda request: rules[kind_of(request)](request)

    return set_up


async def test_an_endpoint_that_can_do_everything(
    wire: Any, endpoint: Callable[..., None], profile: Callable[..., Any]
) -> None:
    """Each thing is tried once, all is well, and the schema is enforced by the server."""
    endpoint()
    made = profile(thinking_switch="enable_thinking", methods=["json_object", "prompt"], stream=True)
    found = await probe_profile(made, SecretStr(wire.key))
    assert good(found) == {
        "models": True, "plain": True, "usage": True, "max_tokens": True, "json_schema": True, "json_object": True,
        "tools": True, "thinking": True, "stream": True, "speed": None,
    }  # fmt: skip
    assert found.form.method is Method.JSON_SCHEMA and found.form.tools
    assert "tokens/s" in found.checks[-1].said
    assert len(wire.requests) == len(planned(made)) == 9


async def test_what_an_endpoint_refuses_or_ignores_is_found_out(
    wire: Any, endpoint: Callable[..., None], profile: Callable[..., Any]
) -> None:
    """A schema that is ignored is not called enforced; leaked calls, no streams, no usage, no list."""
    leak = '<tool_call>{"name": "get_time", "arguments": {"city": "Paris"}}</tool_call>'
    endpoint(
        models=lambda _: wire.refusal(404, "no"),
        plain=lambda _: wire.reply(wire.said("ready", usage=None)),
        cut=lambda _: wire.reply(
            wire.said("one " * 200, usage={"prompt_tokens": 9, "completion_tokens": 200})
        ),
        json_schema=lambda _: wire.reply(wire.said("Sure!")),
        json_object=lambda _: wire.refusal(400, "response_format is not supported"),
        tools=lambda _: wire.reply(wire.said(leak)),
        thinking=lambda _: wire.refusal(400, "unknown parameter"),
        stream=lambda _: wire.reply(wire.said("whole")),
    )
    found = await probe_profile(profile(thinking_switch="enable_thinking", stream=True), SecretStr(wire.key))
    assert good(found) == {
        "models": None, "plain": True, "usage": False, "max_tokens": False, "json_schema": False,
        "json_object": False, "tools": None, "thinking": False, "stream": False,
    }  # fmt: skip
    said = {check.name: check.said for check in found.checks}
    assert "ignored" in said["json_schema"] and "recovered" in said["tools"]
    form = found.form
    assert (form.method, form.tools, form.stream, form.thinking) == (Method.PROMPT, True, False, "unsent")


async def test_refused_parts_of_every_request_are_left_out(
    wire: Any, endpoint: Callable[..., None], profile: Callable[..., Any]
) -> None:
    """max_tokens and temperature, as OpenAI's newer models refuse them; tools, as R1 does."""

    def plain(request: dict[str, Any]) -> Any:
        if "max_tokens" in request:
            return wire.refusal(400, "Unsupported parameter: use max_completion_tokens")
        if "temperature" in request:
            return wire.refusal(400, "temperature does not support 0")
        return wire.reply(wire.said("ready"))

    endpoint(plain=plain, tools=lambda _: wire.refusal(400, "does not support tools"))
    found = await probe_profile(profile(), SecretStr(wire.key))
    form = found.form
    assert (form.max_tokens_field, form.temperature, form.tools) == ("max_completion_tokens", False, False)
    assert "max_tokens" not in wire.last and "temperature" not in wire.last


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (401, ModelMisconfigured, "MODEL_KEY"),
        (404, ModelMisconfigured, "no model m"),
        (503, ModelUnavailable, "503"),
    ],
)
async def test_an_endpoint_without_an_answer(
    status: int, error: type[Exception], words: str, wire: Any, profile: Callable[..., Any]
) -> None:
    """The probe ends with the same sentence as a question, the key not in it."""
    wire.answers(wire.refusal(status, f"Bearer {wire.key}"))
    with pytest.raises(error, match=words) as caught:
        await probe_profile(profile(), SecretStr(wire.key))
    assert wire.key not in str(caught.value)


async def test_no_key_and_no_endpoint(profile: Callable[..., Any]) -> None:
    """Said before and after trying."""
    with pytest.raises(ModelMisconfigured, match="MODEL_KEY is not set"):
        await probe_profile(profile(), None)
    with pytest.raises(ModelMisconfigured, match="holds no key"):
        await probe_profile(profile(), SecretStr("sk-ключ"))
    with pytest.raises(ModelUnavailable, match="could not be reached"):
        await probe_profile(profile(base_url="http://127.0.0.1:9/v1", key_env=""), None)


@pytest.mark.parametrize(
    "quirks", ["openai", "siliconflow", "ark", "deepseek", "ollama", "vllm", "vllm_no_parser"]
)
async def test_a_probed_endpoint_is_asked_without_a_refusal(
    quirks: str, profile: Callable[..., Any], models: Callable[..., Any], question: Callable[..., Any]
) -> None:
    """What the probe wrote down is what the next question is asked with: no 400 after it."""
    from datetime import UTC, datetime

    from kubetriage.adapters.model.fake import scripted_server
    from kubetriage.adapters.model.memory import EndpointMemory

    answer = {"cause": "x", "rank": 1}
    async with scripted_server([{"answer": answer}], quirks=quirks, mode="zero") as server:
        made = profile(base_url=server.base_url, stream=True)
        found = await probe_profile(made, SecretStr("sk-any-key"))
        memory = EndpointMemory(None, lambda: datetime.now(UTC))
        memory.learn(made, found.form, found.findings())
        server.reset()
        got = await models(made, memory=memory).ask(question(reads=True))
        assert got.answer == answer, json.dumps([note.en for note in got.notes])
        assert [each["http_status"] for each in server.journal()] == [200]


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (200, {"data": [{"id": "m"}]}, "ok"),
        (200, {"data": [{"id": "n"}]}, "m is not among its 1 models"),
        (200, {}, "reachable"),
        (404, {}, "reachable"),
        (401, {}, "KEY NOT ACCEPTED"),
        (502, {}, "NOT WORKING"),
    ],
)
async def test_whether_an_endpoint_can_be_reached(
    status: int, body: Any, said: str, wire: Any, profile: Callable[..., Any]
) -> None:
    """A few words for the doctor, from one request that costs nothing."""
    wire.answers(wire.reply(body, status))
    assert said in await reached(profile(), SecretStr(wire.key))
    assert wire.headers[-1]["authorization"] == f"Bearer {wire.key}"
    assert "NOT REACHABLE" in await reached(profile(base_url="http://127.0.0.1:9/v1"), None)
    assert wire.key not in await reached(profile(), SecretStr(f"{wire.key}ключ"))
