"""What comes back from a model is masked like what comes back from a cluster."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from kubetriage.adapters.model.secrets import masked
from kubetriage.domain.model import Completion, ToolCall

DSN = "postgres://app:hunter2canary@db/shop"
Make = Callable[..., Any]


@pytest.mark.parametrize("stream", [True, False])
async def test_an_answer_that_holds_secrets(
    stream: bool, wire: Any, models: Make, profile: Make, question: Make
) -> None:
    """A gateway that quotes our key, a model that writes a password: neither goes further, the rest does."""
    text = f"<think>{wire.key} and {DSN}</think>" + json.dumps({"cause": f"{DSN} refuses {wire.key}"})
    events = [*(wire.chunk(content=text[at : at + 5]) for at in range(0, len(text), 5)), wire.chunk("stop")]
    wire.answers(wire.reply(events=events) if stream else wire.said(text))
    completion = await models(profile(stream=stream)).ask(question())
    shown = completion.model_dump_json()
    assert "hunter2" not in shown and wire.key not in shown
    assert completion.answer == {"cause": "postgres://app:[redacted]@db/shop refuses [key]"}


def test_every_part_of_a_completion_is_masked() -> None:
    """Arguments of calls, names of tools that there are none of, and what was wrong with it, too."""
    key = "5f0d7c1e-2b3a-4c5d-9e8f-a1b2c3d4e5f6"
    call = ToolCall(name="request_reads", args={"reads": [{"name": key, "why": DSN}]})
    given = Completion(calls=(call,), unknown_tools=(key,), problem=f"no tool {key}", profile="p", model="m")
    shown = masked(given, key).model_dump_json()
    assert "hunter2" not in shown and key not in shown
    assert masked(given, key).calls[0].args["reads"][0]["why"] == "postgres://app:[redacted]@db/shop"


def test_an_answer_without_secrets_is_as_it_was() -> None:
    """Names of Secrets, places for passwords in commands and `key` as a word are no secrets."""
    answer = {
        "summary": "Secret app-credentials lacks the key password.",
        "steps": [{"commands": ["kubectl get secret app-credentials -n shop -o yaml"]}],
        "root_causes": [{"culprit": {"kind": "Secret", "namespace": "shop", "name": "app-credentials"}}],
    }
    given = Completion(answer=answer, text=json.dumps(answer), profile="p", model="m")
    assert masked(given, "5f0d7c1e-2b3a-4c5d") is given
