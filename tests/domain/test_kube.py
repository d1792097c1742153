"""domain.kube: raw objects of the API read without surprises."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubetriage.domain.kube import (
    Obj,
    containers,
    pod_ready,
    pod_settled,
    quantity,
    selector_of,
    selects,
    when,
)
from kubetriage.domain.resource import resource


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("500m", 0.5),
        ("5Gi", 5 * 2**30),
        ("2e3", 2000.0),
        ("1E", 1e18),
        ("1Ei", 2.0**60),
        ("100k", 100_000.0),
        (4, 4.0),
        ("0", 0.0),
        ("-1", -1.0),
        ("12e", None),
        ("1.2.3", None),
        ("many", None),
        ("", None),
        (None, None),
        (True, None),
    ],
)
def test_quantities(written: Any, number: float | None) -> None:
    """Quantities as the API writes them; anything else is no number."""
    assert quantity(written) == number


@pytest.mark.parametrize(
    ("written", "time"),
    [
        ("2026-03-01T12:00:00Z", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("2026-03-01T12:00:00.123456Z", datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)),
        ("2026-03-01T12:00:00.123456789Z", datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)),
        ("2026-03-01T20:00:00+08:00", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59-12:00", None),
        ("yesterday", None),
        (1772366400, None),
        (None, None),
    ],
)
def test_times(written: Any, time: datetime | None) -> None:
    """RFC 3339 times in UTC; Go's zero time and what is no time are none."""
    assert when(written) == time


RAWS: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(
            ["metadata", "name", "namespace", "ownerReferences", "controller", "kind", "spec", "status", "containers", "initContainers", "conditions", "type", "status", "containerStatuses", "selector", "matchLabels", "matchExpressions", "labels", "values", "restartCount", "state", "waiting", "reason", "operator", "key"]
        ),
        inner,
        max_size=5,
    ),
    max_leaves=30,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(["kind", "metadata", "spec", "status"]), RAWS, max_size=4))
def test_any_json_can_be_read(raw: dict[str, Any]) -> None:
    """Fields that are missing or of another type read as empty; nothing raises."""
    obj = Obj(raw, kind="Pod")
    for state in containers(obj):
        assert isinstance(state.restarts, int)
        assert isinstance(state.waiting_reason, str)
    assert pod_settled(obj) in (True, False)
    assert isinstance(selector_of(obj), str)
    assert selects(obj.mapping("spec", "selector"), obj.labels) in (True, False)
    assert obj.controller is None or obj.controller.name
    assert obj.number("spec", "x") == 0
    assert obj.ref.key == obj.key


def test_a_path_reads_into_dicts_and_lists() -> None:
    """Keys and positions, from the end too; a wrong step reads as nothing."""
    obj = Obj({"a": [{"b": 1}, {"b": 2}]})
    assert (obj.at("a", 0, "b"), obj.at("a", -1, "b")) == (1, 2)
    assert [obj.at("a", 2, "b"), obj.at("a", "b"), obj.at("a", 0, "b", "c"), obj.at("x")] == [None] * 4


def owned_by(*owners: dict[str, Any], kind: str = "Pod") -> Obj:
    return Obj({"kind": kind, "metadata": {"namespace": "shop", "ownerReferences": list(owners)}})


def test_the_controller_is_the_owner_that_manages() -> None:
    """The reference marked as controller, else the only one; two unmarked ones are no controller."""
    plain = {"kind": "ConfigMap", "name": "c", "apiVersion": "v1"}
    manager = {"kind": "ReplicaSet", "name": "rs", "apiVersion": "apps/v1", "controller": True}
    assert owned_by(plain, manager).controller == resource("ReplicaSet", "shop", "rs")
    assert owned_by(plain).controller == resource("ConfigMap", "shop", "c")
    assert owned_by(plain, plain).controller is None


def test_a_static_pods_node_is_not_its_controller() -> None:
    """The Node that a mirror pod is owned by did not make it: its manifest is a file on the node."""
    node = {"kind": "Node", "name": "n1", "apiVersion": "v1", "controller": True}
    assert owned_by(node).controller is None
    assert owned_by(node, kind="Lease").controller == resource("Node", "", "n1")


def test_containers_join_spec_and_status() -> None:
    """Init containers come first; a container without a status yet is there; sidecars are told apart."""
    pod = Obj(
        {
            "kind": "Pod",
            "spec": {
                "initContainers": [{"name": "mesh", "restartPolicy": "Always"}, {"name": "migrate"}],
                "containers": [{"name": "app", "image": "app:1"}],
            },
            "status": {
                "initContainerStatuses": [{"name": "mesh", "ready": True, "restartCount": 2}],
                "containerStatuses": [
                    {
                        "name": "app",
                        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                        "lastState": {"terminated": {"exitCode": 3}},
                    }
                ],
            },
        }
    )
    mesh, migrate, app = containers(pod)
    assert (mesh.sidecar, mesh.restarts, mesh.ready) == (True, 2, True)
    assert (migrate.init, migrate.sidecar, migrate.status) == (True, False, {})
    assert (app.image, app.waiting_reason, app.last_terminated["exitCode"]) == (
        "app:1",
        "CrashLoopBackOff",
        3,
    )


def test_ready_means_ready_and_not_on_its_way_out() -> None:
    """A pod that is being deleted is not ready, whatever its condition says; one that succeeded is settled."""
    ready = {"conditions": [{"type": "Ready", "status": "True"}]}
    leaving = {"deletionTimestamp": "2026-03-01T12:00:00Z"}
    assert pod_ready(Obj({"kind": "Pod", "status": ready}))
    assert not pod_ready(Obj({"kind": "Pod", "metadata": leaving, "status": ready}))
    assert pod_settled(Obj({"kind": "Pod", "status": {"phase": "Succeeded"}}))


EXPRESSIONS = [
    {"key": "tier", "operator": "In", "values": ["web", "api"]},
    {"key": "old", "operator": "DoesNotExist"},
    {"key": "zone", "operator": "NotIn", "values": ["x"]},
    {"key": "app", "operator": "Exists"},
]


def test_selectors_are_written_as_the_api_takes_them() -> None:
    """matchLabels and matchExpressions of a workload as one label selector; a Service's plain map too."""
    chosen = {"matchLabels": {"b": "2", "a": "1"}, "matchExpressions": EXPRESSIONS}
    workload = Obj({"spec": {"selector": chosen}})
    assert selector_of(workload) == "a=1,b=2,tier in (web,api),!old,zone notin (x),app"
    assert selector_of(Obj({"spec": {"selector": {"app": "web"}}})) == "app=web"
    assert selector_of(Obj({"spec": {}})) == ""


@pytest.mark.parametrize(
    ("labels", "chosen"),
    [
        ({"app": "a", "tier": "web"}, True),
        ({"app": "a", "tier": "db"}, False),
        ({"app": "a", "tier": "web", "old": ""}, False),
        ({"app": "a", "tier": "web", "zone": "x"}, False),
        ({"app": "a", "tier": "web", "zone": "y"}, True),
        ({"tier": "web"}, False),
    ],
)
def test_expressions_select(labels: dict[str, str], chosen: bool) -> None:
    """In, NotIn, Exists and DoesNotExist as the API defines them; all must hold."""
    assert selects({"matchExpressions": EXPRESSIONS}, labels) is chosen


def test_an_empty_selector_selects_nothing() -> None:
    """A Service without a selector has no pods, rather than all."""
    assert not selects({}, {"app": "web"})
    assert not selects({"matchLabels": {}}, {"app": "web"})
