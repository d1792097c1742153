"""The settings of channels: as they are documented, from the environment, and without their secrets in print."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import get_args

import pytest

from kubetriage.adapters.channels.options import AnyOptions
from kubetriage.bootstrap.channel_settings import TYPES, NotifySettings
from kubetriage.bootstrap.channels import channels_of
from kubetriage.bootstrap.settings import Settings, load_settings
from kubetriage.domain.language import Language

DOCUMENT = Path(__file__).parents[2] / "docs" / "channels.md"


def examples() -> str:
    """The indented TOML of the document."""
    blocks = re.findall(r"(?:^    .*\n|^\n)+", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    tables = [re.sub(r"^    ", "", block, flags=re.MULTILINE) for block in blocks if "    [" in block]
    return "\n".join(tables)


def test_the_documents_examples_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """What docs/channels.md shows can be pasted: channels, routes and quiet hours are made of it."""
    monkeypatch.setenv("OPS_ROBOT", "https://open.feishu.cn/open-apis/bot/v2/hook/canary-1")
    monkeypatch.setenv("OPS_ROBOT_SECRET", "canary-2")
    monkeypatch.setenv("MAIL_PASSWORD", "canary-3")
    settings = Settings.model_validate(tomllib.loads(examples()))
    assert set(channels_of(settings)) == {"ops", "boss"}
    assert [route.channels for route in settings.routes] == [("boss",), ("ops",)]
    assert settings.quiet_hours[0].timezone == "Asia/Shanghai"
    assert "canary" not in repr(settings)


def test_every_setting_is_documented() -> None:
    """Each channel type and each of its settings is named in docs/channels.md."""
    text = DOCUMENT.read_text(encoding="utf-8")
    names = {name for options in get_args(get_args(AnyOptions)[0]) for name in options.model_fields}
    missing = [name for name in sorted(names - {"api"} | set(TYPES)) if name not in text]
    assert missing == []


def test_channels_come_from_the_environment_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A channel can be set by variables alone, as in a container."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("KUBETRIAGE_CHANNELS__OPS__TYPE", "wecom")
    monkeypatch.setenv("KUBETRIAGE_CHANNELS__OPS__URL", "https://qyapi.weixin.qq.com/x?key=canary-4")
    monkeypatch.setenv("KUBETRIAGE_CHANNELS__OPS__LANGUAGE", "zh")
    settings = load_settings()
    channel = channels_of(settings)["ops"]
    assert channel.kind == "wecom"
    assert settings.languages(settings.channels["ops"].language)[1] is Language.ZH


@pytest.mark.parametrize(
    ("pattern", "incident", "run", "url"),
    [
        ("https://t/i/{incident}", "INC-1", "", "https://t/i/INC-1"),
        ("https://t/i/{incident}", "", "r1", ""),
        ("https://t/r/{run}", "INC-1", "r1", "https://t/r/r1"),
        ("https://t/r/{run}", "INC-1", "", ""),
        ("", "INC-1", "r1", ""),
    ],
)
def test_an_address_needs_what_is_in_it(pattern: str, incident: str, run: str, url: str) -> None:
    """No message has a link that leads nowhere because a number is missing in it."""
    assert NotifySettings(incident_url=pattern).report_url(incident, run) == url
