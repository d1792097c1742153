"""`kubetriage notify`, and `--notify`: samples that are sent and explained, previews that are not sent."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.channels.fake import (
    FakePlatforms,
    Fault,
    FaultKind,
    FeishuRobot,
    WeComRobot,
    fake_platforms,
)
from kubetriage.domain.messages.trial import Trial

Run = Callable[..., Any]
SECRET = "SEC-canary-5581"


@pytest.fixture
def platforms() -> Iterator[FakePlatforms]:
    """Stand-ins in a thread of their own: the command runs an event loop itself."""
    started: list[FakePlatforms] = []
    ready, loop = threading.Event(), asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        async with fake_platforms() as running:
            started.append(running)
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    assert ready.wait(60)
    yield started[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join(60)


@pytest.fixture
def configured(settings_of_nobody: None, tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "kubetriage.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def feishu(url: str, more: str = "") -> str:
    return f'[channels.ops]\ntype = "feishu"\nurl = "{url}"\n{more}'


def test_a_sample_is_sent_and_explained(
    kubetriage: Run,
    configured: Callable[[str], Path],
    platforms: FakePlatforms,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The secret comes from the environment; the answer is said in words; the robot has the sample."""
    monkeypatch.setenv("OPS_SECRET", SECRET)
    robot = FeishuRobot(secret=SECRET)
    configured(feishu(platforms.add("ops", robot), 'secret_env = "OPS_SECRET"\nlanguage = "zh"\n'))
    ended = kubetriage("notify", "test", "ops")
    assert ended.status == 0, ended.err
    assert ended.out.startswith("ops (feishu): delivered.")
    assert "code 0" in ended.out and SECRET not in ended.out + ended.err
    assert any("根因" in text for text in robot.seen[0].texts)


def test_a_refusal_is_explained(
    kubetriage: Run, configured: Callable[[str], Path], platforms: FakePlatforms
) -> None:
    """What is wrong is said with the setting to mend; the exit status is 4."""
    configured(feishu(platforms.add("ops", FeishuRobot(secret=SECRET)), 'secret = "wrong"\n'))
    ended = kubetriage("notify", "test", "ops")
    assert ended.status == 4
    assert "dead" in ended.out and "code 19021" in ended.out and "signature" in ended.out
    assert "wrong" not in ended.out.replace("is wrong", "")


def test_no_answer_is_explained(
    kubetriage: Run, configured: Callable[[str], Path], platforms: FakePlatforms
) -> None:
    """Where the robot hung up, the reader is told to look whether it is there."""
    robot = WeComRobot(faults=[Fault(FaultKind.CUT)])
    url = platforms.add("ops", robot)
    configured(f'[channels.ops]\ntype = "wecom"\nurl = "{url}?key=canary-key"\n')
    ended = kubetriage("notify", "test", "ops", "--trial", "long")
    assert ended.status == 4
    assert "unknown" in ended.out and "canary-key" not in ended.out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[channels.ops]\ntype = "feisu"\nurl = "https://x"\n', "type must be one of feishu"),
        ('[channels.ops]\ntype = "feishu"\n', "channels.ops"),
        ('[channels.ops]\ntype = "feishu"\nurl = "https://x"\nkeywrd = "a"\n', "Did you mean keyword?"),
        ('[channels.ops]\ntype = "wecom"\nurl_env = "NOT_THERE"\n', "NOT_THERE is not set"),
        ('[channels.ops]\ntype = "stdout"\nfallback = "spare"\n', "there is no channel spare"),
        ('[[routes]]\nchannels = ["x"]\n', "routes[1].channels: there is no channel x"),
        ('[channels.ops]\ntype = "stdout"\n[[quiet_hours]]\nhours = ["late"]\n', "mon-fri 09:00-18:00"),
        ('[channels.ops]\ntype = "stdout"\ntemplate = "gone.j2"\n', "gone.j2 cannot be read"),
        ('[channels.ops]\ntype = "feishu"\n', "channels.ops.url: is not set"),
        ('[channels.ops]\ntype = "feishu"\nurl = "https://x:99999/canary"\n', "channels.ops.url: must be an"),
        ('[channels.ops]\ntype = "feishu"\nurl = "https://[x/canary"\n', "channels.ops.url: must be an"),
        ('[channels.ops]\ntype = "stdout"\nmention = "all"\n', "channels.ops.mention: must be a list"),
        ('[channels.ops]\ntype = "stdout"\n[routes]\nchannels = ["ops"]\n', "routes: must be a list"),
        (
            '[channels.ops]\ntype = "stdout"\n[[routes]]\nchannels = ["ops"]\nseverities = ["crit"]\n',
            "'crit'",
        ),
        ('[channels."../ops"]\ntype = "stdout"\n', "a channel's name has letters"),
        ('[channels]\nops = "feishu"\n', "channels.ops: must be a table"),
        ('[notify]\nincident_url = "javascript:x"\n', "notify.incident_url: must be an address"),
        ('[notify]\noverview_url = "javascript:x"\n', "notify.overview_url: must be an address"),
        ('[notify]\nincident_url = "https://x/{id}"\n', "not {id}"),
        (
            '[channels.ops]\ntype = "email"\nhost = "h"\nsender = "a@x"\nto = ["b@x"]\nca_file = "gone.pem"\n',
            "channels.ops.ca_file: gone.pem cannot be used",
        ),
        ('[channels.ops]\ntype = "apprise"\nurl = "slack://a/b/c"\n', 'use type = "slack"'),
        (
            '[channels.ops]\ntype = "apprise"\nurl = "canary"\n',
            "channels.ops.url: must be an Apprise address",
        ),
        ("channels = 3\n", "channels: must be a table."),
        ('[channels.ops]\ntype = "stdout"\nlanguage = "fr"\n', "language: must be 'en', 'zh' or 'both'."),
        ('[channels.ops]\ntype = "stdout"\ntimeout = 0\n', "channels.ops.timeout: must be more than 0."),
        ('[channels.ops]\ntype = "stdout"\nmax_bytes = 9\n', "channels.ops.max_bytes: must be 2000 or more."),
        ('[channels.ops]\ntype = "stdout"\nper_minute = "x"\n', "per_minute: must be a whole number."),
        (
            '[channels.a]\ntype = "stdout"\n[[routes]]\nchannels = ["a"]\n[[routes]]\nchannels = ["a"]\n'
            'hours = ["9:00-17:00", "25:00-26:00"]\n',
            "routes[2].hours[2]: '25:00-26:00' is not like",
        ),
        (
            '[channels.a]\ntype = "stdout"\n[[quiet_hours]]\nchannels = ["a"]\n',
            "quiet_hours[1].hours: is not",
        ),
        ('[channels.ops]\ntype = "wecom"\nurl = "https://a..b/canary"\n', "channels.ops.url: is no address"),
        ('[channels.ops]\ntype = "wecom"\nurl = "https://x/a canary"\n', "channels.ops.url: is no address"),
        (
            f'[channels.ops]\ntype = "webhook"\nurl = "https://{"a" * 70}.com/canary"\n',
            "channels.ops.url: is no address",
        ),
        (
            '[channels.ops]\ntype = "webhook"\nurl = "https://x"\nheaders = {"X-A" = "canary\\nX-B: 1"}\n',
            "channels.ops.headers: the value of X-A must be one line",
        ),
        (
            '[channels.ops]\ntype = "webhook"\nurl = "https://x"\nheaders = {"Webhook-Id" = "canary"}\n',
            "Webhook-Id is written by kubetriage",
        ),
        (
            '[channels.ops]\ntype = "email"\nhost = "h"\nsender = "a@x"\nto = ["b@x, c@x"]\n',
            "channels.ops.to[1]: 'b@x, c@x' is not one mail address",
        ),
        (
            '[channels.ops]\ntype = "email"\nhost = "h"\nsender = "a@x"\nto = ["b@x"]\n'
            'subject_prefix = "x\\nBcc: y"\n',
            "channels.ops.subject_prefix: must be one line",
        ),
        ('[channels.ops]\ntype = "slack-api"\ntoken = ""\nchannel = "C"\n', "token: must not be empty"),
    ],
)
def test_wrong_settings_are_said(
    kubetriage: Run, configured: Callable[[str], Path], text: str, said: str
) -> None:
    """A setting that cannot be used is named in one sentence, with exit status 2."""
    configured(text)
    ended = kubetriage("notify", "test", "ops")
    assert ended.status == 2
    assert said in ended.err and len(ended.err.splitlines()) == 1
    assert "canary" not in ended.err


def test_an_unknown_channel_is_said(kubetriage: Run, configured: Callable[[str], Path]) -> None:
    """The channels that there are stand in the sentence."""
    configured('[channels.ops]\ntype = "stdout"\n')
    ended = kubetriage("notify", "test", "opps")
    assert ended.status == 2
    assert "There is no channel named opps; configured are: ops." in ended.err


def test_previews_are_written_and_nothing_is_sent(
    kubetriage: Run, configured: Callable[[str], Path], platforms: FakePlatforms, tmp_path: Path
) -> None:
    """Each configured channel is rendered for each trial; the robot gets nothing."""
    robot = FeishuRobot()
    configured(feishu(platforms.add("ops", robot)))
    ended = kubetriage("notify", "preview", "--out", "shown")
    assert ended.status == 0, ended.err
    names = {path.name for path in (tmp_path / "shown").iterdir()}
    assert names == {f"ops.{trial.value}.json" for trial in Trial}
    card = json.loads((tmp_path / "shown" / "ops.sample.json").read_text())
    assert card["card"]["schema"] == "2.0"
    assert robot.calls == []


def test_without_channels_every_kind_is_shown(
    kubetriage: Run, settings_of_nobody: None, tmp_path: Path
) -> None:
    """Before anything is configured one can look at what each platform would show."""
    ended = kubetriage("notify", "preview", "--out", "shown", "--trial", "sample")
    assert ended.status == 0, ended.err
    kinds = {path.name.split(".")[0] for path in (tmp_path / "shown").iterdir()}
    assert kinds == {
        *("feishu", "feishu-card-1", "wecom", "wecom-markdown", "dingtalk", "slack", "slack-api"),
        *("teams", "email", "webhook", "stdout", "apprise"),
    }
    assert "<h1" in (tmp_path / "shown" / "email.sample.html").read_text()


@pytest.mark.parametrize(("language", "said"), [("zh", "根因"), ("en", "Root cause")])
def test_a_language_can_be_looked_at(
    kubetriage: Run, configured: Callable[[str], Path], tmp_path: Path, language: str, said: str
) -> None:
    """`--language` is taken for this once, whatever the channel's own is; both commands have it."""
    configured('language = "en"\n[channels.ops]\ntype = "stdout"\nlanguage = "zh"\n')
    ended = kubetriage("notify", "preview", "--out", "shown", "--trial", "sample", "--language", language)
    assert ended.status == 0, ended.err
    assert said in (tmp_path / "shown" / "ops.sample.txt").read_text()
    sent = kubetriage("notify", "test", "ops", "--language", language)
    assert sent.status == 0 and said in sent.out


def test_a_report_is_sent_when_it_is_printed(
    kubetriage: Run,
    configured: Callable[[str], Path],
    platforms: FakePlatforms,
    write_snapshot: Callable[..., Path],
    tmp_path: Path,
) -> None:
    """`triage --notify` prints the report and sends it; a delivery that fails ends with status 4."""
    robot = FeishuRobot(per_second=0, faults=[None, Fault(FaultKind.DEAD)])
    configured(feishu(platforms.add("ops", robot)))
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-0", "namespace": "shop"}}
    folder = write_snapshot(tmp_path / "snapshot", [pod])
    arguments = ("triage", "pod/web-0", "-n", "shop", "--snapshot", folder, "--notify", "ops")
    sent = kubetriage(*arguments)
    assert sent.status == 0, sent.err
    assert "pod/web-0" in sent.out.lower() or "web-0" in sent.out
    assert len(robot.seen) == 1 and "web-0" in str(robot.seen[0].raw)
    failed = kubetriage(*arguments)
    assert failed.status == 4
    assert "web-0" in failed.out and "ops (feishu): dead" in failed.err
