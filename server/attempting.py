"""One attempt at a message: what is sent, and what came of it, whatever goes wrong."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from kubetriage.domain.intake.errors import StoreUnavailable
from kubetriage.domain.messages.delivery import Delivery, unknown
from kubetriage.domain.messages.notice import Notice
from kubetriage.domain.messages.sending import Channel

log = logging.getLogger(__name__)

PAUSE_SECONDS = 2.0


async def sent(channel: Channel, notice: Notice, key: str, room: float, earlier: str) -> Delivery:
    """One attempt. A bug in the channel is a failed attempt of this message, and nobody else's concern."""
    try:
        return await channel.send(notice, key=key, room=room, earlier=earlier)
    except Exception as error:
        log.exception("the channel has a bug", extra={"channel": channel.name})
        why = f"A bug in kubetriage ended the attempt ({type(error).__name__}): the message may be there."
        return unknown(why, code="bug")


async def until_stored(
    store: Callable[[], Awaitable[None]], sleep: Callable[[float], Awaitable[None]], channel: str
) -> None:
    """What the far side said is known here only: it waits for the database, until the worker is to end."""
    while True:
        try:
            await store()
            return
        except StoreUnavailable as error:
            log.warning("an answer waits for the database: %s", error, extra={"channel": channel})
            await sleep(PAUSE_SECONDS)
