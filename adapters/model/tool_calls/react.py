"""ReAct: `Action:` and `Action Input:` on lines of their own."""

from __future__ import annotations

import re

from kubetriage.adapters.model.tool_calls.calls import Candidate, Found
from kubetriage.adapters.model.tool_calls.data import Data
from kubetriage.adapters.model.tool_calls.json_calls import read_object
from kubetriage.adapters.model.tool_calls.literals import CutOff, Malformed
from kubetriage.adapters.model.tool_calls.markers import FENCE, FENCE_END, NAME
from kubetriage.adapters.model.tool_calls.pythonic import read_pythonic
from kubetriage.adapters.model.tool_calls.quoting import Quoting
from kubetriage.adapters.model.tool_calls.turn import MAX_CALLS, Turn

MAX_PLACES = 64
NO_TOOL = frozenset(
    (
        *("none", "null", "n/a", "nothing", "no_action", "final answer", "final_answer", "final", "finish"),
        *("directly_answer", "directly-answer", "answer", "respond", "response"),
    )
)
"""What stands for a tool's name when the model calls none."""

_ACTION = re.compile(
    r"^[ \t]*\**(?:Action|行动|动作)(?:[ \t]\d{1,3})?\**[ \t]*[:：][ \t]*\**[ \t]*[`\[\"']?"
    r"(?P<name>[^\s`\[\]\"'*(]{1,140})",
    re.MULTILINE | re.IGNORECASE,
)
_REST_OF_LINE = re.compile(r"[`\]\"'*]{0,4}[ \t]*(?:\n|\Z)")
_INPUT = re.compile(
    r"\s*\**(?:Action[ _]?Input|行动输入|动作输入)(?:[ \t]\d{1,3})?\**[ \t]*[:：][ \t]*\**[ \t]*",
    re.IGNORECASE,
)
_NEXT_LABEL = re.compile(
    r"^\s*\**(?:Thought|Action|Action Input|Observation|Final Answer|思考|行动|观察)\**[ \t]*[:：]|"
    r"\n[ \t]*\n",
    re.MULTILINE,
)


def read_react(turn: Turn) -> tuple[Found, int] | None:
    """The actions with their inputs, and where the first of them begins."""
    quoting = Quoting(turn.text)
    data = Data(turn)
    found: list[Candidate] = []
    first = pos = 0
    for _ in range(MAX_PLACES):
        action = _ACTION.search(turn.text, pos)
        if not action or len(found) >= MAX_CALLS:
            break
        pos = action.end()
        try:
            got = _action(turn, action)
        except CutOff:
            break  # what looks like an action behind it stands in its input
        if not got or quoting.quoted(action.start(), got.end) or data.holds(action.start()):
            continue
        first = first if found else action.start()
        found += got.candidates
        pos = got.end
        quoting.skip(pos)
        data.skip(pos)
    return (Found(found, pos), first) if found else None


def _action(turn: Turn, action: re.Match[str]) -> Found | None:
    name = action["name"]
    if name.lower() in NO_TOOL and not turn.bound(name):
        return None
    if not NAME.fullmatch(name):
        return None
    line = _REST_OF_LINE.match(turn.text, action.end())
    if not line:
        called = read_pythonic(turn, action.start("name")) if turn.at("(", action.end()) else None
        known = called and all(turn.bound(one.name) for one in called.candidates)
        return called if known else None
    given = _INPUT.match(turn.text, line.end())
    return _input(turn, name, given.end()) if given else None


def _input(turn: Turn, name: str, pos: int) -> Found | None:
    """The input as JSON, in a fence or not, as a JSON string, or as the plain text up to the next label."""
    fence = FENCE.match(turn.text, pos)
    at = turn.gap(fence.end() if fence else pos)
    if turn.at("{", at):
        got = read_object(turn, at)
        if not got:
            return None
        args, end = got
        closing = FENCE_END.match(turn.text, end) if fence else None
        return Found([Candidate(name, args)], closing.end() if closing else end)
    stop = _NEXT_LABEL.search(turn.text, pos)
    end = stop.start() if stop else len(turn.text)
    text = turn.text[pos:end].strip()
    if text.startswith(("`", "~~~", "[")):
        return None  # a fence or a list without its end
    if text.startswith('"'):
        try:
            text, _ = turn.reader.string(at)
        except CutOff:
            raise
        except Malformed:
            return None
    if text.lower() in ("", "none", "null", "{}", "n/a"):
        return Found([Candidate(name, None)], end)
    return Found([Candidate(name, text, free_text=True)], end)
