"""Modelled time: what the profiles say, with caching, load and queue, and kept to in the modes with time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from kubetriage.adapters.model.fake import ScriptedServer, scripted_server
from kubetriage.adapters.model.fake.profiles import PROFILES, time_profile
from kubetriage.adapters.model.fake.settings import Settings
from kubetriage.adapters.model.fake.timing import BLOCK, PrefixCache, timing
from kubetriage.domain.errors import BadSettings

Serve = Callable[..., ScriptedServer]
Ask = Callable[..., Any]

FAST = {"ttft_base_ms": 30, "prefill_ms": 0.1, "tpot_ms": 10}
TRIES = 8
"""A machine that has other things to do may be late, but not each time."""
TEN = "one two three four five six seven eight nine ten"


def body(text: str = "Hello", **given: Any) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": text}], **given}


def test_profiles_are_those_of_the_specification() -> None:
    """The table of profiles, of which only one is measured; an unknown name is refused with the known ones."""
    table = {
        p.name: (p.ttft_base_ms, p.prefill_ms, p.tpot_ms, p.thinking_tokens, p.measured)
        for p in PROFILES.values()
    }
    assert table == {
        "qwen3-30b-a3b": (250, 0.08, 12, 300, False),
        "qwen3-235b-a22b": (450, 0.25, 30, 400, False),
        "deepseek-v3": (700, 0.30, 35, 0, False),
        "deepseek-r1": (700, 0.30, 35, 900, False),
        "busy-235b": (1500, 0.50, 120, 400, False),
        "local-0.5b-2cpu": (40, 7.3, 45, 0, True),
    }
    with pytest.raises(BadSettings, match="busy-235b"):
        time_profile("gpt-9")


def test_no_time_passes_in_mode_zero(serve: Serve, ask: Ask) -> None:
    """Mode zero answers at once and still says what the turn would have taken."""
    server = serve([TEN], profile="busy-235b", mode="zero")
    ask(server)  # the client's first request is slow
    took = []
    for _ in range(TRIES):
        began = time.monotonic()
        response = ask(server, "Hello again")
        took.append(time.monotonic() - began)
        if took[-1] < 0.5:
            break
    assert min(took) < 0.5
    line = server.journal()[-1]
    assert line["modelled"] == {
        "queue": 0.0,
        "ttft": 1500,
        "prefill": 0.5 * response.usage.prompt_tokens,
        "decode": 120 * 10,
    }


@pytest.mark.parametrize(
    ("thinking", "parameters", "thinks"),
    [
        ("asked", {}, False),
        ("asked", {"enable_thinking": True}, True),
        ("unless_off", {}, True),
        ("unless_off", {"chat_template_kwargs": {"enable_thinking": False}}, False),
        ("unless_off", {"thinking": {"type": "disabled"}}, False),
        ("unless_off", {"reasoning_effort": "none"}, False),
        ("always", {"enable_thinking": False}, True),
        ("never", {"enable_thinking": True}, False),
    ],
)
def test_thinking_takes_its_time(
    serve: Serve, ask: Ask, thinking: str, parameters: dict[str, Any], thinks: bool
) -> None:
    """A model that thinks writes the profile's thinking tokens first, when the request or its habit says so."""
    server = serve([TEN], thinking=thinking)
    response = ask(server, extra_body=parameters)
    line = server.journal()[0]
    assert line["reasoning_tokens"] == (300 if thinks else 0)
    assert line["modelled"]["decode"] == 12 * (310 if thinks else 10)
    assert bool(getattr(response.choices[0].message, "reasoning_content", "")) is thinks


def test_the_soft_switch_of_qwen(serve: Serve, ask: Ask) -> None:
    """`/no_think` in the prompt switches thinking off, and a later `/think` on again."""
    server = serve([TEN], thinking="unless_off")
    for text, tokens in (("Hello /no_think", 0), ("/no_think /think", 300)):
        ask(server, text)
        assert server.journal()[-1]["reasoning_tokens"] == tokens


def test_factors_sweep_the_profile() -> None:
    """Factors change writing and reading; every other request in flight slows writing by beta."""
    made = timing(
        Settings(mode="real", tpot_factor=2, prefill_factor=0.5, beta=0.1), 1000, 200, 50, in_flight=3
    )
    assert made.per_token == pytest.approx(12 * 2 * 1.2) and made.prefill == pytest.approx(0.08 * 0.5 * 800)
    assert made.due(0) == made.ttft + made.prefill and made.total == pytest.approx(
        made.due(0) + 50 * made.per_token
    )
    assert timing(Settings(), 10, 0, 1, in_flight=9).per_token == 12


def test_the_prefix_cache() -> None:
    """A prompt that begins as one of its run needs no work for whole blocks of it, but for the last token."""
    cache = PrefixCache()
    prompt = list(range(100))
    assert cache.cached("a", prompt) == 0
    cache.remember("a", prompt)
    assert cache.cached("a", [*prompt, 7]) == 96
    assert cache.cached("a", prompt[:64]) == 48, "the last token is read again, and so is its block"
    assert cache.cached("a", [0, 1, 2, *range(50, 97)]) == 0
    assert cache.cached("b", prompt) == 0
    cache.forget("a")
    assert cache.cached("a", prompt) == 0


def test_the_prefix_cache_is_bounded() -> None:
    """The oldest blocks go first, so that a long campaign does not fill the memory."""
    cache = PrefixCache(most=10)
    for start in range(0, 50 * BLOCK, BLOCK):
        cache.remember("a", range(start, start + BLOCK))
    kept = [
        start for start in range(0, 50 * BLOCK, BLOCK) if cache.cached("a", [*range(start, start + BLOCK), 0])
    ]
    assert len(kept) == 10 and kept[0] == 40 * BLOCK


def test_cached_tokens_are_reported(serve: Serve, ask: Ask) -> None:
    """Usage and journal say what was cached, for the same run only, and nothing with the cache off."""
    server = serve([TEN])
    text = "word " * 64
    for url, cached in (
        (server.base_url_of("a"), 0),
        (server.base_url_of("a"), 64),
        (server.base_url_of("b"), 0),
    ):
        usage = ask(server, text, base_url=url).usage
        assert usage.prompt_tokens_details.cached_tokens == cached
    assert [line["cached_tokens"] for line in server.journal()] == [0, 64, 0]
    server.configure(prefix_cache=False)
    assert ask(server, text, base_url=server.base_url_of("a")).usage.prompt_tokens_details.cached_tokens == 0


async def test_the_first_token_comes_when_it_is_due() -> None:
    """In a stream the head comes after reading, and the last token after writing all."""
    async with (
        scripted_server([TEN], profile={**FAST, "tpot_ms": 30}, mode="real") as server,
        httpx.AsyncClient() as client,
    ):
        url = f"{server.base_url}/chat/completions"
        for _ in range(TRIES):
            began = time.monotonic()
            async with client.stream("POST", url, json=body(stream=True)) as response:
                moments = [time.monotonic() - began async for _ in response.aiter_raw()]
            assert moments[0] >= 0.03 and moments[-1] >= 0.33
            line = server.journal()[-1]
            first = line["t_first"] - line["t_start"]
            if moments[0] < 0.25 and first == pytest.approx(0.0309, abs=0.03):
                return
    raise AssertionError(f"in no try at its time: {moments[0]}, {first}")


async def test_requests_wait_for_a_place() -> None:
    """With `max_parallel` 1 a second request waits for the first, and its line says how long."""
    async with (
        scripted_server([TEN], profile=FAST, mode="real", max_parallel=1) as server,
        httpx.AsyncClient() as client,
    ):
        url = f"{server.base_url}/chat/completions"
        for _ in range(TRIES):
            await asyncio.gather(client.post(url, json=body("one")), client.post(url, json=body("two")))
            queues = sorted(line["modelled"]["queue"] for line in server.journal()[-2:])
            if queues[0] < 30 and queues[1] == pytest.approx(131, abs=60):
                break
    assert queues[0] < 30 and queues[1] == pytest.approx(131, abs=60), "in no try as long as the first takes"


async def test_parallel_requests_slow_each_other() -> None:
    """A graph that fans out pays: what is in flight when a request begins slows its writing."""
    async with (
        scripted_server([TEN], profile=FAST, mode="real", beta=0.5) as server,
        httpx.AsyncClient() as client,
    ):
        url = f"{server.base_url}/chat/completions"
        for _ in range(TRIES):  # a pause of the machine may end one before the next begins
            await asyncio.gather(*(client.post(url, json=body(str(n))) for n in range(3)))
            decoding = sorted(line["modelled"]["decode"] for line in server.journal()[-3:])
            if decoding == [100, 150, 200]:
                break
    assert decoding == [100, 150, 200], "never three at once"


@pytest.mark.slow
@pytest.mark.parametrize("stream", [False, True])
async def test_the_modelled_time_is_kept(stream: bool) -> None:
    """Measured and modelled time differ by at most 5 ms or 1 %, whichever is more, in the best of some tries."""
    profile = {"ttft_base_ms": 200, "prefill_ms": 0.2, "tpot_ms": 4}
    errors = []
    async with (
        scripted_server([TEN * 10], profile=profile, mode="real") as server,
        httpx.AsyncClient() as client,
    ):
        url = f"{server.base_url}/chat/completions"
        for n in range(TRIES):
            await client.post(url, json=body(f"{n} " + "word " * 500, stream=stream))
            line = server.journal()[-1]
            modelled = sum(line["modelled"].values())
            errors.append(abs(line["measured_ms"] - modelled) - max(5, modelled * 0.01))
            if errors[-1] <= 0:
                break
    assert min(errors) <= 0, f"{min(errors)} ms too much"


@pytest.mark.slow
async def test_scaled_time() -> None:
    """Mode `scaled:0.5` takes half of the time and writes the whole down."""
    async with (
        scripted_server([TEN], profile="qwen3-30b-a3b", mode="scaled:0.5") as server,
        httpx.AsyncClient() as client,
    ):
        for _ in range(TRIES):
            began = time.monotonic()
            await client.post(f"{server.base_url}/chat/completions", json=body())
            took = time.monotonic() - began
            modelled = sum(server.journal()[-1]["modelled"].values())
            assert 360 < modelled < 380 and modelled / 2000 <= took
            if took < modelled / 2000 + 0.3:
                return
    raise AssertionError(f"{took} s in the last try")
