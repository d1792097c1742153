"""What is read around a workload, and before it."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.evidence import FailureKind, list_of
from kubetriage.domain.finding import Want
from kubetriage.domain.relations.workload import RELATIONS
from kubetriage.domain.view import ClusterView

DEPLOYMENT = "Deployment shop/app"


def _wants(view: ClusterView) -> list[Want]:
    wants = [w for relation in RELATIONS for w in relation(view)]
    assert all(w.why.en and w.why.zh for w in wants)
    return wants


def _reads(view: ClusterView) -> list[tuple[str, str, str]]:
    return [
        (w.read.verb.value, w.read.kind, w.read.name or w.read.label_selector or w.read.field_selector)
        for w in _wants(view)
    ]


def _focus(view: ClusterView, kind: str = "Pod") -> list[str]:
    """The objects of a kind that are looked at."""
    return [w.about.name for w in _wants(view) if w.about.kind == kind]


def _unready(k8s: Any, name: str, owner: str = "ReplicaSet shop/app-1", **parts: Any) -> Any:
    return k8s.pod(f"Pod shop/{name}", k8s.container(ready=False, **parts), owner=owner)


def test_events_revisions_and_pods_by_the_selector(k8s: Any, view_of: Any) -> None:
    """Never all pods of a namespace: the selector's. Of the alert's own also the scaler and the Services."""
    assert _reads(view_of([k8s.deployment()], DEPLOYMENT)) == [
        ("list", "Event", "involvedObject.kind=Deployment,involvedObject.name=app"),
        ("list", "ReplicaSet", "app=app"),
        ("list", "Pod", "app=app"),
        ("list", "HorizontalPodAutoscaler", ""),
        ("list", "Service", ""),
    ]
    assert _reads(view_of([k8s.deployment()], "Pod shop/x")) == []


def test_three_unhealthy_pods_of_the_newest_revision_first(k8s: Any, view_of: Any) -> None:
    """At most three, the newest ReplicaSet's before older ones; ready ones and those on their way out are not."""
    pods = [_unready(k8s, f"old-{n}") for n in range(2)]
    pods += [_unready(k8s, f"new-{n}", "ReplicaSet shop/app-2") for n in range(2)]
    pods += [k8s.pod("Pod shop/well", owner="ReplicaSet shop/app-2")]
    pods += [k8s.pod("Pod shop/a-going", k8s.container(ready=False), owner="ReplicaSet shop/app-2",
                     metadata={"deletionTimestamp": k8s.at(1)})]  # fmt: skip
    sets = [k8s.replicaset(f"ReplicaSet shop/app-{n}", revision=n, replicas=0) for n in (1, 2)]
    assert _focus(view_of([k8s.deployment(), *sets, *pods], DEPLOYMENT)) == ["new-0", "new-1", "old-0"]


def test_ordinals_are_taken_in_their_order(k8s: Any, view_of: Any) -> None:
    """A StatefulSet starts its pods in order: the first that is not ready blocks the rest."""
    words = "StatefulSet shop/db"
    pods = [_unready(k8s, f"db-{n}", words) for n in (10, 2, 1, 11)]
    made = k8s.obj(words, spec={"selector": {"matchLabels": {"app": "db"}}, "serviceName": "db"})
    view = view_of([made, *pods], words)
    assert _focus(view) == ["db-1", "db-2", "db-10"]
    assert ("get", "Service", "db") in _reads(view)


def test_the_most_restarted_pod_when_all_are_ready(k8s: Any, view_of: Any) -> None:
    """Without an unhealthy pod the one that restarted most is looked at, none if none did."""
    calm = k8s.pod("Pod shop/a", owner=DEPLOYMENT)
    busy = k8s.pod("Pod shop/b", k8s.container(restarts=4), owner=DEPLOYMENT)
    assert _focus(view_of([k8s.deployment(), calm, busy], DEPLOYMENT)) == ["b"]
    assert _focus(view_of([k8s.deployment(), calm], DEPLOYMENT)) == []


def test_no_siblings_beside_the_alerts_own_ill_pod(k8s: Any, view_of: Any) -> None:
    """The alert's pod shows it: its siblings' events and logs are not read besides."""
    objects = [k8s.deployment(), _unready(k8s, "x", DEPLOYMENT), _unready(k8s, "y", DEPLOYMENT)]
    assert _focus(view_of(objects, "Pod shop/x", looked=[DEPLOYMENT])) == []


def test_a_list_that_was_cut_makes_its_pods_be_read_again(k8s: Any, view_of: Any) -> None:
    """Objects of a list too large lack parts: the few that matter are then read whole."""
    plain = view_of([k8s.deployment(), _unready(k8s, "x", DEPLOYMENT)], DEPLOYMENT)
    read = list_of("Pod", "shop", labels="app=app")
    seen = view_of([], failed={read: FailureKind.TIMEOUT}).observations[0]
    cut = seen.model_copy(update={"failure": None, "cut": "environments were left out"})
    view = ClusterView(
        plain.alert, plain.subject, plain.primary, plain.now, [*plain.observations, cut], plain.looked
    )
    assert ("get", "Pod", "x") in _reads(view) and ("get", "Pod", "x") not in _reads(plain)


def test_replicasets_that_miss_pods(k8s: Any, view_of: Any) -> None:
    """Why pods are not made stands in the events of the ReplicaSet."""
    short = k8s.replicaset("ReplicaSet shop/app-2", replicas=3)
    short["status"]["replicas"] = 1
    view = view_of([k8s.deployment(), short, k8s.replicaset("ReplicaSet shop/app-1")], DEPLOYMENT)
    assert _focus(view, "ReplicaSet") == ["app-2"]


def test_services_before_the_workload(k8s: Any, view_of: Any) -> None:
    """Those that select its pods, and one that carries its name though it selects nothing; not others."""
    services = [
        k8s.obj(f"Service shop/{name}", spec={"selector": chosen})
        for name, chosen in (("front", {"app": "app"}), ("app", {"app": "apq"}), ("other", {"app": "other"}),
                             ("bare", {}))
    ]  # fmt: skip
    pod = k8s.pod("Pod shop/app-1", owner=DEPLOYMENT)
    view = view_of([k8s.deployment(), pod, *services], DEPLOYMENT)
    assert _focus(view, "Service") == ["app", "front"]
    well = view_of([k8s.deployment(), pod, *services], "Pod shop/x", looked=[DEPLOYMENT])
    assert _focus(well, "Service") == [], "another workload that is well needs no Services"


def test_a_controller_above_is_followed(k8s: Any, view_of: Any) -> None:
    """A workload that an operator made leads to the operator's own object."""
    made = k8s.deployment()
    made["metadata"]["ownerReferences"] = [
        {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "app", "controller": True}
    ]
    assert ("get", "Rollout", "app") in _reads(view_of([made], DEPLOYMENT))


def test_pods_that_are_deleted_and_stay(k8s: Any, view_of: Any) -> None:
    """Minutes after its grace period a pod should be gone: what holds it is looked for. One that just goes is not."""
    stays, goes = (
        k8s.pod(
            f"Pod shop/{name}", owner="ReplicaSet shop/app-1", metadata={"deletionTimestamp": k8s.at(ago)}
        )
        for name, ago in (("stays", 30), ("goes", 2))
    )
    sets = [k8s.replicaset("ReplicaSet shop/app-1", replicas=0)]
    assert _focus(view_of([k8s.deployment(), *sets, stays, goes], DEPLOYMENT)) == ["stays"]
