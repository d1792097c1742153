"""Every channel against a stand-in of its platform: what is taken, what is refused, and what that means."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

import pytest
import pytest_asyncio

from kubetriage.adapters.channels.channel import ChannelBase
from kubetriage.adapters.channels.fake import (
    DingTalkRobot,
    FakePlatforms,
    Fault,
    FaultKind,
    FeishuRobot,
    Platform,
    SlackApi,
    SlackHook,
    TeamsWorkflow,
    WebhookReceiver,
    WeComRobot,
)
from kubetriage.domain.language import Language
from kubetriage.domain.messages.delivery import Verdict
from kubetriage.domain.messages.notice import notice_of
from kubetriage.domain.messages.trial import HARMFUL, REPORT_URL, Trial, changed_report, trial_notice

Make = Callable[..., ChannelBase]
SECRET = "SEC-canary-77123"
WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
Case = tuple[Callable[..., Platform], dict[str, Any]]

CASES: dict[str, Case] = {
    "feishu": (
        lambda **g: FeishuRobot(secret=SECRET, keyword="告警", **g),
        {"secret": SECRET, "keyword": "告警"},
    ),
    "feishu-1.0": (lambda **g: FeishuRobot(secret=SECRET, **g), {"secret": SECRET, "card": "1.0"}),
    "wecom": (WeComRobot, {}),
    "wecom-markdown": (WeComRobot, {"format": "markdown"}),
    "dingtalk": (
        lambda **g: DingTalkRobot(secret=SECRET, keyword="监控", **g),
        {"secret": SECRET, "keyword": "监控"},
    ),
    "slack": (SlackHook, {}),
    "slack-api": (lambda **g: SlackApi(token=SECRET, channel="C1", **g), {"token": SECRET, "channel": "C1"}),
    "teams": (TeamsWorkflow, {}),
    "webhook": (lambda **g: WebhookReceiver(secret=WHSEC, **g), {"secret": WHSEC, "allow_private": True}),
}


@pytest_asyncio.fixture
async def drip() -> AsyncIterator[str]:
    """The address of a server whose answer comes byte by byte and has no end."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            for _ in range(10_000):
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.05)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/x"
    server.close()


@pytest.mark.parametrize("kind", ["webhook", "wecom"])
async def test_an_answer_without_end_is_ended(kind: str, drip: str, make: Make) -> None:
    """A far side that goes on sending holds up nobody: it is as if no answer came."""
    given = {"allow_private": True} if kind == "webhook" else {}
    began = time.monotonic()
    delivery = await make(kind, url=drip, timeout=0.2, **given).send(
        trial_notice(Trial.SAMPLE, Language.EN), key="k"
    )
    assert delivery.verdict is Verdict.UNKNOWN
    assert time.monotonic() - began < 60


def ready(
    name: str, platforms: FakePlatforms, make: Make, *faults: Fault | None, **given: Any
) -> tuple[ChannelBase, Platform]:
    """A channel of the case and the stand-in that it talks to."""
    build, options = CASES[name]
    platform = build(faults=faults)
    url = platforms.add(name, platform)
    kind = name if name == "slack-api" else name.split("-")[0]
    address = {"api": url} if kind == "slack-api" else {"url": f"{url}/hook?access_token=t"}
    return make(kind, **{**options, **address, "timeout": 30.0, **given}), platform


@pytest.mark.parametrize("trial", Trial)
@pytest.mark.parametrize("language", [Language.EN, Language.ZH])
@pytest.mark.parametrize("name", CASES)
async def test_every_notice_is_taken(
    name: str, language: Language, trial: Trial, platforms: FakePlatforms, make: Make
) -> None:
    """Sample, 40 KB, hostile, recovery and storm are signed, fit, and are taken by the strict stand-in."""
    channel, platform = ready(name, platforms, make, language=language)
    delivery = await channel.send(trial_notice(trial, language), key="k1")
    assert delivery.verdict is Verdict.DELIVERED, delivery
    assert len(platform.seen) == 1
    assert platform.seen[0].pinged == []


@pytest.mark.parametrize("name", CASES)
async def test_forty_kilobytes_still_say_what_matters(
    name: str, platforms: FakePlatforms, make: Make
) -> None:
    """A report of 40 KB says cause, steps with a command, and where the whole is, on every channel."""
    channel, platform = ready(name, platforms, make, language=Language.ZH)
    delivery = await channel.send(trial_notice(Trial.LONG, Language.ZH), key="k1")
    raw = platform.calls[-1].body.decode()
    for words in (
        "根因",
        "StorageClass cbs 的存储供应程序",
        "建议操作",
        "kubectl -n aiops describe pvc test-data",
    ):
        assert words in raw
    assert REPORT_URL in raw
    assert delivery.size <= channel.limit


@pytest.mark.parametrize(
    ("fault", "verdict"),
    [
        (Fault(FaultKind.STATUS, 503), Verdict.RETRY),
        (Fault(FaultKind.STATUS, 429, {"Retry-After": "7"}), Verdict.RETRY),
        (Fault(FaultKind.STATUS, 504), Verdict.UNKNOWN),
        (Fault(FaultKind.STATUS, 302, {"Location": "http://127.0.0.1:1/"}), Verdict.DEAD),
        (Fault(FaultKind.BUSY), Verdict.RETRY),
        (Fault(FaultKind.TOO_LONG), Verdict.SHRINK),
        (Fault(FaultKind.DEAD), Verdict.DEAD),
        (Fault(FaultKind.CUT), Verdict.UNKNOWN),
        (Fault(FaultKind.SILENT), Verdict.UNKNOWN),
    ],
    ids=lambda each: f"{each.kind}-{each.status}" if isinstance(each, Fault) else str(each),
)
@pytest.mark.parametrize("name", CASES)
async def test_every_answer_has_its_class(
    name: str, fault: Fault, verdict: Verdict, platforms: FakePlatforms, make: Make
) -> None:
    """Errors by status, in the platform's own words inside 200, and no answer at all are told apart."""
    channel, _ = ready(name, platforms, make, fault, timeout=0.3 if fault.kind is FaultKind.SILENT else 30.0)
    delivery = await channel.send(trial_notice(Trial.LONG, Language.ZH), key="k1")
    if name.startswith("feishu") and fault.kind is FaultKind.TOO_LONG and delivery.size * 2 <= channel.limit:
        verdict = Verdict.DEAD
    assert delivery.verdict is verdict, delivery
    assert delivery.why and delivery.code
    if fault.headers.get("Retry-After"):
        assert delivery.retry_after == 7.0


@pytest.mark.parametrize("name", [name for name in CASES if name != "webhook"])
async def test_an_answer_that_is_not_the_platforms_is_unknown(
    name: str, platforms: FakePlatforms, make: Make
) -> None:
    """A login page with status 200 is not taken for a delivery."""
    channel, _ = ready(name, platforms, make, Fault(FaultKind.GARBAGE))
    delivery = await channel.send(trial_notice(Trial.SAMPLE, Language.EN), key="k1")
    assert delivery.verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("name", CASES)
async def test_nobody_there_is_retried_and_no_key_is_said(name: str, make: Make) -> None:
    """A refused connection is tried again; neither address nor key is in what is said of it."""
    _, options = CASES[name]
    kind = name if name == "slack-api" else name.split("-")[0]
    url = "http://127.0.0.1:9/hook/secret-path-4411?access_token=canary-9921"
    address = {"api": url} if kind == "slack-api" else {"url": url}
    delivery = await make(kind, **options, **address).send(trial_notice(Trial.SAMPLE, Language.EN), key="k")
    assert delivery.verdict is Verdict.RETRY
    for secret in ("secret-path-4411", "canary-9921", SECRET):
        assert secret not in delivery.model_dump_json()


@pytest.mark.parametrize(
    ("name", "wrong", "said"),
    [
        ("feishu", {"secret": "other"}, "signature"),
        ("feishu", {"keyword": ""}, "keyword"),
        ("dingtalk", {"secret": "other"}, "signature"),
        ("dingtalk", {"keyword": ""}, "keyword"),
        ("slack-api", {"token": "other"}, "token"),
        ("slack-api", {"channel": "C2"}, "channel"),
        ("webhook", {"secret": "whsec_" + "A" * 32}, "signature"),
    ],
)
async def test_a_wrong_setting_is_explained(
    name: str, wrong: dict[str, str], said: str, platforms: FakePlatforms, make: Make
) -> None:
    """A wrong key, secret or keyword is final, and the sentence names the setting."""
    channel, platform = ready(name, platforms, make, **wrong)
    delivery = await channel.send(trial_notice(Trial.SAMPLE, Language.EN), key="k1")
    assert delivery.verdict is Verdict.DEAD
    assert said in delivery.why
    assert platform.seen == []


@pytest.mark.parametrize("name", ["feishu", "wecom", "dingtalk", "slack", "teams"])
async def test_the_platforms_limit_is_recognised(name: str, platforms: FakePlatforms, make: Make) -> None:
    """Sending faster than the platform allows ends as retry, with the time it asks for, and nothing twice."""
    channel, platform = ready(name, platforms, make)
    notice = trial_notice(Trial.RESOLVED, Language.ZH)
    verdicts = [(await channel.send(notice, key=f"k{number}")) for number in range(25)]
    refused = [each for each in verdicts if each.verdict is Verdict.RETRY]
    assert refused and all(each.retry_after for each in refused)
    assert len(platform.seen) == 25 - len(refused)


@pytest.mark.parametrize("name", CASES)
async def test_no_harmful_text_anywhere_pages_anybody(
    name: str, platforms: FakePlatforms, make: Make
) -> None:
    """Title, names, statements, commands and excerpts all of one harmful text: taken, and nobody is paged."""
    for words in HARMFUL:
        channel, platform = ready(name, platforms, make)
        notice = notice_of(changed_report(lambda given, words=words: words), report_url=REPORT_URL)  # type: ignore[misc]
        delivery = await channel.send(notice, key="k1")
        assert delivery.verdict is Verdict.DELIVERED, (words[:20], delivery)
        assert platform.seen[0].pinged == [], words[:20]


async def test_less_room_makes_a_smaller_message(platforms: FakePlatforms, make: Make) -> None:
    """After `shrink` the same message is made for half the limit."""
    channel, _ = ready("wecom", platforms, make)
    notice = trial_notice(Trial.LONG, Language.ZH)
    whole = await channel.send(notice, key="k1")
    half = await channel.send(notice, key="k1", room=0.5)
    assert half.verdict is Verdict.DELIVERED
    assert half.size <= 2048 < whole.size


async def test_what_can_never_fit_is_dead(platforms: FakePlatforms, make: Make) -> None:
    """No room at all ends the message instead of sending a piece of it."""
    channel, platform = ready("wecom", platforms, make)
    delivery = await channel.send(trial_notice(Trial.LONG, Language.ZH), key="k1", room=0.05)
    assert delivery.verdict is Verdict.DEAD and delivery.code == "size"
    assert platform.calls == []
