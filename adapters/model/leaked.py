"""What LangChain agents get to see of an answer: reasoning apart, leaked tool calls as real ones."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.messages.tool import ToolCall, invalid_tool_call, tool_call, tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk, ChatResult

from kubetriage.adapters.model.tool_calls import recover_tool_calls, split_reasoning
from kubetriage.adapters.model.tool_calls.reasoning import MAX_CHARACTERS

NOTES = "kubetriage"
"""The key in `response_metadata` under which is said what was done to an answer."""


def mended(message: AIMessage, tools: Sequence[Any], history: Sequence[BaseMessage], cap: int) -> AIMessage:
    """The message with its reasoning split off and, where `tools` were offered, leaked calls as `tool_calls`.

    A leaked call that the history has `cap` times already since the last question is not repeated: models
    that leak calls tend to do so without end. Unknown tools are called too, without arguments, because an
    agent answers such a call with an error that lists its tools, which is how the model learns of it.
    """
    text, reasoning = split_reasoning(message.text, message.additional_kwargs.get("reasoning_content") or "")
    kept = {k: v for k, v in message.additional_kwargs.items() if k != "reasoning_content"}
    changes: dict[str, Any] = {"content": text}
    if reasoning:
        kept["reasoning_content"] = reasoning
    changes["additional_kwargs"] = kept
    # Where the reasoning ended tells a draft from a call, so calls are looked for in what was sent.
    sent = message.text if len(message.text) <= MAX_CHARACTERS else text
    if sent.strip() != text:
        changes["response_metadata"] = {**message.response_metadata, NOTES: {"sent": sent}}
    schemas = schemas_of(tools)
    if schemas and message.tool_calls:
        changes["tool_calls"] = _with_own_ids(message.tool_calls, history)
    elif schemas and text:
        changes |= _recovered(message, text, sent, schemas, history, cap)
    return message.model_copy(update=changes)


def _recovered(
    message: AIMessage,
    text: str,
    sent: str,
    schemas: Mapping[str, Any],
    history: Sequence[BaseMessage],
    cap: int,
) -> dict[str, Any]:
    reason = str(message.response_metadata.get("finish_reason") or "stop")
    found = recover_tool_calls(sent, schemas, finish_reason=reason)
    wanted = [(call.name, dict(call.args)) for call in found.calls] + [(name, {}) for name in found.unknown]
    if not wanted and not found.refused:
        return {}
    calls: list[ToolCall] = []
    stopped = ""
    for name, args in wanted:
        if any((call["name"], call["args"]) == (name, args) for call in calls):
            continue
        if _times(name, args, history) >= cap:
            stopped = stopped or name
        else:
            calls.append(tool_call(name=name, args=args, id=_new_id()))
    refused = [
        invalid_tool_call(name=each.name, args="", id=_new_id(), error=each.why) for each in found.refused
    ]
    notes = {
        "recovered_calls": len(calls),
        "unknown_tools": list(found.unknown),
        "refused_calls": [each.why for each in found.refused],
        "repeats_stopped": stopped,
        "sent": sent,
        "leaked_text": text,  # left in the content, it would teach the model to go on like this
    }
    content = found.text
    if stopped and not calls:
        content = f"{content}\nThe call of {stopped} was asked for again and again, and was not made.".strip()
    metadata = {**message.response_metadata, NOTES: notes}
    changes = {"tool_calls": calls, "invalid_tool_calls": refused}
    return {**changes, "content": content, "response_metadata": metadata}


def _new_id() -> str:
    return f"call_{uuid4().hex[:20]}"


def _with_own_ids(calls: Sequence[ToolCall], history: Sequence[BaseMessage]) -> list[ToolCall]:
    """Some servers number the calls of each answer from 1; strict ones refuse a history with an id twice."""
    used = {call["id"] for each in history if isinstance(each, AIMessage) for call in each.tool_calls}
    return [call if call["id"] not in used else {**call, "id": _new_id()} for call in calls]


def _times(name: str, args: Mapping[str, Any], history: Sequence[BaseMessage]) -> int:
    """How often a call was made since the last question."""
    count = 0
    for message in reversed(history):
        if isinstance(message, HumanMessage):
            break
        if isinstance(message, AIMessage):
            count += sum((call["name"], call["args"]) == (name, args) for call in message.tool_calls)
    return count


def schemas_of(tools: Sequence[Any]) -> dict[str, dict[str, Any]]:
    """Name → JSON Schema of the arguments, of tools in OpenAI's form."""
    functions = [tool.get("function") for tool in tools if isinstance(tool, Mapping)]
    return {
        str(each["name"]): dict(each.get("parameters") or {"type": "object", "properties": {}})
        for each in functions
        if isinstance(each, Mapping) and each.get("name")
    }


def as_chunk(result: ChatResult) -> ChatGenerationChunk:
    """A whole answer as the only chunk of a stream."""
    generation = result.generations[0]
    message = generation.message
    assert isinstance(message, AIMessage)
    calls = [
        (call["name"], json.dumps(call["args"], ensure_ascii=False), call["id"])
        for call in message.tool_calls
    ]
    calls += [(call["name"] or "", call["args"] or "", call["id"]) for call in message.invalid_tool_calls]
    chunk = AIMessageChunk(
        content=message.content,
        additional_kwargs=message.additional_kwargs,
        response_metadata=message.response_metadata,
        usage_metadata=message.usage_metadata,
        tool_call_chunks=[
            tool_call_chunk(name=name, args=args, id=id_, index=index)
            for index, (name, args, id_) in enumerate(calls)
        ],
        id=message.id,
    )
    named = {"model_name": (result.llm_output or {}).get("model_name", "")}
    return ChatGenerationChunk(message=chunk, generation_info={**named, **(generation.generation_info or {})})
