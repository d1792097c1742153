"""domain.advice: what to do, and how to get what is missing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kubetriage.domain.alert import Subject, SubjectScope
from kubetriage.domain.diagnosing import Case, diagnose
from kubetriage.domain.evidence import FailureKind, list_of
from kubetriage.domain.finding import Command, Effect, Finding, Likelihood, Remedy, RemedyKind, Role
from kubetriage.domain.language import Language, Text
from kubetriage.domain.report import Recommendation
from kubetriage.domain.view import ClusterView
from kubetriage.evals.language_check import english_in

MakeView = Callable[..., ClusterView]
MakeFinding = Callable[..., Finding]
MakeCase = Callable[..., Case]

POD = {"kind": "Pod", "metadata": {"name": "web-1", "namespace": "shop"}}
READ = Command(command="kubectl get pod/web-1 -n shop -o yaml", effect=Effect.READ)
EDIT = Command(command="kubectl edit deployment/web -n shop", effect=Effect.CHANGE)


def remedy(kind: RemedyKind, title: str, *commands: Command) -> Remedy:
    return Remedy(kind=kind, title=Text(en=title, zh=title), detail=Text(en="", zh=""), commands=commands)


LOOK, MEND = remedy(RemedyKind.CHECK, "Look", READ), remedy(RemedyKind.CHANGE, "Mend", EDIT)


def advised(case: Case) -> list[tuple[str, str, int | None]]:
    return [(r.kind.value, r.title, r.addresses) for r in diagnose(case).recommendations]


def test_remedies_come_in_their_order_by_rank(view: MakeView, finding: MakeFinding, case: MakeCase) -> None:
    """Of each root cause its own remedies, in the order they were written, numbered by its rank."""
    first = finding("a", remedies=(LOOK, MEND))
    second = finding("b", culprit="Node n1", remedies=(remedy(RemedyKind.ESCALATE, "Call"),))
    assert advised(case(view(POD), first, second)) == [
        ("check", "Look", 1),
        ("change", "Mend", 1),
        ("escalate", "Call", 2),
    ]


def test_the_same_remedy_is_given_once(view: MakeView, finding: MakeFinding, case: MakeCase) -> None:
    """Two causes with one remedy need it once."""
    causes = [finding(rule, culprit=f"ConfigMap shop/{rule}", remedies=(MEND,)) for rule in ("a", "b")]
    assert advised(case(view(POD), *causes)) == [("change", "Mend", 1)]


@pytest.mark.parametrize("remedies", [(), (LOOK,)])
def test_a_cause_without_a_change_says_why_there_is_none(
    remedies: tuple[Remedy, ...], view: MakeView, finding: MakeFinding, case: MakeCase
) -> None:
    """Whoever owns the culprit gets it, with the reason that no one change is safe."""
    made = diagnose(case(view(POD), finding("a", culprit="Node n1", remedies=remedies))).recommendations
    assert made[-1].kind is RemedyKind.ESCALATE
    assert made[-1].addresses == 1
    assert "Node n1" in made[-1].title
    assert "does not decide on one safe change" in made[-1].detail


def test_an_undecided_case_says_how_to_look_closer(view: MakeView, case: MakeCase) -> None:
    """A read command that names the alert's object and runs as it stands."""
    (look,) = diagnose(case(view(POD))).recommendations
    assert [c.command for c in look.commands] == ["kubectl describe pod/web-1 -n shop"]
    assert look.commands[0].effect is Effect.READ


def test_an_object_that_is_gone_is_not_to_be_described(view: MakeView, case: MakeCase) -> None:
    """Commands that cannot succeed are not given."""
    assert advised(case(view(absent=["Pod shop/web-1"]))) == []


@pytest.mark.parametrize(
    ("failure", "kind", "word"),
    [
        (FailureKind.FORBIDDEN, "escalate", "Event, Node"),
        (FailureKind.TIMEOUT, "check", "again"),
        (FailureKind.UNAVAILABLE, "check", "again"),
        (FailureKind.THROTTLED, "check", "again"),
    ],
)
def test_how_to_get_what_is_missing(
    failure: FailureKind, kind: str, word: str, view: MakeView, finding: MakeFinding, case: MakeCase
) -> None:
    """Rights are asked for by the kinds that were refused; what got no answer is worth another try."""
    failed = [(list_of("Node"), failure), (list_of("Event", "shop"), failure)]
    made = advised(case(view(POD, failed=failed), finding("a", remedies=(MEND,))))
    assert made[0] == ("change", "Mend", 1)
    assert [(k, a) for k, _, a in made[1:]] == [(kind, None)]
    assert word in made[1][1]


@pytest.mark.parametrize("failure", [FailureKind.DENIED, FailureKind.NOT_RECORDED, FailureKind.UNSUPPORTED])
def test_what_cannot_be_had_is_not_asked_for(failure: FailureKind, view: MakeView, case: MakeCase) -> None:
    """Secrets, what a snapshot lacks and tools that are not there: no right and no retry helps."""
    made = advised(case(view(POD, failed=[(list_of("Node"), failure)])))
    assert [title for _, title, _ in made] == ["Look at Pod shop/web-1 yourself"]


def test_what_a_step_looks_at_is_not_asked_for_again(
    view: MakeView, finding: MakeFinding, case: MakeCase
) -> None:
    """Where a remedy already describes the object, no further step does."""
    describe = Command(command="kubectl describe pod/web-1 -n shop", effect=Effect.READ)
    seen = view(POD, failed=[(list_of("Node"), FailureKind.DENIED)])
    vague = finding("a", likelihood=Likelihood.LOW, remedies=(remedy(RemedyKind.CHECK, "Look", describe),))
    titles = [title for _, title, _ in advised(case(seen, vague))]
    assert "Look" in titles and not any("yourself" in title for title in titles)


def test_an_alert_without_an_object_is_to_keep_its_labels(view: MakeView, case: MakeCase) -> None:
    """The alert's rule can be mended so that the next one names its object."""
    seen = view(primary="", subject=Subject(scope=SubjectScope.LOST))
    assert advised(case(seen)) == [("change", "Keep the object's labels in alert KubePodNotReady", None)]


def test_advice_is_chinese_in_a_chinese_report(view: MakeView, finding: MakeFinding, case: MakeCase) -> None:
    """Everything that the engine itself advises has its Chinese words."""
    failed = [(list_of("Node"), FailureKind.FORBIDDEN), (list_of("Event", "shop"), FailureKind.TIMEOUT)]
    symptom = finding("waits", role=Role.SYMPTOM, culprit="Pod shop/web-1", zh="等待。")
    cases = [
        case(view(POD, failed=failed), symptom, language=Language.ZH),
        case(view(primary="", subject=Subject(scope=SubjectScope.LOST)), language=Language.ZH),
    ]
    made: list[Recommendation] = [r for one in cases for r in diagnose(one).recommendations]
    assert len(made) == 5
    assert [english_in(f"{r.title} {r.detail}") for r in made] == [[]] * 5


OWNED = {
    "kind": "ConfigMap",
    "metadata": {
        "name": "web",
        "namespace": "shop",
        "annotations": {"meta.helm.sh/release-name": "front", "meta.helm.sh/release-namespace": "shop"},
    },
}


@pytest.mark.parametrize("kind", [RemedyKind.CHANGE, RemedyKind.ESCALATE])
def test_who_writes_the_culprit_is_said(
    kind: RemedyKind, view: MakeView, finding: MakeFinding, case: MakeCase
) -> None:
    """A culprit that a Helm release writes is changed there: said once, with the first remedy that acts."""
    remedies = (LOOK, remedy(kind, "First"), remedy(kind, "Second"))
    cause = finding("a", culprit="ConfigMap shop/web", remedies=remedies)
    made = diagnose(case(view(POD, OWNED), cause)).recommendations
    assert ["Helm release front" in r.detail for r in made] == [False, True, False]
    assert ("change it there" in made[1].detail) is (kind is RemedyKind.CHANGE)


def test_who_writes_the_culprit_is_said_once(view: MakeView, finding: MakeFinding, case: MakeCase) -> None:
    """A remedy that says it itself is enough."""
    own = Remedy(
        kind=RemedyKind.CHANGE,
        title=Text(en="Mend", zh="修"),
        detail=Text(en="Change Helm release front (namespace shop).", zh="修改 Helm 发布 front。"),
    )
    cause = finding("a", culprit="ConfigMap shop/web", remedies=(MEND, own))
    made = diagnose(case(view(POD, OWNED), cause)).recommendations
    assert [r.detail.count("Helm release front") for r in made] == [0, 1]
