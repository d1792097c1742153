"""One diagnosis of a real server and of the command, told on a Chinese and on an English channel.

After a change that is meant: `KUBETRIAGE_WRITE_GOLDEN=1 pytest tests/e2e/test_two_languages.py`, then read what
`git diff` shows.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.channels.fake import FeishuRobot, Platform, SlackHook, fake_platforms

SCENARIO = "claim-below-storage-class-minimum"
GOLDEN = Path(__file__).parent / "golden"
WRITING = bool(os.environ.get("KUBETRIAGE_WRITE_GOLDEN"))
"""Asked before the tests take the environment's own settings away."""
HAN = re.compile("[\u3400-\u9fff]")
SETTINGS = """
database = "sqlite:///{folder}/kubetriage.db"
language = "en"
[server]
port = 0
workers = 0
[intake]
wait_seconds = 0
[channels.oncall-zh]
type = "feishu"
url = "{zh}"
language = "zh"
timezone = "UTC"
[channels.oncall-en]
type = "slack"
url = "{en}"
timezone = "UTC"
"""


class Robots:
    """A Feishu robot and a Slack hook on a loop of their own, for as long as a test."""

    def __init__(self) -> None:
        self.zh, self.en = FeishuRobot(), SlackHook()
        self.urls: dict[str, str] = {}
        self._loop = asyncio.new_event_loop()
        self._over = asyncio.Event()
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))
        self._thread.start()
        assert self._begun.wait(60)

    async def _serve(self) -> None:
        async with fake_platforms() as platforms:
            self.urls = {"zh": platforms.add("zh", self.zh), "en": platforms.add("en", self.en)}
            self._begun.set()
            await self._over.wait()

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)
        self._loop.close()


@pytest.fixture
def robots() -> Iterator[Robots]:
    running = Robots()
    yield running
    running.end()


def configure(folder: Path, robots: Robots) -> None:
    text = SETTINGS.format(folder=folder, **robots.urls)
    (folder / "kubetriage.toml").write_text(text, encoding="utf-8")


def told(robot: Platform) -> str:
    """What the one message says, without the number of the run."""
    (seen,) = robot.seen
    text = "\n".join(line.rstrip() for part in seen.texts for line in part.splitlines())
    return re.sub("[0-9a-f]{32}", "RUN", text) + "\n"


def same_facts(chinese: str, english: str, alert: str) -> None:
    """Each is in its own language, and both are of one diagnosis."""
    assert "申请 5Gi" in chinese and "requests 5Gi" in english
    for heading in ("根因", "影响", "建议操作", "证据"):
        assert heading in chinese
    assert not HAN.search(english.replace(alert, ""))
    commands = re.findall(r"kubectl [a-z]+ [^\n`]+", english)
    assert len(commands) > 3
    assert all(command in chinese for command in commands)


@pytest.fixture
def alert(scenario_folder: Callable[[str], Path]) -> Any:
    return json.loads((scenario_folder(SCENARIO) / "alert.json").read_text(encoding="utf-8"))


def test_the_command_tells_each_channel_in_its_language(
    kubetriage: Callable[..., Any],
    scenario_folder: Callable[[str], Path],
    robots: Robots,
    tmp_path: Path,
    alert: Any,
) -> None:
    """`triage --notify zh --notify en` reads the cluster once; both messages look as before."""
    configure(tmp_path, robots)
    folder = scenario_folder(SCENARIO)
    ended = kubetriage(
        "triage", folder / "alert.json", "--snapshot", folder / "snapshot", "--format", "json",
        "--notify", "oncall-zh", "--notify", "oncall-en", cwd=tmp_path,
    )  # fmt: skip
    assert ended.status == 0, ended.err
    assert json.loads(ended.out)["language"] == "en"
    chinese, english = told(robots.zh), told(robots.en)
    same_facts(chinese, english, alert["alerts"][0]["labels"]["alertname"])
    for name, text in (("oncall-zh", chinese), ("oncall-en", english)):
        golden = GOLDEN / f"two-languages.{name}.txt"
        if WRITING:
            golden.write_text(text, encoding="utf-8")
        assert text == golden.read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_server_tells_each_channel_in_its_language(
    command: str,
    environment: dict[str, str],
    scenario_folder: Callable[[str], Path],
    robots: Robots,
    tmp_path: Path,
    alert: Any,
) -> None:
    """One alert over HTTP, one run, two messages; the report is had over HTTP in either language."""
    configure(tmp_path, robots)
    now = datetime.now(UTC)
    for each in alert["alerts"]:
        each["startsAt"] = (now - timedelta(minutes=20)).isoformat()
    line = [command, "serve", "--snapshot", str(scenario_folder(SCENARIO) / "snapshot")]
    with (tmp_path / "errors").open("wb") as errors:
        server = subprocess.Popen(
            line, env=environment, cwd=tmp_path, stdout=subprocess.PIPE, stderr=errors, text=True
        )
        assert server.stdout is not None
        try:
            url = next(each for each in server.stdout if "listening on " in each).split("listening on ")[1]
            body = json.dumps(alert).encode()
            asked = urllib.request.Request(
                f"{url.strip()}/api/v1/alerts", body, {"Content-Type": "application/json"}
            )
            urllib.request.urlopen(asked, timeout=60).close()
            until = time.monotonic() + 120
            while not (robots.zh.seen and robots.en.seen):
                assert time.monotonic() < until, (tmp_path / "errors").read_text(encoding="utf-8")[-3000:]
                time.sleep(0.1)
            same_facts(told(robots.zh), told(robots.en), alert["alerts"][0]["labels"]["alertname"])
            reports = [report_in(url.strip(), language) for language in ("en", "zh")]
        finally:
            server.kill()
            server.wait()
            server.stdout.close()
    assert [each["language"] for each in reports] == ["en", "zh"]
    assert reports[0]["id"] == reports[1]["id"]
    assert reports[0]["usage"]["cluster_reads"] == reports[1]["usage"]["cluster_reads"]


def report_in(url: str, language: str) -> Any:
    with urllib.request.urlopen(f"{url}/api/v1/incidents", timeout=60) as answer:
        (incident,) = json.load(answer)["items"]
    path = f"{url}/api/v1/incidents/{incident['id']}/report?format=json&language={language}"
    with urllib.request.urlopen(path, timeout=60) as answer:
        return json.load(answer)
