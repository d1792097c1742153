"""Standard output: the message as text, for trying things out and for logs that are collected."""

from __future__ import annotations

import sys
from typing import TextIO

from kubetriage.adapters.channels.channel import ChannelBase, Form, Look
from kubetriage.adapters.channels.options import StdoutOptions
from kubetriage.domain.messages.delivery import Delivery, dead, delivered
from kubetriage.domain.messages.dialects import PLAIN
from kubetriage.domain.messages.message import Message
from kubetriage.domain.messages.notice import Notice
from kubetriage.domain.messages.writing import Writer


class StdoutChannel(ChannelBase):
    limit = 100_000
    suffix = "txt"

    def __init__(self, name: str, options: StdoutOptions, look: Look, stream: TextIO | None = None) -> None:
        super().__init__(name, options.type, options, look, PLAIN)
        self._stream = stream

    def form(self, notice: Notice, message: Message, text: str | None) -> Form:
        body = ((Writer(message, PLAIN).whole() if text is None else text) + "\n").encode()
        return Form(body, len(body))

    async def attempt(self, notice: Notice, form: Form, *, key: str, earlier: str) -> Delivery:
        stream = self._stream or sys.stdout
        try:
            print(form.body.decode(), file=stream, flush=True)
        except (OSError, ValueError) as error:
            return dead(f"Standard output cannot be written to: {error}.")
        return delivered()
