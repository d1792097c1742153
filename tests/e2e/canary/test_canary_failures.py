"""Nothing secret leaves where something fails: endpoints and servers that quote what they got, wrong settings."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.model.fake import ScriptedServer
from kubetriage.cli.app import run
from kubetriage.domain.report import Report
from kubetriage.evals.canaries import KEYS, PLANTED, SECRETS, bytes_of, leaks

QUOTED = f"{KEYS['model key']} postgres://app:{PLANTED['log connection string']}@pg/x {PLANTED['log jwt']}"
FAILURES: dict[str, Any] = {
    "401": {"status": {"status": 401, "message": f"Incorrect API key provided: {QUOTED}"}},
    "400": {"status": {"status": 400, "message": f"bad: {QUOTED}"}},
    "503": {"status": {"status": 503, "message": f"upstream {QUOTED}"}},
    "200": {"status": {"status": 200, "message": QUOTED}},
}


@pytest.mark.parametrize("failure", FAILURES)
async def test_what_a_failing_endpoint_says(
    failure: str,
    run_once: Callable[[], Awaitable[list[Report]]],
    logged: Any,
    server: ScriptedServer,
    collector: Any,
    tmp_path: Path,
) -> None:
    """One that quotes the key and what it got: in the report, its checkpoints, the log and the traces."""
    before = len(collector.bodies)
    server.configure(faults=[{"do": [FAILURES[failure]]}])
    try:
        report, other = await run_once()
    finally:
        server.configure(faults=[])
    assert report.usage.model_calls == 0 and any("model" in gap.what for gap in report.gaps)
    seen = bytes_of(tmp_path / "kept") | {"log": logged.bytes, "report": report.model_dump_json().encode()}
    seen["other"] = other.model_dump_json().encode()
    traced = {f"{n} {path}": body for n, (path, body) in enumerate(collector.bodies[before:])}
    assert any(b"synthesize" in body for body in traced.values())
    seen |= traced
    assert leaks(seen, SECRETS) == []


class Echo(BaseHTTPRequestHandler):
    """Refuses everything, and quotes what it was sent."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = f"no: {self.headers}".encode()
        self.send_response(int(self.path.strip("/").partition("/")[0]))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_DELETE = do_POST

    def log_message(self, format: str, *args: Any) -> None: ...


@pytest.fixture
def echo() -> Iterator[str]:
    listener = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{listener.server_address[1]}"
    listener.shutdown()
    listener.server_close()


@pytest.mark.parametrize("way", ["401", "500", "program"])
def test_what_a_failing_cluster_says(
    way: str, kubetriage: Callable[..., Any], echo: str, tmp_path: Path
) -> None:
    """An MCP server that quotes its token, over HTTP and on the standard error of a program."""
    token = KEYS["cluster token"]
    if way == "program":
        code = "import os, sys; sys.exit('cannot use token=' + os.environ['CLUSTER_TOKEN'])"
        table = {"command": sys.executable, "args": ["-c", code], "env": {"CLUSTER_TOKEN": token}}
    else:
        table = {"url": f"{echo}/{way}/mcp", "token": token, "headers": {"X-Api-Key": token}}
    lines = "".join(f"{name} = {_toml(value)}\n" for name, value in table.items())
    (tmp_path / "kubetriage.toml").write_text(f"[clusters.far]\n{lines}", encoding="utf-8")
    seen = {}
    for line in (("triage", "pod/web", "-n", "shop"), ("doctor",)):
        ended = kubetriage("--debug", "--config", tmp_path / "kubetriage.toml", *line)
        assert ended.status == 3, ended.err
        seen[line[0]] = f"{ended.out}\n{ended.err}".encode()
    assert leaks(seen, SECRETS) == []


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {json.dumps(part)}" for name, part in value.items()) + "}"
    return json.dumps(value)


KEY = KEYS["model key"]
WRONG_SETTINGS = {
    "key in a table": f'[models.own]\nextends = "ollama-qwen3-30b"\nkey = "{KEY}"\n',
    "key for a variable's name": f'[models.own]\nextends = "ollama-qwen3-30b"\nkey_env = "{KEY}"\n',
    "key in an address": f'[models.own]\nextends = "ollama-qwen3-30b"\nbase_url = "http://u:{KEY}@h/v1"\n',
    "key in a query": f'[models.own]\nextends = "ollama-qwen3-30b"\nbase_url = "http://h/v1?key={KEY}"\n',
    "token of a wrong type": f'[clusters.a]\nurl = "http://h/mcp"\nheaders = ["{KEY}"]\n',
    "broken file": f'[clusters.a]\nurl = "http://h/mcp"\ntoken = "{KEY}\n',
}


@pytest.mark.parametrize("wrong", WRONG_SETTINGS)
def test_what_is_said_of_wrong_settings(
    wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A key in the wrong place is refused in a sentence that names the place and not the key."""
    path = tmp_path / "kubetriage.toml"
    path.write_text(WRONG_SETTINGS[wrong], encoding="utf-8")
    status = run(["--debug", "--config", str(path), "models"])
    said = capsys.readouterr()
    assert status == 2 and ("kubetriage.toml" in said.err or "models.own" in said.err)
    assert leaks({"out": said.out.encode(), "err": said.err.encode()}, SECRETS) == []


@pytest.mark.binary
def test_what_the_real_server_says(
    kubetriage: Callable[..., Any], mcp_binary: Path, echo: str, tmp_path: Path
) -> None:
    """kubernetes-mcp-server with a kubeconfig whose API refuses its token, and quotes it."""
    token, name = KEYS["cluster token"], [{"name": "x"}]
    parts: dict[str, Any] = {
        "clusters": {"cluster": {"server": f"{echo}/401"}},
        "users": {"user": {"token": token}},
    }
    parts["contexts"] = {"context": {"cluster": "x", "user": "x"}}
    config = {kind: [name[0] | part] for kind, part in parts.items()} | {"current-context": "x"}
    (tmp_path / "kubeconfig").write_text(json.dumps(config), encoding="utf-8")
    table = {
        "command": str(mcp_binary),
        "args": ["--read-only", "--kubeconfig", str(tmp_path / "kubeconfig")],
    }
    lines = "".join(f"{key} = {_toml(value)}\n" for key, value in table.items())
    (tmp_path / "kubetriage.toml").write_text(f"[clusters.far]\n{lines}", encoding="utf-8")
    ended = kubetriage("--debug", "--config", tmp_path / "kubetriage.toml", "triage", "pod/web", "-n", "shop")
    assert ended.status in (0, 3) and ended.err
    assert leaks({"out": ended.out.encode(), "err": ended.err.encode()}, SECRETS) == []
