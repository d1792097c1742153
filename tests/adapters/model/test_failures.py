"""`OpenAIModels.ask` when it fails: what is said at once, what is tried again, what the fallback answers."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

import pytest

from kubetriage.domain.errors import ModelMisconfigured, ModelRefused, ModelUnavailable, UnknownModel

RIGHT = {"cause": "the ConfigMap web is missing", "rank": 1}
Make = Callable[..., Any]


def told(completion: Any) -> str:
    """All notes in one text."""
    return " ".join(note.en for note in completion.notes)


# --- errors -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "words", "sentence"),
    [
        (401, "Incorrect API key provided", "MODEL_KEY"),
        (403, "access denied", "forbids m to the key in MODEL_KEY"),
        (404, "model not found", "There is no model m at http://127.0.0.1"),
        (402, "Insufficient Balance", "no balance"),
        (429, "You exceeded your current quota (insufficient_quota)", "no balance or quota"),
        (308, "", "redirects"),
        (400, "max_tokens is too large: 4096", "output_tokens is 4096"),
    ],
)
async def test_what_a_person_must_mend_is_said_at_once(
    status: int, words: str, sentence: str, wire: Any, models: Make, question: Make
) -> None:
    """One request, one clear sentence that names variable or address."""
    wire.answers(wire.refusal(status, words, Location="http://127.0.0.1:9/"))
    with pytest.raises(ModelMisconfigured, match=sentence):
        await models().ask(question())
    assert len(wire.requests) == 1


@pytest.mark.parametrize("value", [None, "", "  ", "sk-ключ-key"])
async def test_a_missing_key_is_one_sentence(value: Any, wire: Any, profile: Make, question: Make) -> None:
    """Nothing is sent; a value that can be no key is not shown."""
    from pydantic import SecretStr

    from kubetriage.adapters.model.asking import OpenAIModels

    keys = {} if value is None else {"MODEL_KEY": SecretStr(value)}
    with pytest.raises(ModelMisconfigured, match="MODEL_KEY") as caught:
        await OpenAIModels({"small": profile()}, keys).ask(question())
    assert wire.requests == [] and "ключ" not in str(caught.value)


TOO_LONG = [
    (400, "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens"),
    (400, "Range of input length should be [1, 129024]"),
    (400, "the request exceeds the available context size, try increasing it"),
    (400, "length of prompt_tokens (40000) must be less than max_seq_len (32768)."),
    (400, "Input tokens 40000 exceed the configured limit"),
    (400, "prompt is too long: 40000 tokens > 32768 maximum"),
    (400, "Please reduce the length of the input messages."),
    (400, "输入内容超过模型最大长度"),
    (413, "Payload Too Large"),
    (200, "maximum context length is 8192 tokens"),
]


@pytest.mark.parametrize(("status", "words"), TOO_LONG)
async def test_a_prompt_that_is_too_long_is_refused(
    status: int, words: str, wire: Any, models: Make, question: Make
) -> None:
    """In every provider's words; no other form would make it shorter."""
    wire.answers(wire.refusal(status, words))
    with pytest.raises(ModelRefused, match="too long"):
        await models().ask(question())
    assert len(wire.requests) == 1


async def test_a_prompt_that_cannot_fit_is_not_sent(
    wire: Any, models: Make, profile: Make, question: Make
) -> None:
    """Above the profile's context nothing is asked."""
    with pytest.raises(ModelRefused, match="does not fit"):
        await models(profile(context_tokens=2048)).ask(question(user=("字" * 4000,)))
    assert wire.requests == []


async def test_what_is_refused_in_every_form_is_refused(wire: Any, models: Make, question: Make) -> None:
    """The forms are tried, and come to an end; nothing is remembered of that."""
    wire.answers(wire.refusal(400, "content policy"))
    asked = models()
    with pytest.raises(ModelRefused, match="content policy"):
        await asked.ask(question(reads=True))
    assert len(wire.requests) <= 5
    assert asked.limits("small").native_tools and asked.limits("small").fixed_schema


@pytest.mark.parametrize(
    "fault", ["429", "500", "529", "choices", "error", "html", "cut", "no reason", "409"]
)
async def test_what_may_pass_is_tried_again(fault: str, wire: Any, models: Make, question: Make) -> None:
    """Busy, broken and nonsensical answers are tried again, and noted."""
    replies = {
        "choices": wire.reply({"choices": None}),
        "error": wire.reply({"error": {"message": "overloaded"}}),
        "html": wire.reply(b"<html>", type_="text/html"),
        "cut": wire.reply(wire.said(RIGHT), cut=True),
        "no reason": wire.reply(wire.said(RIGHT, None)),
    }
    failed = replies.get(fault) or wire.refusal(int(fault), "try later")
    wire.answers(failed, wire.said(RIGHT))
    got = await models().ask(question())
    assert (got.answer, got.completions) == (RIGHT, 1)
    assert "asked again" in told(got) and "重试" in got.notes[0].zh


async def test_retries_come_to_an_end(wire: Any, models: Make, profile: Make, question: Make) -> None:
    """After the profile's number of tries: `ModelUnavailable`, with what happened as notes."""
    wire.answers(wire.refusal(503, "overloaded"))
    with pytest.raises(ModelUnavailable, match=r"503.*overloaded") as caught:
        await models(profile(retries=2, methods=["prompt"])).ask(question())
    assert len(wire.requests) == 3
    assert len(caught.value.notes) == 3 and caught.value.completions == 0


@pytest.mark.slow
async def test_retry_after_is_kept_to(wire: Any, models: Make, question: Make) -> None:
    """In seconds; the whole key waits, not only this question."""
    limited = wire.refusal(429, "TPM limit reached.", Retry_After="4")
    wire.answers(wire.said(RIGHT), limited, wire.said(RIGHT))
    asked = models()
    await asked.ask(question())  # the first one takes imports
    begun = time.perf_counter()
    first = asyncio.create_task(asked.ask(question(seconds=60)))
    await asyncio.sleep(0.3)
    assert len(wire.requests) == 2
    second = await asked.ask(question(seconds=60))
    assert (await first).answer == second.answer == RIGHT
    assert time.perf_counter() - begun >= 4
    assert len(wire.requests) == 4


async def test_a_wait_beyond_the_deadline_is_not_begun(wire: Any, models: Make, question: Make) -> None:
    """Retry-After of five minutes with two minutes left ends at once."""
    wire.answers(wire.refusal(429, "busy", Retry_After="300"))
    begun = time.perf_counter()
    with pytest.raises(ModelUnavailable, match="no time left for another"):
        await models().ask(question(seconds=120))
    assert time.perf_counter() - begun < 60


@pytest.mark.parametrize("stream", [True, False])
async def test_the_deadline_ends_a_hung_call(
    stream: bool, wire: Any, models: Make, profile: Make, question: Make
) -> None:
    """Whatever the timeouts say; the sentence names the host."""
    wire.answers(wire.reply(wire.said(RIGHT), delay=90.0))
    begun = time.perf_counter()
    with pytest.raises(ModelUnavailable, match=r"127.0.0.1:\d+ did not answer in time"):
        await models(profile(stream=stream)).ask(question(seconds=0.3))
    assert time.perf_counter() - begun < 60


async def test_a_read_timeout_is_tried_again(wire: Any, models: Make, profile: Make, question: Make) -> None:
    """Seconds without a byte, as the profile says."""
    wire.answers(wire.reply(wire.said(RIGHT), delay=90.0), wire.said(RIGHT))
    got = await models(profile(read_timeout=1.0)).ask(question())
    assert got.answer == RIGHT and "in time" in told(got)


async def test_nothing_listens(models: Make, profile: Make, question: Make) -> None:
    """A refused connection is tried again and then said."""
    with pytest.raises(ModelUnavailable, match="could not be reached"):
        await models(profile(base_url="http://127.0.0.1:9/v1", retries=1)).ask(question())


async def test_a_cancelled_question_ends_at_once(wire: Any, models: Make, question: Make) -> None:
    """The node's own deadline may cancel it."""
    wire.answers(wire.reply(wire.said(RIGHT), delay=90.0))
    task = asyncio.create_task(models().ask(question()))
    await asyncio.sleep(0.15)
    task.cancel()
    begun = time.perf_counter()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.perf_counter() - begun < 60


# --- fallbacks ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [401, 404, 500, 400])
async def test_the_fallback_answers_where_the_profile_does_not(
    status: int, wire: Any, models: Make, profile: Make, question: Make
) -> None:
    """Named in the completion, and why in the notes."""
    wire.rule = lambda request: wire.refusal(status, "no") if request["model"] == "m" else None
    wire.answers(wire.said(RIGHT))
    asked = models(profile(fallbacks=["spare"], retries=1), profile(name="spare", model="n"))
    got = await asked.ask(question())
    assert (got.answer, got.profile) == (RIGHT, "spare")
    assert "The fallback spare was asked" in told(got) and f"({status})" in told(got)


@pytest.mark.slow
async def test_a_hung_profile_leaves_time_for_its_fallback(
    wire: Any, models: Make, profile: Make, question: Make
) -> None:
    """It gets a part of the time that is left."""
    wire.rule = lambda r: wire.reply(wire.said(RIGHT), delay=90.0) if r["model"] == "m" else None
    wire.answers(wire.said(RIGHT))
    asked = models(profile(fallbacks=["spare"]), profile(name="spare", model="n"))
    assert (await asked.ask(question(seconds=10.0))).profile == "spare"


async def test_when_all_fail_what_a_person_must_mend_is_said(
    wire: Any, models: Make, profile: Make, question: Make
) -> None:
    """A wrong key of the fallback is more telling than a profile that is busy; the notes hold both."""
    wire.rule = lambda r: wire.refusal(503, "busy") if r["model"] == "m" else None
    wire.answers(wire.refusal(401, "no"))
    asked = models(profile(fallbacks=["spare"], retries=0), profile(name="spare", model="n"))
    with pytest.raises(ModelMisconfigured, match="401") as caught:
        await asked.ask(question())
    assert len(caught.value.notes) == 3


async def test_an_unknown_profile_is_said(models: Make, question: Make) -> None:
    """By name, with those that there are."""
    with pytest.raises(UnknownModel, match=r"named other; there are: small"):
        await models().ask(question(profile="other"))
    with pytest.raises(UnknownModel):
        models().limits("other")


# --- keys -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 429, 500])
async def test_the_key_is_nowhere(
    status: int, wire: Any, models: Make, profile: Make, question: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in the error, its notes, its chain, a log or a repr, whatever the server quotes."""
    wire.answers(wire.refusal(status, f"you sent Authorization: Bearer {wire.key}"))
    asked = models(profile(retries=1))
    with caplog.at_level(logging.DEBUG), pytest.raises(Exception, match=r"\w") as caught:
        await asked.ask(question())
    seen = [str(caught.value), repr(caught.value), repr(caught.getrepr(chain=True)), caplog.text, repr(asked)]
    seen += [repr(vars(asked)), *(f"{note.en}{note.zh}" for note in getattr(caught.value, "notes", ()))]
    assert wire.key not in "".join(seen)
