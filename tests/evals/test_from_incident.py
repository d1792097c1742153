"""`eval from-incident`: an incident that a server has diagnosed becomes a scenario that runs."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.cluster.snapshot.check import check as check_snapshot
from kubetriage.bootstrap.incidents import incidents_in, recorded_at
from kubetriage.bootstrap.serving import Outside, build_diagnosis, open_database
from kubetriage.bootstrap.settings import Settings
from kubetriage.cli.app import run
from kubetriage.cli.demo import bundled_scenarios
from kubetriage.domain.intake.reading import Feedback, Verdict
from kubetriage.domain.ports import NoProgress
from kubetriage.evals.cells import CellOutcome, cells_in
from kubetriage.evals.checking import check_scenarios
from kubetriage.evals.scenario import Scenario, load
from kubetriage.server.metrics import ServerMetrics
from kubetriage.server.running import Runner

pytestmark = pytest.mark.slow

NAMES = (
    "configmap-key-missing", "certificate-issuer-absent", "claim-of-absent-storage-class",
    "cluster-dns-denies-one-service", "crash-oom-killed", "database-password-refused",
    "ingress-backend-service-absent", "job-backoff-limit", "node-short-of-memory",
    "volume-full-by-its-samples", "healthy-stale-restarts", "memory-near-its-limit",
)  # fmt: skip
"""Of every family: owners, events, logs, custom kinds, absent objects, usage, samples of Prometheus."""


class Server:
    """A server's database, in which it diagnosed one scenario."""

    def __init__(self, folder: Path, scenario: Scenario) -> None:
        self.scenario = scenario
        self.config = folder / "kubetriage.toml"
        self.url = f"sqlite:///{folder / 'kubetriage.db'}"
        self.config.write_text(f'database = "{self.url}"\n', encoding="utf-8")
        self.settings = Settings.model_validate(
            {"database": self.url, "language": "en", "intake": {"wait_seconds": 0}}
        )
        self.now = recorded_at(scenario.snapshot) + timedelta(seconds=20)
        self.run = ""
        self.report: dict[str, Any] = {}

    async def diagnose(self, *feedback: Feedback) -> str:
        """Its incident's id."""
        body = self.scenario.alert_path.read_bytes()
        alerts = list(incidents_in(body, self.scenario.snapshot).groups[0])
        async with AsyncExitStack() as closing:
            database = await closing.enter_async_context(open_database(self.settings))
            outside = Outside(lambda: self.now, NoProgress(), self.scenario.snapshot)
            parts = await closing.enter_async_context(build_diagnosis(self.settings, database, outside))
            accepted = await database.incidents.accept(
                alerts, source="alertmanager", body_digest="d", received_at=self.now
            )
            incident = accepted.incidents[0]
            assert await database.incidents.claim(incident, 1, self.now)
            await database.runs.beat("me", self.now)
            await Runner(parts, self.settings, "me", ServerMetrics()).diagnose(incident, 1)
            found = await database.incidents.incident(incident)
            assert found is not None and found.report_run is not None
            self.run = found.report_run
            report = await database.incidents.report(self.run)
            assert report is not None
            self.report = report.to_json()
            for one in feedback:
                assert await database.incidents.feedback(self.run, one)
            return incident


def said(verdict: Verdict, actual: str = "") -> Feedback:
    return Feedback(verdict=verdict, actual=actual, who="Li Wei", at=datetime.now(UTC))


def gist(report: dict[str, Any]) -> tuple[Any, ...]:
    causes = [(c["category"], c["culprit"], c["statement"], c["likelihood"]) for c in report["root_causes"]]
    return report["outcome"], report["summary"], causes


@pytest.mark.parametrize("name", NAMES)
def test_the_scenario_is_diagnosed_as_the_incident_was(name: str, tmp_path: Path) -> None:
    """What was read is enough to read it again: the same report, and the key that it is holds for it."""
    server = Server(tmp_path, load(bundled_scenarios() / name))
    incident = asyncio.run(server.diagnose(said(Verdict.RIGHT)))
    out = tmp_path / "suite"
    assert run(["--config", str(server.config), "eval", "from-incident", incident, "--out", str(out)]) == 0
    made = load(out / incident)
    assert check_snapshot(made.snapshot) == []
    assert check_scenarios(out).problems == []
    command = ["--config", str(server.config), "eval", "run", "--scenarios", str(out)]
    assert run([*command, "--out", str(tmp_path / "run")]) == 0
    (again,) = cells_in(tmp_path / "run")
    assert gist(again.report) == gist(server.report)
    assert again.outcome is CellOutcome.PASS, again.why


def test_the_scenario_of_a_right_report_is_fit_and_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`eval check` has nothing to say of it, and `eval run` passes it."""
    server = Server(tmp_path, load(bundled_scenarios() / "configmap-key-missing"))
    incident = asyncio.run(server.diagnose(said(Verdict.WRONG, "no idea"), said(Verdict.RIGHT)))
    out = str(tmp_path / "suite")
    assert run(["--config", str(server.config), "eval", "from-incident", incident, "--out", out]) == 0
    assert "somebody called the report right" in capsys.readouterr().out
    assert run(["eval", "check", "--scenarios", out]) == 0, capsys.readouterr().out
    assert run(["eval", "run", "--scenarios", out]) == 0, capsys.readouterr().out


@pytest.mark.parametrize(
    ("feedback", "fields"),
    [
        ((), ["root_cause", "culprit", "category", "must_mention"]),
        ((said(Verdict.PARTLY),), ["root_cause", "culprit", "category", "must_mention"]),
        ((said(Verdict.WRONG, "The disk was slow."),), ["culprit", "category", "must_mention"]),
    ],
)
def test_what_nobody_said_is_left_to_fill_in_and_checked(
    feedback: tuple[Feedback, ...], fields: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A key is never made up: the command names what is missing, and `eval check` complains of it."""
    server = Server(tmp_path, load(bundled_scenarios() / "configmap-key-missing"))
    incident = asyncio.run(server.diagnose(*feedback))
    out = tmp_path / "suite"
    assert run(["--config", str(server.config), "eval", "from-incident", incident, "--out", str(out)]) == 0
    assert f"fill in {', '.join(fields)} in" in capsys.readouterr().out
    found = check_scenarios(out).problems
    wanted = f"{', '.join(fields)} still have to be filled in"
    assert [(p.file, p.reason) for p in found] == [(f"{incident}/expected.yaml", wanted)]
    notes = (out / incident / "expected.yaml").read_text(encoding="utf-8")
    assert notes.startswith("# The report said (diagnosed): ")


def test_alerts_are_as_the_diagnosis_knew_them(tmp_path: Path) -> None:
    """An alert that has been resolved since was firing then; one that came later was not there."""
    scenario = load(bundled_scenarios() / "configmap-key-missing")
    server = Server(tmp_path, scenario)

    async def later() -> str:
        incident = await server.diagnose(said(Verdict.RIGHT))
        alerts = list(incidents_in(scenario.alert_path.read_bytes(), scenario.snapshot).groups[0])
        after = server.now + timedelta(hours=1)
        body = {"status": "resolved", "ends_at": after}
        over = [alert.model_copy(update=body) for alert in alerts]
        labels = alerts[0].labels | {"alertname": "KubePodNotReady"}
        new = alerts[0].model_copy(
            update={"name": "KubePodNotReady", "labels": labels, "fingerprint": "f" * 16, "starts_at": after}
        )
        async with open_database(server.settings) as database:
            await database.incidents.accept(
                [*over, new], source="alertmanager", body_digest="e", received_at=after
            )
        return incident

    incident = asyncio.run(later())
    out = tmp_path / "suite"
    assert run(["--config", str(server.config), "eval", "from-incident", incident, "--out", str(out)]) == 0
    body = json.loads((out / incident / "alert.json").read_text(encoding="utf-8"))
    assert [(one["status"], one["labels"]["alertname"]) for one in body["alerts"]] == [
        ("firing", server.report["alert"]["name"])
    ]


def test_what_cannot_be_made_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown incident, one whose reads are gone, and a folder that is there: a sentence and status 2."""
    server = Server(tmp_path, load(bundled_scenarios() / "configmap-key-missing"))
    incident = asyncio.run(server.diagnose(said(Verdict.RIGHT)))
    command = ["--config", str(server.config), "eval", "from-incident"]
    assert run([*command, "INC-NONE", "--out", str(tmp_path / "a")]) == 2
    assert "There is no incident INC-NONE" in capsys.readouterr().err
    (tmp_path / "b" / incident).mkdir(parents=True)
    assert run([*command, incident, "--out", str(tmp_path / "b")]) == 2
    assert "exists already" in capsys.readouterr().err

    async def forget() -> None:
        async with open_database(server.settings) as database:
            await database.observations.forget(server.run)

    asyncio.run(forget())
    assert run([*command, incident, "--out", str(tmp_path / "c")]) == 2
    assert "is not kept any more" in capsys.readouterr().err
