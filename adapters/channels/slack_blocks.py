"""Slack's Block Kit: a header and sections of mrkdwn; links are text, as a button wants an app to answer it.

150 characters a header, 3,000 a section and 50 blocks, by Slack's documentation; about 13,200 characters over
all blocks, which is not documented and was reported by users.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from kubetriage.domain.messages.dialects import SLACK
from kubetriage.domain.messages.message import Message
from kubetriage.domain.messages.neutral import slack
from kubetriage.domain.messages.writing import Writer
from kubetriage.domain.rendering.document import Tone
from kubetriage.domain.rendering.visible import clip

Block = dict[str, Any]

HEADER = 150
SECTION = 3000
BLOCKS = 50
TOTAL = 13_000
"""Characters over all blocks that are used; a margin below what was reported."""

_COLOURS = {Tone.BAD: "#c0392b", Tone.WARN: "#d98300", Tone.GOOD: "#1e8e4e", Tone.NOTE: "#2563b0"}


class Blocks(NamedTuple):
    """A message in blocks."""

    text: str
    """What is shown where blocks are not: notifications, old clients."""
    blocks: list[Block]
    colour: str
    size: int
    """Characters over all blocks, or more than any limit where one block is too large."""


def blocks_of(message: Message, mentions: tuple[str, ...], text: str | None) -> Blocks:
    writer = Writer(message, SLACK)
    texts = [_mention(each) for each in mentions]
    texts = [" ".join(texts)] if texts else []
    if text is not None:
        texts.append(text)
    else:
        texts += [joined for each in message.sections for joined in _joined(writer.parts(each))]
    texts += [links] if (links := writer.links()) else []
    header = clip(message.title, HEADER)
    made: list[Block] = [{"type": "header", "text": {"type": "plain_text", "text": header, "emoji": False}}]
    made += [{"type": "section", "text": {"type": "mrkdwn", "text": part}} for part in texts]
    closing = "" if text is not None else writer.closing()
    if closing:
        made.append({"type": "context", "elements": [{"type": "mrkdwn", "text": closing}]})
    size = len(header) + sum(len(part) for part in texts) + len(closing)
    if any(len(part) > SECTION for part in [*texts, closing]) or len(made) > BLOCKS:
        size += TOTAL
    summary = f"{message.title}: {message.summary}" if message.summary else message.title
    return Blocks(slack(summary), made, _COLOURS.get(message.tone, "#5b6474"), size)


def _joined(parts: Sequence[str]) -> list[str]:
    """The parts of a section in as few texts as a section block can hold."""
    texts: list[str] = []
    for part in parts:
        if texts and len(texts[-1]) + 1 + len(part) <= SECTION:
            texts[-1] += "\n" + part
        else:
            texts.append(part)
    return texts


def _mention(ident: str) -> str:
    """`all` or `channel` for the channel, `here`, a user group's id, or a user's."""
    if ident in ("all", "channel", "everyone"):
        return "<!channel>"
    if ident == "here":
        return "<!here>"
    return f"<!subteam^{ident}>" if ident.startswith("S") else f"<@{ident}>"
