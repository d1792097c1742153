"""What keeps the reading of logs cheap, and that it changes nothing of what is found."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubetriage.domain.log_levels import LEVELS, Level, level_of, says_error
from kubetriage.domain.log_masks import Vocabulary, holds_value, masked, shown_masked
from kubetriage.domain.log_orders import ORDERS, gives_orders, order_in
from kubetriage.domain.log_patterns import Sign
from kubetriage.domain.log_signs import signs
from kubetriage.domain.redaction_stems import Stems


@pytest.mark.parametrize("pattern", [pattern for _, pattern in ORDERS])
@settings(max_examples=20, deadline=None, database=None)
@given(data=st.data())
def test_the_look_at_stems_loses_no_order(pattern: str, data: st.DataObject) -> None:
    """Every text that one of the patterns finds is one that gives orders, in any case of its letters."""
    text = data.draw(st.from_regex(re.compile(pattern, re.IGNORECASE | re.MULTILINE)))
    if re.search(pattern, text[:2000], re.IGNORECASE | re.MULTILINE):
        assert (gives_orders(text) and order_in(f"fine\n{text}\nfine")) or "\n" in text


def test_orders_are_looked_for_in_microseconds() -> None:
    """Most lines hold none of the words that orders are made of."""
    lines = [
        f"2026-03-01T12:00:00Z INFO order {n} saved for tenant {n * 7} in {n % 90} ms" * 2
        for n in range(5000)
    ]
    began = time.thread_time()
    assert not any(map(gives_orders, lines))
    assert (time.thread_time() - began) / len(lines) < 40e-6


@given(st.lists(st.sampled_from([*LEVELS, "x", " ", "[", "]", ":", "|", "=", '"'])).map("".join))
def test_a_level_is_a_word_by_itself(line: str) -> None:
    """Found exactly where a level's name stands between blanks, brackets or the like."""
    names = "|".join(name for name in LEVELS if name != "information")
    told = re.search(rf"(?:^|[\s\[|<=\"])({names})(?=[\]\s|>:\",]|$)", line[:100])
    assert level_of(line.upper()) is (LEVELS[told[1]] if told else Level.NONE)


@pytest.mark.parametrize(
    "words",
    [
        "Connection REFUSED",
        "it timed out",
        "a time out",
        "must have a name",
        "core dumped",
        "is empty",
        "can not",
    ],
)
def test_words_of_trouble_are_found_in_any_case(words: str) -> None:
    """Also in capitals, and in their several spellings."""
    assert says_error(words) and not says_error("order 17 saved for tenant reference")


def test_numbers_and_ids_are_masked() -> None:
    """What differs from line to line goes; words stay, also those that begin like hexadecimal."""
    one = "user 17 of 10.0.0.1:80 got 6f1c2a5e-89ab-4cde-8f01-23456789abcd in 0.35s at 2026-03-01T12:00:00Z"
    other = "user 9 of 10.9.9.9:8080 got ab1c2a5e-0000-4cde-8f01-23456789abcd in 12s at 2026-04-01T12:00:01Z"
    assert masked(one) == masked(other) and shown_masked(one) == shown_masked(other)
    assert masked("decade facade bed") == "decade facade bed"
    assert shown_masked("GET /api/v1/orders/17 200") == "GET /api/v<*>/orders/<*> <*>"


def test_a_value_is_not_part_of_a_longer_number() -> None:
    """`10.0.0.1` does not stand in `10.0.0.12`, but beside it."""
    assert not holds_value("dial 10.0.0.12:80", "10.0.0.1") and holds_value("10.0.0.12, 10.0.0.1", "10.0.0.1")


def test_words_that_many_lines_have_tell_what_a_line_says() -> None:
    """Names are masked; a line of nothing but other words is not told at all."""
    vocabulary = Vocabulary([f"user {chr(97 + n % 26) * (n + 3)} logged in" for n in range(50)])
    assert vocabulary.coarse("user somebody logged in") == "user * logged in"
    assert vocabulary.coarse("somebody else entirely") == ""


def test_signs_are_counted_without_reading_every_record() -> None:
    """Hosts that differ in a number are told apart, and thousands of records take a fraction of a second."""
    text = "\n".join(
        f"ERROR {n} dial tcp 10.0.0.{n % 3}:5432: connect: connection refused" for n in range(6000)
    )
    began = time.thread_time()
    found = list(signs(text))
    assert time.thread_time() - began < 1.5
    assert [(s.sign, s.times) for s in found] == [(Sign.REFUSED, 2000)] * 3
    assert {s.values["host"] for s in found} == {"10.0.0.0", "10.0.0.1", "10.0.0.2"}


WORDS = Stems(
    ("passw", "pass", "authorization", "auth", "@tcp(", "密码", "sk-", "sk_live_"), heads=("pass", "auth")
)
PIECES = (
    "password",
    "pass",
    "authorization",
    "auth",
    "x" * 30,
    "@tcp(",
    "密码",
    "sk-",
    "sk_live_",
    " ",
    "pas",
    "\n",
)


@given(st.lists(st.sampled_from(PIECES), max_size=60), st.booleans())
def test_stems_stand_where_an_alternation_finds_them(pieces: list[str], long: bool) -> None:
    """In long texts, where each is looked for by itself, and in short ones the places are the same."""
    text = "".join(pieces) + (" " * 20_000 if long else "")
    told = re.compile("passw|pass|authorization|auth|@tcp\\(|密码|sk-|sk_live_")
    assert list(WORDS.places(text)) == [(hit.start(), hit[0]) for hit in told.finditer(text)]
    assert WORDS.occur_in(text) == bool(told.search(text))
    assert list(WORDS.places(text, WORDS.those_in(text))) == list(WORDS.places(text))
