"""What a model is sent, over HTTP: bounded, within the context of small models, and the same at its beginning."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import product, takewhile
from typing import Any

import pytest

from kubetriage.adapters.model.fake import ChatRequest, Reply, ScriptedServer, scripted_server_in_thread
from kubetriage.adapters.model.forms import Form
from kubetriage.adapters.model.profile import Method, ModelProfile
from kubetriage.adapters.model.requesting import request_of
from kubetriage.bootstrap.incidents import incidents_in
from kubetriage.bootstrap.services import build_services
from kubetriage.bootstrap.settings import Settings
from kubetriage.bootstrap.triaging import triage_incidents
from kubetriage.cli.demo import bundled_scenarios
from kubetriage.domain.language import Language
from kubetriage.domain.model import Question
from kubetriage.domain.ports import NoProgress
from kubetriage.domain.report import Report
from kubetriage.domain.verdict import ANSWER_SCHEMA
from kubetriage.evals.scenario import find
from kubetriage.evals.scripted_answers import right
from kubetriage.prompts import write_diagnosis
from kubetriage.prompts.questions import OFFER
from kubetriage.state.triage_alert import TriageContext

FIXED, EVIDENCE = 6_000, 24_000
LANGUAGES = (Language.EN, Language.ZH)
SCENARIO, OTHER = "crash-oom-killed", "node-kubelet-stopped"
Sent = dict[str, Any]


@pytest.mark.parametrize(("language", "method", "native"), list(product(LANGUAGES, Method, (True, False))))
def test_all_that_is_fixed_has_at_most_6000_characters(
    language: Language, method: Method, native: bool
) -> None:
    """Instructions, form, schema and tool together, however an endpoint takes them, refusals included."""
    profile = ModelProfile(name="a", base_url="http://h/v1", model="m")
    for fixed, taken in product((True, False), (True, False)):
        question = Question(
            profile="a", run="r", prompt_version="1", user=("",), answer_schema=ANSWER_SCHEMA,
            system=write_diagnosis.render(language=language, fixed_schema=fixed, native_tools=native),
            tools=(OFFER,) if native else (), deadline_at=datetime.now(UTC) + timedelta(seconds=9),
        )  # fmt: skip
        request = request_of(question, profile, Form(method=method, tools=taken))
        extra = [request.options.get("extra_body", {}), request.options.get("tools", [])]
        written = sum(
            len(json.dumps(part, ensure_ascii=False, separators=(",", ":"))) for part in extra if part
        )
        assert sum(len(message.text) for message in request.messages) + written <= FIXED


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedServer]:
    expected = {one.name: one.expected for one in find(bundled_scenarios())}

    def answered(request: ChatRequest) -> Reply:
        return Reply(answer=right(request.text, expected[request.key.case]))

    with scripted_server_in_thread([], oracle=answered, mode="zero") as running:
        yield running


Triage = Callable[..., Any]


@pytest.fixture
async def triage(
    server: ScriptedServer, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Triage]:
    """`triage(name, language, labels=…, **profile)` gives the report, the bodies sent and the journal."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))

    async def run(
        name: str, language: Language = Language.EN, labels: dict[str, str] | None = None, **profile: Any
    ) -> tuple[Report, list[Sent], list[Sent]]:
        place = tmp_path.name
        server.reset(place)
        table = {"model": "m", "retries": 0, "base_url": server.base_url_of(place, "a", name), **profile}
        settings = Settings.model_validate({"models": {"own": table}, "model_cache": {"seconds": 0}})
        folder = bundled_scenarios() / name
        ((alert, *_), *_) = incidents_in((folder / "alert.json").read_bytes(), folder / "snapshot").groups
        alert = alert.model_copy(update={"labels": {**alert.labels, **(labels or {})}})
        given: dict[str, Any] = {"snapshot": folder / "snapshot", "progress": NoProgress()}
        async with build_services(settings, **given) as services:
            context = TriageContext(model="own", language=language)
            (report,) = [one async for one in triage_incidents(services, [[alert]], context)]
        return report, [dict(each) for each in server.requests(place)], server.journal(place)

    yield run
    server.configure(context=None)


@pytest.mark.parametrize(("context", "language"), list(product((4_096, 8_192), LANGUAGES)))
async def test_small_contexts(
    context: int, language: Language, triage: Triage, server: ScriptedServer
) -> None:
    """With a context of 4k and 8k, which the server enforces: one call, evidence shown, and room to answer."""
    server.configure(context=context)
    report, (sent,), (line,) = await triage(SCENARIO, language, context_tokens=context)
    assert (line["http_status"], report.usage.model_calls, report.gaps) == (200, 1, report.gaps)
    assert line["prompt_tokens"] + sent["max_tokens"] <= context
    assert sent["max_tokens"] >= 1_000
    assert "OOMKilled" in sent["messages"][1]["content"]


@pytest.mark.parametrize("context", [4_096, 8_192, 32_768])
async def test_a_long_alert_takes_of_the_evidences_room(
    context: int, triage: Triage, server: ScriptedServer
) -> None:
    """A hundred long labels neither push the prompt over the context nor the evidence out of it."""
    server.configure(context=context)
    labels = {f"label_{n}": "some words " * 40 for n in range(100)}
    report, (sent,), (line,) = await triage(SCENARIO, labels=labels, context_tokens=context)
    assert line["http_status"] == 200 and report.usage.model_calls == 1
    assert "label_0: some words" in sent["messages"][1]["content"]
    assert "OOMKilled" in sent["messages"][1]["content"]


async def test_evidence_keeps_to_its_budget_whatever_the_context(triage: Triage) -> None:
    """24,000 characters of evidence, where a context holds a million tokens."""
    _, (sent,), _ = await triage(SCENARIO, context_tokens=1_000_000)
    _, found, shown = sent["messages"][1]["content"].partition("# Evidence (data")
    assert found and 2_000 < len(shown) <= EVIDENCE


@pytest.mark.parametrize("methods", [["json_schema"], ["prompt"]])
async def test_two_alerts_share_all_that_is_stable(methods: list[str], triage: Triage) -> None:
    """Nothing of the case comes before what is the same for every alert, so that prefix caches hit it whole."""
    bodies = [(await triage(name, methods=methods))[1][0] for name in (SCENARIO, OTHER)]
    one, two = ("\n".join(message["content"] for message in body["messages"]) for body in bodies)
    shared = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(one, two, strict=False))))
    system = bodies[0]["messages"][0]["content"]
    assert one[:shared].startswith(f"{system}\n# Alert\n")
    assert one.splitlines()[-1] != two.splitlines()[-1]  # nothing stable comes after the case
    assert [{**body, "messages": ""} for body in bodies[:1]] == [
        {**body, "messages": ""} for body in bodies[1:]
    ]
