"""A chat model for OpenAI-compatible servers that do not behave like OpenAI's.

Usable by any LangChain agent: with tools bound, calls that the model writes into its text become real ones.
What goes wrong with such servers, and where it is put right: `envelope` (answers), `streams` (streams),
`leaked` (tool calls and reasoning), `connections` (event loops), and the request here.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

import httpx2
import openai
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_openai.chat_models._client_utils import StreamChunkTimeoutError
from langchain_openai.chat_models.base import BaseChatOpenAI
from pydantic import Field, PrivateAttr, SecretStr, model_validator

from kubetriage.adapters.failing import cause_of
from kubetriage.adapters.model.connections import Clients, LoopCompletions, SyncCompletions
from kubetriage.adapters.model.envelope import checked_completion, reasoning_of, text_of, usage_of
from kubetriage.adapters.model.events import AnswerTooLong
from kubetriage.adapters.model.leaked import NOTES, as_chunk, mended
from kubetriage.adapters.model.secrets import without_key
from kubetriage.adapters.model.streams import StreamReader, parts_of_calls
from kubetriage.adapters.model.tokens import estimated_tokens
from kubetriage.domain.errors import ModelUnavailable

CONNECT_SECONDS, READ_SECONDS = 5.0, 90.0


def _patience() -> httpx2.Timeout:
    return httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)


class KubetriageChat(BaseChatOpenAI):
    """A chat model at an OpenAI-compatible endpoint.

    Raises openai's errors for HTTP statuses, with the key taken out of them, and `ModelUnavailable` for
    answers that are none: no choices, no finish_reason, a stream that broke off, a web page.
    """

    use_responses_api: bool | None = False
    stream_usage: bool | None = True
    max_retries: int | None = 1
    request_timeout: Any = Field(default_factory=_patience, alias="timeout")
    stream_chunk_timeout: float | None = Field(default=READ_SECONDS, exclude=True)
    openai_proxy: str | None = None
    output_version: str | None = None

    max_tokens_field: str = "max_tokens"
    """`max_completion_tokens` where the server wants that."""
    reasoning_back: bool = False
    """Whether the reasoning of a turn that called tools is sent back with it."""
    repeat_cap: int = Field(default=2, ge=1)
    """How often one leaked call, with the same arguments, is made after a question."""
    structured_method: str = "json_schema"
    """How `with_structured_output` asks, unless it is told: see `profile.Method`."""

    _clients: Clients = PrivateAttr()
    _recovered: int = PrivateAttr(default=0)

    @model_validator(mode="before")
    @classmethod
    def _own_clients(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Places for clients of our own, made before langchain-openai makes its shared ones.

        Address and key are never those that the environment has for OpenAI.
        """
        if not values.get("base_url") and not values.get("openai_api_base"):
            raise ValueError("base_url is needed")
        if not values.get("api_key") and not values.get("openai_api_key"):
            values = {**values, "api_key": SecretStr("none")}
        own = {"client", "async_client", "root_client", "root_async_client"}
        return {**values, **dict.fromkeys(own - {k for k, v in values.items() if v}, ...)}

    @model_validator(mode="after")
    def _set_clients(self) -> Self:
        timeout = self.request_timeout
        timeout = timeout if isinstance(timeout, httpx2.Timeout) else httpx2.Timeout(timeout)
        self._clients = Clients(
            base_url=str(self.openai_api_base), key=self._key, timeout=timeout, retries=self.max_retries or 0
        )
        if self.client is ...:
            self.client = SyncCompletions(self._clients)
        if self.async_client is ...:
            self.async_client = LoopCompletions(self._clients)
        return self

    def _key(self) -> str:
        key = self.openai_api_key
        if isinstance(key, SecretStr):
            return key.get_secret_value() or "none"
        return "none"

    @property
    def _llm_type(self) -> str:
        return "kubetriage-chat"

    @property
    def clients(self) -> Clients:
        """The HTTP clients, to close them."""
        return self._clients

    @property
    def recovered_calls(self) -> int:
        """Tool calls that were recovered from texts so far."""
        return self._recovered

    def get_num_tokens(self, text: str) -> int:
        """An estimate: the vocabularies that tiktoken would fetch are OpenAI's, and from the Internet."""
        return estimated_tokens(text)

    def get_num_tokens_from_messages(self, messages: Sequence[BaseMessage], *args: Any, **kwargs: Any) -> int:
        """An estimate, with four tokens a message for its frame."""
        return sum(estimated_tokens(message.text) + 4 for message in messages)

    def with_structured_output(self, schema: Any = None, **kwargs: Any) -> Runnable[LanguageModelInput, Any]:
        """A runnable whose answers are objects of `schema`; see `structured.structured`."""
        from kubetriage.adapters.model.structured import structured

        return structured(self, schema, **kwargs)

    # --- the request ----------------------------------------------------------------------------

    def _get_request_payload(
        self, input_: LanguageModelInput, *, stop: list[str] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        payload: dict[str, Any] = super()._get_request_payload(input_, stop=stop, **kwargs)
        payload["stream"] = bool(kwargs.get("stream"))
        if (wanted := payload.pop("response_format", None)) is not None:
            # As an argument of its own it goes through a parser that throws text and usage away on failure.
            payload["extra_body"] = {**(payload.get("extra_body") or {}), "response_format": wanted}
        if "max_tokens" in payload and self.max_tokens_field != "max_tokens":
            payload[self.max_tokens_field] = payload.pop("max_tokens")
        messages = self._convert_input(input_).to_messages()
        self._complete_turns(payload["messages"], messages)
        return payload

    def _complete_turns(self, sent: list[dict[str, Any]], messages: Sequence[BaseMessage]) -> None:
        """Reasoning goes back with the calls that it led to; calls that nobody answered are left out."""
        answered = {each.get("tool_call_id") for each in sent if each.get("role") == "tool"}
        for index, (turn, message) in enumerate(zip(sent, messages, strict=True)):
            if not isinstance(message, AIMessage) or not turn.get("tool_calls"):
                continue
            if index + 1 < len(sent):
                turn["tool_calls"] = [call for call in turn["tool_calls"] if call.get("id") in answered]
            if not turn["tool_calls"]:
                del turn["tool_calls"]
                turn["content"] = turn.get("content") or message.text
            elif self.reasoning_back:
                turn["reasoning_content"] = message.additional_kwargs.get("reasoning_content") or ""

    # --- the answer -----------------------------------------------------------------------------

    def _create_chat_result(self, response: Any, generation_info: dict[str, Any] | None = None) -> ChatResult:
        if isinstance(response, openai.BaseModel):
            response = response.model_dump(warnings=False)
        checked = checked_completion(response)
        result = super()._create_chat_result(checked, generation_info)
        for generation, choice in zip(result.generations, checked["choices"], strict=True):
            if reasoning := choice["message"]["reasoning_content"]:
                generation.message.additional_kwargs["reasoning_content"] = reasoning
            info = {**(generation.generation_info or {}), "finish_reason": choice["finish_reason"]}
            generation.generation_info = info
            generation.message.response_metadata.update(finish_reason=choice["finish_reason"])
        return result

    def _convert_chunk_to_generation_chunk(
        self, chunk: dict[str, Any], default_chunk_class: type, base_generation_info: dict[str, Any] | None
    ) -> ChatGenerationChunk | None:
        choices = chunk.get("choices")
        choices = [each for each in choices if isinstance(each, dict)] if isinstance(choices, list) else []
        delta = choices[0].get("delta") if choices else None
        delta = delta if isinstance(delta, dict) else {}
        if choices:
            parts = {"tool_calls": parts_of_calls(delta), "function_call": None}
            delta = {**delta, "content": text_of(delta.get("content")), **parts}
            reason = choices[0].get("finish_reason")
            reason = reason if isinstance(reason, str) else None
            choices = [{**choices[0], "delta": delta, "finish_reason": reason}]
        whole = {**chunk, "choices": choices, "usage": usage_of(chunk.get("usage"))}
        made = super()._convert_chunk_to_generation_chunk(whole, AIMessageChunk, base_generation_info)
        if made is not None and (reasoning := reasoning_of(delta)):
            made.message.additional_kwargs["reasoning_content"] = reasoning
        return made

    def _generate(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        with self._border():
            result = super()._generate(messages, stop, run_manager, **kwargs)
        return self._finished(result, messages, kwargs)

    async def _agenerate(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        with self._border():
            result = await super()._agenerate(messages, stop, run_manager, **kwargs)
        return self._finished(result, messages, kwargs)

    def _finished(
        self, result: ChatResult, history: Sequence[BaseMessage], asked: dict[str, Any]
    ) -> ChatResult:
        made = []
        for generation in result.generations:
            message = generation.message
            if isinstance(message, AIMessage):
                message = mended(message, asked.get("tools") or (), history, self.repeat_cap)
                self._recovered += message.response_metadata.get(NOTES, {}).get("recovered_calls", 0)
            made.append(ChatGeneration(message=message, generation_info=generation.generation_info))
        return ChatResult(generations=made, llm_output=result.llm_output)

    # --- streams: with tools, the whole answer as one chunk --------------------------------------

    def _stream(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> Iterator[ChatGenerationChunk]:
        if kwargs.get("tools"):
            kwargs.pop("stream", None)
            yield as_chunk(self._generate(messages, stop, None, **kwargs))
            return
        reader = StreamReader()
        with self._border():
            for chunk in super()._stream(messages, stop, None, **kwargs):
                if (passed := reader.read(chunk)) is not None:
                    yield passed
            if (last := reader.end()) is not None:
                yield last

    async def _astream(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        if kwargs.get("tools"):
            kwargs.pop("stream", None)
            yield as_chunk(await self._agenerate(messages, stop, None, **kwargs))
            return
        reader = StreamReader()
        with self._border():
            async for chunk in super()._astream(messages, stop, None, **kwargs):
                if (passed := reader.read(chunk)) is not None:
                    yield passed
            if (last := reader.end()) is not None:
                yield last

    @contextmanager
    def _border(self) -> Iterator[None]:
        """Errors without the key; what is no HTTP error but a broken answer as one class."""
        try:
            yield
        except openai.APIError as error:
            if isinstance(error.__cause__, AnswerTooLong):
                raise error.__cause__ from None
            raise without_key(error, self._key()) from None
        except (json.JSONDecodeError, UnicodeDecodeError):
            raise ModelUnavailable("The endpoint's answer is not JSON.") from None
        except (httpx2.TransportError, httpx2.StreamError) as error:
            sentence = f"The connection to the endpoint broke off ({cause_of(error)})."
            raise ModelUnavailable(sentence) from None
        except StreamChunkTimeoutError:
            raise ModelUnavailable("The endpoint's stream fell silent.") from None
