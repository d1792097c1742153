"""domain.locating: which object an alert really means."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from kubetriage.domain.alert import Alert, Subject, SubjectScope
from kubetriage.domain.evidence import Observation, get, list_of
from kubetriage.domain.locating import first_reads, located, second_reads
from kubetriage.domain.resource import resource
from kubetriage.domain.subject import BY_HOST
from kubetriage.domain.view import ClusterView

MakeView = Callable[..., ClusterView]
Make = Callable[..., dict[str, Any]]


def subject(kind: str, namespace: str, name: str) -> Subject:
    return Subject(scope=SubjectScope.RESOURCE, resource=resource(kind, namespace, name))


@pytest.mark.parametrize(
    ("about", "read"),
    [
        (subject("Pod", "shop", "web-1"), get(resource("Pod", "shop", "web-1"))),
        (subject("Pod", "", "web-1"), list_of("Pod", fields="metadata.name=web-1")),
        (subject("Node", "", "n1"), get(resource("Node", "", "n1"))),
        (subject("Node", "", "10.0.0.11"), list_of("Node")),
        (subject("Node", "", "fe80::1"), list_of("Node")),
        (subject("Node", "", "cafe"), get(resource("Node", "", "cafe"))),
        (subject("Rollout", "shop", "web"), get(resource("Rollout", "shop", "web"))),
    ],
)
def test_the_first_read(about: Subject, read: Any) -> None:
    """The object itself; all of its name where the namespace is lost; all Nodes for an address."""
    assert [want.read for want in first_reads(about)] == [read]


def test_without_an_object_nothing_is_read() -> None:
    """A lost subject has no first read."""
    assert first_reads(Subject(scope=SubjectScope.LOST)) == []


def test_an_object_that_is_there_is_the_one(view: MakeView, obj: Make) -> None:
    """Nothing else is asked."""
    seen = view(obj("Pod shop/web-1"))
    assert located(seen) == resource("Pod", "shop", "web-1")
    assert second_reads(seen) == []


def test_an_object_that_is_gone_stays_the_one(view: MakeView) -> None:
    """A pod that is gone is not exchanged for another one."""
    seen = view(absent=["Pod shop/web-1"])
    assert located(seen) == resource("Pod", "shop", "web-1")
    assert second_reads(seen) == []


def test_an_unreadable_object_is_not_taken_for_gone(unread: MakeView) -> None:
    """Where the Service could not be asked for, no workload is tried in its place."""
    seen = unread(primary="Service shop/web")
    assert second_reads(seen) == []
    assert located(seen) == resource("Service", "shop", "web")


def test_a_service_label_that_carries_a_workloads_name(view: MakeView, obj: Make) -> None:
    """Deployment, StatefulSet and DaemonSet are tried, and the one that is there is meant."""
    gone = view(primary="Service shop/web", absent=["Service shop/web"])
    tried = second_reads(gone)
    assert [want.about.kind for want in tried] == ["Deployment", "StatefulSet", "DaemonSet"]
    seen = view(obj("StatefulSet shop/web"), primary="Service shop/web",
                absent=["Service shop/web", "Deployment shop/web"])  # fmt: skip
    assert located(seen) == resource("StatefulSet", "shop", "web")


NODES = [
    ("n1", [("InternalIP", "10.0.0.11"), ("Hostname", "ip-10-0-0-11"), ("InternalDNS", "IP-10-0-0-11.ec2")]),
    ("n2", [("InternalIP", "10.0.0.1"), ("InternalIP", "fd00:0:0::2")]),
]


@pytest.mark.parametrize(
    ("name", "node"),
    [
        ("10.0.0.11", "n1"),
        ("10.0.0.1", "n2"),
        ("fd00::2", "n2"),
        ("ip-10-0-0-11", "n1"),
        ("ip-10-0-0-11.ec2", "n1"),
        ("10.0.0.2", "10.0.0.2"),
    ],
)
def test_a_node_by_its_address(name: str, node: str, view: MakeView, obj: Make) -> None:
    """By IP address in any spelling, or by host name; an address nobody has stays what the alert said."""
    nodes = [
        obj(f"Node {n}", status={"addresses": [{"type": t, "address": a} for t, a in addresses]})
        for n, addresses in NODES
    ]
    assert located(view(*nodes, primary=f"Node {name}")) == resource("Node", "", node)


def test_a_host_name_is_looked_for_among_the_nodes(view: MakeView) -> None:
    """A Node of that name is not there: one may have it as its host name."""
    seen = view(primary="Node worker-a", absent=["Node worker-a"])
    assert [want.read for want in second_reads(seen)] == [list_of("Node")]


@pytest.mark.parametrize(("namespaces", "found"), [(["a"], "a"), (["a", "b"], ""), ([], "")])
def test_a_missing_namespace_is_found_if_the_name_is_unique(
    namespaces: list[str], found: str, view: MakeView, obj: Make
) -> None:
    """With several of the name nobody can say which is meant."""
    read = list_of("Pod", fields="metadata.name=web-1")
    objects = tuple(obj(f"Pod {ns}/web-1") for ns in namespaces)
    base = view(primary="Pod web-1")
    listed = Observation(read=read, tool="t", at=base.now, objects=objects)
    seen = ClusterView(base.alert, base.subject, None, base.now, [listed])
    where = located(seen)
    assert where is not None
    assert where.namespace == found
    assert seen.is_absent(where) is (not namespaces)


# ---- addresses and hosts

ADDRESS = "10.244.1.11"


def _at_address(*pods: tuple[str, str, str]) -> ClusterView:
    about = subject("Pod", "shop", ADDRESS)
    raws = tuple(
        {
            "kind": "Pod",
            "metadata": {"namespace": ns, "name": n},
            "status": {"podIP": ADDRESS, "phase": phase},
        }
        for ns, n, phase in pods
    )
    now = datetime(2026, 3, 1, tzinfo=UTC)
    alert = Alert(name="InstanceDown", fingerprint="0" * 16)
    seen = Observation(read=first_reads(about)[0].read, tool="t", at=now, objects=raws)
    return ClusterView(alert, about, None, now, [seen])


def test_a_pod_by_its_address() -> None:
    """The API server selects by status.podIP; a pod that ended keeps an address that another one has now."""
    seen = _at_address(("shop", "web-1", "Running"), ("shop", "old-1", "Succeeded"))
    assert first_reads(seen.subject)[0].read == list_of("Pod", "shop", fields=f"status.podIP={ADDRESS}")
    assert located(seen) == resource("Pod", "shop", "web-1")
    assert second_reads(seen) == []


def test_an_address_that_is_elsewhere() -> None:
    """The label's namespace may be the scraper's: all namespaces are asked; nobody is guessed among several."""
    seen = _at_address()
    assert [w.read for w in second_reads(seen)] == [list_of("Pod", fields=f"status.podIP={ADDRESS}")]
    shared = _at_address(("shop", "a", "Running"), ("shop", "b", "Running"))
    assert located(shared) == resource("Pod", "shop", ADDRESS)


@pytest.mark.parametrize(("host", "found"), [("shop.example.com", "Ingress shop/web"), ("x.example.com", "")])
def test_a_host_is_that_of_an_ingress(host: str, found: str, obj: Make) -> None:
    """The Ingress that serves a probed host; a host that none serves is no object of the cluster."""
    about = Subject(
        scope=SubjectScope.RESOURCE, resource=resource("Ingress", "", host), why=f"label i, {BY_HOST}"
    )
    (want,) = first_reads(about)
    assert want.read == list_of("Ingress")
    now = datetime(2026, 3, 1, tzinfo=UTC)
    ingress = obj("Ingress shop/web", spec={"rules": [{"host": "shop.example.com"}]})
    seen = Observation(read=want.read, tool="t", at=now, objects=(ingress,))
    view = ClusterView(Alert(name="A", fingerprint="0" * 16), about, None, now, [seen])
    assert second_reads(view) == []
    assert str(located(view) or "") == found
