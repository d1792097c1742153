"""The chat model of a profile."""

from __future__ import annotations

from typing import Any

import httpx2
from pydantic import SecretStr

from kubetriage.adapters.model.chat import KubetriageChat
from kubetriage.adapters.model.profile import ModelProfile


def chat_model(profile: ModelProfile, key: str | SecretStr | None = None, **changes: Any) -> KubetriageChat:
    """A LangChain chat model for a profile; `key` as it is, not the name of its variable.

    `changes` are fields of `KubetriageChat`. Its own two tries are all that it makes: retries with backoff,
    fallbacks and budgets are the business of whoever asks.
    """
    secret = key if isinstance(key, SecretStr) else SecretStr(key or "none")
    switched = profile.switched(profile.thinking)
    fields: dict[str, Any] = {
        "model": profile.model,
        "base_url": profile.base_url,
        "api_key": secret,
        "timeout": httpx2.Timeout(profile.read_timeout, connect=profile.connect_timeout),
        "stream_chunk_timeout": profile.read_timeout,
        "max_tokens": profile.output_tokens,
        "max_tokens_field": profile.max_tokens_field,
        "reasoning_back": profile.reasoning_back,
        "structured_method": profile.methods[0].value,
        "extra_body": switched or None,
        "profile": {
            "max_input_tokens": profile.context_tokens - profile.output_tokens,
            "max_output_tokens": profile.output_tokens,
            "tool_calling": profile.native_tools,
        },
    }
    if profile.stream:  # said to be off, LangChain would not stream even when it is asked to
        fields["streaming"] = True
    if profile.temperature != "default":
        fields["temperature"] = profile.temperature
    return KubetriageChat(**(fields | changes))
