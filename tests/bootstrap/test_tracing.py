"""Traces: to nobody unasked, never with what is secret, and never in a triage's way."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from kubetriage.adapters.model.fake import scripted_server
from kubetriage.bootstrap.incidents import incidents_in
from kubetriage.bootstrap.models import ConfiguredModels
from kubetriage.bootstrap.services import build_services
from kubetriage.bootstrap.settings import Settings
from kubetriage.bootstrap.tracing import FLUSH_SECONDS, otlp_spans, traced
from kubetriage.bootstrap.triaging import triage_incidents
from kubetriage.cli.demo import bundled_scenarios
from kubetriage.domain.errors import ModelUnavailable
from kubetriage.domain.model import Question
from kubetriage.domain.ports import NoProgress
from kubetriage.domain.report import Report
from kubetriage.state.triage_alert import TriageContext

CANARY = "sk-canary-90ffe1"
SECRET = "postgres://app:hunter2-canary@db/shop"


class Sink:
    """A server that takes whatever is sent to it."""

    def __init__(self) -> None:
        self.url = ""
        self.got: list[tuple[str, dict[str, str], bytes]] = []

    def text(self) -> str:
        return "\n".join(
            f"{path} {headers} {body.decode('utf-8', 'replace')}" for path, headers, body in self.got
        )


@pytest.fixture
def sink() -> Iterator[Sink]:
    made = Sink()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            made.got.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(202)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def do_GET(self) -> None:
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None: ...

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{listener.server_address[1]}"
    threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield made
    listener.shutdown()
    listener.server_close()


@pytest.fixture(autouse=True)
def nobody(tmp_path: Any) -> Iterator[pytest.MonkeyPatch]:
    """Nothing of the machine's settings, keys and traces."""
    with pytest.MonkeyPatch.context() as patched:
        for name in list(os.environ):
            if name.startswith(("KUBETRIAGE_", "OTEL_", "LANGSMITH_", "LANGCHAIN_")):
                patched.delenv(name)
        for name in ("XDG_STATE_HOME", "XDG_CACHE_HOME"):
            patched.setenv(name, str(tmp_path / name))
        patched.setenv("OWN_KEY", CANARY)
        yield patched


def question(user: str = "why?") -> Question:
    schema = {"type": "object", "properties": {"cause": {"type": "string"}}}
    return Question(
        profile="own", run="run-7", prompt_version="1", system="Find the cause.", user=(user,), answer_schema=schema,
        deadline_at=datetime.now(UTC) + timedelta(seconds=5),
    )  # fmt: skip


def settings(base_url: str) -> Settings:
    table = {"base_url": base_url, "model": "m", "key_env": "OWN_KEY", "retries": 1, "backoff": 0.01}
    return Settings.model_validate({"models": {"own": table}, "model_cache": {"seconds": 0}})


async def ask(base_url: str, user: str = "why?") -> None:
    models = ConfiguredModels(settings(base_url))
    try:
        await models.ask(question(user))
    finally:
        await models.aclose()


async def test_nothing_is_sent_unasked(sink: Sink, nobody: pytest.MonkeyPatch) -> None:
    """Neither by default, nor where an SDK is disabled, nor where LangSmith is switched on without a key."""
    nobody.setenv("LANGSMITH_ENDPOINT", sink.url)
    async with scripted_server([{"answer": {"cause": "x"}}], mode="zero") as server:
        async with traced():
            await ask(server.base_url)
        assert otlp_spans() is None
        nobody.setenv("LANGSMITH_TRACING", "true")
        async with traced():
            await ask(server.base_url)
        nobody.setenv("LANGSMITH_API_KEY", CANARY)
        nobody.setenv("LANGSMITH_TRACING", "false")
        async with traced():
            await ask(server.base_url)
        nobody.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", sink.url)
        nobody.setenv("OTEL_SDK_DISABLED", "true")
        await ask(server.base_url)
    assert sink.got == []


async def test_spans_of_model_calls(sink: Sink, nobody: pytest.MonkeyPatch) -> None:
    """One for each request, in one trace, with GenAI's names; no text of prompt or answer, no key."""
    nobody.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"{sink.url}/")
    nobody.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-token=a%20b,broken")
    faults = [{"do": [{"status": 503}], "times": 1}]
    async with scripted_server([{"answer": {"cause": "mysterious"}}], faults=faults, mode="zero") as server:
        await ask(server.base_url, "a prompt that nobody else reads")
    ((path, headers, body),) = sink.got
    assert (path, headers["x-token"], headers["content-type"]) == ("/v1/traces", "a b", "application/json")
    spans = json.loads(body)["resourceSpans"][0]["scopeSpans"][0]["spans"]
    assert [span["status"]["code"] for span in spans] == [2, 1]
    assert len({span["traceId"] for span in spans}) == 1 and len({span["spanId"] for span in spans}) == 2
    named = {each["key"]: each["value"] for each in spans[1]["attributes"]}
    assert named["gen_ai.operation.name"] == {"stringValue": "chat"}
    assert named["gen_ai.request.model"] == {"stringValue": "m"}
    assert int(named["gen_ai.usage.input_tokens"]["intValue"]) > 0
    assert named["gen_ai.response.finish_reasons"]["arrayValue"]["values"] == [{"stringValue": "stop"}]
    failed = {each["key"]: each["value"] for each in spans[0]["attributes"]}
    assert failed["error.type"] == {"stringValue": "503"}
    assert int(spans[0]["startTimeUnixNano"]) <= int(spans[0]["endTimeUnixNano"])
    for secret in (CANARY, "mysterious", "nobody else reads"):
        assert secret not in sink.text()


def spans_of(sink: Sink) -> list[dict[str, Any]]:
    """All spans that came, in the order of their beginning."""
    bodies = [json.loads(body) for path, _, body in sink.got if path == "/v1/traces"]
    spans = [span for body in bodies for span in body["resourceSpans"][0]["scopeSpans"][0]["spans"]]
    return sorted(spans, key=lambda span: int(span["startTimeUnixNano"]))


def named(span: dict[str, Any]) -> dict[str, Any]:
    return {each["key"]: next(iter(each["value"].values())) for each in span["attributes"]}


async def triage(base_url: str, progress: NoProgress | None = None) -> Report:
    """One bundled incident, diagnosed with the model at that address."""
    folder = bundled_scenarios() / "crash-oom-killed"
    incidents = incidents_in((folder / "alert.json").read_bytes(), folder / "snapshot").groups[:1]
    context = TriageContext(model="own")
    given: dict[str, Any] = {"snapshot": folder / "snapshot", "progress": progress or NoProgress()}
    async with build_services(settings(base_url), **given) as services:
        (report,) = [each async for each in triage_incidents(services, incidents, context)]
    return report


async def test_spans_of_a_run(sink: Sink, nobody: pytest.MonkeyPatch) -> None:
    """The run, each visit to a node as its child, each request to a model as a child of the node that asks."""
    nobody.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", f"{sink.url}/v1/traces")
    faults = [{"do": [{"status": 503}], "times": 1}]
    async with scripted_server([{"answer": {"cause": "mysterious"}}], faults=faults, mode="zero") as server:
        report = await triage(server.base_url)
    root, *others = spans_of(sink)
    assert (root["name"], root["kind"], "parentSpanId" in root) == ("invoke_workflow triage_alert", 1, False)
    assert named(root)["gen_ai.conversation.id"] == report.id
    assert named(root)["kubetriage.outcome"] == report.outcome.value == "diagnosed"
    assert int(named(root)["kubetriage.model_calls"]) == report.usage.model_calls > 0
    nodes = {span["spanId"]: span for span in others if span["parentSpanId"] == root["spanId"]}
    assert [span["name"] for span in nodes.values()][:3] == ["parse_alert", "locate_primary", "check_related"]
    assert [span["name"] for span in nodes.values()][-2:] == ["verify_claims", "notify"]
    calls = [span for span in others if span["spanId"] not in nodes]
    assert {span["name"] for span in calls} == {"chat m"}
    assert {nodes[span["parentSpanId"]]["name"] for span in calls} == {"synthesize"}
    assert [span["status"]["code"] for span in calls] == [2, *[1] * report.usage.model_calls]
    assert {span["traceId"] for span in others} == {root["traceId"]}
    ended = int(root["endTimeUnixNano"])
    assert all(int(each["startTimeUnixNano"]) <= int(each["endTimeUnixNano"]) <= ended for each in others)
    assert "mysterious" not in sink.text() and CANARY not in sink.text()


async def test_spans_of_runs_side_by_side(sink: Sink, nobody: pytest.MonkeyPatch) -> None:
    """Each has a trace of its own, and the calls in it are its own."""
    nobody.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", sink.url)
    async with scripted_server([{"answer": {"cause": "x"}}], mode="zero") as server:
        reports = await asyncio.gather(triage(server.base_url), triage(server.base_url))
    spans = spans_of(sink)
    runs = {s["traceId"]: named(s)["gen_ai.conversation.id"] for s in spans if "parentSpanId" not in s}
    assert sorted(runs.values()) == sorted(report.id for report in reports)
    for span in spans:
        if span["name"] == "chat m":
            assert named(span)["gen_ai.conversation.id"] == runs[span["traceId"]]


async def test_a_run_that_fails_has_its_spans(sink: Sink, nobody: pytest.MonkeyPatch) -> None:
    """The node that raised and the run say which kind of error it was, and none of its words."""
    nobody.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", sink.url)

    class Breaking(NoProgress):
        def node(self, name: str) -> None:
            if name == "apply_rules":
                raise RuntimeError(SECRET)

    with pytest.raises(RuntimeError):
        await triage("http://127.0.0.1:9/v1", Breaking())
    spans = spans_of(sink)
    failed = {span["name"]: named(span)["error.type"] for span in spans if span["status"]["code"] == 2}
    assert failed == {"invoke_workflow triage_alert": "RuntimeError", "apply_rules": "RuntimeError"}
    assert {span["parentSpanId"] for span in spans[1:]} == {spans[0]["spanId"]}
    assert "hunter2" not in sink.text()


async def test_a_collector_that_is_away_is_no_trouble(nobody: pytest.MonkeyPatch) -> None:
    """Answers come, and failures are the model's own."""
    nobody.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:9/traces")
    async with scripted_server([{"answer": {"cause": "x"}}], mode="zero") as server:
        await ask(server.base_url)
        with pytest.raises(ModelUnavailable):
            await ask(server.refused_url)


def test_a_langsmith_that_is_away_is_no_trouble(nobody: pytest.MonkeyPatch) -> None:
    """A process ends a few seconds after its run, with nothing of the key on its standard error."""
    code = """
        import asyncio, time
        from langchain_core.runnables import RunnableLambda
        from kubetriage.bootstrap.tracing import traced

        async def run():
            async with traced():
                await RunnableLambda(lambda x: x).ainvoke({"a": 1})

        asyncio.run(run())
        print("ended")
    """
    key = "lsv2_pt_canary0011223344"
    env = {**os.environ, "LANGSMITH_API_KEY": key, "LANGSMITH_ENDPOINT": "http://127.0.0.1:9"}
    began = time.monotonic()
    line = [sys.executable, "-c", textwrap.dedent(code)]
    ended = subprocess.run(line, env=env, capture_output=True, text=True, timeout=180, check=True)
    assert ended.stdout == "ended\n" and time.monotonic() - began < FLUSH_SECONDS + 40
    assert "lsv2" not in ended.stderr and len(ended.stderr.splitlines()) <= 1


async def test_langsmith_gets_runs_when_its_key_is_set(sink: Sink, nobody: pytest.MonkeyPatch) -> None:
    """With what is secret masked once more, and without the model's key."""
    nobody.setenv("LANGSMITH_API_KEY", "lsv2_test_key")
    nobody.setenv("LANGSMITH_ENDPOINT", sink.url)
    async with scripted_server([{"answer": {"cause": "x"}}], mode="zero") as server, traced():
        await ask(server.base_url, f"the pod connects to {SECRET}")
    assert "kubetriage diagnose" in sink.text()
    assert "the pod connects to" in sink.text()
    for secret in (CANARY, "hunter2-canary"):
        assert secret not in sink.text()
