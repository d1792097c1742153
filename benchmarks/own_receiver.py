"""A receiver of webhooks of one's own, on loopback, for as long as it is needed.

with own_receiver() as receiver:
    settings += receiver.settings()
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from kubetriage.adapters.channels.fake import WebhookReceiver, fake_platforms

SETTINGS = """
[notify]
digest_after = 1000000
[channels.receiver]
type = "webhook"
url = "{url}"
allow_private = true
"""


class OwnReceiver:
    """What it was sent."""

    def __init__(self) -> None:
        self._platform = WebhookReceiver()
        self._begun = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._over = asyncio.Event()
        self._url = ""
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))
        self._thread.start()
        if not self._begun.wait(10):
            raise TimeoutError("the receiver does not listen")

    async def _serve(self) -> None:
        async with fake_platforms() as platforms:
            self._url = platforms.add("receiver", self._platform)
            self._begun.set()
            await self._over.wait()

    def settings(self) -> str:
        """What makes it a server's only channel, with a message for each notice."""
        return SETTINGS.format(url=self._url)

    def requests(self) -> int:
        """How many came in so far."""
        return len(self._platform.calls)

    def calls(self) -> Mapping[str, int]:
        """Requests by the id of their message."""
        return Counter(call.headers["webhook-id"] for call in list(self._platform.calls))

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)
        self._loop.close()


@contextmanager
def own_receiver() -> Iterator[OwnReceiver]:
    """A receiver that listens, until the end."""
    receiver = OwnReceiver()
    try:
        yield receiver
    finally:
        receiver.end()
