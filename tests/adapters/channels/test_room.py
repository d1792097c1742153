"""Whatever a report says, every channel has room for its cause, a step and the link."""

from __future__ import annotations

import email
import json
import re
from collections.abc import Sequence
from datetime import UTC
from email.policy import default
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from kubetriage.adapters.channels.building import build_channel
from kubetriage.adapters.channels.channel import ChannelBase, Look
from kubetriage.adapters.channels.options import AnyOptions
from kubetriage.bootstrap.incidents import incidents_in
from kubetriage.bootstrap.services import build_services
from kubetriage.bootstrap.settings import Settings
from kubetriage.bootstrap.triaging import triage_incidents
from kubetriage.cli.demo import bundled_scenarios
from kubetriage.domain.language import Language
from kubetriage.domain.messages.notice import Notice, notice_of
from kubetriage.domain.messages.settling import ROOMS
from kubetriage.domain.messages.trial import Trial, changed_report, trial_notice
from kubetriage.domain.ports import NoProgress
from kubetriage.domain.report import Report
from kubetriage.state.triage_alert import TriageContext

LINK = "https://triage.example.com/incidents/INC-000042?from=message"
URL = "https://robot.example.com/hook"
KINDS: dict[str, dict[str, Any]] = {
    "feishu": {"type": "feishu", "url": URL},
    "feishu-1.0": {"type": "feishu", "url": URL, "card": "1.0"},
    "wecom": {"type": "wecom", "url": URL},
    "wecom-markdown": {"type": "wecom", "url": URL, "format": "markdown"},
    "dingtalk": {"type": "dingtalk", "url": URL},
    "slack": {"type": "slack", "url": URL},
    "teams": {"type": "teams", "url": URL},
    "email": {"type": "email", "host": "mail", "sender": "a@example.com", "to": ["b@example.com"]},
    "webhook": {"type": "webhook", "url": URL},
    "stdout": {"type": "stdout"},
    "apprise": {"type": "apprise", "url": "tgram://x"},
}
SMALLEST = {"teams": 4000, "feishu": 4000, "feishu-1.0": 4000}
MARKDOWN = ("markdown", "lark_md", "mrkdwn")
HEADINGS = {Language.EN: ("Root cause", "What to do"), Language.ZH: ("根因", "建议操作")}
PIECES = (
    *("国" * 400, "😀" * 400, "N" * 10_000, "&" * 399, '"' * 399, "\\" * 399, "`" * 399, "a\n" * 199),
    *("```", "`", "\n", "\n# ", "\n- ", "|", "**", "_", "~~", " ", "\\", "&lt;", "&#60;", "{{ 7*7 }}"),
    *("<at id=all></at>", "<@all>", "<!channel>", "@all", "@所有人", "<font color='red'>", "</font>", "<b>"),
    *("[a](https://evil.example)", "](", "![](//x)", "javascript:alert(1)", "www.evil.example"),
    *(
        "\u202e",
        "\u2066",
        "\u200b",
        "\x1b[31m",
        "\0",
        "\ud800",
        "\ufeff",
        "e\u0301\u0301\u0301",
        "\U000e0041",
    ),
)
TEXTS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join)


def channel(kind: str, language: Language = Language.EN, **more: Any) -> ChannelBase:
    options = TypeAdapter[Any](AnyOptions).validate_python({**KINDS[kind], **more})
    return build_channel("ops", options, Look(language, UTC, language))


def text_of(kind: str, body: bytes) -> str:
    """What is shown of the rendering, in one text. Raises for what is no UTF-8 or no JSON."""
    if kind == "email":
        part = email.message_from_bytes(body, policy=default).get_body(("plain",))
        assert part is not None
        return str(part.get_content())
    text = body.decode("utf-8")
    if text.startswith("{"):
        json.loads(text)
    return text


def markdown_in(kind: str, text: str) -> list[str]:
    """Every text in which three backticks begin or end a block of code."""

    def within(value: Any) -> list[str]:
        if isinstance(value, list):
            return [each for part in value for each in within(part)]
        if not isinstance(value, dict):
            return []
        here = [str(value.get("content") or value.get("text") or "")]
        marked = value.get("tag") in MARKDOWN or value.get("type") in MARKDOWN
        return [*(here if marked else []), *(each for part in value.values() for each in within(part))]

    if kind.startswith("wecom") or kind == "dingtalk":
        body = json.loads(text)
        return [str(body[body["msgtype"]].get("text") or body[body["msgtype"]]["content"])]
    return within(json.loads(text)) if kind.startswith(("feishu", "slack")) else []


def check(
    made: ChannelBase, kind: str, notice: Notice, language: Language, room: float = 1.0, about: str = ""
) -> None:
    fitted = made.fitted(notice, room)
    assert fitted is not None, f"nothing fits: {about}"
    assert fitted.form.size <= min(made.limit, made._common.max_bytes or made.limit) * room
    text = text_of(kind, fitted.form.body)
    assert LINK in text
    for markdown in markdown_in(kind, text):
        assert markdown.count("```") % 2 == 0
    assert not re.search("[\ud800-\udfff\u202a-\u202e\u2066-\u2069\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text) or (
        kind == "webhook"  # JSON for programs: a report is not changed in it
    )
    cause, steps = HEADINGS[language]
    assert cause in text, about
    assert notice.report is not None
    assert steps in text or not notice.report.recommendations, about


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=8, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(texts=st.lists(TEXTS, min_size=1, max_size=7), language=st.sampled_from(list(HEADINGS)))
def test_any_report_has_room(kind: str, texts: Sequence[str], language: Language) -> None:
    """Within the limit, and within the smallest that can be set, are cause, step and the whole link."""
    turn = cycle(texts)
    report = changed_report(lambda _: next(turn), language)
    notice = notice_of(report, incident="INC-000042", alike=3, report_url=LINK)
    check(channel(kind, language), kind, notice, language)
    if kind not in ("email", "webhook"):
        check(channel(kind, language, max_bytes=SMALLEST.get(kind, 2000)), kind, notice, language)


@pytest.mark.parametrize("kind", ["email", "webhook", "teams"])
def test_what_is_refused_for_its_size_becomes_smaller(kind: str) -> None:
    """A far side may take less than its platform does: what follows is smaller than what it refused."""
    notice = trial_notice(Trial.LONG, Language.ZH)
    made = [channel(kind, Language.ZH).fitted(notice, room) for room in ROOMS]
    sizes = [each.form.size for each in made if each is not None]
    assert len(sizes) == len(ROOMS) and sizes[0] > sizes[1] >= sizes[2], sizes


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", HEADINGS)
def test_forty_kilobytes_have_room(kind: str, language: Language) -> None:
    """The long report's message says cause, steps and link, also where the far side wants a third of it."""
    notice = trial_notice(Trial.LONG, language)
    links = notice.links.model_copy(update={"report": LINK})
    for room in (1.0, 0.6, 0.35):
        check(channel(kind, language), kind, notice.model_copy(update={"links": links}), language, room)


@pytest.mark.parametrize("language", HEADINGS)
@pytest.mark.parametrize("trial", Trial)
@pytest.mark.parametrize(("kind", "least"), [("email", 32_000), ("webhook", 16_000)])
def test_the_least_limit_has_room_for_anything(
    kind: str, least: int, trial: Trial, language: Language
) -> None:
    """Mails and webhooks have more around the message; even their third, smallest attempt fits."""
    usual: dict[str, dict[str, Any]] = {
        "email": {"host": "mail", "sender": "a@example.com", "to": ["b@example.com"]},
        "webhook": {"url": "https://example.com/"},
    }
    options = TypeAdapter[Any](AnyOptions)
    with pytest.raises(ValidationError):
        options.validate_python({"type": kind, **usual[kind], "max_bytes": least - 1})
    made = options.validate_python({"type": kind, **usual[kind], "max_bytes": least})
    made_channel = build_channel("ops", made, Look(language, UTC, language))
    for room in ROOMS:
        fitted = made_channel.fitted(trial_notice(trial, language), room)
        assert fitted is not None and fitted.form.size <= least * room


async def told_of(folder: Path, language: Language) -> list[Report]:
    """What rules alone say of a bundled scenario."""
    snapshot = folder / "snapshot"
    groups = incidents_in((folder / "alert.json").read_bytes(), snapshot).groups
    async with build_services(Settings(), snapshot=snapshot, progress=NoProgress()) as services:
        return [it async for it in triage_incidents(services, groups, TriageContext(language=language))]


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
async def test_every_bundled_scenario_has_room(part: int) -> None:
    """Each scenario's report fits every channel, even a third of its limit, with cause, steps and link."""
    folders = sorted(each.parent for each in bundled_scenarios().glob("*/alert.json"))[part::4]
    for number, folder in enumerate(folders):
        language = list(HEADINGS)[number % 2]
        for report in await told_of(folder, language):
            notice = notice_of(report, incident="INC-000042", report_url=LINK)
            for kind in KINDS:
                for room in (1.0, 0.35):
                    check(channel(kind, language), kind, notice, language, room, folder.name)
