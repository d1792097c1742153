"""What is read where an alert names no single object, or one that is gone."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain import relations
from kubetriage.domain.alert import Subject, SubjectScope
from kubetriage.domain.evidence import FailureKind
from kubetriage.domain.finding import Want
from kubetriage.domain.relations import absent, namespace
from kubetriage.domain.view import ClusterView


def _wants(view: ClusterView, module: Any = namespace) -> list[Want]:
    wants = [w for relation in module.RELATIONS for w in relation(view)]
    assert all(w.why.en and w.why.zh for w in wants)
    return wants


def _reads(view: ClusterView, module: Any = namespace) -> list[tuple[str, str, str]]:
    return [(w.read.kind, w.read.namespace, w.read.name or w.read.label_selector or w.read.field_selector)
            for w in _wants(view, module)]  # fmt: skip


def _lost(view: ClusterView, where: str = "", scope: SubjectScope = SubjectScope.LOST) -> ClusterView:
    view.subject = Subject(scope=scope, namespace=where)
    return view


def test_a_namespace_without_object(k8s: Any, view_of: Any) -> None:
    """Its pods and workloads are listed; one pod of each owner in trouble comes first, leftovers last."""
    pods = [k8s.pod(f"Pod shop/{n}", k8s.container(ready=False), owner=f"StatefulSet shop/{n[0]}")
            for n in ("a-1", "a-2", "b-1")]  # fmt: skip
    pods.append(k8s.pod("Pod shop/0-old", k8s.container(state=k8s.ended(1)), phase="Failed"))
    pods.append(k8s.pod("Pod shop/well"))
    short = k8s.deployment("Deployment shop/short", replicas=3, ready=1)
    full = k8s.deployment("Deployment shop/full", replicas=1, ready=1)
    view = _lost(view_of([*pods, short, full]), "shop")
    assert _reads(view)[:5] == [
        ("Namespace", "", "shop"), ("Pod", "shop", ""), ("Deployment", "shop", ""), ("StatefulSet", "shop",
            ""),
        ("DaemonSet", "shop", ""),
    ]  # fmt: skip
    focus = [(w.about.kind, w.about.name) for w in _wants(view)[5:]]
    assert focus[:4] == [("Pod", "a-1"), ("Pod", "b-1"), ("Pod", "0-old"), ("Deployment", "short")]


@pytest.mark.parametrize("scope", [SubjectScope.LOST, SubjectScope.CLUSTER])
def test_neither_object_nor_namespace(k8s: Any, view_of: Any, scope: SubjectScope) -> None:
    """The cluster's own parts and the nodes in trouble; never all pods of all namespaces."""
    nodes = [
        k8s.obj(f"Node {name}", status={"conditions": [{"type": "Ready", "status": status}]})
        for name, status in (("n1", "True"), ("n2", "False"), ("n3", "Unknown"))
    ]
    view = _lost(view_of(nodes), scope=scope)
    assert [w.about.name for w in _wants(view) if w.about.kind == "Node"] == ["", "n2", "n3"]
    assert {w.read.namespace for w in _wants(view) if w.read.kind == "Pod"} == {"kube-system"}


def test_an_alert_with_an_object_or_not_for_triage(k8s: Any, view_of: Any) -> None:
    """Nothing of the namespace is listed beside an object; nothing at all for Watchdog."""
    assert _wants(view_of([k8s.pod("Pod shop/a")], "Pod shop/a")) == []
    assert _wants(_lost(view_of(), scope=SubjectScope.SKIP)) == []


def test_a_namespace_that_does_not_exist(view_of: Any) -> None:
    """Nothing is listed in it; the namespaces that there are may show a slip."""
    view = _lost(view_of(absent=["Namespace shpo"]), "shpo")
    assert _reads(view) == [("Namespace", "", "shpo"), ("Namespace", "", "")]


# ---- an object that is gone


def test_around_an_absent_object(view_of: Any) -> None:
    """Its events, its namespace, names like it there, and the same name elsewhere."""
    words = "Deployment shop/web"
    assert _reads(view_of([], words, absent=[words]), absent) == [
        ("Event", "shop", "involvedObject.kind=Deployment,involvedObject.name=web"),
        ("Namespace", "", "shop"),
        ("Deployment", "shop", ""),
        ("Deployment", "", "metadata.name=web"),
    ]
    assert _reads(view_of([], words), absent) == [], "not asked for is not gone"
    refused, down = ({words: kind} for kind in (FailureKind.FORBIDDEN, FailureKind.UNAVAILABLE))
    assert _reads(view_of([], words, failed=refused), absent) == [
        ("Event", "shop", "involvedObject.kind=Deployment,involvedObject.name=web")
    ], "its events may be readable"
    assert _reads(view_of([], words, failed=down), absent) == []


def test_the_pods_of_a_namespace_are_the_last_resort(k8s: Any, view_of: Any) -> None:
    """They are listed for an absent pod only when none of its possible controllers exists."""
    words = "Pod shop/db-0"
    assert ("Pod", "shop", "") not in _reads(view_of([], words, absent=[words]), absent)
    found = view_of([k8s.obj("StatefulSet shop/db")], words, absent=[words])
    assert ("Pod", "shop", "") not in _reads(found, absent)
    nobody = view_of([], words, absent=[words, "StatefulSet shop/db"])
    assert ("Pod", "shop", "") in _reads(nobody, absent)


def test_an_absent_run_leads_to_its_cronjob(k8s: Any, view_of: Any) -> None:
    """By the Job's name; and of a pod that is gone with its Job, to the latest run."""
    words = "Job shop/load-29012345"
    reads = _reads(view_of([], words, absent=[words]), absent)
    assert ("CronJob", "shop", "load") in reads and ("Pod", "shop", "job-name=load-29012345") in reads
    pod = "Pod shop/load-29012345-x1x2x"
    latest = k8s.obj("Job shop/load-29012350", owner="CronJob shop/load")
    view = view_of([latest, k8s.obj("CronJob shop/load")], pod, absent=[pod, words])
    assert "load-29012350" in [w.about.name for w in _wants(view, absent)]


# ---- all of them


def test_every_relation_is_collected() -> None:
    """`RELATIONS` holds those of every file of the folder."""
    names = [name for name in vars(relations) if hasattr(getattr(relations, name), "RELATIONS")]
    assert len(names) >= 11
    for name in names:
        assert set(getattr(relations, name).RELATIONS) <= set(relations.RELATIONS), name


def test_relations_are_idempotent(k8s: Any, view_of: Any) -> None:
    """The same view gives the same wants in the same order."""
    objects = [k8s.pod("Pod shop/app-1", k8s.container(ready=False), owner="ReplicaSet shop/app-7"),
               k8s.replicaset("ReplicaSet shop/app-7"), k8s.deployment()]  # fmt: skip
    once, again = ([w for r in relations.RELATIONS for w in r(view_of(given, "Deployment shop/app"))]
                   for given in (objects, objects[::-1]))  # fmt: skip
    assert once == again and once


def test_services_without_pods(k8s: Any, view_of: Any) -> None:
    """Of a namespace the Services are looked at that nothing stands behind; not those of unready pods."""
    spec = {"ports": [{"port": 80}]}
    objects = [
        k8s.obj("Service shop/bare", spec=spec | {"selector": {"app": "none"}}),
        k8s.obj("Service shop/ill", spec=spec | {"selector": {"app": "app"}}),
        k8s.obj("Service shop/manual", spec=spec),
        k8s.pod("Pod shop/app-1", k8s.container(ready=False)),
    ]
    lists = [(kind, "shop") for kind in ("Pod", "Service", "EndpointSlice")]
    asked = _reads(_lost(view_of(objects, lists=lists), "shop"))
    assert ("Service", "shop", "bare") in asked
    assert not {("Service", "shop", "ill"), ("Service", "shop", "manual")} & set(asked)
