"""domain.causes: who explains whom."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from kubetriage.domain.alert import Alert, Subject, SubjectScope
from kubetriage.domain.causes import Explanation, explain
from kubetriage.domain.evidence import FailureKind, Observation, ReadFailure, list_of
from kubetriage.domain.finding import Finding, Likelihood, Role
from kubetriage.domain.language import Text
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.view import ClusterView

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
POD = resource("Pod", "shop", "web-1")
CLAIM = resource("PersistentVolumeClaim", "shop", "data")
DEPLOYMENT = resource("Deployment", "shop", "web")
NODE = resource("Node", "", "n1")


def raw(kind: str, name: str, owner: tuple[str, str] | None = None, **parts: Any) -> dict[str, Any]:
    meta: dict[str, Any] = {"name": name, "namespace": "shop"}
    if kind == "Node":
        del meta["namespace"]
    if owner:
        meta["ownerReferences"] = [{"kind": owner[0], "name": owner[1], "controller": True}]
    return {"kind": kind, "metadata": meta, **parts}


OBJECTS = [
    raw("Deployment", "web", spec={"template": {"metadata": {"labels": {"app": "web"}}}}),
    raw("ReplicaSet", "web-rs", ("Deployment", "web")),
    raw("ReplicaSet", "web-old", ("Deployment", "web")),
    raw("Pod", "web-2", ("ReplicaSet", "web-rs")),
    raw("Pod", "web-old-1", ("ReplicaSet", "web-old")),
    raw("Service", "web", spec={"selector": {"app": "web"}}),
    raw(
        "Pod",
        "web-1",
        ("ReplicaSet", "web-rs"),
        spec={
            "nodeName": "n1",
            "volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}],
        },
    ),
    raw("Pod", "other"),
    raw("PersistentVolumeClaim", "data"),
    raw("Node", "n1"),
]


def view(primary: Resource | None = POD, hidden: str = "") -> ClusterView:
    """With one kind of the namespace's forbidden."""
    seen = [
        Observation(
            read=list_of(kind, "" if kind == "Node" else "shop"),
            tool="resources_list",
            at=NOW,
            objects=tuple(o for o in OBJECTS if o["kind"] == kind),
        )
        for kind in {o["kind"] for o in OBJECTS} - {hidden}
    ]
    if hidden:
        failure = ReadFailure(kind=FailureKind.FORBIDDEN, message="no")
        seen.append(Observation(read=list_of(hidden, "shop"), tool="t", at=NOW, failure=failure))
    subject = Subject(scope=SubjectScope.RESOURCE, resource=primary)
    return ClusterView(Alert(name="a", fingerprint="0" * 16), subject, primary, NOW, seen)


def finding(rule: str, subject: Resource, role: Role = Role.CAUSE, **fields: Any) -> Finding:
    return Finding(
        rule=rule, category=rule, role=role, subject=subject, statement=Text(en=rule, zh=rule), **fields
    )


def explained(*findings: Finding, primary: Resource | None = POD) -> Explanation:
    return explain(view(primary), findings)


def rules(findings: tuple[Finding, ...]) -> list[str]:
    return [f.rule for f in findings]


def test_a_claims_trouble_explains_the_pod_that_waits_for_it() -> None:
    """claim → pod → Deployment: the claim is the root, the rest contributes in causal order."""
    found = explained(
        finding("unavailable", DEPLOYMENT, Role.SYMPTOM),
        finding("pending", POD, Role.SYMPTOM, waits_on=(CLAIM,)),
        finding("refused", CLAIM),
    )
    assert rules(found.roots) == ["refused"]
    assert rules(found.contributing) == ["pending", "unavailable"]
    assert found.open_symptoms == ()


def test_independent_faults_are_separate_roots() -> None:
    """Two causes of which neither explains the other are both reported, most likely first."""
    found = explained(
        finding("weak", POD, likelihood=Likelihood.MEDIUM, culprit=DEPLOYMENT), finding("refused", CLAIM)
    )
    assert rules(found.roots) == ["refused", "weak"]


def test_a_node_explains_a_cause_on_its_pod_only_when_it_says_so() -> None:
    """Causes are explained by `explains` or `waits_on` only; symptoms by dependency as well."""
    silent = explained(finding("crash", POD), finding("not-ready", NODE))
    assert sorted(rules(silent.roots)) == ["crash", "not-ready"]
    said = explained(finding("crash", POD), finding("not-ready", NODE, explains=(POD,)))
    assert rules(said.roots) == ["not-ready"]


def test_another_workloads_trouble_is_elsewhere() -> None:
    """A cause that touches nothing the alert's resource depends on is no root cause of it."""
    other = resource("Pod", "shop", "other")
    found = explained(finding("crash", other), finding("pending", POD, Role.SYMPTOM))
    assert found.roots == ()
    assert rules(found.elsewhere) == ["crash"]
    assert rules(found.open_symptoms) == ["pending"]


def test_without_a_primary_resource_everything_counts() -> None:
    """An alert that lost its subject takes every cause found where it points."""
    found = explained(finding("crash", resource("Pod", "shop", "other")), primary=None)
    assert rules(found.roots) == ["crash"]


def test_a_ring_of_causes_still_has_a_root() -> None:
    """Findings that explain each other end in one root, the stronger one, never in none."""
    found = explained(
        finding("a", POD, explains=(CLAIM,)),
        finding("b", CLAIM, explains=(POD,), likelihood=Likelihood.MEDIUM),
    )
    assert rules(found.roots) == ["a"]


def test_order_of_findings_changes_nothing() -> None:
    """The same findings in any order give the same explanation."""
    all_of_them = [
        finding("unavailable", DEPLOYMENT, Role.SYMPTOM),
        finding("pending", POD, Role.SYMPTOM, waits_on=(CLAIM,)),
        finding("refused", CLAIM),
        finding("weak", NODE, likelihood=Likelihood.LOW),
    ]
    assert explained(*all_of_them) == explained(*reversed(all_of_them))


def test_one_root_per_culprit_and_category() -> None:
    """Pods of one Deployment with the same fault are one root cause."""
    found = explained(
        finding("crash", POD, culprit=DEPLOYMENT),
        finding("crash", resource("Pod", "shop", "web-2"), culprit=DEPLOYMENT),
    )
    assert len(found.roots) == 1


SIBLING = resource("Pod", "shop", "web-2")
OLD = resource("Pod", "shop", "web-old-1")
SERVICE = resource("Service", "shop", "web")


def test_a_template_fault_explains_the_siblings_made_from_it() -> None:
    """What is wrong with one pod's template is wrong with every pod of that ReplicaSet."""
    found = explained(
        finding("bad-image", POD, culprit=DEPLOYMENT), finding("waiting", SIBLING, Role.SYMPTOM)
    )
    assert rules(found.contributing) == ["waiting"]
    assert found.open_symptoms == ()


def test_a_pods_cause_does_not_explain_pods_of_another_revision() -> None:
    """During a rollout the old revision's pod may fail for a reason of its own, which is not known then."""
    found = explained(
        finding("bad-image", POD, culprit=DEPLOYMENT),
        finding("crash", OLD, Role.SYMPTOM),
        primary=DEPLOYMENT,
    )
    assert rules(found.roots) == ["bad-image"]
    assert rules(found.open_symptoms) == ["crash"]


@pytest.mark.parametrize("culprit", [NODE, CLAIM, POD])
def test_what_one_pod_alone_has_explains_no_sibling(culprit: Resource) -> None:
    """A pod's node, claim or own spec is not its sibling's."""
    found = explained(
        finding("own-trouble", POD, culprit=culprit), finding("waiting", SIBLING, Role.SYMPTOM),
        primary=SIBLING,
    )  # fmt: skip
    assert rules(found.open_symptoms) == ["waiting"]


def test_a_node_that_keeps_one_pod_waiting_does_no_harm_to_those_it_runs() -> None:
    """A cordoned node is the culprit of a pod that finds no place, not of the trouble of pods on it."""
    found = explained(
        finding("cordoned", resource("Pod", "shop", "other"), culprit=NODE),
        finding("waiting", POD, Role.SYMPTOM),
    )
    assert rules(found.open_symptoms) == ["waiting"]


def test_a_cause_under_an_unexplained_symptom_stays_a_root() -> None:
    """Who waits for a Service that is down for unknown reasons still has that as the cause."""
    found = explained(
        finding("cannot-connect", POD, waits_on=(SERVICE,), likelihood=Likelihood.MEDIUM),
        finding("no-endpoints", SERVICE, Role.SYMPTOM),
    )
    assert rules(found.roots) == ["cannot-connect"]


def test_a_cause_is_explained_through_the_symptoms_between() -> None:
    """database pod cannot start → its Service has no endpoints → the caller crashes: one root."""
    database = resource("Pod", "shop", "other")
    found = explained(
        finding("cannot-connect", POD, waits_on=(SERVICE,)),
        finding("no-endpoints", SERVICE, Role.SYMPTOM, waits_on=(database,)),
        finding("bad-image", database),
    )
    assert rules(found.roots) == ["bad-image"]
    assert rules(found.contributing) == ["no-endpoints", "cannot-connect"]


def test_a_hint_does_not_take_the_place_of_a_cause_that_is_shown() -> None:
    """A guess about the node leaves the stated cause the first root."""
    found = explained(
        finding("maybe-node", NODE, likelihood=Likelihood.LOW, explains=(POD,)), finding("oom", POD)
    )
    assert rules(found.roots) == ["oom", "maybe-node"]


def test_a_ring_below_a_cause_has_no_root_of_its_own() -> None:
    """Findings that explain each other and are explained from outside are links, not roots."""
    found = explained(
        finding("a", POD, explains=(CLAIM,)),
        finding("b", CLAIM, explains=(POD,)),
        finding("top", NODE, explains=(POD,)),
    )
    assert rules(found.roots) == ["top"]
    assert sorted(rules(found.contributing)) == ["a", "b"]


def test_two_findings_of_one_rule_about_one_object_are_two() -> None:
    """Two ConfigMaps that one pod lacks are two causes."""
    missing = [
        finding("missing", POD, culprit=resource("ConfigMap", "shop", name)).model_copy(
            update={"statement": Text(en=name, zh=name)}
        )
        for name in ("b", "a")
    ]
    found = explained(*missing)
    assert sorted(f.statement.en for f in found.roots) == ["a", "b"]


# ---- what concerns the alert's resource, by its kind

HPA = resource("HorizontalPodAutoscaler", "shop", "web")
QUOTA = resource("ResourceQuota", "shop", "q")


@pytest.mark.parametrize(
    ("primary", "cause"),
    [
        (SERVICE, finding("quota", DEPLOYMENT, culprit=QUOTA)),
        (DEPLOYMENT, finding("crash", SIBLING)),
        (resource("ReplicaSet", "shop", "web-rs"), finding("crash", POD, culprit=DEPLOYMENT)),
        (CLAIM, finding("refused", CLAIM)),
        (NODE, finding("not-ready", NODE)),
        (QUOTA, finding("quota", DEPLOYMENT, culprit=QUOTA)),
        (resource("Namespace", "", "shop"), finding("crash", resource("Pod", "shop", "other"))),
    ],
    ids=lambda value: getattr(value, "kind", getattr(value, "rule", "")),
)
def test_what_the_alerts_resource_stands_on_concerns_it(primary: Resource, cause: Finding) -> None:
    """A cause on what a resource is made of, or whose culprit it is, is its root cause."""
    assert explained(cause, primary=primary).roots == (cause,)


@pytest.mark.parametrize("primary", [NODE, CLAIM, resource("ConfigMap", "shop", "c")])
def test_a_pod_that_merely_stands_on_a_resource_does_not_concern_it(primary: Resource) -> None:
    """A crash of a pod on a node is no reason for the node's alert."""
    assert explained(finding("crash", SIBLING), primary=primary).roots == ()


def test_a_service_without_pods_is_its_workloads_service() -> None:
    """Pods that a quota forbids are missing behind the Service that would select them."""
    found = explained(
        finding("quota", DEPLOYMENT, culprit=QUOTA), finding("no-endpoints", SERVICE, Role.SYMPTOM),
        primary=SERVICE,
    )  # fmt: skip
    assert rules(found.roots) == ["quota"]
    assert rules(found.contributing) == ["no-endpoints"]


def test_many_findings_are_joined_quickly() -> None:
    """Five hundred findings take no quadratic time: well under a second."""
    many = [finding(f"r{i}", resource("Pod", "shop", f"p{i}"), culprit=DEPLOYMENT) for i in range(500)]
    began = time.thread_time()
    found = explained(*many)
    assert time.thread_time() - began < 1.0
    assert len(found.roots) == 500


@pytest.mark.parametrize(
    ("hidden", "likelihood"),
    [("", Likelihood.HIGH), ("Pod", Likelihood.MEDIUM), ("Deployment", Likelihood.MEDIUM),
     ("ReplicaSet", Likelihood.HIGH)],
)  # fmt: skip
def test_what_waits_for_a_service_is_as_sure_as_that_was_seen(hidden: str, likelihood: Likelihood) -> None:
    """A Service may be empty by its workload's fault: where that could not be read, why stays open."""
    api = resource("APIService", "", "v1.example.com")
    cause = finding("unavailable", api, waits_on=(resource("Service", "shop", "web"),))
    (root,) = explain(view(None, hidden), [cause]).roots
    assert root.likelihood is likelihood
