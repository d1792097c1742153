"""Streams of answers without tools: reasoning apart, usage once, and an end that must have come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk

from kubetriage.adapters.model.envelope import INTERRUPTED
from kubetriage.domain.errors import ModelUnavailable

OPENS, CLOSES = "<think>", "</think>"


def parts_of_calls(delta: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The parts of tool calls in an event, as far as they have the form of one."""
    given = delta.get("tool_calls")
    made = []
    for each in given if isinstance(given, list) else ():
        function = each.get("function") if isinstance(each, Mapping) else None
        if not isinstance(function, Mapping) or not isinstance(each.get("index"), int):
            continue
        words = {key: part for key in ("name", "arguments") if isinstance(part := function.get(key), str)}
        made.append({"index": each["index"], "id": each.get("id"), "function": words})
    return made


class NothingStreamed(ModelUnavailable):
    """Not one event came: the server may not know how to stream."""


class StreamReader:
    """Puts the chunks of one stream right.

    `read` gives what to pass on of a chunk, `end` what comes after the last one; `end` raises
    `ModelUnavailable` if the server never said why it stopped, because then it broke off.
    """

    def __init__(self) -> None:
        self.finish_reason = ""
        self._events = 0
        self._usage: Any = None
        self._thinking = ""
        """`open` within `<think>`, `closed` and `done` after it; empty before it."""
        self._held = ""

    def read(self, chunk: ChatGenerationChunk) -> ChatGenerationChunk | None:
        self._events += 1
        message = chunk.message
        assert isinstance(message, AIMessageChunk)
        info = dict(chunk.generation_info or {})
        reason = info.get("finish_reason")
        if self.finish_reason:  # said again with the usage; merging chunks would join the two words
            for key in ("finish_reason", "model_name", "system_fingerprint", "service_tier"):
                info.pop(key, None)
        elif reason:
            self.finish_reason = str(reason)
        self._usage = message.usage_metadata or self._usage
        content, reasoning = self._split(message.text)
        kept = dict(message.additional_kwargs)
        if reasoning:
            kept["reasoning_content"] = str(kept.get("reasoning_content") or "") + reasoning
        changes = {"content": content, "usage_metadata": None, "additional_kwargs": kept}
        if not (content or kept or info or message.tool_call_chunks):
            return None
        return ChatGenerationChunk(message=message.model_copy(update=changes), generation_info=info or None)

    def end(self) -> ChatGenerationChunk | None:
        if not self._events:
            raise NothingStreamed("The endpoint answered a request for a stream with nothing that is one.")
        if not self.finish_reason:
            raise ModelUnavailable("The endpoint's stream ended without a finish_reason: it broke off.")
        if self.finish_reason in INTERRUPTED:
            raise ModelUnavailable(f"The endpoint broke the answer off ({self.finish_reason}).")
        if not self._held and self._usage is None:
            return None
        held = {"reasoning_content": self._held} if self._thinking == "open" else {}
        content = "" if held else self._held
        message = AIMessageChunk(content=content, usage_metadata=self._usage, additional_kwargs=held)
        return ChatGenerationChunk(message=message)

    def _split(self, text: str) -> tuple[str, str]:
        """What a piece of text adds to the answer and to the reasoning."""
        if self._thinking == "closed":  # the empty lines after the tag
            text = text.lstrip("\n")
            self._thinking = "done" if text else "closed"
        if self._thinking in ("closed", "done") or not text:
            return text, ""
        self._held += text
        if not self._thinking:
            start = self._held.lstrip()
            if start.startswith(OPENS):
                self._thinking, self._held = "open", start.removeprefix(OPENS)
            elif OPENS.startswith(start):
                return "", ""
            else:
                self._thinking = "done"
                return self._release(), ""
        before, closed, after = self._held.partition(CLOSES)
        if closed:
            after = after.lstrip("\n")
            self._thinking, self._held = "done" if after else "closed", ""
            return after, before
        # The closing tag may come in pieces: as much as could be its beginning is held back.
        keep = next((n for n in range(len(CLOSES) - 1, 0, -1) if self._held.endswith(CLOSES[:n])), 0)
        passed = self._held[: len(self._held) - keep]
        self._held = self._held[len(passed) :]
        return "", passed

    def _release(self) -> str:
        text, self._held = self._held, ""
        return text
