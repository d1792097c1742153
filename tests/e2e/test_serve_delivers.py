"""From an alert over HTTP to the card that people see, its end, and what a `kill -9` leaves of it."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.channels.fake import (
    Fault,
    FaultKind,
    FeishuRobot,
    Platform,
    WebhookReceiver,
    fake_platforms,
)

pytestmark = pytest.mark.slow

SCENARIO = "claim-below-storage-class-minimum"
SIGNING = "Sign1ngS3cret"
ROBOT = "r0b0t-k3y"
"""The last part of a robot's address, which is its key."""
WEBHOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SETTINGS = """
database = "sqlite:///{folder}/kubetriage.db"
language = "zh"
[server]
port = 0
sweep_seconds = 0.2
heartbeat_seconds = 0.5
takeover_seconds = 3
[intake]
wait_seconds = 0
resolve_delay_seconds = 0
[notify]
incident_url = "https://triage.example.com/incidents/{{incident}}"
[channels.ops]
type = "feishu"
url_env = "OPS_ROBOT"
secret_env = "OPS_SECRET"
keyword = "告警"
mention = ["all"]
mention_severities = ["critical", "warning"]
"""


class Robots:
    """Stand-ins of platforms on a loop of their own, for as long as a test."""

    def __init__(self) -> None:
        self.base = ""
        self._loop = asyncio.new_event_loop()
        self._over = asyncio.Event()
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))
        self._thread.start()
        assert self._begun.wait(60)

    async def _serve(self) -> None:
        async with fake_platforms() as self._platforms:
            self._begun.set()
            await self._over.wait()

    def robot(self, faults: Iterable[Fault | None] = ()) -> tuple[Platform, str]:
        """A signed Feishu robot that wants a keyword, and its address."""
        robot = FeishuRobot(secret=SIGNING, keyword="告警", faults=faults)
        return robot, f"{self._platforms.add('bot', robot)}/{ROBOT}"

    def receiver(self, faults: Iterable[Fault | None] = ()) -> tuple[Platform, str]:
        """A receiver of signed webhooks, which takes a message once, and its address."""
        receiver = WebhookReceiver(secret=WEBHOOK_SECRET, faults=faults)
        return receiver, self._platforms.add("hook", receiver)

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)
        self._loop.close()


@pytest.fixture
def robots() -> Iterator[Robots]:
    running = Robots()
    yield running
    running.end()


class Server:
    """A running `kubetriage serve` that tells one robot."""

    def __init__(self, line: list[str], environment: dict[str, str], folder: Path) -> None:
        self.folder = folder
        self.said: list[str] = []
        self._errors = (folder / "errors").open("ab")
        self.process = subprocess.Popen(
            line, env=environment, cwd=folder, stdout=subprocess.PIPE, stderr=self._errors, text=True
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.wait_until(self.ready)

    def _read(self) -> None:
        assert self.process.stdout
        self.said += self.process.stdout

    @property
    def url(self) -> str:
        line = next((each for each in self.said if "listening on " in each), "listening on ")
        return line.split("listening on ")[1].strip()

    def wait_until(self, condition: Callable[[], Any], seconds: float = 120.0) -> Any:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if found := condition():
                return found
            assert self.process.poll() is None, self.errors()
            time.sleep(0.05)
        raise AssertionError(f"not within {seconds} seconds\n{self.errors()[-3000:]}")

    def ready(self) -> bool:
        try:
            return bool(self.url and self.text("/readyz"))
        except urllib.error.HTTPError:
            return False

    def errors(self) -> str:
        return (self.folder / "errors").read_text(encoding="utf-8")

    def text(self, path: str) -> str:
        with urllib.request.urlopen(f"{self.url}{path}", timeout=60) as answer:
            body: bytes = answer.read()
        return body.decode()

    def messages(self, *states: str) -> list[Any]:
        query = "&".join(f"state={each}" for each in states)
        found: list[Any] = json.loads(self.text(f"/api/v1/messages?{query}"))["items"]
        return found

    def post(self, body: bytes) -> None:
        request = urllib.request.Request(
            f"{self.url}/api/v1/alerts", data=body, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert answer.status == 202

    def kill(self) -> None:
        """SIGKILL: nothing can be said any more."""
        self.process.kill()
        self.process.wait()
        self._reader.join()
        self._errors.close()

    def everything(self) -> str:
        """All that the server says of itself: its log, its API, its metrics."""
        listed = self.messages()
        details = [self.text(f"/api/v1/messages/{each['id']}") for each in listed]
        return "\n".join([*self.said, self.errors(), self.text("/metrics"), json.dumps(listed), *details])


Serve = Callable[..., Server]


@pytest.fixture
def serve(
    command: str, environment: dict[str, str], scenario_folder: Callable[[str], Path], tmp_path: Path
) -> Iterator[Serve]:
    """`serve(address, *options)`: a server over a recorded cluster that tells the robot of that address."""
    running: list[Server] = []
    (tmp_path / "kubetriage.toml").write_text(SETTINGS.format(folder=tmp_path), encoding="utf-8")
    snapshot = str(scenario_folder(SCENARIO) / "snapshot")

    def start(address: str, *options: str) -> Server:
        secrets = {"OPS_ROBOT": address, "OPS_SECRET": SIGNING}
        line = [command, "serve", "--snapshot", snapshot, *options]
        running.append(Server(line, environment | secrets, tmp_path))
        return running[-1]

    yield start
    for server in running:
        server.kill()


@pytest.fixture
def alert(scenario_folder: Callable[[str], Path]) -> Callable[[str], bytes]:
    """The scenario's alert, `firing` or `resolved`, of one and the same episode."""
    text = (scenario_folder(SCENARIO) / "alert.json").read_text(encoding="utf-8")
    now = datetime.now(UTC)

    def of(status: str) -> bytes:
        document = json.loads(text)
        document["status"] = status
        for each in document["alerts"]:
            each["status"] = status
            each["startsAt"] = (now - timedelta(minutes=20)).isoformat()
            each["endsAt"] = now.isoformat() if status == "resolved" else "0001-01-01T00:00:00Z"
        return json.dumps(document).encode()

    return of


@pytest.mark.parametrize("workers", ["0", "1"])
def test_an_alert_becomes_a_card_and_its_end_another(
    serve: Serve, alert: Callable[[str], bytes], robots: Robots, workers: str
) -> None:
    """People see one card of the diagnosis and, later, one of the end; API and metrics say so, and no secret."""
    robot, address = robots.robot()
    server = serve(address, "--workers", workers)
    server.post(alert("firing"))
    server.wait_until(lambda: len(server.messages("delivered")) == 1)
    [card] = robot.seen
    told = "\n".join(card.texts)
    assert "告警中" in told
    assert "根因" in told
    assert "10Gi" in told
    assert "https://triage.example.com/incidents/" in json.dumps(card.raw)
    assert card.pinged == ["all"]

    server.post(alert("firing"))  # Alertmanager repeats itself
    server.post(alert("resolved"))
    server.wait_until(lambda: len(server.messages("delivered")) == 2)
    over = robot.seen[1]
    assert over.raw["card"]["header"]["template"] == "green"
    assert "已恢复" in "\n".join(over.texts)
    assert over.pinged == []
    assert [each["event"] for each in server.messages()] == ["resolved", "diagnosed"]
    assert len(robot.calls) == 2

    [attempt] = json.loads(server.text(f"/api/v1/messages/{server.messages()[0]['id']}"))["attempts"]
    assert attempt["outcome"] == "delivered"
    counted = re.compile(
        r'kubetriage_deliveries_total\{channel="ops",(executor=.*,)?outcome="delivered"\} 2.0'
    )
    server.wait_until(lambda: counted.search(server.text("/metrics")))
    server.wait_until(
        lambda: 'kubetriage_messages{channel="ops",state="delivered"} 2.0' in server.text("/metrics")
    )
    everything = server.everything()
    assert SIGNING not in everything
    assert ROBOT not in everything


def test_a_channel_that_cannot_be_made_is_said_at_once(
    command: str, environment: dict[str, str], tmp_path: Path
) -> None:
    """A template that is not there ends `serve` with one sentence, before anything is accepted."""
    settings = SETTINGS.format(folder=tmp_path) + 'template = "gone.j2"\n'
    (tmp_path / "kubetriage.toml").write_text(settings, encoding="utf-8")
    secrets = {"OPS_ROBOT": f"https://robot.example.com/{ROBOT}", "OPS_SECRET": SIGNING}
    ended = subprocess.run(
        [command, "serve"],
        env=environment | secrets,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.startswith("kubetriage: channels.ops.template: gone.j2 cannot be read")
    assert ended.stderr.count("\n") == 1


def test_the_end_is_not_told_to_those_who_never_heard_of_it(
    serve: Serve, alert: Callable[[str], bytes], robots: Robots
) -> None:
    """A robot that refused the card for good gets no message of the end."""
    robot, address = robots.robot([Fault(FaultKind.DEAD)])
    server = serve(address, "--workers", "0")
    server.post(alert("firing"))
    [dead] = server.wait_until(lambda: server.messages("dead"))
    assert "19001" in dead["error"]
    server.post(alert("resolved"))
    server.wait_until(lambda: json.loads(server.text("/api/v1/incidents?state=closed"))["items"])
    time.sleep(3)
    assert len(robot.calls) == 1
    assert robot.seen == []
    assert 'kubetriage_messages{channel="ops",state="dead"}' in server.text("/metrics")


@pytest.mark.parametrize("workers", ["0", "1"])
def test_killed_between_the_message_and_its_answer_it_is_never_sent_twice(
    serve: Serve, alert: Callable[[str], bytes], robots: Robots, workers: str
) -> None:
    """What a robot was sent and never answered is `unknown` to the next server, which sends the end alone."""
    robot, address = robots.robot([Fault(FaultKind.SILENT)])
    server = serve(address, "--workers", workers)
    server.post(alert("firing"))
    server.wait_until(lambda: robot.seen)
    assert [each["state"] for each in server.messages()] == ["sending"]
    server.kill()

    again = serve(address, "--workers", workers)
    [lost] = again.wait_until(lambda: again.messages("unknown"))
    assert lost["attempts"] == 1
    time.sleep(4)  # two looks at the outbox
    assert len(robot.calls) == 1
    again.post(alert("resolved"))  # people may have seen the card
    again.wait_until(lambda: again.messages("delivered"))
    assert [(each["event"], each["state"]) for each in again.messages()] == [
        ("resolved", "delivered"),
        ("diagnosed", "unknown"),
    ]
    assert len(robot.calls) == 2
    assert 'kubetriage_messages{channel="ops",state="unknown"} 1.0' in again.text("/metrics")


@pytest.mark.parametrize("workers", ["0", "1"])
def test_killed_between_the_message_and_its_answer_a_receiver_that_knows_it_gets_it_again(
    serve: Serve, alert: Callable[[str], bytes], robots: Robots, tmp_path: Path, workers: str
) -> None:
    """Under the same id: whether it had the message or not, it has it once, and the outbox says so."""
    receiver, address = robots.receiver([Fault(FaultKind.SILENT)])
    before, _, _ = SETTINGS.format(folder=tmp_path).partition("[channels.ops]")
    hook = f'type = "webhook"\nurl_env = "OPS_ROBOT"\nsecret = "{WEBHOOK_SECRET}"\nallow_private = true\n'
    (tmp_path / "kubetriage.toml").write_text(f"{before}[channels.ops]\n{hook}", encoding="utf-8")
    server = serve(address, "--workers", workers)
    server.post(alert("firing"))
    server.wait_until(lambda: receiver.seen)
    assert [each["state"] for each in server.messages()] == ["sending"]
    server.kill()

    again = serve(address, "--workers", workers)
    [told] = again.wait_until(lambda: again.messages("delivered"))
    tried = json.loads(again.text(f"/api/v1/messages/{told['id']}"))["attempts"]
    assert [each["outcome"] for each in tried] == [None, "delivered"]
    assert len(receiver.calls) == 2
    assert len({each.headers["webhook-id"] for each in receiver.calls}) == 1 == len(receiver.seen)
