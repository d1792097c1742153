"""domain.impact: who and what is affected."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kubetriage.domain.evidence import list_of
from kubetriage.domain.impact import impact_of
from kubetriage.domain.view import ClusterView

MakeView = Callable[..., ClusterView]
Make = Callable[..., dict[str, Any]]

WEB = {"app": "web"}
NO_SLICES = [list_of("EndpointSlice", "shop")]


def deployment(obj: Make, ready: int) -> dict[str, Any]:
    spec = {"replicas": 3, "template": {"metadata": {"labels": WEB}}}
    return obj("Deployment shop/web", spec=spec, status={"readyReplicas": ready})


def shop(obj: Make) -> list[dict[str, Any]]:
    return [
        deployment(obj, 1),
        obj("ReplicaSet shop/web-6d", owner="Deployment shop/web"),
        obj("Pod shop/web-1", owner="ReplicaSet shop/web-6d", labels=WEB),
        obj("Service shop/web", spec={"selector": WEB}),
    ]


def test_replicas_and_services_of_a_pod(view: MakeView, obj: Make) -> None:
    """How much of its workload is left, and whether its Service still answers; each with its evidence."""
    said, cites = impact_of(view(*shop(obj), lists=NO_SLICES))
    assert said.en == (
        "Deployment shop/web: 1 of 3 replicas ready; Service web has no ready endpoint, so its callers fail."
    )
    assert said.zh == "Deployment shop/web：3 个副本中 1 个就绪；Service web 没有就绪端点，调用方会失败。"
    assert cites == ("object|Deployment|shop|web", "object|Service|shop|web")


def test_a_service_that_still_answers(view: MakeView, obj: Make) -> None:
    """One ready endpoint is enough for callers."""
    labels = {"kubernetes.io/service-name": "web"}
    part = obj("EndpointSlice shop/web-x", labels=labels, endpoints=[{"addresses": ["10.0.0.1"]}])
    assert "Service web still has ready endpoints" in impact_of(view(*shop(obj), part))[0].en


def test_endpoints_that_were_not_read_are_not_spoken_of(view: MakeView, obj: Make) -> None:
    """Unknown is neither ready nor not."""
    assert "Service" not in impact_of(view(*shop(obj)))[0].en


def test_a_workload_without_pods_still_has_its_service(view: MakeView, obj: Make) -> None:
    """Pods that were never made are missing behind the Service that would select them, and its Ingress."""
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    ingress = obj("Ingress shop/site", spec={"rules": [{"http": {"paths": [{"backend": backend}]}}]})
    service = obj("Service shop/web", spec={"selector": WEB})
    seen = view(deployment(obj, 0), service, ingress, primary="Deployment shop/web", lists=NO_SLICES)
    said = impact_of(seen)[0].en
    assert "0 of 3 replicas ready; Service web has no ready endpoint" in said
    assert "requests through Ingress site to it fail" in said


def test_a_nodes_pods_are_counted(view: MakeView, obj: Make) -> None:
    """How many it runs and how many of them are not ready."""
    ready = {"conditions": [{"type": "Ready", "status": "True"}]}
    pods = [obj(f"Pod shop/p{i}", spec={"nodeName": "n1"}, status=ready if i else {}) for i in range(3)]
    said, cites = impact_of(view(obj("Node n1"), *pods, primary="Node n1"))
    assert said.en == "Node n1 runs 3 pods, 1 of them not ready."
    assert cites == ("object|Pod|shop|p0",)


def test_who_mounts_a_claim(view: MakeView, obj: Make) -> None:
    """The pods that use it, by name."""
    volume = {"name": "d", "persistentVolumeClaim": {"claimName": "data"}}
    pods = [obj(f"Pod shop/p{i}", spec={"volumes": [volume]}) for i in range(5)]
    claim = obj("PersistentVolumeClaim shop/data")
    said = impact_of(view(claim, *pods, primary="PersistentVolumeClaim shop/data"))[0].en
    assert (
        said == "PersistentVolumeClaim shop/data is mounted by 5 pods (p0, p1, p2, …), 5 of them not ready."
    )


def test_a_jobs_completions(view: MakeView, obj: Make) -> None:
    """What is done, what is wanted, and how many pods failed; the pod's Job where a pod is meant."""
    job = obj("Job shop/nightly", spec={"completions": 2}, status={"succeeded": 1, "failed": 4})
    pod = obj("Pod shop/web-1", owner="Job shop/nightly")
    expected = "Job shop/nightly: 1 of 2 completions, 4 pods failed."
    assert impact_of(view(job, primary="Job shop/nightly"))[0].en == expected
    assert impact_of(view(job, pod))[0].en == expected


def test_what_is_alone_gone_or_unseen(view: MakeView, unread: MakeView, obj: Make) -> None:
    """Nothing more is claimed than was seen."""
    assert impact_of(view(obj("Pod shop/web-1")))[0].en == "Pod shop/web-1 alone, as far as can be seen."
    assert impact_of(view(absent=["Pod shop/web-1"]))[0].en == "Pod shop/web-1 does not exist now."
    assert impact_of(unread())[0].en == "Pod shop/web-1 could not be seen."
    assert impact_of(view(primary=""))[0].en == "Not visible: the alert names no single resource."


def test_impact_is_bounded(view: MakeView, obj: Make) -> None:
    """Many Services before one workload do not make a statement of more than 300 characters."""
    services = [obj(f"Service shop/web-{i:03}", spec={"selector": WEB}) for i in range(60)]
    said, _ = impact_of(view(*shop(obj), *services, lists=NO_SLICES))
    assert len(said.en) <= 300
    assert len(said.zh) <= 300
