"""gpt-oss: messages in channels. Calls are commentary messages with a recipient; analysis is reasoning."""

from __future__ import annotations

import re

from kubetriage.adapters.model.tool_calls.calls import Candidate, Found
from kubetriage.adapters.model.tool_calls.json_calls import read_object
from kubetriage.adapters.model.tool_calls.turn import Turn

_FILLER = r"[^<]{0,160}+(?:<\|(?:constrain|channel)\|>[^<]{0,80}+){0,3}+"
OPENING = (
    rf"(?:<\|start\|>\s{{0,4}}assistant\b(?:\s{{1,4}}to=[\w.\-:]{{1,140}})?\s{{0,4}})?"
    rf"<\|channel\|>\s{{0,4}}commentary\b{_FILLER}<\|message\|>"
)
_RECIPIENT = re.compile(r"\bto=\s{0,4}((?:functions[.:])?[A-Za-z_][\w.\-]{0,127})")
_CLOSING = re.compile(r"\s*<\|(?:call|end|return)\|>")

MESSAGE = re.compile(
    r"(?:<\|start\|>\s{0,4}assistant\b[^<]{0,160})?<\|channel\|>\s{0,4}(?P<channel>[a-z]{1,16})(?P<rest>"
    rf"{_FILLER})<\|message\|>"
)
"""The head of a message in any channel."""
MESSAGE_END = re.compile(r"<\|(?:end|return|call|start|channel)\|>")


def read_harmony(turn: Turn, match: re.Match[str]) -> Found | None:
    """The call in a commentary message, from its head on."""
    recipient = _RECIPIENT.search(match[0])
    if not recipient:
        return None
    got = read_object(turn, turn.gap(match.end()))
    if not got:
        return None
    args, end = got
    closing = _CLOSING.match(turn.text, end)
    return Found([Candidate(recipient[1], args)], closing.end() if closing else end)
