"""domain.diagnosis and domain.quoting: statements in so many characters, and values found in texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubetriage.domain.diagnosis import STATEMENT_LIMIT, bounded
from kubetriage.domain.quoting import holds, squeezed


@given(st.text(alphabet="ab “”`。，. ;中", max_size=700), st.integers(min_value=3, max_value=400))
def test_a_statement_never_exceeds_its_limit(statement: str, limit: int) -> None:
    """What fits stays as it is; what does not is cut, and says so."""
    made = bounded(statement, limit)
    assert len(made) <= limit
    assert (made == statement) is (len(statement) <= limit)


@pytest.mark.parametrize(
    ("statement", "made"),
    [
        ("one two three four five six", "one two three four…"),
        ("said “no such file or directory” twice", "said “no such file…”"),
        ("run `kubectl get pods -A` then", "run `kubectl get…`"),
    ],
)
def test_a_cut_falls_between_words_and_closes_quotes(statement: str, made: str) -> None:
    """A quotation that is cut stays one, so that nobody takes its words for the report's own."""
    assert bounded(statement, 22) == made


def test_the_limit_is_the_contracts() -> None:
    """Summaries and statements have at most 300 characters."""
    assert STATEMENT_LIMIT == 300
    assert len(bounded("x" * 301)) <= 300


@pytest.mark.parametrize(
    ("words", "quote", "there"),
    [
        ("storage: 5Gi", "5Gi", True),
        ("storage: 15Gi", "5Gi", False),
        ("storage: 1.5Gi", "5Gi", False),
        ("exit code 137", "exit code 1", False),
        ("port 8080.", "8080", True),
        ("a+b", "a+b", True),
        ("aab", "a+b", False),
    ],
)
def test_a_value_is_not_found_in_a_longer_number(words: str, quote: str, there: bool) -> None:
    """`5Gi` does not stand in `15Gi`; a quote is text, not a pattern."""
    assert holds(words, quote) is there


def test_white_space_does_not_matter() -> None:
    """A message broken over lines is the same message."""
    assert squeezed(" a\n\tb  c ") == "a b c"
