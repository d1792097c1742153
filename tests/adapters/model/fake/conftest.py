"""A scripted server in a thread, and clients that talk to it as users' programs do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import openai
import pytest
from langchain_openai.chat_models.base import BaseChatOpenAI

from kubetriage.adapters.model.fake import ScriptedServer, scripted_server_in_thread

Serve = Callable[..., ScriptedServer]
Ask = Callable[..., Any]
Post = Callable[..., httpx.Response]
Chat = Callable[..., BaseChatOpenAI]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """`serve(script, **settings)`: servers that run until the test ends."""
    with ExitStack() as running:
        yield lambda script=None, **given: running.enter_context(scripted_server_in_thread(script, **given))


@pytest.fixture
def ask() -> Iterator[Ask]:
    """`ask(server, text, **parameters)`: the openai client's answer, without retries."""
    clients: dict[str, openai.OpenAI] = {}

    def call(server: ScriptedServer, text: str = "Hello", *, base_url: str = "", **given: Any) -> Any:
        url = base_url or server.base_url
        if url not in clients:
            clients[url] = openai.OpenAI(base_url=url, api_key="key", max_retries=0, timeout=60)
        parameters: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": text}]}
        return clients[url].chat.completions.create(**{**parameters, **given})

    yield call
    for client in clients.values():
        client.close()


@pytest.fixture
def post() -> Iterator[Post]:
    """`post(server, **body)`: the bare answer."""
    with httpx.Client(timeout=60) as client:

        def call(server: ScriptedServer, **given: Any) -> httpx.Response:
            body = {"model": "m", "messages": [{"role": "user", "content": "Hello"}], **given}
            return client.post(f"{server.base_url}/chat/completions", json=body)

        yield call


@pytest.fixture
def chat() -> Chat:
    """`chat(server)`: LangChain's model over it."""

    def made(server: ScriptedServer, **given: Any) -> BaseChatOpenAI:
        parameters: dict[str, Any] = {"model": "m", "api_key": "key", "max_retries": 0, "timeout": 60}
        return BaseChatOpenAI(base_url=server.base_url, **{**parameters, **given})

    return made


@pytest.fixture
def reads_tool() -> dict[str, Any]:
    """A tool with arguments of several types."""
    return {
        "type": "function",
        "function": {
            "name": "request_reads",
            "description": "Ask for more reads.",
            "parameters": {
                "type": "object",
                "properties": {
                    "kind": {"type": "string"},
                    "name": {"type": "string"},
                    "tail": {"type": "integer"},
                },
                "required": ["kind", "name"],
            },
        },
    }
