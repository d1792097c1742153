"""An incident with secrets planted all over it, and everything switched on that could let one out."""

from __future__ import annotations

import gzip
import json
import logging
import threading
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.model.fake import ChatRequest, Reply, ScriptedServer, scripted_server_in_thread
from kubetriage.bootstrap.checkpoints import open_checkpoints
from kubetriage.bootstrap.services import build_services
from kubetriage.bootstrap.settings import load_settings
from kubetriage.bootstrap.tracing import traced
from kubetriage.cli.demo import bundled_scenarios
from kubetriage.domain.alert_formats import alerts_from
from kubetriage.domain.language import Language
from kubetriage.domain.ports import NoProgress
from kubetriage.domain.report import Report
from kubetriage.evals.canaries import KEYS, SAID, plant
from kubetriage.evals.scenario import find
from kubetriage.evals.scripted_answers import right
from kubetriage.graphs.triage_alert import RECURSION_LIMIT, build_triage_alert
from kubetriage.state.triage_alert import TriageContext

SCENARIO = "database-password-refused"


class Collector:
    """Takes whatever traces are sent to it, headers apart: keys belong there."""

    def __init__(self) -> None:
        self.bodies: list[tuple[str, bytes]] = []
        self.url = ""

    def of(self, path: str) -> bytes:
        return b"\n".join(body for at, body in self.bodies if path in at)


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    made = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            packed = self.headers.get("Content-Encoding") == "gzip"
            assert self.headers.get("Content-Encoding", "gzip") == "gzip"
            made.bodies.append((self.path, gzip.decompress(body) if packed else body))
            self._end(202, b"{}")

        def do_GET(self) -> None:
            self._end(404, b"")

        def _end(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None: ...

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{listener.server_address[1]}"
    threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield made
    listener.shutdown()
    listener.server_close()


def talkative(request: ChatRequest) -> Reply:
    """The right diagnosis with a secret in each part of the answer; reads first, then a repair is provoked."""
    expected = next(one for one in find(bundled_scenarios()) if one.name == SCENARIO).expected
    if "kubetriage" not in request.text and "Kubernetes" not in request.text:  # a probe
        return Reply(text=f"ready, {KEYS['model key']}")
    answer = right(request.text, expected)
    answer["summary"] += f" It logs in with password={SAID['model summary']}."
    answer["contributing"].append(
        {"statement": f"{KEYS['model key']} and {SAID['model statement']} are used.", "evidence": ["E1"]}
    )
    command = f"kubectl --token={SAID['model command']} get pods -n billing"
    answer["steps"] = [{"kind": "check", "title": "Look", "detail": command, "commands": [command]}]
    why = f"with the token {SAID['model read']}"
    read = {"what": "object", "kind": "Service", "namespace": "billing", "name": SAID["model read"],
            "container": "", "previous": False, "lines": 0, "why": why}  # fmt: skip
    answer["reads"] = [read]
    return Reply(answer=answer, reasoning=f"The password is password={SAID['model reasoning']}.")


@pytest.fixture(scope="session")
def server() -> Iterator[ScriptedServer]:
    with scripted_server_in_thread([], oracle=talkative, mode="zero", thinking="always") as running:
        yield running


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with `alert.json` and `snapshot`."""
    folder = tmp_path_factory.mktemp("planted")
    plant(folder, bundled_scenarios() / SCENARIO)
    return folder


@pytest.fixture(scope="session")
def told(
    tmp_path_factory: pytest.TempPathFactory, server: ScriptedServer, collector: Collector
) -> dict[str, str]:
    """The environment of a user who has everything switched on, with a home of its own."""
    home = tmp_path_factory.mktemp("canary-home")
    config = home / "kubetriage.toml"
    profile = ['extends = "vllm-qwen3-30b"', f'base_url = "{server.base_url}"', 'key_env = "MODEL_KEY"']
    config.write_text("\n".join(['model = "own"', "[models.own]", *profile, "retries = 1", "backoff = 0.0"]))
    names = ("STATE", "CACHE", "DATA")
    return {
        **{f"XDG_{name}_HOME": str(home / name.lower()) for name in names},
        "KUBETRIAGE_CONFIG": str(config),
        "MODEL_KEY": KEYS["model key"],
        "LANGSMITH_API_KEY": KEYS["trace key"],
        "LANGSMITH_ENDPOINT": collector.url,
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_EXPORTER_OTLP_HEADERS": f"authorization={KEYS['collector key']}",
    }


class Records(logging.Handler):
    """Everything that is logged, its arguments and tracebacks included."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.name} {self.format(record)} {record.__dict__}")

    @property
    def bytes(self) -> bytes:
        return "\n".join(self.lines).encode()


@pytest.fixture
def logged() -> Iterator[Records]:
    made, root = Records(), logging.getLogger()
    before = root.level
    root.addHandler(made)
    root.setLevel(logging.DEBUG)
    yield made
    root.removeHandler(made)
    root.setLevel(before)


@pytest.fixture
def run_once(
    planted: Path, told: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], Awaitable[list[Report]]]:
    """Triages within this process, for the report in either language, keeping checkpoints and observations in `tmp_path/kept`."""
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))  # nothing is answered from the cache
    kept = tmp_path / "kept"
    kept.mkdir()
    document = json.loads((planted / "alert.json").read_text(encoding="utf-8"))
    (alert,) = alerts_from(document, received_at=datetime.now(UTC)).alerts

    async def run() -> list[Report]:
        async with (
            open_checkpoints(f"sqlite:///{kept}/runs.sqlite", 1) as checkpoints,
            build_services(
                load_settings(None),
                snapshot=planted / "snapshot",
                progress=NoProgress(),
                observations=kept / "observations",
            ) as services,
            checkpoints.saver() as saver,
            traced(),
        ):
            graph = build_triage_alert(services).compile(checkpointer=saver)
            config: Any = {"recursion_limit": RECURSION_LIMIT, "configurable": {"thread_id": "1"}}
            given: Any = {"alert": alert, "companions": []}
            context = TriageContext(model="own", language=Language.EN, other_languages=(Language.ZH,))
            ended = await graph.ainvoke(given, config, context=context, durability="sync")
            return [ended["report"], *ended["other_reports"]]

    return run
