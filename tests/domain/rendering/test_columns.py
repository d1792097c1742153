"""Columns of a terminal, with wide characters."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kubetriage.domain.rendering.columns import cut, width_of, wrap
from kubetriage.domain.rendering.document import Mark, Span


def lines_of(text: str, width: int, mark: Mark = Mark.PLAIN) -> list[str]:
    return ["".join(piece for piece, _ in line) for line in wrap((Span(text, mark),), width)]


def test_chinese_characters_take_two_columns() -> None:
    """East Asian wide characters count as two columns, combining marks as none."""
    assert width_of("Pod状态") == 7
    assert width_of("e\u0301") == 1
    assert width_of("（，）") == 6


def test_lines_end_at_blanks_and_between_chinese_characters() -> None:
    """Words stay whole, and Chinese text fills the line."""
    assert lines_of("claim test-data asks for 5Gi", 16) == ["claim test-data", "asks for 5Gi"]
    assert lines_of("存储卷声明申请", 6) == ["存储卷", "声明申", "请"]


def test_punctuation_stays_with_its_word() -> None:
    """No line begins with a closing mark or ends with an opening one."""
    assert lines_of("存储卷声明。", 10) == ["存储卷声", "明。"]
    assert lines_of("存储（卷）", 6) == ["存储", "（卷）"]


def test_a_name_longer_than_the_line_is_cut() -> None:
    """A word that no line can hold is cut at the width, nothing of it lost."""
    assert lines_of("x" * 25, 10) == ["x" * 10, "x" * 10, "x" * 5]


def test_an_address_is_never_cut() -> None:
    """An address stays whole, so that it can be opened from the terminal."""
    address = "https://runbooks.example.com/" + "a" * 60
    assert lines_of(address, 40, Mark.LINK) == [address]


@given(st.text(alphabet="ab 中文，。（）-\u0301", max_size=200), st.integers(min_value=4, max_value=40))
def test_no_line_is_too_wide_and_nothing_is_lost(text: str, width: int) -> None:
    """Any text is wrapped to the width, and read together the lines are the text."""
    lines = lines_of(text, width)
    assert all(width_of(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@given(st.text(alphabet="ab 中文", max_size=200), st.integers(min_value=4, max_value=40))
def test_an_excerpt_is_cut_without_loss(text: str, width: int) -> None:
    """A long line of an excerpt is shown in pieces that together are the line, blanks included."""
    pieces = cut(text, width)
    assert "".join(pieces) == text
    assert all(width_of(piece) <= width for piece in pieces)
