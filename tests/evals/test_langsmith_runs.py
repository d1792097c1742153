"""Datasets and experiments through LangSmith's SDK: made here, sent only on purpose."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from kubetriage.bootstrap.tracing import langsmith_client
from kubetriage.cli.demo import bundled_scenarios
from kubetriage.domain.errors import BadInput, BadSettings
from kubetriage.evals.cells import Run, ScenarioUsed, Strategy, cell_path, write_cell, write_run
from kubetriage.evals.langsmith_runs import (
    NotTaken,
    Row,
    dataset_name,
    examples_of,
    experiments,
    offline_client,
    upload_dataset,
)
from kubetriage.evals.planted import Plant, planted_cells, planted_run
from kubetriage.evals.runs.planning import digest_of
from kubetriage.evals.scenario import Scenario, load
from kubetriage.evals.scenarios_used import scenarios_used

ARMS = [(Strategy.RULES, "none"), (Strategy.GRAPH, "a")]
PLANTS = [
    Plant(Strategy.RULES, "none", lambda chance: 0.6),
    Plant(Strategy.GRAPH, "a", lambda chance: 0.5, flaky=0.4),
]


def some_scenarios() -> list[Scenario]:
    folder = Path(bundled_scenarios())
    return [load(path) for path in sorted(folder.iterdir())[:3]]


def run_in(folder: Path, scenarios: list[Scenario]) -> Run:
    used = [
        ScenarioUsed(name=each.name, digest=digest_of(each.folder), category=each.expected.category)
        for each in scenarios
    ]
    run = planted_run(used, 4, PLANTS)
    write_run(folder, run)
    for cell in planted_cells(run, PLANTS, seed=3):
        write_cell(folder, cell)
    return run


async def rows_of(folder: Path, run: Run, scenarios: list[Scenario]) -> list[Row]:
    examples = examples_of(run, scenarios)
    return [row async for row in experiments(folder, run, ARMS, examples, offline_client(), upload=False)]


async def test_every_cell_is_a_row_with_its_scores(tmp_path: Path) -> None:
    """Each repeat of each scenario is in its arm's experiment once, with what the scorers said of it."""
    scenarios = some_scenarios()
    run = run_in(tmp_path, scenarios)
    rows = await rows_of(tmp_path, run, scenarios)
    assert {row.experiment for row in rows} == {"kubetriage rules", "kubetriage graph a"}
    cells = list(planted_cells(run, PLANTS, seed=3))
    assert len(rows) == len(cells) == 24
    told = {
        (row.experiment, row.scenario, row.outputs["repeat"]): {each.key: each.score for each in row.feedback}
        for row in rows
        if not row.error
    }
    for cell in cells:
        label = "kubetriage rules" if cell.key.strategy is Strategy.RULES else "kubetriage graph a"
        said = told.pop((label, cell.key.scenario, cell.key.repeat), None)
        if cell.scores:
            assert said is not None and said["pass"] == (cell.outcome.value == "pass")
            assert said["culprit"] == cell.scores["culprit"].passed
        else:
            assert said is None
    assert told == {}


async def test_what_could_not_be_run_is_an_error_without_a_score(tmp_path: Path) -> None:
    """A rate limit and a missing cell are rows with their reason, and nobody's feedback counts them wrong."""
    scenarios = some_scenarios()
    run = run_in(tmp_path, scenarios)
    gone = next(cell for cell in planted_cells(run, PLANTS, seed=3) if cell.scores)
    cell_path(tmp_path, gone.key).unlink()
    failed = [row for row in await rows_of(tmp_path, run, scenarios) if row.error]
    assert {row.error for row in failed} == {
        "The endpoint answered 429: rate limit reached.",
        "This cell has not been run.",
    }
    assert all(row.feedback == () and row.outputs == {} for row in failed)


def test_examples_are_the_same_everywhere(tmp_path: Path) -> None:
    """One scenario in one state has one id; with other content the dataset has another name."""
    scenarios = some_scenarios()
    run = run_in(tmp_path, scenarios)
    one, other = examples_of(run, scenarios), examples_of(run, scenarios)
    assert [each.id for each in one] == [each.id for each in other]
    assert one[0].outputs == scenarios[0].expected.model_dump(mode="json")
    changed = run.model_copy(
        update={"scenarios": (run.scenarios[0].model_copy(update={"digest": "x"}), *run.scenarios[1:])}
    )
    assert dataset_name(changed) != dataset_name(run)
    assert examples_of(changed, scenarios)[0].id != one[0].id


def test_scenarios_that_changed_since_are_refused(tmp_path: Path) -> None:
    """A key that may be another one is not shown beside a run; nor is a scenario that is not there."""
    scenarios = some_scenarios()
    run = run_in(tmp_path, scenarios)
    assert scenarios_used(run, scenarios) == scenarios
    with pytest.raises(BadInput, match="is not in the folder"):
        scenarios_used(run, scenarios[1:])
    changed = run.model_copy(
        update={"scenarios": (run.scenarios[0].model_copy(update={"digest": "x"}), *run.scenarios[1:])}
    )
    with pytest.raises(BadInput, match="has changed since the run"):
        scenarios_used(changed, scenarios)


WATCHED = """
    import sys
    touched = []
    def watch(event, args):
        if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
            touched.append((event, str(args[1:])))
    sys.addaudithook(watch)
    from kubetriage.cli import main
    sys.argv = ["kubetriage", "eval", "langsmith", sys.argv[1]]
    try:
        main()
    finally:
        import threading, time
        time.sleep(0.5)  # whatever a thread would still send
        print("TOUCHED", touched)
"""


def test_offline_is_offline(tmp_path: Path) -> None:
    """With a key and tracing set, and without --upload, no name is looked up and no socket connects."""
    run_in(tmp_path, some_scenarios())
    env = {**os.environ, "LANGSMITH_API_KEY": "lsv2_pt_x", "LANGSMITH_TRACING": "true", "HOME": str(tmp_path)}
    code = [sys.executable, "-c", textwrap.dedent(WATCHED), str(tmp_path)]
    done = subprocess.run(code, env=env, capture_output=True, text=True, timeout=180)
    assert "TOUCHED []" in done.stdout, done.stdout + done.stderr
    assert "Nothing was sent" in done.stdout and done.stderr == ""
    lines = (tmp_path / "langsmith.jsonl").read_text().splitlines()
    assert len(lines) == 24 and {"experiment", "feedback"} <= json.loads(lines[0]).keys()


# ---- with a key and on purpose


class Service:
    """A stand-in of LangSmith that takes a dataset and experiments."""

    def __init__(self) -> None:
        self.url = ""
        self.examples: list[dict[str, Any]] = []
        self.datasets: list[dict[str, Any]] = []
        self.sessions: list[dict[str, Any]] = []
        self.got: list[tuple[str, str, bytes]] = []
        self.refuses = False

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        self.got.append((method, path, body))
        parts = urlsplit(path)
        if self.refuses:
            return 403, {"detail": "no"}
        if parts.path == "/info":
            return 200, {}
        if parts.path == "/datasets":
            return self._datasets(method, parse_qs(parts.query), body)
        if parts.path.endswith("/examples") and method == "POST":
            return 201, {"count": len(self.examples), "example_ids": [each["id"] for each in self.examples]}
        if parts.path == "/examples":
            return 200, self.examples if "offset=0" in path or "offset" not in path else []
        if parts.path == "/sessions" and method == "POST":
            self.sessions.append(json.loads(body))
            return 200, {**json.loads(body), "tenant_id": self.datasets[0]["id"]}
        if method == "PATCH" and parts.path.startswith("/sessions/"):
            return 200, {**self.sessions[-1], "tenant_id": self.datasets[0]["id"]}
        return 200, {}

    def _datasets(self, method: str, asked: dict[str, list[str]], body: bytes) -> tuple[int, Any]:
        if method == "POST":
            said = json.loads(body)
            made = {"id": self.examples[0]["dataset_id"], "created_at": "2027-01-01T00:00:00Z", **said}
            self.datasets.append(made)
            return 200, made
        return 200, [each for each in self.datasets if [each["name"]] == asked.get("name", [each["name"]])]


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    made = Service()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def take(self) -> None:
            if self.headers.get("Transfer-Encoding") == "chunked":
                body = b"".join(iter(self.piece, b""))
            else:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, said = made.answer(self.command, self.path, body)
            content = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def piece(self) -> bytes:
            read = self.rfile.read(int(self.rfile.readline(), 16))
            self.rfile.readline()
            return read

        do_GET = do_POST = do_PATCH = take

        def log_message(self, format: str, *args: Any) -> None: ...

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{listener.server_address[1]}"
    threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    monkeypatch.setenv("LANGSMITH_API_KEY", f"lsv2_pt_{made.url[-5:]}")  # a client a process and key
    monkeypatch.setenv("LANGSMITH_ENDPOINT", made.url)
    yield made
    listener.shutdown()
    listener.server_close()


async def test_with_a_key_and_on_purpose_a_dataset_and_experiments_are_sent(
    tmp_path: Path, service: Service
) -> None:
    """The dataset once, an experiment an arm that names it, runs and feedback; a second time no dataset."""
    scenarios = some_scenarios()
    run = run_in(tmp_path, scenarios)
    examples = examples_of(run, scenarios)
    service.examples = [json.loads(each.model_dump_json(exclude={"attachments"})) for each in examples]
    client = langsmith_client()
    name = upload_dataset(client, run, examples)
    rows = [row async for row in experiments(tmp_path, run, ARMS, name, client, upload=True)]
    client.flush()
    assert len(rows) == 24
    assert [each["name"] for each in service.datasets] == [name]
    assert [each["name"].rsplit("-", 1)[0] for each in service.sessions] == [
        "kubetriage rules",
        "kubetriage graph a",
    ]
    assert {each["reference_dataset_id"] for each in service.sessions} == {service.datasets[0]["id"]}
    sent = [(path, body) for method, path, body in service.got if method == "POST"]
    assert any("runs" in path for path, _ in sent) and any(b"culprit" in body for _, body in sent)
    assert upload_dataset(client, run, examples) == name and len(service.datasets) == 1


async def test_a_service_that_refuses_is_one_sentence(tmp_path: Path, service: Service) -> None:
    """What LangSmith's client says of a refusal, headers and all, is not passed on."""
    scenarios = some_scenarios()
    run = run_in(tmp_path, scenarios)
    service.refuses = True
    with pytest.raises(NotTaken, match=r"^LangSmith\w+$|Error"):
        upload_dataset(langsmith_client(), run, examples_of(run, scenarios))


def test_without_a_key_nothing_can_be_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """--upload without a key is a sentence that names the variable."""
    for name in ("LANGSMITH_API_KEY", "LANGCHAIN_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(BadSettings, match="LANGSMITH_API_KEY is not set"):
        langsmith_client()
