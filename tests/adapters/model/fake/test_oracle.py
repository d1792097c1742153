"""Oracles: pure functions that answer what no rule does."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from kubetriage.adapters.model.fake import (
    CaseAnswer,
    ChatRequest,
    Reply,
    ScriptedServer,
    diagnosis_oracle,
)
from kubetriage.domain.errors import BadSettings

Serve = Callable[..., ScriptedServer]
Ask = Callable[..., Any]
Tool = dict[str, Any]

VERDICT = {"outcome": "diagnosed", "reads": []}
READS = {"reads": [{"kind": "Pod", "name": "cart"}]}
UNSURE = {"outcome": "inconclusive", "reads": []}
ANSWER = CaseAnswer(VERDICT, decisive="OOMKilled", reads=READS, without=UNSURE)


def test_an_oracle_is_asked_where_no_rule_fits(serve: Serve, ask: Ask) -> None:
    """Rules come first; the oracle sees the whole request, and None of it is `sim_no_rule`."""

    def oracle(request: ChatRequest) -> Reply | None:
        if request.last_text == "Hello":
            return Reply(text=f"{request.key.case}: {request.call_no}, {request.prompt_tokens} tokens")
        return None

    server = serve([{"match": {"regex": "rule"}, "reply": {"text": "by rule"}}], oracle=oracle)
    url = server.base_url_of(case="c")
    assert ask(server, "rule", base_url=url).choices[0].message.content == "by rule"
    assert ask(server, base_url=url).choices[0].message.content == "c: 2, 9 tokens"
    with pytest.raises(Exception, match="sim_no_rule"):
        ask(server, "other", base_url=url)


def test_the_verdict_needs_its_evidence(serve: Serve, ask: Ask, reads_tool: Tool) -> None:
    """While the decisive text is not in the prompt it asks for reads; then it gives the verdict."""
    server = serve(oracle=diagnosis_oracle({"c": ANSWER}))
    url = server.base_url_of("r", "graph", "c")
    messages: list[dict[str, Any]] = [{"role": "user", "content": "Why?"}]
    asked = ask(server, base_url=url, messages=messages, tools=[reads_tool]).choices[0].message
    [call] = asked.tool_calls
    assert (call.function.name, json.loads(call.function.arguments)) == ("request_reads", READS)
    messages.append(asked.model_dump(exclude_none=True))
    for content, verdict in (("Running", UNSURE), ("reason: OOMKilled", VERDICT)):
        answer = {"role": "tool", "tool_call_id": call.id, "content": content}
        said = ask(server, base_url=url, messages=[*messages, answer], tools=[reads_tool]).choices[0].message
        assert (said.tool_calls, json.loads(said.content)) == (None, verdict)


def test_reads_in_the_answer_itself(serve: Serve, ask: Ask) -> None:
    """Where the tool is not offered the request for reads is part of the typed answer."""
    server = serve(oracle=diagnosis_oracle({}, default=ANSWER))
    assert json.loads(ask(server, "Why?").choices[0].message.content) == UNSURE | READS
    assert json.loads(ask(server, "Why? OOMKilled").choices[0].message.content) == VERDICT


def test_the_arm_is_nothing_to_it(serve: Serve, ask: Ask) -> None:
    """Two arms that send the same get the same."""
    server = serve(oracle=diagnosis_oracle({"c": VERDICT}))
    said = [
        ask(server, base_url=server.base_url_of("r", arm, "c")).choices[0].message
        for arm in ("react", "graph")
    ]
    assert said[0] == said[1]


def test_an_unknown_case(serve: Serve, ask: Ask) -> None:
    """A case without an answer is an error, and reads without decisive evidence are refused at once."""
    server = serve(oracle=diagnosis_oracle({"c": VERDICT}))
    with pytest.raises(Exception, match="sim_no_rule"):
        ask(server)
    with pytest.raises(BadSettings, match="decisive"):
        diagnosis_oracle({"c": CaseAnswer(VERDICT, reads=READS)})
