"""Language models behind OpenAI-compatible endpoints, and what such endpoints get wrong put right.

`KubetriageChat` is a LangChain chat model that any agent can use; `recover_tool_calls` reads tool calls out
of a text. Both are imported when they are asked for: langchain-openai takes more than a second.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kubetriage.adapters.model.chat import KubetriageChat
    from kubetriage.adapters.model.chat_of_profile import chat_model
    from kubetriage.adapters.model.profile import ModelProfile
    from kubetriage.adapters.model.ready import ready_profiles
    from kubetriage.adapters.model.tool_calls import recover_tool_calls, split_reasoning

__all__ = [
    "KubetriageChat",
    "ModelProfile",
    "chat_model",
    "ready_profiles",
    "recover_tool_calls",
    "split_reasoning",
]

_PLACES = {
    "KubetriageChat": "chat",
    "ModelProfile": "profile",
    "chat_model": "chat_of_profile",
    "ready_profiles": "ready",
    "recover_tool_calls": "tool_calls",
    "split_reasoning": "tool_calls",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_PLACES[name]}"), name)
