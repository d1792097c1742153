"""`triage --notify`: each channel is sent the report in its language, made by one diagnosis."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
CHANNELS = """
[channels.zh]
type = "stdout"
language = "zh"
[channels.en]
type = "stdout"
language = "en"
[channels.any]
type = "stdout"
[channels.two]
type = "stdout"
language = "both"
"""
BODY = {"zh": "从未重启", "en": "never restarted"}
HEADING = {"zh": "根因\n", "en": "Root cause\n", "both": "根因 Root cause\n"}


@pytest.fixture
def told(
    kubetriage: Run, settings_of_nobody: None, tmp_path: Path, write_snapshot: Callable[..., Path]
) -> Callable[..., str]:
    """What a triage with these settings and options sends to a channel."""
    status = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web-0", "namespace": "shop"},
        "status": status,
    }
    folder = write_snapshot(tmp_path / "snapshot", [pod])

    def run(channel: str, settings: str, *options: str) -> str:
        (tmp_path / "kubetriage.toml").write_text(settings + CHANNELS, encoding="utf-8")
        asked = ("triage", "pod/web-0", "-n", "shop", "--snapshot", folder, "--output", "report.txt")
        ended = kubetriage(*asked, "--notify", channel, *options)
        assert ended.status == 0, ended.err
        return str(ended.out)

    return run


@pytest.mark.parametrize(
    ("channel", "settings", "options", "heading", "body"),
    [
        ("zh", 'language = "en"', (), "zh", "zh"),
        ("en", 'language = "zh"', (), "en", "en"),
        ("any", 'language = "zh"', (), "zh", "zh"),
        ("any", 'language = "en"', ("--language", "zh"), "zh", "zh"),
        ("en", 'language = "en"', ("--language", "zh"), "en", "en"),
        ("two", 'language = "zh"', (), "both", "zh"),
        ("two", 'language = "zh"\nprimary_language = "en"', (), "both", "en"),
        ("two", 'language = "zh"\nprimary_language = "en"', ("--language", "zh"), "both", "en"),
        ("any", 'language = "zh"', ("--language", "both"), "both", "zh"),
    ],
)
def test_a_channels_language(
    told: Callable[..., str], channel: str, settings: str, options: tuple[str, ...], heading: str, body: str
) -> None:
    """Its own, else the one asked for, else the configured one; `both` has the primary one's body."""
    said = told(channel, settings, *options)
    assert HEADING[heading] in said
    assert BODY[body] in said
    assert not any(words in said for language, words in BODY.items() if language != body)
