"""`with_structured_output` that keeps the text and the usage of answers that do not fit."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from operator import itemgetter
from typing import Any

from langchain_core.exceptions import OutputParserException
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.runnables import Runnable, RunnableLambda, RunnableMap, RunnablePassthrough
from langchain_core.utils.function_calling import convert_to_json_schema, convert_to_openai_tool
from pydantic import BaseModel, ValidationError

from kubetriage.adapters.model.answers import read_answer
from kubetriage.adapters.model.profile import Method
from kubetriage.adapters.model.schemas import response_format, schema_words

NAMES = {"json_mode": Method.JSON_OBJECT}
"""LangChain's names that differ from ours."""


def structured(
    chat: BaseChatModel,
    schema: Any,
    *,
    method: str | None = None,
    include_raw: bool = False,
    tools: Sequence[Any] = (),
    **kwargs: Any,
) -> Runnable[LanguageModelInput, Any]:
    """A runnable whose answers are objects of `schema`: instances of a pydantic class, else dicts.

    Raises `OutputParserException`, with the text, for an answer that is none; with `include_raw` gives it as
    `parsing_error` beside `raw` and `parsed`. Methods: `profile.Method`, or LangChain's names for them.
    """
    if schema is None:
        raise ValueError("a schema is needed")
    asked = str(method or getattr(chat, "structured_method", Method.JSON_SCHEMA.value))
    chosen = NAMES.get(asked) or Method(asked)
    shape = convert_to_json_schema(schema)
    name = str(convert_to_openai_tool(schema)["function"]["name"])
    bound: Runnable[LanguageModelInput, Any]
    if chosen is Method.FUNCTION_CALLING:
        bound = chat.bind_tools([schema, *tools], tool_choice="required" if tools else name)
    else:
        wanted = response_format(chosen, name, shape)
        options: dict[str, Any] = {"response_format": wanted} if wanted else {}
        bound = chat.bind_tools(tools, **options) if tools else chat.bind(**options)
        if chosen is not Method.JSON_SCHEMA:
            told: Runnable[LanguageModelInput, Any] = RunnableLambda(
                partial(_told, words=schema_words(shape))
            )
            bound = told | bound
    reader = RunnableLambda(lambda message: _read(message, schema, shape, name))
    if not include_raw:
        return bound | reader
    parsed = RunnablePassthrough.assign(parsed=itemgetter("raw") | reader, parsing_error=lambda _: None)
    failed = RunnablePassthrough.assign(parsed=lambda _: None)
    return RunnableMap(raw=bound) | parsed.with_fallbacks([failed], exception_key="parsing_error")


def _told(given: Any, words: str) -> list[BaseMessage]:
    """The input with a sentence more at the end of the last question."""
    from langchain_core.prompt_values import PromptValue

    if isinstance(given, PromptValue):
        messages = given.to_messages()
    elif isinstance(given, str):
        messages = [HumanMessage(given)]
    else:
        from langchain_core.messages import convert_to_messages

        messages = convert_to_messages(given)
    last = messages[-1] if messages else None
    if isinstance(last, HumanMessage) and isinstance(last.content, str):
        return [*messages[:-1], last.model_copy(update={"content": f"{last.content}\n\n{words}"})]
    return [*messages, HumanMessage(words)]


def _read(message: Any, schema: Any, shape: dict[str, Any], name: str) -> Any:
    text = message.text if isinstance(message, AIMessage) else str(message)
    called = [call["args"] for call in getattr(message, "tool_calls", ()) if call["name"] == name]
    if called:
        value: Any = called[0]
    else:
        reason = str(getattr(message, "response_metadata", {}).get("finish_reason") or "stop")
        value, problem = read_answer(text, shape, name, finish_reason=reason)
        if value is None:
            raise OutputParserException(problem, llm_output=text)
    if not (isinstance(schema, type) and issubclass(schema, BaseModel)):
        return value
    try:
        return schema.model_validate(value)
    except ValidationError as error:
        problem = f"The answer does not fit: {error.errors(include_url=False, include_input=False)}"
        raise OutputParserException(problem, llm_output=text) from error
