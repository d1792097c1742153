"""Services that reach nobody: selector and labels, pods that are not ready."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.evidence import FailureKind, list_of
from kubetriage.domain.finding import Finding, Likelihood, Role, Want
from kubetriage.domain.rules import service as rules
from kubetriage.domain.rules import service_meant

SERVICE = "Service shop/web"
LISTS = [("Pod", "shop"), ("Deployment", "shop"), ("EndpointSlice", "shop"), ("StatefulSet", "shop")]


def _pod(k8s: Any, words: str, **labels: str) -> Any:
    return k8s.pod(words, labels=labels, owner="ReplicaSet shop/web-7d9")


def test_the_differing_label_is_named_with_both_values(
    k8s: Any, view_of: Any, service: Any, workload: Any, cause: Any
) -> None:
    """The Service is the culprit; both values of the label are told, and the command that makes them agree."""
    objects = [
        service(app="web", version="v2"),
        workload(app="web", version="v1"),
        workload("Deployment shop/other", app="other", version="v2"),
        _pod(k8s, "Pod shop/web-7d9-a", app="web", version="v1"),
    ]
    one = cause(view_of(objects, SERVICE, lists=LISTS), rules.RULES)
    assert (one.rule, str(one.culprit), one.likelihood) == (
        "service.selector-mismatch",
        SERVICE,
        Likelihood.HIGH,
    )
    assert "version=v2" in one.statement.en and "version=v1" in one.statement.en
    command = one.remedies[0].commands[0].command
    assert (
        command
        == "kubectl patch service/web -n shop --type merge -p " + '\'{"spec":{"selector":{"version":"v1"}}}\''
    )


@pytest.mark.parametrize(
    ("selector", "labels", "words"),
    [
        ({"app": "back-end"}, {"app": "backend"}, "are labelled app=backend"),
        ({"app.kubernetes.io/name": "web"}, {"app": "web"}, "are labelled app=web"),
        ({"app": "web", "tier": "x"}, {"app": "web"}, "lack the label tier"),
    ],
)
def test_slips_of_value_key_and_missing_label(
    k8s: Any, view_of: Any, service: Any, workload: Any, cause: Any, selector: Any, labels: Any, words: str
) -> None:
    """A value, a key or a label too much: each is found by what is nearly right about it."""
    one = cause(view_of([service(**selector), workload(**labels)], SERVICE, lists=LISTS), rules.RULES)
    assert words in one.statement.en


def test_labels_that_changed_with_the_last_revision(
    k8s: Any, view_of: Any, service: Any, workload: Any, cause: Any
) -> None:
    """Where an earlier revision still fits the selector, the workload's labels are what is wrong."""
    before = k8s.obj(
        "ReplicaSet shop/web-1",
        owner="Deployment shop/web",
        spec={"template": {"metadata": {"labels": {"app": "web", "tier": "front"}}}},
    )
    objects = [service(app="web", tier="front"), workload(app="web", tier="edge"), before]
    one = cause(view_of(objects, SERVICE, lists=LISTS), rules.RULES)
    assert str(one.culprit) == "Deployment shop/web" and "web-1" in one.statement.en


def test_two_that_come_equally_near(view_of: Any, service: Any, workload: Any, cause: Any) -> None:
    """With several candidates the likelihood is medium."""
    objects = [service("Service shop/entry", app="web", zone="z9"),
               workload("Deployment shop/blue", app="web", zone="z1"),
               workload("Deployment shop/green", app="web", zone="z2")]  # fmt: skip
    one = cause(view_of(objects, "Service shop/entry", lists=LISTS), rules.RULES)
    assert one.likelihood is Likelihood.MEDIUM


def test_workloads_that_could_not_be_listed(k8s: Any, view_of: Any, service: Any, cause: Any) -> None:
    """A workload that the selector fits may be hidden: what is seen is then told with less likelihood."""
    pod = k8s.pod("Pod shop/web-1", labels={"app": "web", "version": "v1"})
    seen = [("Pod", "shop"), ("EndpointSlice", "shop")]
    one = cause(view_of([service(app="web", version="v2"), pod], SERVICE, lists=seen), rules.RULES)
    assert (
        one.likelihood is Likelihood.MEDIUM and "the labels of Pod web-1 are version=v1" in one.statement.en
    )
    nobody = cause(view_of([service(app="web")], SERVICE, lists=seen), rules.RULES)
    assert nobody.likelihood is Likelihood.LOW


def test_nothing_comes_near(view_of: Any, service: Any, workload: Any, cause: Any) -> None:
    """A selector that resembles nothing there is told as it is, with medium likelihood."""
    one = cause(view_of([service(app="web"), workload("Deployment shop/db", app="db")], SERVICE, lists=LISTS),
                rules.RULES)  # fmt: skip
    assert (one.rule, one.likelihood) == ("service.selects-nobody", Likelihood.MEDIUM)


def test_pods_that_are_not_ready_are_a_symptom(
    k8s: Any, view_of: Any, service: Any, endpoints: Any, found: Any
) -> None:
    """Pods exist but none is ready: a symptom that waits on them, not a wrong selector."""
    pod = k8s.pod("Pod shop/web-1", k8s.container(ready=False), labels={"app": "web"})
    view = view_of([service(), pod, endpoints("web", ("10.0.0.9", False, "n1"))], SERVICE, lists=LISTS)
    (one,) = found(view, rules.RULES)
    assert (one.role, [str(r) for r in one.waits_on]) == (Role.SYMPTOM, ["Pod shop/web-1"])
    assert "none of the 1 pods" in one.statement.en


def test_a_workload_without_pods_is_a_symptom(view_of: Any, service: Any, workload: Any, found: Any) -> None:
    """The selector fits a workload that has no pods: the Service waits on that workload."""
    view = view_of([service(), workload(replicas=0, app="web")], SERVICE, lists=LISTS)
    (one,) = found(view, rules.RULES)
    assert (one.role, [str(r) for r in one.waits_on]) == (Role.SYMPTOM, ["Deployment shop/web"])


def test_services_that_are_fine_or_somebody_elses(
    k8s: Any, view_of: Any, service: Any, endpoints: Any, workload: Any, found: Any
) -> None:
    """Ready endpoints, of a selector's or written by hand, ExternalName, and a Service that nobody looked at are
    not spoken of."""
    well = [service(), _pod(k8s, "Pod shop/web-7d9-a", app="web"), endpoints("web", ("10.0.0.9", True, "n1"))]
    assert found(view_of(well, SERVICE, lists=LISTS), rules.RULES) == []
    for spec in ({"type": "ClusterIP"}, {"type": "ExternalName", "externalName": "db.example.com",
                                         "selector": {"app": "gone"}}):  # fmt: skip
        objects = [k8s.obj(SERVICE, spec=spec), workload(app="web"), endpoints("web", ("10.9.0.4", True, ""))]
        assert found(view_of(objects, SERVICE, lists=LISTS), rules.RULES) == []
    aside = view_of([service(app="gone"), workload(app="web")], "Deployment shop/web", lists=LISTS)
    assert found(aside, rules.RULES) == []


def test_pods_that_could_not_be_listed_decide_nothing(
    k8s: Any, view_of: Any, service: Any, workload: Any, found: Any
) -> None:
    """Without a list of the pods that the selector selects, nothing is said of it."""
    failed = {list_of("Pod", "shop", labels="app=web,version=v2"): FailureKind.FORBIDDEN,
              list_of("Pod", "shop"): FailureKind.FORBIDDEN}  # fmt: skip
    view = view_of(
        [service(app="web", version="v2"), workload(app="web", version="v1")], SERVICE, failed=failed
    )
    assert found(view, rules.RULES) == []


@pytest.mark.parametrize("ready", [False, True])
def test_pods_that_a_corrected_selector_would_select(
    k8s: Any, view_of: Any, service: Any, workload: Any, ready: bool
) -> None:
    """Where the pods that a Service misses are not ready either, they are looked at: both have to be mended."""
    ill = k8s.container(state=k8s.waiting("CrashLoopBackOff"), last=k8s.ended(1), restarts=5)
    parts, labels = [] if ready else [ill], {"app": "web", "version": "v1"}
    pod = k8s.pod("Pod shop/web-7d9-a", *parts, labels=labels, owner="ReplicaSet shop/web-7d9")
    made = workload(app="web", version="v1")
    view = view_of([service(app="web", version="v2"), made, pod], SERVICE, lists=LISTS)
    said = list(service_meant.not_ready_either(view))
    if ready:
        assert said == []
        return
    want, symptom = said
    assert isinstance(want, Want) and str(want.about) == "Deployment shop/web"
    assert isinstance(symptom, Finding) and symptom.role is Role.SYMPTOM
    assert [str(ref) for ref in symptom.waits_on] == ["Pod shop/web-7d9-a"]


@pytest.mark.parametrize(("labels", "told"), [({"version": "v1"}, "version=v1"), ({}, "no such label")])
def test_a_service_that_misses_the_pods_of_the_alert(
    k8s: Any, view_of: Any, service: Any, workload: Any, labels: dict[str, str], told: str
) -> None:
    """An alert about a crashing workload names the wrong selector of its Service as well: it is next to fail."""
    ill = k8s.container(state=k8s.waiting("CrashLoopBackOff"), last=k8s.ended(1), restarts=5)
    pod = k8s.pod("Pod shop/web-7d9-a", ill, labels={"app": "web", **labels}, owner="ReplicaSet shop/web-7d9")
    made = [service(app="web", version="v2"), workload(app="web", **labels), pod]
    view = view_of(made, "Deployment shop/web", lists=LISTS, looked=(SERVICE,))
    said = service_meant.not_ready_either(view)
    (risk,) = [f for f in said if isinstance(f, Finding) and f.role is Role.RISK]
    assert "version=v2" in risk.statement.en and told in risk.statement.en
    assert str(risk.culprit) == SERVICE
