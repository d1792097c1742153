"""MiniMax M3: every tag of a call stands behind a namespace token, and arguments are tags of their own names.

    ]<]minimax[>[<tool_call>]<]minimax[>[<invoke name="f">]<]minimax[>[<key>value]<]minimax[>[</key>…

Tags without the token are data.
"""

from __future__ import annotations

import re
from typing import Any

from kubetriage.adapters.model.tool_calls.calls import Candidate, Found, Text
from kubetriage.adapters.model.tool_calls.literals import CutOff, Malformed
from kubetriage.adapters.model.tool_calls.turn import MAX_CALLS, Turn

MAX_DEPTH = 8
MAX_TAGS = 256

OPENING = r"\]<\]minimax\[>\[\s{0,8}<tool_call>"
_TAG = re.compile(
    r"\]<\]minimax\[>\[\s{0,8}<(?P<close>/)?(?P<name>[\w.\-]{1,128})(?:\s{1,8}name=[\"'](?P<tool>[^\"'<>\n]{1,128})[\"'])?>"
)


def read_minimax_m3(turn: Turn, pos: int) -> Found | None:
    """The calls behind an opening `tool_call` tag."""
    found: list[Candidate] = []
    while len(found) < MAX_CALLS:
        tag = _TAG.match(turn.text, turn.gap(pos))
        if not tag or tag["close"]:
            break
        if tag["name"] != "invoke" or not tag["tool"]:
            break
        got = _children(turn, tag.end(), "invoke", 0)
        if (
            got is None
            or not isinstance(got[0], dict | Text)
            or (isinstance(got[0], Text) and got[0].strip())
        ):
            break
        args, pos = got
        found.append(Candidate(tag["tool"], args if isinstance(args, dict) else {}))
    return Found(found, pos) if found else None


def _children(turn: Turn, pos: int, name: str, depth: int) -> tuple[Any, int] | None:
    """What stands up to the tag that closes `name`: text, an object, or a list of equal tags."""
    if depth > MAX_DEPTH:
        return None
    pairs: list[tuple[str, Any]] = []
    start = pos
    for _ in range(MAX_TAGS):
        turn.reader.spend()
        tag = _TAG.search(turn.text, pos)
        if not tag:
            raise CutOff("nothing closes the tag")
        between = turn.text[pos : tag.start()]
        if tag["close"]:
            if tag["name"] != name:
                return None
            if not pairs:
                return Text(turn.text[start : tag.start()]), tag.end()
            return _gathered(pairs), tag.end()
        if between.strip():
            return None
        inner = _children(turn, tag.end(), tag["name"], depth + 1)
        if inner is None:
            return None
        pairs.append((tag["name"], inner[0]))
        pos = inner[1]
    raise Malformed("too many tags")


def _gathered(pairs: list[tuple[str, Any]]) -> Any:
    names = [name for name, _ in pairs]
    if set(names) == {"item"}:
        return [value for _, value in pairs]
    if len(set(names)) < len(names):
        return [value for _, value in pairs] if len(set(names)) == 1 else Text("")
    return dict(pairs)
