"""What must change nothing: the order of objects, the names people gave them, the name of the alert."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import pytest

from kubetriage.bootstrap.settings import Settings
from kubetriage.domain.alert import SubjectScope
from kubetriage.domain.finding import Finding
from kubetriage.domain.rules import RULES
from kubetriage.domain.subject import subject_of
from kubetriage.domain.view import ClusterView
from kubetriage.evals.builders.texts import TEXTS
from kubetriage.evals.renaming import Renaming, renaming
from kubetriage.evals.replaying import replaying
from kubetriage.evals.scenario import Scenario
from kubetriage.evals.tampering import shuffled

WORDS = {
    word.lower()
    for entry in TEXTS.values()
    for wording in entry.wordings
    for word in re.findall(r"[A-Za-z][A-Za-z0-9]*", wording.template)
}
"""What Kubernetes says itself: a name that is one of these words can't be told from it."""


def told(report: dict[str, Any]) -> dict[str, Any]:
    """What a report says, without its own identity, evidence and costs."""
    return {
        "outcome": report["outcome"],
        "summary": report["summary"],
        "causes": [
            (c["category"], c["likelihood"], c["culprit"], c["statement"]) for c in report["root_causes"]
        ],
        "contributing": [c["statement"] for c in report["contributing"]],
        "risks": [c["statement"] for c in report["risks"]],
        "changes": [(c["at"], c["what"]) for c in report["changes"]],
        "recommendations": [(r["title"], r["detail"], r["commands"]) for r in report["recommendations"]],
        "checked": [(c["resource"], c["state"], c["findings"]) for c in report["checked"]],
    }


# ---- order


async def check_objects_in_another_order(scenario: Scenario) -> None:
    async with replaying(scenario, Settings()) as replayer:
        whole = await replayer.triage()
        for seed in (1, 2):
            other = await replayer.triage(shuffled(seed))
            assert told(other.report) == told(whole.report)


async def test_order_of_objects(scenario: Scenario) -> None:
    """The same objects in another order give the same report."""
    await check_objects_in_another_order(scenario)


@pytest.mark.slow
async def test_order_of_objects_everywhere(scenario: Scenario) -> None:
    """The same for every scenario."""
    await check_objects_in_another_order(scenario)


def found_in(view: ClusterView) -> list[str]:
    return sorted(f.model_dump_json() for rule in RULES for f in rule(view) if isinstance(f, Finding))


async def test_order_of_answers(scenario: Scenario) -> None:
    """A view that is built of the same answers in another order holds the same findings."""
    async with replaying(scenario, Settings()) as replayer:
        view = (await replayer.triage()).view
    seen = list(view.observations)
    random.Random(1).shuffle(seen)
    other = ClusterView(view.alert, view.subject, view.primary, view.now, seen, view.looked)
    assert found_in(other) == found_in(view)


# ---- names


def blank(renamed: Renaming, report: dict[str, Any], *, new: bool) -> dict[str, Any]:
    """What a report says with all names blanked; lists whose order follows names are sorted."""
    said = told(report)
    kept = {key: said[key] for key in ("outcome", "causes", "contributing", "risks", "changes")}
    plain: dict[str, Any] = json.loads(json.dumps(kept, ensure_ascii=False))

    def blanked(value: Any) -> Any:
        if isinstance(value, str):
            return renamed.blank(value, new=new)
        if isinstance(value, dict):
            return {key: blanked(inner) for key, inner in value.items()}
        return [blanked(inner) for inner in value] if isinstance(value, list) else value

    plain = blanked(plain)
    return plain | {key: sorted(map(str, plain[key])) for key in ("contributing", "risks", "changes")}


async def check_other_names(scenario: Scenario) -> None:
    async with replaying(scenario, Settings()) as replayer:
        whole = await replayer.triage()
        renamed = renaming(whole.view, WORDS)
        incident = [renamed.alert(alert) for alert in replayer.incident]
        other = await replayer.triage(renamed.answer, ask=renamed.ask, incident=incident)
        assert blank(renamed, other.report, new=True) == blank(renamed, whole.report, new=False)


async def test_names(scenario: Scenario) -> None:
    """Other names for namespaces, workloads, pods, nodes and all else change nothing but names."""
    await check_other_names(scenario)


@pytest.mark.slow
async def test_names_everywhere(scenario: Scenario) -> None:
    """The same for every scenario."""
    await check_other_names(scenario)


# ---- the alert's name


async def check_invented_alertname(scenario: Scenario) -> None:
    name = "QuiteUnheardOf"
    async with replaying(scenario, Settings()) as replayer:
        if any(subject_of(alert).scope is SubjectScope.SKIP for alert in replayer.incident):
            pytest.skip("the alert is known by its name alone not to be for triage")
        whole = await replayer.triage()
        incident = [
            alert.model_copy(update={"name": name, "labels": {**alert.labels, "alertname": name}})
            for alert in replayer.incident
        ]
        other = await replayer.triage(incident=incident)
        assert told(other.report)["causes"] == told(whole.report)["causes"]
        assert other.report["outcome"] == whole.report["outcome"]


async def test_invented_alertname(scenario: Scenario) -> None:
    """The same labels under a name that nobody has heard of give the same root causes."""
    await check_invented_alertname(scenario)


@pytest.mark.slow
async def test_invented_alertname_everywhere(scenario: Scenario) -> None:
    """The same for every scenario."""
    await check_invented_alertname(scenario)
