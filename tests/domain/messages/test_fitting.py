"""Fitting: whole sections go from the end, then what must stay says less; nothing is cut."""

from __future__ import annotations

from datetime import UTC
from itertools import pairwise

import pytest

from kubetriage.domain.language import Language
from kubetriage.domain.messages.composing import compose
from kubetriage.domain.messages.dialects import WECOM_V2
from kubetriage.domain.messages.fitting import dropped, fit, shorter
from kubetriage.domain.messages.message import Message
from kubetriage.domain.messages.trial import REPORT_URL, Trial, trial_notice
from kubetriage.domain.messages.writing import Writer


def written(message: Message) -> str:
    return Writer(message, WECOM_V2).whole()


def made(trial: Trial, language: Language) -> Message:
    return compose(trial_notice(trial, language), language=language, zone=UTC)


def test_the_last_sections_go_first() -> None:
    """Changes go, then evidence, then impact; cause, steps and links never do."""
    message = made(Trial.SAMPLE, Language.EN)
    names = [[each.name.value for each in form.sections] for form in shorter(message)]
    assert names[0] == ["facts", "cause", "impact", "steps", "evidence", "changes"]
    assert names[1:4] == [
        ["facts", "cause", "impact", "steps", "evidence"],
        ["facts", "cause", "impact", "steps"],
        ["facts", "cause", "steps"],
    ]
    assert all(form == ["facts", "cause", "steps"] for form in names[3:])


@pytest.mark.parametrize("trial", [Trial.SAMPLE, Trial.LONG, Trial.HOSTILE])
@pytest.mark.parametrize("language", [Language.EN, Language.ZH])
def test_every_step_is_shorter(trial: Trial, language: Language) -> None:
    """Each form after the first cut has fewer bytes than the one before, or as many."""
    sizes = [len(written(form).encode()) for form in shorter(made(trial, language))]
    assert all(after <= before + 60 for before, after in pairwise(sizes))
    assert sizes[-1] < 3000


@pytest.mark.parametrize("limit", [1200, 1500, 2000, 3000, 4096, 20_000])
@pytest.mark.parametrize("language", [Language.EN, Language.ZH])
def test_what_is_sent_fits_and_is_whole(limit: int, language: Language) -> None:
    """Within any limit the fences are closed, the link is whole, and cause and steps are there."""
    message = made(Trial.LONG, language)
    fitted = fit(message, lambda form: len(written(form).encode()) <= limit)
    assert fitted is not None
    text = written(fitted)
    assert len(text.encode()) <= limit
    assert text.count("```") % 2 == 0
    assert f"({REPORT_URL})" in text
    assert ("根因" if language is Language.ZH else "Root cause") in text
    assert "kubectl -n aiops describe pvc test-data" in text
    assert "\ufffd" not in text


def test_it_is_said_that_something_is_missing() -> None:
    """A message that lost a section says so; one that lost nothing doesn't."""
    message = made(Trial.SAMPLE, Language.ZH)
    whole = fit(message, lambda form: True)
    less = fit(message, lambda form: len(written(form).encode()) <= 1500)
    assert whole is not None and less is not None
    assert whole is message and not whole.shortened and dropped(message, whole) == ()
    assert less.shortened and "evidence" in dropped(message, less)


def test_what_fits_nowhere_is_none() -> None:
    """No form is returned that does not fit."""
    assert fit(made(Trial.SAMPLE, Language.EN), lambda form: False) is None
