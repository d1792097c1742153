"""evals.misstating: a true claim is made false in one place, and what cannot be told is known as such."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pytest

from kubetriage.domain.alert import Alert, Subject, SubjectScope
from kubetriage.domain.diagnosing import Case
from kubetriage.domain.evidence import Observation, get
from kubetriage.domain.evidence_index import index_evidence
from kubetriage.domain.language import Language
from kubetriage.domain.resource import resource
from kubetriage.domain.view import ClusterView
from kubetriage.evals.misstating import Claim, Misstatement, Slip, misstatements, raw_text

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SAID = "Pod shop/web-1 has restarted 12 times and runs registry.example.com/shop/web:1.4."


def made(kind: str, namespace: str, name: str, **parts: Any) -> Observation:
    ref = resource(kind, namespace, name)
    raw = {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": namespace}, **parts}
    return Observation(read=get(ref), tool="resources_get", at=NOW, objects=(raw,))


@pytest.fixture
def case() -> Case:
    """Pods web-1 and web-2 in shop, one more in pay."""
    container = {"name": "web", "image": "registry.example.com/shop/web:1.4"}
    status = {"containerStatuses": [{"name": "web", "restartCount": 12}]}
    seen = [
        made("Pod", "shop", "web-1", spec={"containers": [container]}, status=status),
        made("Pod", "shop", "web-2", spec={"containers": [container]}),
        made("Pod", "pay", "till-1"),
    ]
    alert = Alert(name="KubePodCrashLooping", fingerprint="0" * 16)
    ref = resource("Pod", "shop", "web-1")
    view = ClusterView(alert, Subject(scope=SubjectScope.RESOURCE, resource=ref), ref, NOW, seen, [])
    return Case(view, [], index_evidence(view, []), [], Language.EN)


def all_of(case: Case, said: str = SAID, runs: int = 60) -> list[Misstatement]:
    ids = tuple(item.id for item in case.evidence)
    return [
        each for seed in range(runs) for each in misstatements(Claim(said, ids), case, random.Random(seed))
    ]


def test_one_character_is_changed(case: Case) -> None:
    """A slip of a digit or a letter changes exactly one character into another of its kind and case."""
    for each in all_of(case):
        if each.slip is Slip.NAMESPACE:
            continue
        pairs = [(a, b) for a, b in zip(SAID, each.claim.statement, strict=True) if a != b]
        assert len(pairs) == 1
        old, new = pairs[0]
        assert old.isdigit() == new.isdigit() == (each.slip is Slip.DIGIT)
        assert old.isupper() == new.isupper()


def test_letters_are_changed_in_values_only(case: Case) -> None:
    """Words of the language stay: only names and values of the evidence are misspelt."""
    changed = {each.before for each in all_of(case) if each.slip is Slip.LETTER}
    assert changed == {"shop/web-1", "registry.example.com/shop/web:1.4"}


def test_a_namespace_becomes_another_one(case: Case) -> None:
    """A namespace before a name or beside its word becomes one that is there, else a common one."""
    moved = [each for each in all_of(case) if each.slip is Slip.NAMESPACE]
    assert {each.claim.statement for each in moved} == {SAID.replace("Pod shop/", "Pod pay/")}
    beside = [each for each in all_of(case, "It lives in namespace shop.") if each.slip is Slip.NAMESPACE]
    assert {each.claim.statement for each in beside} == {"It lives in namespace pay."}


def test_what_is_true_still_is_marked(case: Case) -> None:
    """web-2 is cited, too: nobody can tell that it was not meant. Small numbers stand everywhere and prove nothing."""
    for each in all_of(case, runs=200):
        assert each.still_true == (each.after == "shop/web-2" or each.after == "web-2"), each


@pytest.mark.parametrize(
    ("said", "still_true"), [("It restarted at least 12 times.", True), ("12 times.", False)]
)
def test_a_smaller_number_is_true_of_at_least(case: Case, said: str, still_true: bool) -> None:
    """`at least 12` said as `at least 11` is true."""
    lower = [each for each in all_of(case, said) if each.after < each.before]
    assert lower
    assert {each.still_true for each in lower} == {still_true}


def test_a_claim_without_values_has_no_slips(case: Case) -> None:
    """Where there is neither digit nor value nor namespace, nothing is changed."""
    assert all_of(case, "The pod crashes again and again.") == []


def test_the_raw_text_is_all_that_is_cited(case: Case) -> None:
    """What was observed behind the ids, the alert included, and nothing of what is not cited."""
    one = next(item.id for item in case.evidence if item.resource.name == "till-1")
    text = raw_text(case, [one])
    assert "till-1" in text
    assert "kubepodcrashlooping" in text
    assert "web-2" not in text
