"""What a channel is to whoever sends through it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from kubetriage.domain.messages.delivery import Delivery
from kubetriage.domain.messages.notice import Notice


@dataclass(frozen=True)
class Pace:
    """How many messages one robot may send; 0 is no limit."""

    per_second: float = 0.0
    per_minute: int = 0


class Preview(NamedTuple):
    """A message as it would be sent, for people to look at."""

    suffix: str
    """The ending of a file that holds it: `json`, `md`, `html`, `eml`, `txt`."""
    body: bytes
    left_out: tuple[str, ...] = ()
    """Sections that were dropped, or said less, to make it fit."""


class Channel(Protocol):
    """One configured place where messages go."""

    @property
    def name(self) -> str:
        """As configured."""

    @property
    def kind(self) -> str:
        """feishu, wecom, dingtalk, slack, slack-api, teams, email, webhook, stdout or apprise."""

    @property
    def pace(self) -> Pace:
        """What the far side allows."""

    @property
    def deduplicates(self) -> bool:
        """The far side knows a message by its key: one whose answer was lost may be sent again."""

    @property
    def threads(self) -> bool:
        """A later message can answer or change an earlier one."""

    async def send(self, notice: Notice, *, key: str, room: float = 1.0, earlier: str = "") -> Delivery:
        """One attempt, never repeated here. Every failure is a `Delivery`; nothing is raised for one.

        `key` is the same for every attempt of one message; `room` is the part of the channel's size limit to
        use (less after `shrink`); `earlier` is the `Delivery.remote` of this message's last attempt, or
        where that has none, of the incident's first message here.
        """

    def preview(self, notice: Notice) -> Preview:
        """What `send` would send."""

    async def aclose(self) -> None:
        """Let go of connections."""
