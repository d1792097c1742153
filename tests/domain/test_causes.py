"""domain.causes: who explains whom."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from kubetriage.domain.alert import Alert, Subject, SubjectScope
from kubetriage.domain.causes import Explanation, explain
from kubetriage.domain.evidence import Observation, list_of
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
    raw("Deployment", "web"),
    raw("ReplicaSet", "web-rs", ("Deployment", "web")),
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


def view(primary: Resource | None = POD) -> ClusterView:
    seen = [
        Observation(
            read=list_of(kind, "" if kind == "Node" else "shop"),
            tool="resources_list",
            at=NOW,
            objects=tuple(o for o in OBJECTS if o["kind"] == kind),
        )
        for kind in {o["kind"] for o in OBJECTS}
    ]
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
    assert rules(found.contributing) == ["pending", "unavailable"] or rules(found.contributing) == [
        "unavailable",
        "pending",
    ]
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
