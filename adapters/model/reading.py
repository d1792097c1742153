"""A completion out of what the chat model gave."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from langchain_core.messages import AIMessage
from langchain_core.messages import ToolCall as LangChainCall

from kubetriage.adapters.model import notes
from kubetriage.adapters.model.answers import Answer, read_answer, sound, whole
from kubetriage.adapters.model.leaked import NOTES
from kubetriage.adapters.model.ledger import Used
from kubetriage.adapters.model.profile import ModelProfile
from kubetriage.adapters.model.requesting import Request
from kubetriage.adapters.model.tokens import estimated_tokens
from kubetriage.adapters.model.tool_calls import recover_tool_calls, split_reasoning
from kubetriage.domain.language import Text
from kubetriage.domain.model import Completion, Question, ToolCall


class _Calls(NamedTuple):
    made: tuple[ToolCall, ...] = ()
    unknown: tuple[str, ...] = ()
    problem: str = ""
    answer: dict[str, Any] | None = None
    """Arguments of the tool that the answer was asked for with."""
    leaked: int = 0


def used_by(message: AIMessage, prompt_tokens: int) -> Used:
    """What a call took; where the endpoint doesn't say, what its prompt was reckoned at and its answer is."""
    usage = message.usage_metadata
    if not usage or not (usage["input_tokens"] or usage["output_tokens"]):
        written = f"{message.text}{message.additional_kwargs.get('reasoning_content') or ''}"
        written += json.dumps([call["args"] for call in message.tool_calls]) if message.tool_calls else ""
        return Used(prompt_tokens, 0, estimated_tokens(written))
    cached = (usage.get("input_token_details") or {}).get("cache_read") or 0
    return Used(usage["input_tokens"] or prompt_tokens, cached, usage["output_tokens"])


def completion_of(
    message: AIMessage, question: Question, profile: ModelProfile, request: Request
) -> Completion:
    """What was answered and called, and what is wrong with it."""
    metadata = message.response_metadata
    told = metadata.get(NOTES, {})
    given = whole(str(told.get("leaked_text") or message.text))
    thought = whole(message.additional_kwargs.get("reasoning_content") or "")
    text, reasoning = split_reasoning(given, thought)
    reason = str(metadata.get("finish_reason") or "stop")
    calls = _calls(message, question, text, reason, told)
    answer = Answer(calls.answer)
    if calls.answer is None and (text.strip() or not (calls.made or calls.unknown)):
        answer = read_answer(text, question.answer_schema, question.answer_name, finish_reason=reason)
    if answer.value is None and not text.strip() and reasoning and not calls.made:
        cut = (
            "The answer was cut off at the token limit, and empty"
            if reason == "length"
            else "The answer was empty"
        )
        answer = Answer(None, f"{cut}: all of it was thinking. Give the answer itself.")
    if answer.value is None and (calls.made or calls.unknown):
        answer = Answer(None)
    problem = " ".join(part for part in (answer.problem, calls.problem) if part)
    used = used_by(message, request.prompt_tokens)
    price = profile.price
    said: tuple[Text, ...] = (notes.recovered(profile, calls.leaked),) if calls.leaked else ()
    return Completion(
        answer=answer.value,
        problem=problem,
        calls=calls.made,
        unknown_tools=calls.unknown,
        text=text,
        reasoning=reasoning,
        profile=profile.name,
        model=str(metadata.get("model_name") or profile.model),
        prompt_tokens=used.prompt,
        completion_tokens=used.completion,
        cost=price.of(*used) if price else None,
        currency=price.currency if price else "",
        notes=said,
    )


def _calls(message: AIMessage, question: Question, text: str, reason: str, told: Mapping[str, Any]) -> _Calls:
    schemas = {tool.name: tool.parameters for tool in question.tools}
    asked = {*schemas, question.answer_name}
    native, deep = _sound(call for call in message.tool_calls if call["name"])
    answers = [dict(call["args"]) for call in native if call["name"] == question.answer_name]
    others = [call for call in native if call["name"] != question.answer_name]
    if not native and schemas and text and reason != "length":
        found = recover_tool_calls(str(told.get("sent") or text), schemas, finish_reason=reason)
        made = tuple(ToolCall(name=each.name, args=dict(each.args)) for each in found.calls)
        why = " ".join(each.why for each in found.refused)
        return _Calls(made, tuple(found.unknown), _problem(found.unknown, asked, why), None, len(made))
    made_calls: list[ToolCall] = []
    unknown: list[str] = []
    refused: list[str] = [*deep, *(str(each) for each in told.get("refused_calls", ()))]
    for call in others:
        if call["name"] not in schemas:
            unknown.append(call["name"])
            continue
        # The same check and typing as of calls that are read out of a text.
        written = json.dumps({"name": call["name"], "arguments": call["args"]}, ensure_ascii=False)
        checked = recover_tool_calls(written, schemas)
        made_calls += [ToolCall(name=each.name, args=dict(each.args)) for each in checked.calls]
        refused += [each.why for each in checked.refused]
    refused += [
        f"The arguments of {each['name']} are not JSON."
        for each in message.invalid_tool_calls
        if "refused_calls" not in told
    ]
    leaked = min(int(told.get("recovered_calls", 0)), len(made_calls))
    problem = _problem(unknown, asked, " ".join(refused))
    return _Calls(tuple(made_calls), tuple(unknown), problem, answers[0] if answers else None, leaked)


def _sound(calls: Iterable[LangChainCall]) -> tuple[list[LangChainCall], list[str]]:
    """The calls whose arguments can be written down, and why the others cannot be."""
    kept: list[LangChainCall] = []
    refused = []
    for call in calls:
        try:
            kept.append({**call, "args": sound(call["args"])})
        except RecursionError:
            refused.append(f"The arguments of {call['name']} are nested too deeply.")
    return kept, refused


def _problem(unknown: list[str], asked: set[str], why: str) -> str:
    names = ", ".join(sorted(asked))
    said = [f"There is no tool {name}; there are: {names}." for name in dict.fromkeys(unknown)]
    return " ".join([*said, *([why] if why else [])])
