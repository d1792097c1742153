"""HTTP clients of one endpoint: one for synchronous calls, one for each event loop.

langchain-openai shares one asynchronous client between all models of an address; in a second event loop
(`asyncio.run` twice, a server's workers, tests) its pooled connections belong to a loop that is closed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx2
import openai

from kubetriage.adapters.model.events import AsyncEvents, Events, abound, bound
from kubetriage.adapters.model.traffic.naming import HEADER, asking_cell

KEEPALIVE_SECONDS = 60.0
"""An agent's tools may run longer than the 5 s that idle connections live by default."""
CONNECTIONS = httpx2.Limits(
    max_connections=50, max_keepalive_connections=10, keepalive_expiry=KEEPALIVE_SECONDS
)


def _name(request: httpx2.Request) -> None:
    if cell := asking_cell.get():
        request.headers[HEADER] = cell


async def _aname(request: httpx2.Request) -> None:
    _name(request)


class Clients:
    """OpenAI clients of one endpoint, made when they are first used."""

    def __init__(
        self, *, base_url: str, key: Callable[[], str], timeout: httpx2.Timeout, retries: int
    ) -> None:
        self._given: dict[str, Any] = {"base_url": base_url, "timeout": timeout, "max_retries": retries}
        self._key = key
        self._timeout = timeout
        self._sync: openai.OpenAI | None = None
        self._by_loop: dict[asyncio.AbstractEventLoop, openai.AsyncOpenAI] = {}

    def sync(self) -> openai.OpenAI:
        if self._sync is None:
            http = httpx2.Client(
                limits=CONNECTIONS,
                timeout=self._timeout,
                follow_redirects=False,
                event_hooks={"request": [_name], "response": [bound]},
            )
            self._sync = openai.OpenAI(**self._given, **self._identity(), http_client=http)
        return self._sync

    def of_loop(self) -> openai.AsyncOpenAI:
        """The running event loop's client; those of loops that have ended are dropped."""
        loop = asyncio.get_running_loop()
        if loop not in self._by_loop:
            self._by_loop = {each: client for each, client in self._by_loop.items() if not each.is_closed()}
            http = httpx2.AsyncClient(
                limits=CONNECTIONS,
                timeout=self._timeout,
                follow_redirects=False,
                event_hooks={"request": [_aname], "response": [abound]},
            )
            self._by_loop[loop] = openai.AsyncOpenAI(**self._given, **self._identity(), http_client=http)
        return self._by_loop[loop]

    def _identity(self) -> dict[str, Any]:
        # OPENAI_ORG_ID and OPENAI_PROJECT_ID of the environment are nothing that another provider shall see.
        left_out = {"OpenAI-Organization": openai.Omit(), "OpenAI-Project": openai.Omit()}
        return {"api_key": self._key(), "default_headers": left_out}

    async def aclose(self) -> None:
        """Close the connections of the running event loop."""
        client = self._by_loop.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.close()

    def close(self) -> None:
        """Close the connections of synchronous calls."""
        if self._sync is not None:
            self._sync.close()
            self._sync = None


class SyncCompletions:
    """Stands where langchain-openai expects `client.chat.completions`."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._clients.sync().chat.completions, name)

    def create(self, **asked: Any) -> Any:
        answered = self._clients.sync().chat.completions.create(**asked)
        return Events(answered) if asked.get("stream") else answered


class LoopCompletions:
    """Stands where langchain-openai expects `async_client.chat.completions`."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._clients.of_loop().chat.completions, name)

    async def create(self, **asked: Any) -> Any:
        answered = await self._clients.of_loop().chat.completions.create(**asked)
        return AsyncEvents(answered) if asked.get("stream") else answered
