"""A snapshot of what one run read answers the same questions the same way, and no others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.cluster.snapshot.check import check
from kubetriage.adapters.cluster.snapshot.observed import write_observed
from kubetriage.adapters.cluster.snapshot.recorded_metrics import RecordedMetrics
from kubetriage.adapters.cluster.snapshot.status import ApiStatus
from kubetriage.adapters.cluster.snapshot.store import SnapshotStore
from kubetriage.domain.evidence import (
    FailureKind,
    Observation,
    Read,
    ReadFailure,
    get,
    list_of,
    log_of,
    query_of,
    rules_of,
    top_of,
)
from kubetriage.domain.resource import resource

AT = datetime(2026, 3, 1, 8, tzinfo=UTC)
WEB = resource("Pod", "shop", "web")


def pod(name: str, namespace: str = "shop", **labels: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    spec = {"nodeName": "n1", "containers": [{"name": "app"}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def seen(read: Read, *objects: dict[str, Any], **more: Any) -> Observation:
    return Observation(read=read, tool="t", **{"at": AT, "objects": objects, **more})


def stored(tmp_path: Path, *observations: Observation) -> SnapshotStore:
    write_observed(tmp_path / "s", observations)
    assert check(tmp_path / "s") == []
    return SnapshotStore.load(tmp_path / "s")


def code(store: SnapshotStore, verb: str, *asked: str) -> int:
    with pytest.raises(ApiStatus) as refused:
        getattr(store, verb)(*asked)
    return refused.value.code


def test_questions_have_their_answers_and_others_are_gaps(tmp_path: Path) -> None:
    """Objects, absences, whole lists and lists by selector; a list that was cut short is none."""
    store = stored(
        tmp_path,
        seen(get(WEB), pod("web", app="web")),
        seen(get(resource("ConfigMap", "shop", "gone")), absent=True),
        seen(list_of("Service", "shop")),
        seen(list_of("Pod", "shop", labels="app=web"), pod("web", app="web"), pod("web-2", app="web")),
        seen(list_of("Event", "shop"), cut="5 of 9 objects were left out"),
        seen(list_of("Node"), {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}}),
        seen(list_of("Deployment", "shop"), failure=ReadFailure(kind=FailureKind.FORBIDDEN)),
    )
    assert store.get("v1", "Pod", "shop", "web") and store.get("v1", "Node", "", "n1")
    assert [p["metadata"]["name"] for p in store.list("v1", "Pod", "shop", "app=web")] == ["web", "web-2"]
    assert store.list("v1", "Service", "shop") == [] and len(store.list("v1", "Node")) == 1
    assert code(store, "get", "v1", "ConfigMap", "shop", "gone") == 404
    assert code(store, "get", "v1", "Node", "", "n2") == 404
    assert code(store, "get", "v1", "ConfigMap", "shop", "other") == 501
    assert code(store, "get", "v1", "Pod", "shop", "other") == code(store, "list", "v1", "Pod", "shop") == 501
    assert code(store, "list", "v1", "Event", "shop") == 501
    assert code(store, "list", "apps/v1", "Deployment", "shop") == 501
    assert code(store, "list", "v1", "Service", "lab") == 501


def test_a_list_of_all_namespaces_is_one_again(tmp_path: Path) -> None:
    """What was listed over the whole cluster is whole there, also where nothing was found."""
    store = stored(
        tmp_path, seen(list_of("Pod"), pod("a", "x"), pod("b", "y")), seen(list_of("Service", "x"))
    )
    assert len(store.list("v1", "Pod")) == 2 and store.list("v1", "Pod", "z") == []
    assert code(store, "list", "v1", "Service") == 501


def test_of_a_log_the_longest_answer_is_kept(tmp_path: Path) -> None:
    """The same log may have been read shortly first and then further back."""
    store = stored(
        tmp_path,
        seen(get(WEB), pod("web")),
        seen(log_of(WEB, "app", tail=1), text="two\n"),
        seen(log_of(WEB, "app", tail=9), text="one\ntwo\n"),
        seen(log_of(resource("Pod", "shop", "../x"), "app"), text="no name of Kubernetes'"),
    )
    assert store.log("shop", "web") == "one\ntwo\n"
    assert [p.name for p in (tmp_path / "s").rglob("*.log")] == ["app.log"]


def test_usage_is_there_again(tmp_path: Path) -> None:
    """Rows of `top` come from metrics objects, and become such again."""
    row = {"namespace": "shop", "name": "web", "container": "app", "cpu": "12m", "memory": "34Mi"}
    store = stored(tmp_path, seen(get(WEB), pod("web")), seen(top_of("Pod", "shop", "web"), row))
    usage = store.get("metrics.k8s.io/v1beta1", "PodMetrics", "shop", "web")
    assert usage["containers"] == [{"name": "app", "usage": {"cpu": "12m", "memory": "34Mi"}}]


async def test_prometheus_answers_again(tmp_path: Path) -> None:
    """Samples at a time and over a range, rules, and answers without samples."""
    series: dict[str, Any] = {
        "labels": {"pod": "web"},
        "points": [[AT.timestamp() - 30, "1"], [AT.timestamp(), "2"]],
    }
    rule = {"name": "Slow", "query": "x > 1", "labels": {}, "active": [{"pod": "web"}]}
    queries = [
        seen(query_of("x", WEB, "m", AT), {**series, "points": series["points"][-1:]}),
        seen(query_of("x", WEB, "m", AT, seconds=60, step=30), series),
        seen(query_of("y", WEB, "m", AT)),
        seen(rules_of("Slow"), rule),
    ]
    stored(tmp_path, seen(get(WEB), pod("web")), *queries)
    metrics = RecordedMetrics.load(tmp_path / "s")
    assert metrics is not None
    for one in queries:
        again = await metrics.read(one.read)
        assert again.found and list(again.objects) == list(one.objects)
    assert (await metrics.read(query_of("z", WEB, "m", AT))).failure is not None


def test_the_time_is_that_of_the_last_answer(tmp_path: Path) -> None:
    """A run takes some seconds; nothing that it saw is from after its snapshot."""
    done = write_observed(
        tmp_path / "s", [seen(get(WEB), pod("web")), seen(list_of("Node"), at=AT + timedelta(seconds=7))]
    )
    assert done.at == AT + timedelta(seconds=7)
