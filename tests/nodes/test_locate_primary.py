"""nodes.locate_primary: the object that the alert means, as the cluster has it."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.alert import Subject, SubjectScope
from kubetriage.domain.resource import resource
from kubetriage.nodes.locate_primary import locate_primary


def subject(kind: str, namespace: str, name: str) -> Subject:
    return Subject(scope=SubjectScope.RESOURCE, resource=resource(kind, namespace, name))


async def test_the_object_is_read_once(known: Any, services_of: Any, runtime: Any, parsed: Any) -> None:
    """One read where the alert names the object and it is there."""
    cluster = known({"kind": "Pod", "metadata": {"name": "web-1", "namespace": "shop"}})
    state = parsed(subject("Pod", "shop", "web-1"))
    update = await locate_primary(state, runtime(), services=services_of(cluster))
    assert str(update["primary"]) == "Pod shop/web-1"
    assert len(cluster.asked) == 1
    assert [want.about.name for want in update["looked"]] == ["web-1"]


async def test_an_object_that_is_gone_stays_the_primary_one(
    known: Any, services_of: Any, runtime: Any, parsed: Any
) -> None:
    """That it is gone is what the report has to say."""
    state = parsed(subject("Pod", "shop", "web-1"))
    update = await locate_primary(state, runtime(), services=services_of(known()))
    assert str(update["primary"]) == "Pod shop/web-1"
    assert update["failures"] == []


async def test_a_scrape_targets_address_becomes_its_node(
    known: Any, services_of: Any, runtime: Any, parsed: Any
) -> None:
    """`instance="10.0.0.11:9100"` is about the Node with that address, which alone is shown."""
    node = {
        "kind": "Node",
        "metadata": {"name": "n1"},
        "status": {"addresses": [{"type": "InternalIP", "address": "10.0.0.11"}]},
    }
    state = parsed(subject("Node", "", "10.0.0.11"))
    update = await locate_primary(state, runtime(), services=services_of(known(node)))
    assert str(update["primary"]) == "Node n1"
    assert update["looked"] == []


async def test_a_service_label_may_carry_a_deployments_name(
    known: Any, services_of: Any, runtime: Any, parsed: Any
) -> None:
    """Where no Service has the name, the workload of that name is meant; what was tried in vain is not shown."""
    cluster = known({"kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}})
    state = parsed(subject("Service", "shop", "web"))
    update = await locate_primary(state, runtime(), services=services_of(cluster))
    assert str(update["primary"]) == "Deployment shop/web"
    assert [want.about.kind for want in update["looked"]] == ["Deployment"]


async def test_without_a_subject_nothing_is_read(
    known: Any, services_of: Any, runtime: Any, parsed: Any
) -> None:
    """An alert that lost its subject has no primary resource."""
    cluster = known()
    state = parsed(Subject(scope=SubjectScope.LOST))
    update = await locate_primary(state, runtime(), services=services_of(cluster))
    assert update["primary"] is None
    assert cluster.asked == []
