"""Characters that act on a screen are shown, not obeyed."""

from __future__ import annotations

import re
import time
import unicodedata

import pytest

from kubetriage.domain.rendering.visible import clip, one_line, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("bell\x07", "bell\\x07"),
        ("\x9b2J", "\\x9b2J"),
        ("over\rwritten", "over\\x0dwritten"),
        ("two\r\nlines\nhere", "two\nlines\nhere"),
        ("a\tb", "a   b"),
        ("\u202etxt.exe", "\\u202etxt.exe"),
        ("\u2066a\u2069\u200f", "\\u2066a\\u2069\\u200f"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("line\u2028separator", "line\\u2028separator"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("e\u0301" + "\u0301" * 50, "e" + "\u0301" * 4),
        ("中文，正常 ✓", "中文，正常 ✓"),
    ],
)
def test_acting_characters_are_written_out(text: str, shown: str) -> None:
    """Escapes, controls, bidirectional marks and zero-width characters become visible, text stays."""
    assert visible(text) == shown


def test_one_line_has_no_line_breaks() -> None:
    """A name or a sentence never begins a line of its own making."""
    assert one_line("  a\n\n# b\tc \r\n d ") == "a # b c d"


def test_long_text_is_clipped_to_its_limit() -> None:
    """Text beyond the limit ends with an ellipsis and is exactly as long as the limit."""
    assert clip("x" * 50, 10) == "x" * 9 + "…"
    assert clip("x" * 10, 10) == "x" * 10


@pytest.mark.parametrize("limit", range(1, 14))
@pytest.mark.parametrize(
    "text", ["ab\x07cd\u202eef", "cafe\u0301 e\u0301\u0302 x\ufe0f", "a\\x zz\\u12 zz zz"]
)
def test_a_clipped_text_ends_with_a_whole_character(text: str, limit: int) -> None:
    """A letter keeps its marks, an escape all of its digits; what only looks like an escape is no obstacle."""
    shown = visible(text)
    kept = clip(shown, limit)
    assert len(kept) <= limit
    if kept != shown:
        rest = shown[len(kept) - 1 :]
        assert not unicodedata.combining(rest[0]) and rest[0] != "\ufe0f"
        assert not re.search(r"\\(x[0-9a-f]?|u[0-9a-f]{0,3})…$", kept) or text.startswith("a\\x")


def test_long_texts_are_made_visible_quickly() -> None:
    """A log of a megabyte, with escapes, marks and Chinese in it, takes no time that anybody would notice."""
    text = "\x1b[31m错误\u202e e\u0301\u0301\u0301\u0301\u0301\u0301 plain words " * 40_000
    began = time.thread_time()
    shown = visible(text)
    assert time.thread_time() - began < 2
    assert shown.startswith("\\x1b[31m错误\\u202e e\u0301\u0301\u0301\u0301 plain")
