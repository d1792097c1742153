"""The scripted server on a loopback port: in this event loop, in a thread, or as a process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any, TypeVar
from urllib.parse import quote

from kubetriage.adapters.loopback import HOST, bound
from kubetriage.adapters.model.fake.app import app
from kubetriage.adapters.model.fake.completions import NOTHING, Completions
from kubetriage.adapters.model.fake.journal import Line
from kubetriage.adapters.model.fake.loopback import in_thread, listening
from kubetriage.adapters.model.fake.replies import Oracle
from kubetriage.adapters.model.fake.settings import Script, Settings, changed, settings
from kubetriage.adapters.model.fake.summary import summarized

T = TypeVar("T")


class ScriptedServer:
    """A running server; its methods can be called from any thread."""

    def __init__(
        self, completions: Completions, port: int, refused: int, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._completions = completions
        self._loop = loop
        self.url = f"http://{HOST}:{port}"
        self.base_url = f"{self.url}/v1"
        """What a client is configured with."""
        self.refused_url = f"http://{HOST}:{refused}/v1"
        """A base URL where every connection is refused."""

    def base_url_of(self, run: str = "", arm: str = "", case: str = "") -> str:
        """The base URL for one case of a run, which keeps its counters and its journal apart."""
        # Twice: a slash in a name must not become one in the path.
        parts = [quote(quote(part or NOTHING, safe=""), safe="") for part in (run, arm, case)]
        return f"{self.url}/r/{'/'.join(parts)}/v1"

    @property
    def settings(self) -> Settings:
        return self._completions.settings

    def configure(self, script: Script = None, **given: Any) -> None:
        """Change settings; those that are not given stay. Raises `BadSettings`."""
        self._in_loop(lambda: self._completions.configure(changed(self.settings, script, **given)))

    def reset(self, run: str | None = None) -> None:
        """Forget a run, or all: journal, counters and prefix cache."""
        self._in_loop(lambda: self._completions.reset(run))

    def journal(self, run: str | None = None) -> list[Line]:
        """One line for each request that was answered or given up, marks and lost requests left out."""
        return [line for line in self._completions.journal.lines(run) if "http_status" in line]

    def requests(self, run: str | None = None) -> list[Line]:
        """The last bodies that were sent, oldest first: at most a hundred, at most 16 MiB."""
        return self._completions.journal.requests(run)

    def summary(self, run: str | None = None) -> list[dict[str, Any]]:
        """What each case cost."""
        return summarized(self._completions.journal.each(run))

    def _in_loop(self, work: Callable[[], T]) -> T:
        """Do it where the requests are handled, so that none sees it half done."""
        try:
            here = asyncio.get_running_loop() is self._loop
        except RuntimeError:
            here = False
        if here or not self._loop.is_running():
            return work()

        async def do() -> T:
            return work()

        return asyncio.run_coroutine_threadsafe(do(), self._loop).result()


@asynccontextmanager
async def scripted_server(
    script: Script = None, *, oracle: Oracle | None = None, port: int = 0, **given: Any
) -> AsyncIterator[ScriptedServer]:
    """A server in this event loop while the block runs.

    `script` and `given` are its `Settings`; what no reply rule fits is asked of `oracle`. Port 0 takes a free
    one. Raises `BadSettings` for a script that cannot be used and `BadInput` for a port that is taken.
    """
    completions = Completions(settings(script, **given), oracle)
    loop = asyncio.get_running_loop()
    with bound(0) as silent:
        async with listening(app(completions), port, completions.stop) as taken:
            yield ScriptedServer(completions, taken, silent.getsockname()[1], loop)


@contextmanager
def scripted_server_in_thread(
    script: Script = None, *, oracle: Oracle | None = None, port: int = 0, **given: Any
) -> Iterator[ScriptedServer]:
    """The same for callers without an event loop; the server runs in a thread of its own."""
    served = partial(scripted_server, script, oracle=oracle, port=port, **given)
    with in_thread(served, "scripted-model") as server:
        yield server
