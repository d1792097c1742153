"""domain.read_requests: a model looks no further than the incident, and never at Secrets."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kubetriage.domain.alert import Alert, AlertStatus, Subject, SubjectScope
from kubetriage.domain.evidence import Observation, get, list_of, log_of
from kubetriage.domain.read_requests import MAX_LOG_LINES, MAX_REQUESTS, Permitted, permitted
from kubetriage.domain.resource import resource
from kubetriage.domain.verdict import ReadRequest
from kubetriage.domain.view import ClusterView

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
POD = resource("Pod", "shop", "web-0")


def view() -> ClusterView:
    containers = {"containers": [{"name": "app"}, {"name": "proxy"}], "initContainers": [{"name": "init"}]}
    pod = {"kind": "Pod", "metadata": {"name": "web-0", "namespace": "shop"}, "spec": containers}
    alert = Alert(name="A", status=AlertStatus.FIRING, labels={}, starts_at=NOW, fingerprint="0" * 16)
    subject = Subject(scope=SubjectScope.RESOURCE, resource=POD, namespace="shop")
    seen = Observation(read=get(POD), tool="resources_get", at=NOW, objects=(pod,))
    return ClusterView(alert, subject, POD, NOW, [seen])


def asked(**request: Any) -> Permitted:
    return permitted([ReadRequest.model_validate({"what": "object", **request})], view())


def test_objects_lists_and_logs_of_the_incident_are_read() -> None:
    """Kinds in any usual spelling; cluster-scoped ones too; a log by its container, bounded."""
    requests = [
        {"what": "object", "kind": "pvc", "namespace": "shop", "name": "data"},
        {"what": "object", "kind": "nodes", "name": "n1"},
        {"what": "list", "kind": "Pod", "namespace": "shop"},
        {"what": "log", "namespace": "shop", "name": "web-0", "container": "proxy", "lines": 900_000},
        {"what": "log", "namespace": "shop", "name": "web-0", "previous": True, "lines": 200},
    ]
    made = permitted([ReadRequest.model_validate(r) for r in requests], view())
    assert made.refused == ()
    assert [want.read.key for want in made.wants] == [
        get(resource("PersistentVolumeClaim", "shop", "data")).key,
        get(resource("Node", "", "n1")).key,
        list_of("Pod", "shop").key,
        log_of(POD, "proxy", tail=MAX_LOG_LINES).key,
        log_of(POD, "app", previous=True, tail=200).key,
    ]


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        ({"kind": "Secret", "namespace": "shop", "name": "db"}, "never read"),
        ({"kind": "secrets", "namespace": "shop", "name": "db"}, "never read"),
        ({"kind": "Pod", "namespace": "kube-system", "name": "etcd"}, "namespace"),
        ({"kind": "Sorcery", "namespace": "shop", "name": "x"}, "kind"),
        ({"kind": "Pod", "namespace": "shop", "name": "web-0; rm -rf /"}, "name"),
        ({"kind": "Pod", "namespace": "shop", "name": ""}, "name"),
        ({"kind": "Pod", "namespace": "shop", "name": "web-0"}, "already read"),
        ({"what": "log", "namespace": "shop", "name": "other-0"}, "pod was not read"),
        ({"what": "log", "namespace": "shop", "name": "web-0", "container": "sh"}, "app, proxy, init"),
    ],
)
def test_everything_else_is_refused_with_its_reason(request_: dict[str, Any], why: str) -> None:
    """Secrets, other namespaces, unknown kinds, names that are none, what is known already."""
    made = asked(**request_)
    assert made.wants == () and len(made.refused) == 1 and why in made.refused[0]


def test_the_number_of_reads_is_bounded() -> None:
    """What is beyond the bound is said."""
    many = [ReadRequest.model_validate({"what": "object", "kind": "ConfigMap", "namespace": "shop", "name": f"c{i}"})
            for i in range(MAX_REQUESTS + 3)]  # fmt: skip
    made = permitted(many, view())
    assert len(made.wants) == MAX_REQUESTS and "3 more" in made.refused[-1]
