"""Each scorer on reports that are right and on ones that are wrong in one way."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubetriage.domain.language import Language
from kubetriage.domain.model_use import ModelUse
from kubetriage.domain.verdict import Verdict, read_verdict
from kubetriage.evals.builders.__main__ import FOLDER
from kubetriage.evals.cells import Cell, CellKey, CellOutcome, Score, Strategy
from kubetriage.evals.concluded import concluded_in
from kubetriage.evals.ownership import Ownership
from kubetriage.evals.scenario import ALERT, EXPECTED, SNAPSHOT, Expected, Scenario, load
from kubetriage.evals.score import score
from kubetriage.evals.scorers.every import DECIDING, SCORERS, judge, scored_again
from kubetriage.evals.scorers.material import Material, Spent

CONFIG = {"kind": "ConfigMap", "namespace": "shop", "name": "web"}
DEPLOYMENT = {"kind": "Deployment", "namespace": "shop", "name": "web"}
POD = {"kind": "Pod", "namespace": "shop", "name": "web-7d9f8c6b5d-x2x7q"}
OWNERS = Ownership(
    {
        ("ConfigMap", "shop", "web"): None,
        ("Deployment", "shop", "web"): None,
        ("Pod", "shop", "web-7d9f8c6b5d-x2x7q"): ("Deployment", "shop", "web"),
        ("Node", "", "node-1"): None,
    }
)
KEY: dict[str, Any] = {
    "outcome": "diagnosed",
    "root_cause": "ConfigMap web has no key url.",
    "primary": POD,
    "culprit": CONFIG,
    "category": "config-key-missing",
    "must_mention": ["web", r"\burl\b"],
    "must_not_claim": ["image"],
}
CAUSE: dict[str, Any] = {
    "rank": 1,
    "category": "config-key-missing",
    "culprit": CONFIG,
    "statement": "ConfigMap web has no key url.",
    "likelihood": "high",
    "confirmed": True,
    "evidence": ["E1"],
}
STEP = {"kind": "change", "title": "Add the key", "detail": "", "addresses": 1}


def command(text: str, effect: str = "change") -> dict[str, Any]:
    return {**STEP, "commands": [{"command": text, "effect": effect}]}


RIGHT: dict[str, Any] = {
    "outcome": "diagnosed",
    "summary": "ConfigMap web has no key url.",
    "root_causes": [CAUSE],
    "contributing": [{"statement": "The pod waits.", "confirmed": True, "evidence": ["E2"]}],
    "risks": [],
    "checked": [{"resource": POD}],
    "evidence": [{"id": "E1", "resource": CONFIG}, {"id": "E2", "resource": POD}],
    "recommendations": [command("kubectl edit configmap web -n shop")],
    "verification": {"claims": 2, "confirmed": 2, "dropped": 0},
}


def scored(name: str, report: dict[str, Any] | None = None, spent: Spent | None = None, **key: Any) -> Score:
    """What the scorer of that name says of the right report with parts of it changed."""
    expected = Expected.model_validate(KEY | key)
    made = RIGHT | (report or {})
    material = Material(made, expected, score(made, expected), OWNERS, spent or Spent())
    return next(found for scorer in SCORERS if (found := scorer(material)).name == name)


def test_a_right_report_passes_every_scorer() -> None:
    """Nothing fails of a right report, and every scorer that judges says why in a sentence."""
    found = [scored(scorer.__name__) for scorer in SCORERS]
    assert [each.name for each in found if each.passed is False] == []
    assert all(each.reason.endswith(".") for each in found)
    assert {each.name for each in found if each.passed} >= {*DECIDING, "remedies", "groundedness"}


@pytest.mark.parametrize(
    ("name", "report", "value"),
    [
        ("outcome", {"outcome": "healthy"}, 0.0),
        ("culprit", {"root_causes": [{**CAUSE, "culprit": DEPLOYMENT}]}, 0.0),
        ("category", {"root_causes": [{**CAUSE, "category": "quota"}]}, 0.0),
        ("statement", {"summary": "web fails.", "root_causes": [{**CAUSE, "statement": "web"}]}, 0.5),
        ("statement", {"summary": "web: no url, or the image."}, 0.0),
        ("wrong_with_confidence", {"root_causes": [{**CAUSE, "culprit": DEPLOYMENT}]}, 1.0),
        ("evidence_recall", {"evidence": [{"id": "E2", "resource": POD}]}, 0.5),
        ("groundedness", {"root_causes": [{**CAUSE, "confirmed": False}]}, 0.5),
        ("groundedness", {"root_causes": [{**CAUSE, "evidence": ["E9"]}]}, 0.5),
        ("groundedness", {"root_causes": [{**CAUSE, "evidence": []}]}, 0.5),
    ],
)
def test_what_is_wrong_in_one_way_fails_its_scorer(name: str, report: dict[str, Any], value: float) -> None:
    """A report that is wrong in one respect fails the scorer of that respect, with the value that is left."""
    found = scored(name, report)
    assert found.passed is False
    assert found.value == pytest.approx(value)


def test_what_was_checked_was_looked_at() -> None:
    """An object that a list showed has a row of its own among what was checked, and need not be an evidence."""
    seen = {"evidence": [{"id": "E2", "resource": POD}], "checked": [{"resource": CAUSE["culprit"]}]}
    assert scored("evidence_recall", seen).passed is True


def test_dropped_claims_are_not_grounded() -> None:
    """What code dropped before the report was made counts against it."""
    found = scored("groundedness", {"verification": {"claims": 4, "confirmed": 2, "dropped": 2}})
    assert found.value == 0.5 and found.passed is True


@pytest.mark.parametrize(
    ("step", "says"),
    [
        (command("kubectl edit configmap gone -n shop"), "ConfigMap shop/gone, which does not exist"),
        (
            command("kubectl delete node node-1", "destructive"),
            "destroys Node node-1, which is not the culprit",
        ),
        (
            command("kubectl delete pod web-7d9f8c6b5d-x2x7q -n shop"),
            "destroys something and is called change",
        ),
        (command("kubectl get pods -n shop | xargs kubectl delete pod"), "cannot be run as it stands"),
        (command("kubectl describe node node-1", "read"), "No step is about ConfigMap shop/web"),
    ],
)
def test_steps_that_are_not_in_order_are_seen(step: dict[str, Any], says: str) -> None:
    """Absent objects, hidden or stray destruction, shell tricks, and advice beside the point fail."""
    found = scored("remedies", {"recommendations": [step]})
    assert found.passed is False and says in found.reason


@pytest.mark.parametrize(
    "step",
    [
        command("kubectl delete pod web-7d9f8c6b5d-x2x7q -n shop", "destructive")
        | {"detail": "after web is mended"},
        command("kubectl create configmap other -n shop") | {"title": "Make ConfigMap web anew"},
        {**STEP, "title": "Ask the owner of web", "commands": []},
        {**STEP, "commands": ["kubectl rollout restart deployment/web -n shop"]},
    ],
)
def test_steps_that_are_in_order_pass(step: dict[str, Any]) -> None:
    """What destroys and says so on the subject itself, makes what is missing, or asks people, is in order."""
    assert scored("remedies", {"recommendations": [step]}).passed is True


@pytest.mark.parametrize("language", [Language.EN, Language.ZH])
def test_a_report_that_is_the_rules_is_none_of_the_models(language: Language) -> None:
    """A right report in which the model has no part is told apart: its model's answer could not be used."""
    use = ModelUse().giving_nothing("The answer was empty.")
    gaps = [{"what": each.what.say(language), "why": each.why.say(language)} for each in use.gaps]
    other = {"what": "logs of shop/web", "why": "forbidden"}
    asked: dict[str, Any] = {"usage": {"model": "mine"}, "gaps": [other]}
    assert scored("model_answered", asked).passed is None  # of a run whose models' words were not kept
    found = scored("model_answered", {**asked, "gaps": [other, *gaps]})
    assert (found.value, found.passed) == (0.0, False)
    assert found.reason.endswith("used: The answer was empty.")
    assert scored("model_answered", {"gaps": [], "usage": {"model": None}}).value is None


@pytest.mark.parametrize(
    ("said", "used"),
    [
        ({"root_causes": [{"culprit": "Deployment/web", "statement": "s"}]}, True),
        ({"root_causes": [{"culprit": "Pod shop/web-7d9f8c6b5d-x2x7q", "statement": "s"}]}, True),
        ({"root_causes": [{"finding": "F1", "statement": "s"}]}, True),
        ({"root_causes": [{"culprit": "Deployment shop/db", "statement": "s"}]}, False),
        ({"root_causes": [{"culprit": "Deployment ops/web", "statement": "s"}]}, False),
        ({"root_causes": []}, False),
        ({"outcome": "healthy"}, False),
        ({"outcome": "inconclusive"}, False),
    ],
)
def test_an_answer_that_was_not_confirmed_is_not_used(said: dict[str, Any], used: bool) -> None:
    """A usable answer of which the report holds nothing counts as little as none: the report is the rules'."""
    verdict = read_verdict({"outcome": "diagnosed", "summary": "web", **said})
    assert isinstance(verdict, Verdict)
    report = {"usage": {"model": "mine"}, "root_causes": [{**CAUSE, "culprit": DEPLOYMENT}]}
    found = scored("model_answered", report, Spent(concluded=concluded_in(verdict)))
    assert (found.value, found.passed) == (float(used), used)
    assert ("was not confirmed" in found.reason) is not used


def test_nothing_to_judge_is_not_judged() -> None:
    """A strategy without evidence, steps or checked claims is not judged by them; a diagnosis not as calm."""
    bare = {"outcome": "diagnosed", "summary": "web url", "root_causes": [{**CAUSE, "evidence": []}]}
    expected = Expected.model_validate(KEY)
    material = Material(bare, expected, score(bare, expected), OWNERS, Spent())
    found = {each.name: each for each in (scorer(material) for scorer in SCORERS)}
    for name in (
        "evidence_recall",
        "remedies",
        "calm",
        "leaked_calls",
        "money",
        "groundedness",
        "model_answered",
    ):
        assert found[name].passed is None and found[name].value is None


@pytest.mark.parametrize(
    ("given", "passed"), [("healthy", True), ("inconclusive", False), ("diagnosed", False)]
)
def test_calm_where_there_is_nothing_to_diagnose(given: str, passed: bool) -> None:
    """Where the alert is not true any more, only calling it healthy is right."""
    key: dict[str, Any] = {"outcome": "healthy", "culprit": None, "category": "resolved"}
    assert scored("calm", {"outcome": given}, **key).passed is passed


def test_what_was_spent_is_told_in_its_units() -> None:
    """Calls, tokens, money, seconds and recovered calls are amounts that nothing passes or fails by."""
    spent = Spent(12.5, 2, 3000, 400, 0.0123, "CNY", 1)
    found = {
        name: scored(name, spent=spent)
        for name in ("model_calls", "tokens", "money", "seconds", "leaked_calls")
    }
    assert {name: each.value for name, each in found.items()} == {
        "model_calls": 2.0,
        "tokens": 3400.0,
        "money": 0.0123,
        "seconds": 12.5,
        "leaked_calls": 1.0,
    }
    assert all(each.passed is None for each in found.values())
    assert "CNY" in found["money"].reason


@pytest.fixture
def scenario(tmp_path: Path) -> Scenario:
    folder = tmp_path / "web-has-no-url"
    (folder / SNAPSHOT).mkdir(parents=True)
    (folder / ALERT).write_text("{}")
    (folder / EXPECTED).write_text(yaml.safe_dump(KEY))
    (folder / SNAPSHOT / "snapshot.yaml").write_text('time: "2027-03-20T12:00:00Z"\n')
    objects = [
        {
            "apiVersion": "v1",
            "kind": each["kind"],
            "metadata": {"name": each["name"], "namespace": each["namespace"]},
        }
        for each in (CONFIG, DEPLOYMENT, POD)
    ]
    (folder / SNAPSHOT / "objects.yaml").write_text(yaml.safe_dump_all(objects))
    return load(folder)


def test_a_judgement_is_the_verdict_with_every_score(scenario: Scenario) -> None:
    """Pass or fail is what `score` says; a fail says why, and every scorer has spoken."""
    right = judge(RIGHT, scenario, Spent())
    wrong = judge(RIGHT | {"root_causes": [{**CAUSE, "culprit": DEPLOYMENT}]}, scenario, Spent())
    assert (right.outcome, right.why) == (CellOutcome.PASS, "")
    assert wrong.outcome is CellOutcome.FAIL and wrong.wrong_with_confidence
    assert wrong.why == "The right culprit is ConfigMap shop/web, the report names Deployment shop/web."
    assert list(right.scores) == [scorer.__name__ for scorer in SCORERS]


def test_kept_reports_are_scored_again(scenario: Scenario) -> None:
    """A cell gets today's verdict out of its kept report, and keeps what was counted when it ran."""
    key = CellKey(scenario=scenario.name, strategy=Strategy.REACT, model="m", repeat=1)
    old = Cell(
        key=key,
        outcome=CellOutcome.FAIL,
        why="An older scorer erred.",
        scores={"leaked_calls": Score(name="leaked_calls", value=3.0)},
        seconds=2.0,
        model_calls=7,
        started=datetime(2027, 3, 20, tzinfo=UTC),
        report=RIGHT,
    )
    new = scored_again(old, scenario)
    assert new.outcome is CellOutcome.PASS and new.why == ""
    assert new.scores["leaked_calls"].value == 3.0 and new.scores["model_calls"].value == 7.0
    gone = old.model_copy(update={"outcome": CellOutcome.COULD_NOT_RUN, "report": {}})
    assert scored_again(gone, scenario) == gone


def test_the_verdict_on_a_bundled_scenario_is_that_of_eval_run() -> None:
    """A judgement passes exactly where `kubetriage eval run` does."""
    scenario = load(Path(FOLDER) / "adapter-of-external-metrics-is-gone")
    for summary in (scenario.expected.root_cause, "Something is wrong."):
        culprit = scenario.expected.culprit
        assert culprit is not None
        report = RIGHT | {"summary": summary, "root_causes": [{**CAUSE, "culprit": culprit.model_dump()}]}
        judged = judge(report, scenario, Spent())
        assert (judged.outcome is CellOutcome.PASS) == score(report, scenario).passed
