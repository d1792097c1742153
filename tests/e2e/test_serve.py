"""`kubetriage serve` as a process: from an alert over HTTP to its report, its workers, and its end."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

SCENARIO = "claim-below-storage-class-minimum"
SETTINGS = """
database = "sqlite:///{folder}/kubetriage.db"
[server]
port = 0
sweep_seconds = 0.2
heartbeat_seconds = 0.5
takeover_seconds = 3
[intake]
wait_seconds = 0
"""


IDLE_SECONDS = 4.0
"""Alone it takes 0.4 s, and 1 s with a process of its own."""
TRIES = 3
"""A machine that has other things to do may be late, but not each time; what waits for a grace is."""


class Server:
    """A running `kubetriage serve`."""

    def __init__(self, line: list[str], environment: dict[str, str], folder: Path) -> None:
        self.folder = folder
        self._errors = (folder / "errors").open("ab")
        self.process = subprocess.Popen(
            line, env=environment, cwd=folder, stdout=subprocess.PIPE, stderr=self._errors, text=True
        )
        self.url = ""
        self.said: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.said.append(line)
            if "listening on " in line:
                self.url = line.split("listening on ")[1].strip()

    def wait_until(self, condition: Callable[[], Any], seconds: float = 120.0) -> Any:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if found := condition():
                return found
            assert self.process.poll() is None, self.errors()
            time.sleep(0.05)
        raise AssertionError(f"not within {seconds} seconds\n{self.errors()[-3000:]}")

    def errors(self) -> str:
        return (self.folder / "errors").read_text(encoding="utf-8")

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.url}{path}", timeout=60) as answer:
            return json.load(answer)

    def ready(self) -> bool:
        try:
            return bool(self.get("/readyz"))
        except urllib.error.HTTPError:
            return False

    def post(self, body: bytes) -> Any:
        request = urllib.request.Request(
            f"{self.url}/api/v1/alerts", data=body, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert answer.status == 202
            return json.load(answer)

    def incidents(self, state: str) -> Any:
        return self.get(f"/api/v1/incidents?state={state}")["items"]

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()
        self._errors.close()


Serve = Callable[..., Server]


@pytest.fixture
def serve(
    command: str, environment: dict[str, str], scenario_folder: Callable[[str], Path], tmp_path: Path
) -> Iterator[Serve]:
    """`serve(*options, env=…)`: a started server over a recorded cluster, with a database of the test's own."""
    running: list[Server] = []
    (tmp_path / "kubetriage.toml").write_text(SETTINGS.format(folder=tmp_path), encoding="utf-8")
    snapshot = str(scenario_folder(SCENARIO) / "snapshot")

    def start(*options: str, env: dict[str, str] | None = None) -> Server:
        server = Server(
            [command, "serve", "--snapshot", snapshot, *options], environment | (env or {}), tmp_path
        )
        running.append(server)
        server.wait_until(lambda: server.url)
        server.wait_until(server.ready)
        return server

    yield start
    for server in running:
        server.end()


@pytest.fixture
def alert(scenario_folder: Callable[[str], Path]) -> Callable[[str], bytes]:
    """The scenario's alert as another cluster's, which makes it another incident."""

    def of(cluster: str) -> bytes:
        document = json.loads((scenario_folder(SCENARIO) / "alert.json").read_text(encoding="utf-8"))
        for each in document["alerts"]:
            each["labels"]["cluster"] = cluster
            del each["fingerprint"]
        return json.dumps(document).encode()

    return of


def test_an_alert_becomes_an_incident_and_its_report(serve: Serve, alert: Callable[[str], bytes]) -> None:
    """What the command line finds, the server finds, stores and serves, after a 202 that came before it."""
    server = serve()
    accepted = server.post(alert("one"))
    [incident] = server.wait_until(lambda: server.incidents("reported"))
    assert server.get(f"/api/v1/posts/{accepted['post']}")["incidents"] == [incident["id"]]
    report = server.get(f"/api/v1/incidents/{incident['id']}/report?format=json")
    assert report["id"] == incident["report_run"]
    assert report["outcome"] == "diagnosed"
    assert "at least 10Gi" in report["summary"]


def test_what_leaves_alerts_without_a_diagnosis_is_said_once(
    command: str, environment: dict[str, str], tmp_path: Path
) -> None:
    """Two clusters and no default: one sentence at the start, for whoever reads both streams in one place."""
    clusters = "".join(f'[clusters.{name}]\nurl = "http://127.0.0.1:9/mcp"\n' for name in ("a", "b"))
    settings = SETTINGS.format(folder=tmp_path) + clusters
    (tmp_path / "kubetriage.toml").write_text(settings, encoding="utf-8")
    server = Server([command, "serve", "--role", "intake"], environment, tmp_path)
    try:
        server.wait_until(lambda: server.url)
    finally:
        server.end()
    assert ("".join(server.said) + server.errors()).count("will not be diagnosed") == 1


def test_what_was_accepted_is_diagnosed_after_a_restart(serve: Serve, alert: Callable[[str], bytes]) -> None:
    """A server killed right after its 202 has lost nothing: the next one on the database goes on."""
    server = serve("--role", "intake")
    server.post(alert("one"))
    server.process.kill()
    server.process.wait()
    again = serve()
    [incident] = again.wait_until(lambda: again.incidents("reported"))
    assert incident["diagnosis_attempts"] == 1


def children_of(process: int) -> list[int]:
    listed = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="utf-8")
    return [int(number) for number in listed.split()]


def workers_of(process: int) -> list[int]:
    """Without the sorter."""
    return [each for each in children_of(process) if "--sorter" not in words_of(each)]


def words_of(process: int) -> list[str]:
    with suppress(FileNotFoundError):
        return Path(f"/proc/{process}/cmdline").read_text(encoding="utf-8").split("\0")
    return []


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] != "Z"


def test_workers_are_processes_that_are_started_again(serve: Serve, alert: Callable[[str], bytes]) -> None:
    """A diagnosing process that is killed takes no alert with it, and another takes its place."""
    server = serve("--workers", "2")
    before = server.wait_until(lambda: len(found := workers_of(server.process.pid)) == 2 and found)
    for each in before:
        os.kill(each, signal.SIGKILL)
    server.post(alert("one"))
    server.wait_until(lambda: server.incidents("reported"))
    after = server.wait_until(lambda: len(found := workers_of(server.process.pid)) == 2 and found)
    assert not set(after) & set(before)


def test_workers_do_not_outlive_the_server(serve: Serve) -> None:
    """However the server dies, no process that diagnoses or sorts stays behind."""
    server = serve("--workers", "1")
    children = server.wait_until(lambda: len(found := children_of(server.process.pid)) == 2 and found)
    server.process.kill()
    server.process.wait()
    until = time.monotonic() + 90
    while any(map(alive, children)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(map(alive, children))


@pytest.mark.parametrize("workers", ["0", "1"])
def test_asked_to_end_it_ends_in_order(serve: Serve, alert: Callable[[str], bytes], workers: str) -> None:
    """SIGTERM: no new work, what runs is left whole, exit status 0, and the next server has all of it."""
    server = serve("--workers", workers)
    for number in range(6):
        server.post(alert(f"c{number}"))
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(60) == 0, server.errors()
    assert "Traceback" not in server.errors()
    again = serve()
    again.wait_until(lambda: len(again.incidents("reported")) == 6)
    assert {each["diagnosis_attempts"] for each in again.incidents("reported")} == {1}


@pytest.mark.parametrize("options", [[], ["--role", "worker"], ["--workers", "1"]])
def test_asked_to_end_with_nothing_to_do_it_ends_soon(
    serve: Serve, options: list[str], lateness: Callable[[], float]
) -> None:
    """Idle, a server of any shape is gone about a second after SIGTERM."""
    took = []
    for _ in range(TRIES):
        server = serve(*options, env={"KUBETRIAGE_SERVER__HEALTH_PORT": "0"})
        server.wait_until(lambda: workers_alive(server.folder))  # noqa: B023 within this round
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(60) == 0, server.errors()
        took.append((time.monotonic() - began) / lateness())
        if took[-1] < IDLE_SECONDS:
            break
    assert min(took) < IDLE_SECONDS, server.errors()
    assert "Traceback" not in server.errors()


def workers_alive(folder: Path) -> int:
    """Workers that have begun and not ended, whichever process they are in."""
    with sqlite3.connect(f"file:{folder / 'kubetriage.db'}?mode=ro", uri=True) as connection:
        return int(connection.execute("SELECT count(*) FROM executors").fetchone()[0])


def test_a_server_that_only_diagnoses_says_how_it_is(serve: Serve, alert: Callable[[str], bytes]) -> None:
    """On its own port: alive, ready once it takes work, its figures; no alert is taken there."""
    server = serve("--role", "worker", env={"KUBETRIAGE_SERVER__HEALTH_PORT": "0"})
    assert server.get("/healthz") == {"status": "ok"}
    assert server.get("/readyz") == {"status": "ok", "database": "ok", "worker": "ok"}
    with urllib.request.urlopen(f"{server.url}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    assert "process_resident_memory_bytes" in text
    assert "kubetriage_store_up 1" in text
    with pytest.raises(urllib.error.HTTPError) as refused:
        server.post(alert("one"))
    assert refused.value.code == 404


def test_asked_twice_it_ends_at_once(serve: Serve) -> None:
    """Who cannot wait for the grace says so by a second SIGTERM."""
    server = serve("--workers", "1")
    [worker] = server.wait_until(lambda: workers_of(server.process.pid))
    os.kill(worker, signal.SIGSTOP)  # it does not end, and is waited for
    try:
        server.process.send_signal(signal.SIGTERM)
        server.wait_until(lambda: "asked to end" in server.errors())
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(60) == 128 + signal.SIGTERM
    finally:
        with suppress(ProcessLookupError):
            os.kill(worker, signal.SIGKILL)


def test_triage_on_demand_goes_through_the_workers(serve: Serve, alert: Callable[[str], bytes]) -> None:
    """A person's question is durable as alerts are, and answered by whichever process diagnoses."""
    server = serve("--workers", "1")
    request = urllib.request.Request(
        f"{server.url}/api/v1/triage",
        data=json.dumps({"alert": json.loads(alert("one")), "wait_seconds": 110}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=120) as answer:
        [run] = json.load(answer)["runs"]
    assert run["status"] == "success"
    assert "at least 10Gi" in run["outcome"]["summary"]


REFUSED = [
    (["--host", "0.0.0.0"], {}, "loopback"),
    ([], {"KUBETRIAGE_DATABASE": "mysql://x"}, "sqlite:///"),
    ([], {"KUBETRIAGE_SERVER__PROT": "1"}, "Did you mean port?"),
    ([], {"KUBETRIAGE_SERVER__TOKENS__ALERTMANAGER": "NOT_THERE"}, "NOT_THERE is not set"),
    (["--snapshot", "/nowhere"], {}, "/nowhere does not exist"),
    (["--snapshot", "/nowhere", "--workers", "1"], {}, "/nowhere does not exist"),
    (["--workers", "1"], {"KUBETRIAGE_MODEL": "nobody"}, "nobody"),
]


@pytest.mark.parametrize(("options", "env", "said"), REFUSED)
def test_what_cannot_be_served_is_refused_with_a_sentence(
    kubetriage: Callable[..., Any], tmp_path: Path, options: list[str], env: dict[str, str], said: str
) -> None:
    """A wrong setting is said at once, with exit status 2, and not found out by the first alert."""
    usual = {"XDG_STATE_HOME": str(tmp_path), "KUBETRIAGE_SERVER__PORT": "0"}
    ended = kubetriage("serve", *options, env=usual | env)
    assert ended.status == 2, ended.err
    assert "listening" not in ended.out
    assert said in ended.err.splitlines()[-1]
    assert "Traceback" not in ended.err


def test_a_port_in_use_is_said(serve: Serve, kubetriage: Callable[..., Any], tmp_path: Path) -> None:
    """The second server on a port says so instead of dying in a stack trace."""
    port = serve().url.rsplit(":", 1)[1]
    ended = kubetriage("serve", "--port", port, env={"XDG_STATE_HOME": str(tmp_path)})
    assert ended.status == 2
    assert ended.err.splitlines()[-1].endswith(f":{port} cannot be listened on: Address already in use.")


LATE = """
import sys
from kubetriage.cli.app import run

run(sys.argv[1:])
print(sorted({"dbos", "sqlalchemy", "fastapi", "langgraph", "uvicorn"} & set(sys.modules)))
"""


@pytest.mark.parametrize("line", [["--help"], ["serve", "--help"], ["graph", "--help"]])
def test_help_imports_no_server(line: list[str]) -> None:
    """The command line does not pay for the server's libraries before it serves."""
    program = [sys.executable, "-c", LATE, *line]
    ended = subprocess.run(program, capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "[]"


WITHOUT = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name == "dbos":
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Missing())
sys.path_importer_cache.clear()
import importlib.util as util
found = util.find_spec
util.find_spec = lambda name, package=None: None if name == "dbos" else found(name, package)
from kubetriage.cli.app import run
sys.exit(run(["serve"]))
"""


def test_a_missing_extra_is_one_clear_sentence() -> None:
    """Installed without the server's packages, `serve` says what to install."""
    program = [sys.executable, "-c", WITHOUT]
    ended = subprocess.run(program, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    assert "pip install 'kubetriage[server]'" in ended.stderr
