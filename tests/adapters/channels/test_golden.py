"""Every rendering of every channel in both languages, as it was looked at and found good.

After a change that is meant: `KUBETRIAGE_WRITE_GOLDEN=1 pytest tests/adapters/channels/test_golden.py`, then
look at what changed.
"""

from __future__ import annotations

import email
import os
from collections.abc import Callable
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from kubetriage.domain.language import Language
from kubetriage.domain.messages.trial import Trial, trial_notice

GOLDEN = Path(__file__).parent / "golden"
URL = "https://robot.example.com/hook"
CHANNELS: dict[str, dict[str, Any]] = {
    "feishu": {"kind": "feishu", "url": URL, "keyword": "告警"},
    "feishu-1.0": {"kind": "feishu", "url": URL, "card": "1.0"},
    "wecom": {"kind": "wecom", "url": URL},
    "wecom-markdown": {
        "kind": "wecom",
        "url": URL,
        "format": "markdown",
        "mention_severities": ["warning"],
        "mention": ["li"],
    },
    "dingtalk": {"kind": "dingtalk", "url": URL, "keyword": "告警"},
    "slack": {"kind": "slack", "url": URL},
    "teams": {"kind": "teams", "url": URL},
    "email": {
        "kind": "email",
        "host": "mail.example.com",
        "sender": "kt@example.com",
        "to": ["ops@example.com"],
    },
    "webhook": {"kind": "webhook", "url": URL},
    "stdout": {"kind": "stdout"},
    "apprise": {"kind": "apprise", "url": "tgram://token/chat"},
}
CASES = [
    *(
        (trial, language)
        for trial in (Trial.SAMPLE, Trial.RESOLVED, Trial.FAILED)
        for language in (Language.EN, Language.ZH)
    ),
    (Trial.SAMPLE, Language.BOTH),
    (Trial.STORM, Language.EN),
    (Trial.STORM, Language.ZH),
]


def parts(suffix: str, body: bytes) -> dict[str, str]:
    """The rendering by file ending; of a mail its two parts, as boundary and date differ each time."""
    if suffix != "eml":
        return {suffix: body.decode().rstrip("\n") + "\n"}
    mail = email.message_from_bytes(body, policy=default)
    text, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None and page is not None
    made = {"txt": f"Subject: {mail['Subject']}\n\n{text.get_content()}", "html": page.get_content()}
    return {name: part.replace("\r\n", "\n") for name, part in made.items()}


@pytest.mark.parametrize(("trial", "language"), CASES)
@pytest.mark.parametrize("name", CHANNELS)
def test_it_looks_as_before(name: str, trial: Trial, language: Language, make: Callable[..., Any]) -> None:
    """Each channel's rendering of the sample, its end, a failure and a storm stays as it is, in each language."""
    values = Language.EN if language is Language.EN else Language.ZH
    channel = make(language=language, primary=values, **CHANNELS[name])
    shown = channel.preview(trial_notice(trial, values))
    for suffix, text in parts(shown.suffix, shown.body).items():
        golden = GOLDEN / f"{name}.{trial.value}.{language.value}.{suffix}"
        if os.environ.get("KUBETRIAGE_WRITE_GOLDEN"):
            golden.write_text(text, encoding="utf-8")
        assert text == golden.read_text(encoding="utf-8")


def test_no_golden_file_is_left_over() -> None:
    """Every file of the golden folder is compared with something."""
    stems = {f"{name}.{trial.value}.{language.value}" for name in CHANNELS for trial, language in CASES}
    assert {path.name.rsplit(".", 1)[0] for path in GOLDEN.iterdir()} == stems
