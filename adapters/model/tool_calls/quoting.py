"""Where a text quotes: fences, inline code, block quotes, lists, tables, log lines, quotation marks.

What stands there is shown, planned or repeated, and is no call.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

CALL_LANGUAGES = frozenset(
    (
        *("", "json", "jsonc", "json5", "xml", "plaintext", "text", "action"),
        *("tool", "tool_call", "tool_calls", "tool_code", "tool_use"),
        *("function", "function_call", "function_calls"),
    )
)
"""Languages of a fence that may hold a call; any other says that it holds code, a log or a manifest."""

LINE = 4096
"""Characters of a line that are looked at on each side of a place."""

_FENCE = re.compile(r"`{3,}|^[ \t]{0,8}~{3,}", re.MULTILINE)
_LANGUAGE = re.compile(r"[ \t]*([\w+.#-]{0,24})[^\n`]{0,200}(?:\n|\Z)")
_NAMED = re.compile(r"[ \t]*[\w+.#-]{1,24}[ \t]*(?:\r?\n|\Z)")
_MARKED_LINE = re.compile(
    r"\s*(?:>|\||#|//|(?:Step|步骤)\s?\d{1,2}\s?[.:：]|[-*+•]\s|\d{1,3}[.)、]\s?|\(\d{1,3}\)\s|"
    r"\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d|[IWEF]\d{4} \d\d:\d\d:)"
)
"""A line of a block quote, table, comment, list or log."""
_REPEATED_LINE = re.compile(r"\s*(?:>|\|[^|]|\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d|[IWEF]\d{4} \d\d:\d\d:)")
_REST_EMPTY = re.compile(r"[ \t]*(?:\r?\n|\Z)")
_EXAMPLE_LINE = re.compile(
    r"\b(?:for (?:example|instance)|e\.g\.|an? example|would (?:call|look|be)|such as)"
    r"|例如|比如|譬如|示例|举例",
    re.IGNORECASE,
)
_LIST_LINE = re.compile(r"\s*(?:(?:Step|步骤)\s?\d{1,2}\s?[.:：]|[-*+•]\s|\d{1,3}[.)、]\s?|\(\d{1,3}\)\s)")
_PAIRS = (("“", "”"), ("「", "」"), ("『", "』"), ("«", "»"), ("《", "》"))
_TAGS = (
    ("<code", "</code"),
    ("<pre", "</pre"),
    ("<example", "</example"),
    ("<!--", "-->"),
    ("<blockquote", "</blo"),
)
_BACKTICKS = re.compile("`+")
_QUOTE = re.compile(r'(?<!\\)"')
_IN_SENTENCE = re.compile(r"[\w,'’\-]$")
_SENTENCE_GOES_ON = re.compile(r"[ \t]*[,;:]|[ \t]+[a-z]|[ \t]*[\u4e00-\u9fff]")


@dataclass(frozen=True)
class Fence:
    """A fence that stands open at some place."""

    mark: str
    body: int
    """Where its content begins."""
    language: str


class Quoting:
    """Tells quoted places of one text; asked from front to back."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._pos = self._floor = 0
        self._fence: Fence | None = None
        self._mark = _FENCE.search(text)

    def skip(self, end: int) -> None:
        """What was read as a call up to `end` holds no fences of the text."""
        self._pos = self._floor = max(self._pos, end)

    def pass_over(self, end: int) -> None:
        """What was read as a quoted call up to `end` holds no fences either; it may stand in one."""
        self._pos = max(self._pos, end)

    def fence_at(self, pos: int) -> Fence | None:
        """The fence that is open at `pos`."""
        while (mark := self._next_mark()) and mark.start() < pos:
            sign = mark[0].strip()
            self._pos = mark.end()
            if self._fence:
                if closes_fence(self._text, mark, self._fence.mark):
                    self._fence = None
                continue
            head = _LANGUAGE.match(self._text, mark.end())
            if head:  # else the line has a second mark: inline code
                self._fence = Fence(sign, head.end(), head[1].lower())
                self._pos = max(self._pos, min(head.end(), pos))
        return self._fence

    def _next_mark(self) -> re.Match[str] | None:
        if self._mark and self._mark.start() < self._pos:
            self._mark = _FENCE.search(self._text, self._pos)
        return self._mark

    def quoted(self, start: int, end: int) -> bool:
        """True if what stands from `start` to `end` is quoted, planned or repeated."""
        fence = self.fence_at(start)
        if fence:
            return not self._only_calls(fence, start, end)
        return quoted_on_its_line(self._text, start, end, self._floor)

    def _only_calls(self, fence: Fence, start: int, end: int) -> bool:
        """A fence with nothing but calls that ends the text: behind a quotation stands what it is for."""
        if fence.language not in CALL_LANGUAGES or self._text[fence.body : start].strip():
            return False
        if list_before(self._text, fence.body - 4):
            return False
        rest = self._text[end:].strip()
        return not rest.removeprefix(fence.mark).strip()


def closes_fence(text: str, mark: re.Match[str], opened_by: str) -> bool:
    """True if a mark ends the fence that `opened_by` began; one with a language begins a fence of its own."""
    sign = mark[0].strip()
    return sign[0] == opened_by[0] and len(sign) >= len(opened_by) and not _NAMED.match(text, mark.end())


def shown(quoting: Quoting, text: str, start: int, end: int) -> bool:
    """True if a tag of reasoning is only shown: in a fence around it, a block quote, a log line or as code.

    Narrower than `Quoting.quoted`, since reasoning itself is full of lists and of marks that nothing closes.
    """
    fence = quoting.fence_at(start)
    if fence:
        after = _FENCE.search(text, end)
        if after and closes_fence(text, after, fence.mark) and _REST_EMPTY.match(text, after.end()):
            return True
    line = text.rfind("\n", 0, start) + 1
    if _REPEATED_LINE.match(text, line, start):
        return True
    before = text[max(line, start - LINE) : start]
    after_it = text[end : end + LINE].split("\n", 1)[0]
    if len(_BACKTICKS.findall(before)) % 2 and "`" in after_it:
        return True
    return bool(len(_QUOTE.findall(before)) % 2 and len(_QUOTE.findall(after_it)) % 2)


def quoted_on_its_line(text: str, start: int, end: int, floor: int = 0) -> bool:
    """The checks that need no more than the lines around a place outside of fences, behind `floor`."""
    line = max(text.rfind("\n", 0, start) + 1, floor)
    before = text[max(line, start - LINE) : start]
    after = text[end : end + LINE].split("\n", 1)[0]
    if _MARKED_LINE.match(text, line, start) or (
        not before.strip() and len(before) >= 2 and list_before(text, line)
    ):
        return True
    if len(_BACKTICKS.findall(before)) % 2 or len(_QUOTE.findall(before)) % 2:
        return True
    if any(before.rfind(left) > before.rfind(right) for left, right in _PAIRS):
        return True
    if before[-1:] == "'" and after[:1] == "'":
        return True
    if any(text.rfind(left, 0, start) > text.rfind(right, 0, start) for left, right in _TAGS):
        return True
    return bool(_IN_SENTENCE.search(before.rstrip(" \t")) and _SENTENCE_GOES_ON.match(after))


def example_before(text: str, line: int) -> bool:
    """True if the last line with text before `line` announces an example."""
    before = text[max(line - LINE, 0) : max(line, 0)].rstrip()
    return bool(_EXAMPLE_LINE.search(before[before.rfind("\n") + 1 :]))


def list_before(text: str, line: int) -> bool:
    """True if the last line with text before `line` is an item of a list."""
    before = text[max(line - LINE, 0) : max(line, 0)].rstrip()
    return bool(_LIST_LINE.match(before[before.rfind("\n") + 1 :]))
