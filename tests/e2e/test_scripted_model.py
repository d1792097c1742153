"""Every bundled scenario with a scripted model behind real HTTP: answering well, wrongly, and not at all.

The whole set is slow; of each behaviour a few scenarios are run every time. One server a test process: which
behaviour a request gets stands in its base URL.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.model.fake import ChatRequest, Reply, ScriptedServer, scripted_server_in_thread
from kubetriage.bootstrap.incidents import incidents_in
from kubetriage.bootstrap.services import build_services
from kubetriage.bootstrap.settings import Settings
from kubetriage.bootstrap.triaging import triage_incidents
from kubetriage.cli.demo import bundled_scenarios
from kubetriage.domain.ports import NoProgress
from kubetriage.evals.scenario import Scenario, find
from kubetriage.evals.score import score
from kubetriage.evals.scripted_answers import ANSWERING, DESTRUCTIVE, MADE_UP
from kubetriage.state.triage_alert import TriageContext

Report = dict[str, Any]
Triage = Callable[..., Any]

SCENARIOS = {scenario.name: scenario for scenario in find(bundled_scenarios())}
SAMPLE = [
    "claim-below-storage-class-minimum",
    "crash-oom-killed",
    "node-kubelet-stopped",
    "healthy-stale-restarts",
    "quota-exceeded",
    "secret-missing-for-env",
    "service-target-port-wrong",
    "webhook-service-missing",
]
ALL = [pytest.param(name, marks=() if name in SAMPLE else pytest.mark.slow) for name in sorted(SCENARIOS)]
NEVER_ASKED = {"everything-is-forbidden", "healthy-inhibitor", "healthy-watchdog"}
"""Not for triage by design, or with nothing read that could be shown to a model."""
ORDER = [*SAMPLE, *sorted(set(SCENARIOS) - set(SAMPLE))]
SILENCE = ("status", "hang", "reset", "refused", "garbage", "html")
"""Ways of not answering; each scenario meets one of them."""
FAULTS: dict[str, Any] = {
    "status": {"status": 503},
    "hang": {"hang": 60_000},
    "reset": "reset",
    "garbage": "garbage",
    "html": "html",
}


def answered(request: ChatRequest) -> Reply | None:
    """What the scripted model says: its behaviour is the arm of the base URL, the scenario is the case."""
    arm, scenario = request.key.arm, SCENARIOS[request.key.case]
    if arm in FAULTS:
        return Reply.model_validate({"text": "", "do": [FAULTS[arm]]})
    return Reply(answer=ANSWERING[arm](request.text, scenario.expected))


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedServer]:
    """The scripted model of this process."""
    with scripted_server_in_thread([], oracle=answered, profile="qwen3-30b-a3b", mode="zero") as running:
        yield running


@pytest.fixture
async def triage(
    server: ScriptedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Triage]:
    """`triage(name, arm)` gives the report and the requests that its model got."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))

    async def run(name: str, arm: str) -> tuple[Report, list[dict[str, Any]]]:
        scenario = SCENARIOS[name]
        url = server.refused_url if arm == "refused" else server.base_url_of(str(tmp_path.name), arm, name)
        profile = {"extends": "vllm-qwen3-30b", "base_url": url, "retries": 1, "backoff": 0.0}
        profile |= {"read_timeout": 0.3 if arm == "hang" else 30}
        settings = Settings.model_validate({"models": {"scripted": profile}, "model_cache": {"seconds": 0}})
        incidents = incidents_in(scenario.alert_path.read_bytes(), scenario.snapshot).groups[:1]
        async with build_services(settings, snapshot=scenario.snapshot, progress=NoProgress()) as services:
            context = TriageContext(model="scripted" if arm else "")
            (report,) = [one async for one in triage_incidents(services, incidents, context)]
        lines = server.journal(tmp_path.name)
        return report.to_json(), lines

    yield run
    server.reset(tmp_path.name)


def faults(report: Report, scenario: Scenario) -> list[str]:
    """What is wrong with a report by its answer key."""
    verdict = score(report, scenario)
    found = [f"{check.name}: {check.reason}" for check in verdict.checks if not check.passed]
    return found + (["wrong with confidence"] if verdict.wrong_with_confidence else [])


@pytest.mark.parametrize("name", ALL)
async def test_a_model_that_answers_well(name: str, triage: Triage) -> None:
    """The scenario passes, with one call that nothing had to be asked again after."""
    report, asked = await triage(name, "right")
    assert faults(report, SCENARIOS[name]) == []
    assert report["usage"]["model_calls"] == len(asked) == (name not in NEVER_ASKED)
    assert report["verification"]["dropped"] == 0


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("wrong", ["made-up", "plausible"])
async def test_a_model_that_answers_wrongly(name: str, wrong: str, triage: Triage) -> None:
    """Nothing that it made up is in the report, what it blames doesn't lead, and the scenario passes."""
    report, asked = await triage(name, wrong)
    assert faults(report, SCENARIOS[name]) == []
    assert report["usage"]["model_calls"] == len(asked) <= 3
    text = json.dumps(report, ensure_ascii=False)
    assert [value for value in (*MADE_UP, DESTRUCTIVE) if value in text] == []


@pytest.mark.parametrize("name", ALL)
async def test_a_model_that_does_not_answer(name: str, triage: Triage) -> None:
    """The rules' diagnosis comes out as without a model, and the report says that the model gave none."""
    report, _ = await triage(name, SILENCE[ORDER.index(name) % len(SILENCE)])
    assert faults(report, SCENARIOS[name]) == []
    assert report["usage"]["model_calls"] == 0
    by_rules, _ = await triage(name, "")
    for part in ("outcome", "summary", "root_causes", "contributing", "recommendations"):
        assert report[part] == by_rules[part]
    assert bool(report["verification"]["notes"]) == (name not in NEVER_ASKED)  # what was tried
    said = [gap["what"] for gap in report["gaps"] if gap not in by_rules["gaps"]]
    assert said == ([] if name in NEVER_ASKED else ["the model's diagnosis; the rules' is given"])
