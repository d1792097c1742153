"""A model's reasoning told apart from its answer, in every spelling that servers leave in the content."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kubetriage.adapters.model.tool_calls import harmony
from kubetriage.adapters.model.tool_calls.calls import Text
from kubetriage.adapters.model.tool_calls.json_calls import read_object
from kubetriage.adapters.model.tool_calls.literals import Malformed
from kubetriage.adapters.model.tool_calls.quoting import Quoting, shown
from kubetriage.adapters.model.tool_calls.scanning import Scan, acts, scan
from kubetriage.adapters.model.tool_calls.turn import Turn

MAX_CHARACTERS = 65_536
"""Longer contents are split without asking whether a tag stands in the string of a call."""
MAX_TAGS = 256

_WORDS = r"(?:think(?:ing|_fast|_faster)?|thoughts?|reasoning|scratchpad|reflection)"
_OPEN = (
    rf"<(?:[a-z]{{1,12}}[:|])?{_WORDS}(?::\w{{1,32}})?(?:\s[^<>]{{0,80}})?>|\[THINK\]|◁think▷|"
    rf"<\|(?:START_THINKING|begin_of_thought|inner_prefix|{_WORDS}(?:_start|_begin)?)\|>|<unused94>(?:thought)?|"
    r"<\|open\|>think<\|sep\|>|<\|channel>\s{0,4}(?:thought|analysis)\b"
)
_CLOSE = (
    rf"</(?:[a-z]{{1,12}}[:|])?{_WORDS}(?::\w{{1,32}})?\s{{0,4}}>|\[/THINK\]|◁/think▷|"
    rf"<\|(?:END_THINKING|end_of_thought|inner_suffix|/{_WORDS}|{_WORDS}_end)\|>|<unused95>|"
    r"<\|close\|>think<\|sep\|>|<channel\|>"
)
_TAG = re.compile(rf"(?=<[\w/|]|[\[◁])(?:(?P<open>{_OPEN})|(?P<close>{_CLOSE}))", re.IGNORECASE)
_SKIPPED_ANALYSIS = re.compile(r"\s*analysis(?P<body>.*?)assistant(?=commentary\b|final)", re.DOTALL)
_SKIPPED_FINAL = re.compile(r"(?:assistant)?final(?=\S|\s)")
_K3_RESPONSE = re.compile(r"<\|(?:open|close)\|>(?:response|message)<\|sep\|>")


@dataclass(frozen=True)
class Split:
    """A content in its parts."""

    answer: str
    reasoning: str
    own: str
    """The part of the answer in which calls count: what stands behind the last end of reasoning."""


def split_reasoning(content: str | None, reasoning_content: str | None = None) -> tuple[str, str]:
    """The answer and the reasoning of a model's message.

    A closing tag without an opening one ends reasoning that the prompt's template had begun; an opening one
    that is never closed makes the rest reasoning. Calls that stand in the answer stay there as they were
    written.
    """
    parts = split(content or "")
    reasoning = [part.strip() for part in (reasoning_content or "", parts.reasoning)]
    return parts.answer, "\n\n".join(part for part in reasoning if part)


def split(content: str) -> Split:
    """The parts of a content; see `split_reasoning`."""
    text, analysis = _channels(content)
    tags = _tags(text)
    answer: list[str] = []
    reasoning = [*analysis]
    pos = 0
    thinking = False
    for tag in tags:
        if tag["open"]:
            if not thinking:
                answer.append(text[pos : tag.start()])
                pos, thinking = tag.end(), True
            continue
        if not thinking:
            reasoning += answer
            answer = []
        reasoning.append(text[pos : tag.start()])
        pos, thinking = tag.end(), False
    (reasoning if thinking else answer).append(text[pos:])
    return Split(
        _K3_RESPONSE.sub("", "".join(answer)).strip(),
        "\n\n".join(part.strip() for part in reasoning if part.strip()),
        _own(answer),
    )


def _own(answer: list[str]) -> str:
    """The last part of an answer, or the one in which the model begins to play the tool."""
    acting = (part for part in answer[:-1] if acts(part))
    return next(acting, answer[-1])


def _tags(text: str) -> list[re.Match[str]]:
    """The tags of reasoning, without those in the string of a call or in a quotation."""
    found: list[re.Match[str]] = []
    quoting = Quoting(text)
    for tag in _TAG.finditer(text):
        if len(found) == MAX_TAGS:
            break
        if not shown(quoting, text, tag.start(), tag.end()):
            found.append(tag)
    if not found or len(text) > MAX_CHARACTERS:
        return found
    spans = _strings(text)
    return [tag for tag in found if not any(start < tag.start() < end for start, end in spans)]


def _strings(text: str) -> list[tuple[int, int]]:
    """Where calls stand whose values are quoted strings, and a content that is JSON as a whole.

    Raw text as in XML protects nothing: there the tag more likely ends a draft.
    """
    turn = Turn(text, {})
    result: Scan = scan(turn)
    spans = []
    first = 0
    for start, end, count in result.spans:
        calls = result.candidates[first : first + count]
        first += count
        if not any(
            isinstance(value, Text)
            for one in calls
            if isinstance(one.args, dict)
            for value in one.args.values()
        ):
            spans.append((start, end))
    if turn.at_end(_object_end(turn, 0)):
        spans.append((0, len(text)))
    return spans


def _object_end(turn: Turn, pos: int) -> int:
    """Where the JSON object at `pos` ends; `pos` if there is none, or none that ends."""
    try:
        got = read_object(turn, turn.gap(pos))
    except Malformed:
        return pos
    return got[1] if got else pos


def _channels(content: str) -> tuple[str, list[str]]:
    """Messages in channels as one text, calls as they were written, and the analysis apart."""
    skipped = _SKIPPED_ANALYSIS.match(content)
    if skipped:
        rest = content[skipped.end() :]
        return _SKIPPED_FINAL.sub("", rest, count=1) if rest.startswith("final") else rest, [skipped["body"]]
    head = harmony.MESSAGE.search(content)
    if not head:
        return content, []
    turn = Turn(content, {})
    prose = [content[: head.start()]]
    analysis: list[str] = []
    following = head.start()
    while head:
        prose.append(content[following : head.start()])  # a message that no assistant writes
        end, following = _body_end(turn, head)
        if head["channel"] == "analysis":
            analysis.append(content[head.end() : end])
        elif "to=" in head[0]:
            prose.append(content[head.start() : following])
        else:
            prose.append(content[head.end() : end] + "\n\n")
        head = harmony.MESSAGE.search(content, following)
    return "".join(prose), analysis


def _body_end(turn: Turn, head: re.Match[str]) -> tuple[int, int]:
    """Where the body of a message ends, and where the next message may begin."""
    start = _object_end(turn, head.end()) if "to=" in head[0] else head.end()
    closing = harmony.MESSAGE_END.search(turn.text, start)
    if not closing:
        return len(turn.text), len(turn.text)
    opens = closing[0] in ("<|start|>", "<|channel|>")
    return closing.start(), closing.start() if opens else closing.end()
