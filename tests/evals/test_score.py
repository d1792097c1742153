"""Scoring reports."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.evals.builders.__main__ import FOLDER
from kubetriage.evals.scenario import Expected, load
from kubetriage.evals.score import score

CLAIM = {"kind": "PersistentVolumeClaim", "namespace": "shop", "name": "data"}
DEPLOYMENT = {"kind": "Deployment", "namespace": "shop", "name": "web"}


def expected(**changes: Any) -> Expected:
    usual: dict[str, Any] = {
        "outcome": "diagnosed",
        "root_cause": "The claim is too small.",
        "primary": {"kind": "Pod", "namespace": "shop", "name": "web-7d9f8c6b5d-x2x7q"},
        "culprit": CLAIM,
        "category": "pvc-unbound",
        "must_mention": ["data", "5Gi"],
        "must_not_claim": ["caused by the image"],
    }
    return Expected.model_validate(usual | changes)


def report(
    *,
    outcome: str = "diagnosed",
    summary: str = "Claim DATA asks for 5Gi, less than the minimum.",
    culprit: dict[str, str] | None = CLAIM,
    likelihood: str = "high",
    statement: str = "Claim data is too small.",
    category: str = "pvc-unbound",
) -> dict[str, Any]:
    cause = {
        "rank": 1,
        "category": category,
        "culprit": culprit,
        "statement": statement,
        "likelihood": likelihood,
        "confirmed": True,
        "evidence": ["E1"],
    }
    return {"outcome": outcome, "summary": summary, "root_causes": [cause]}


def failed(made: dict[str, Any], answer: Expected) -> list[str]:
    return [check.name for check in score(made, answer).checks if not check.passed]


def test_a_right_report_passes_every_check() -> None:
    """Outcome, culprit and words fit, without regard to case; nothing is wrong with confidence."""
    verdict = score(report(), expected())
    assert verdict.passed and not verdict.wrong_with_confidence
    assert [check.name for check in verdict.checks] == [
        "outcome",
        "culprit",
        "must_mention",
        "must_not_claim",
    ]
    assert all(check.reason.endswith(".") for check in verdict.checks)


def test_another_category_is_shown_but_not_required() -> None:
    """The category is beside the verdict."""
    verdict = score(report(category="volume-mount"), expected())
    assert verdict.passed
    assert not verdict.category.passed
    assert "volume-mount" in verdict.category.reason


def test_a_wrong_culprit_with_high_likelihood_is_wrong_with_confidence() -> None:
    """It fails, and counts worse than being undecided."""
    verdict = score(report(culprit=DEPLOYMENT), expected())
    assert not verdict.passed and verdict.wrong_with_confidence
    assert not score(report(culprit=DEPLOYMENT, likelihood="medium"), expected()).wrong_with_confidence


def test_a_further_culprit_is_right() -> None:
    """`also` names others whose change ends the fault."""
    assert failed(report(culprit=DEPLOYMENT), expected(also=[DEPLOYMENT])) == []


def test_only_the_first_root_cause_names_the_culprit() -> None:
    """A right culprit in second place does not count, its words do."""
    made = report(culprit=DEPLOYMENT, summary="?", statement="data")
    made["root_causes"].append(made["root_causes"][0] | {"culprit": CLAIM, "statement": "5Gi is too small"})
    assert failed(made, expected()) == ["culprit"]


def test_a_missing_word_is_named() -> None:
    """The reason says which pattern was not found."""
    check = score(report(summary="Claim data is Pending."), expected()).checks[2]
    assert not check.passed and "5Gi" in check.reason


def test_a_forbidden_claim_in_the_summary_or_the_first_statement_fails() -> None:
    """With likelihood high it is wrong with confidence; in a later statement it is not looked for."""
    claim = "It is caused by the image of data with 5Gi."
    assert score(report(statement=claim), expected()).wrong_with_confidence
    made = report()
    made["root_causes"].append(made["root_causes"][0] | {"statement": claim})
    assert failed(made, expected()) == []


def test_a_statement_beside_the_point_is_wrong_with_confidence() -> None:
    """The right culprit with most of the words missing is a wrong statement."""
    made = report(summary="The disk is slow.", statement="The disk of the claim is slow.")
    assert score(made, expected()).wrong_with_confidence


def test_wrongly_healthy_is_wrong_with_confidence() -> None:
    """Whatever the likelihood."""
    made = {"outcome": "healthy", "summary": "Nothing is wrong with data, 5Gi.", "root_causes": []}
    verdict = score(made, expected())
    assert verdict.wrong_with_confidence
    assert failed(made, expected()) == ["outcome", "culprit"]


def test_inconclusive_fails_without_being_wrong() -> None:
    """An honest I-don't-know is not counted as wrong."""
    verdict = score(report(outcome="inconclusive"), expected())
    assert not verdict.passed and not verdict.wrong_with_confidence


def test_where_inconclusive_is_right_no_culprit_need_be_named() -> None:
    """The place may be named, rightly, or left open."""
    answer = expected(outcome=["inconclusive", "diagnosed"])
    assert failed(report(outcome="inconclusive", culprit=None), answer) == []
    assert failed(report(outcome="inconclusive", culprit=DEPLOYMENT), answer) == ["culprit"]
    assert failed(report(outcome="diagnosed", culprit=None), answer) == ["culprit"]


def test_where_there_is_no_culprit_none_but_the_alerts_object_may_be_blamed() -> None:
    """A past cause may be named when all is well now."""
    gone = expected(culprit=None, outcome="inconclusive")
    assert failed(report(outcome="inconclusive", culprit=DEPLOYMENT), gone) == []
    assert failed(report(outcome="inconclusive", culprit=CLAIM), gone) == ["culprit"]
    well = expected(culprit=None, outcome="healthy")
    assert failed(report(outcome="healthy", culprit=CLAIM), well) == []


@pytest.mark.parametrize(
    ("kind", "name", "same"),
    [
        ("Pod", "web-7d9f8c6b5d-x2x7q", True),
        ("ReplicaSet", "web-7d9f8c6b5d", True),
        ("Pod", "web-cache-7d9f8c6b5d-x2x7q", False),
        ("Pod", "web", False),
        ("StatefulSet", "web", False),
    ],
)
def test_a_workload_and_what_is_named_after_it_are_one_culprit(kind: str, name: str, same: bool) -> None:
    """Without a snapshot, generated names tell what a Deployment owns."""
    given = report(culprit={"kind": kind, "namespace": "shop", "name": name})
    assert (failed(given, expected(culprit=DEPLOYMENT)) == []) is same


def test_owner_references_of_the_snapshot_decide() -> None:
    """With a scenario, the pod, its replica set and its Deployment are one, and names mean nothing."""
    scenario = load(FOLDER / "crash-oom-killed")
    summary = "renderer is OOMKilled at its limit of 256Mi"
    pod = scenario.expected.primary
    assert pod is not None
    replica_set = pod.name.rpartition("-")[0]
    for kind, name in (("Pod", pod.name), ("ReplicaSet", replica_set), ("Deployment", "renderer")):
        place = {"kind": kind, "namespace": "reports", "name": name}
        assert score(report(culprit=place, summary=summary, statement=summary), scenario).passed
    other = {"kind": "Deployment", "namespace": "kube-system", "name": "coredns"}
    assert not score(report(culprit=other, summary=summary, statement=summary), scenario).passed


def test_a_report_without_root_causes_is_scored() -> None:
    """Empty and missing fields fail checks, they don't raise."""
    assert failed({}, expected()) == ["outcome", "culprit", "must_mention"]


def test_a_chinese_report_is_not_held_to_english_patterns() -> None:
    """Patterns for Chinese are used where the answer has them; else outcome and culprit alone decide."""
    told = {"outcome": "diagnosed", "root_cause": "x", "primary": None, "category": "oom-killed"}
    culprit = {"kind": "Deployment", "namespace": "shop", "name": "web"}
    plain = Expected.model_validate(told | {"culprit": culprit, "must_mention": ["memory limit"]})
    cause = {"culprit": culprit, "statement": "容器超出内存上限。", "likelihood": "high"}
    report = {
        "language": "zh",
        "outcome": "diagnosed",
        "summary": "容器超出内存上限。",
        "root_causes": [cause],
    }
    assert score(report, plain).passed and not score(report, plain).wrong_with_confidence
    assert not score({**report, "language": "en"}, plain).passed
    held = plain.model_copy(update={"must_mention_zh": ("内存上限",), "must_not_claim_zh": ("磁盘",)})
    assert score(report, held).passed
    assert not score(
        {**report, "summary": "磁盘已满。", "root_causes": [{**cause, "statement": "磁盘"}]}, held
    ).passed
