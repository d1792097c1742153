"""The words of rendering exist in both languages, for everything a report can say."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kubetriage.domain.alert import AlertStatus, Severity
from kubetriage.domain.finding import Effect, Likelihood, RemedyKind
from kubetriage.domain.language import Text
from kubetriage.domain.rendering import words
from kubetriage.domain.report import CheckState, Outcome

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def every_text(value: object) -> Iterator[Text]:
    if isinstance(value, Text):
        yield value
    elif isinstance(value, dict):
        yield from (text for each in value.values() for text in every_text(each))
    elif isinstance(value, tuple):
        yield from (text for each in value for text in every_text(each))


def test_every_word_is_said_in_both_languages() -> None:
    """English words have no Chinese in them, Chinese ones no English, and both fill in the same values."""
    texts = [text for value in vars(words).values() for text in every_text(value)]
    assert len(texts) > 60
    for text in texts:
        assert not CHINESE.search(text.en), text
        bare = re.sub(r"\{\w+\}", "", text.zh)
        assert not re.search("[A-Za-z]", bare), text
        assert CHINESE.search(bare) or not re.search("[A-Za-z]", text.en), text
        assert set(re.findall(r"\{\w+\}", text.en)) == set(re.findall(r"\{\w+\}", text.zh)), text


def test_every_state_a_report_knows_has_a_word() -> None:
    """No outcome, state, status, severity, likelihood, remedy or effect is left without its word."""
    assert set(words.OUTCOMES) == set(words.NO_ROOT_CAUSE) == set(Outcome)
    assert set(words.STATES) == set(CheckState)
    assert set(words.STATUSES) == {each.value for each in AlertStatus}
    assert set(words.SEVERITIES) == {each.value for each in Severity}
    assert set(words.LIKELIHOODS) == set(Likelihood)
    assert set(words.REMEDIES) == set(RemedyKind)
    assert set(words.EFFECTS) == set(Effect)
