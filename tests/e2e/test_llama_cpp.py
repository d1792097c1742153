"""A real model through llama.cpp's OpenAI-compatible server; only where both are at hand.

    KUBETRIAGE_TEST_GGUF=model.gguf pytest tests/e2e/test_llama_cpp.py

The server is started for the test, on loopback, and ended by its process id. A small model on a CPU takes
minutes: what is looked at is not whether it is right but that a report comes out whose claims hold.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kubetriage.bootstrap.incidents import incidents_in
from kubetriage.bootstrap.services import build_services
from kubetriage.bootstrap.settings import Settings
from kubetriage.bootstrap.triaging import triage_incidents
from kubetriage.domain.ports import NoProgress
from kubetriage.evals.scenario import load
from kubetriage.evals.score import score
from kubetriage.state.triage_alert import TriageContext

pytestmark = pytest.mark.slow

GGUF = "KUBETRIAGE_TEST_GGUF"
CONTEXT = 16_384
LOADING, ANSWERING = 180.0, 1_800.0
"""Seconds that the server may take to load the model, and that one triage may take."""


def missing() -> str:
    """What is not at hand, in a sentence; empty if everything is."""
    if not os.environ.get(GGUF):
        return f"no real model: ${GGUF} does not name a GGUF file"
    if not Path(os.environ[GGUF]).is_file():
        return f"no real model: ${GGUF} is {os.environ[GGUF]}, and there is no such file"
    if shutil.which("llama-server") is None:
        return "no real model: llama-server (llama.cpp) is not on PATH"
    return ""


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]) -> Iterator[str]:
    """The base URL of a llama-server with the model loaded."""
    if why := missing():
        pytest.skip(why)
    port = free_port()
    said = tmp_path_factory.mktemp("llama") / "log"
    command = ["llama-server", "--model", os.environ[GGUF], "--ctx-size", str(CONTEXT), "--parallel", "1"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--jinja"]
    with said.open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        wait_until_loaded(process, f"http://127.0.0.1:{port}/health", said)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_loaded(process: subprocess.Popen[bytes], health: str, said: Path) -> None:
    """Until the server says that it is well: it answers 503 while it loads the model."""
    until = time.monotonic() + LOADING
    while time.monotonic() < until:
        assert process.poll() is None, said.read_text(encoding="utf-8", errors="replace")[-2_000:]
        try:
            with urllib.request.urlopen(health, timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise TimeoutError(f"llama-server has not loaded the model in {LOADING:.0f} seconds")


@pytest.mark.parametrize("name", ["crash-oom-killed", "claim-below-storage-class-minimum"])
async def test_a_real_model_writes_a_verified_report(
    name: str,
    llama: str,
    scenario_folder: Callable[[str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The model is asked, its verdict has the form that is asked for, and each claim that is left is confirmed."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    scenario = load(scenario_folder(name))
    profile: dict[str, Any] = {"base_url": llama, "model": "local", "context_tokens": CONTEXT}
    profile |= {"output_tokens": 1_500, "read_timeout": 600, "native_tools": False, "retries": 0}
    profile |= {"thinking_switch": "chat_template_kwargs"}
    settings = Settings.model_validate({"models": {"local": profile}, "model_cache": {"seconds": 0}})
    incidents = incidents_in(scenario.alert_path.read_bytes(), scenario.snapshot).groups[:1]
    async with build_services(settings, snapshot=scenario.snapshot, progress=NoProgress()) as services:
        context = TriageContext(model="local", deadline=ANSWERING)
        (made,) = [one async for one in triage_incidents(services, incidents, context)]
    report = made.to_json()
    assert report["usage"]["model"] == "local" and 1 <= report["usage"]["model_calls"] <= 3
    assert [gap for gap in report["gaps"] if "model" in gap["what"]] == []
    claims = [*report["root_causes"], *report["contributing"], *report["risks"]]
    assert claims and all(claim["confirmed"] and claim["evidence"] for claim in claims)
    assert report["verification"]["confirmed"] == report["verification"]["claims"] == len(claims)
    assert score(report, scenario).passed, json.dumps(report["root_causes"], ensure_ascii=False)


@pytest.mark.parametrize("given", ["", "/no/such/model.gguf"])
def test_what_is_missing_is_said(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a model the reason for skipping names the variable that would hold it."""
    monkeypatch.setenv(GGUF, given)
    assert GGUF in missing()
