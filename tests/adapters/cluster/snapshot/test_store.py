"""The store answers reads as the recorded API server would have."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.cluster.snapshot.status import NOT_RECORDED, ApiStatus
from kubetriage.adapters.cluster.snapshot.store import SnapshotStore
from kubetriage.domain.resource import KINDS


@pytest.fixture(scope="module")
def store(shop: Path) -> SnapshotStore:
    return SnapshotStore.load(shop)


def names(objects: list[dict[str, Any]]) -> list[str]:
    return [obj["metadata"]["name"] for obj in objects]


def obj(
    kind: str, name: str, namespace: str = "shop", api_version: str = "v1", **rest: Any
) -> dict[str, Any]:
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        **rest,
    }


def test_time_is_utc(store: SnapshotStore) -> None:
    """The snapshot's time is the manifest's, in UTC."""
    assert store.time == datetime(2025, 3, 4, 10, tzinfo=UTC)


def test_get_returns_the_recorded_object(store: SnapshotStore) -> None:
    """A recorded object comes back as it was recorded, values that YAML could misread included."""
    settings = store.get("v1", "ConfigMap", "shop", "settings")
    assert settings["data"] == {"mode": "yes", "script": "a\nb: c\n", "empty": ""}


def test_absence_is_not_found(store: SnapshotStore) -> None:
    """What is not there, in a complete scope, is a 404 in the API server's words."""
    with pytest.raises(ApiStatus, match=r'^deployments\.apps "gone" not found$') as refused:
        store.get("apps/v1", "Deployment", "shop", "gone")
    assert refused.value.body()["details"] == {"name": "gone", "group": "apps", "kind": "deployments"}
    assert refused.value.code == 404


@pytest.mark.parametrize(
    ("api_version", "kind"), [("v1", "Foo"), ("apps/v9", "Deployment"), ("v1", "Deployment")]
)
def test_unknown_kinds(store: SnapshotStore, api_version: str, kind: str) -> None:
    """A kind or version that no API server of this cluster serves has no matches."""
    with pytest.raises(ApiStatus, match=f'no matches for kind "{kind}" in version "{api_version}"'):
        store.list(api_version, kind)


def test_every_known_kind_is_served(store: SnapshotStore) -> None:
    """Built-in kinds are served whether or not any object of them is recorded."""
    assert [kind for kind, info in KINDS.items() if not store.served(info.api_version, kind)] == []


def test_metrics_are_served_only_where_recorded(tmp_path: Path, write_snapshot: Any) -> None:
    """A snapshot without metrics has no metrics API, as a cluster without a metrics server."""
    store = SnapshotStore.load(write_snapshot(tmp_path / "s", [obj("ConfigMap", "a")]))
    assert store.served("metrics.k8s.io/v1beta1", "PodMetrics") is None


def test_list_is_ordered_and_selected(store: SnapshotStore) -> None:
    """Lists come ordered by namespace and name, and only what both selectors choose."""
    assert names(store.list("v1", "Node")) == ["worker-1", "worker-2"]
    assert names(store.list("v1", "Pod", "shop", "app=web", "spec.nodeName=worker-2")) == ["web-5d-crash"]
    assert store.list("v1", "Pod", "nowhere") == []


def test_namespace_of_a_cluster_scoped_kind_is_ignored(store: SnapshotStore) -> None:
    """The store looks up cluster-scoped kinds by name alone."""
    assert store.get("v1", "Node", "shop", "worker-1")["metadata"]["name"] == "worker-1"


def test_an_object_proves_its_namespace(tmp_path: Path, write_snapshot: Any) -> None:
    """A namespace that holds objects exists without a recorded Namespace; others are then unknown."""
    store = SnapshotStore.load(write_snapshot(tmp_path / "s", [obj("ConfigMap", "a", "team-a")]))
    assert store.get("v1", "Namespace", "", "team-a")["status"] == {"phase": "Active"}
    with pytest.raises(ApiStatus, match=NOT_RECORDED):
        store.get("v1", "Namespace", "", "team-b")


def test_a_missing_namespace_is_default(tmp_path: Path, write_snapshot: Any) -> None:
    """A namespaced object without a namespace is in `default`; a cluster-scoped one loses the one it has."""
    bare = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}
    store = SnapshotStore.load(write_snapshot(tmp_path / "s", [bare, obj("Node", "n")]))
    assert store.get("v1", "ConfigMap", "default", "a")["metadata"]["namespace"] == "default"
    assert "namespace" not in store.get("v1", "Node", "", "n")["metadata"]


def test_what_is_never_served(store: SnapshotStore) -> None:
    """managedFields and the content of Secrets are not in the store at all."""
    assert "managedFields" not in store.get("apps/v1", "Deployment", "shop", "web")["metadata"]
    secret = store.get("v1", "Secret", "shop", "password")
    assert secret["type"] == "Opaque"
    assert "data" not in secret


def test_the_copy_that_kubectl_apply_keeps_of_a_secret_is_not_served(
    tmp_path: Path, write_snapshot: Any
) -> None:
    """The last-applied annotation of a Secret holds its data, so it goes too; other annotations stay."""
    annotations = {"kubectl.kubernetes.io/last-applied-configuration": "{}", "note": "kept"}
    secret = obj("Secret", "a", stringData={"password": "hunter2"})
    secret["metadata"]["annotations"] = annotations
    store = SnapshotStore.load(write_snapshot(tmp_path / "s", [secret]))
    served = store.get("v1", "Secret", "shop", "a")
    assert served["metadata"]["annotations"] == {"note": "kept"}
    assert "stringData" not in served


# --- versions -----------------------------------------------------------------------------------------


def test_events_are_served_in_both_groups(store: SnapshotStore) -> None:
    """Events recorded as v1 or as events.k8s.io/v1 are all served as both, with that group's field names."""
    core = {e["metadata"]["name"]: e for e in store.list("v1", "Event", "shop")}
    new = {e["metadata"]["name"]: e for e in store.list("events.k8s.io/v1", "Event", "shop")}
    assert core["queue.1"]["involvedObject"]["name"] == new["queue.1"]["regarding"]["name"] == "web-5d-queue"
    assert core["queue.1"]["message"] == new["queue.1"]["note"] == "0/2 nodes are available"
    assert new["crash.1"]["deprecatedCount"] == core["crash.1"]["count"] == 7
    assert new["crash.1"]["deprecatedSource"] == {"component": "kubelet"}
    assert new["crash.1"]["apiVersion"] == "events.k8s.io/v1"


def test_micro_times_have_six_decimals(store: SnapshotStore) -> None:
    """Event times are served with six decimals however they were written: clients refuse any other form."""
    assert store.get("v1", "Event", "shop", "queue.1")["eventTime"] == "2025-03-04T09:30:00.500000Z"


def test_older_versions_of_the_same_shape_are_served_as_todays(tmp_path: Path, write_snapshot: Any) -> None:
    """A CronJob recorded as batch/v1beta1 is one of batch/v1."""
    old = obj("CronJob", "nightly", api_version="batch/v1beta1", spec={"schedule": "@daily"})
    store = SnapshotStore.load(write_snapshot(tmp_path / "s", [old]))
    assert store.get("batch/v1", "CronJob", "shop", "nightly")["apiVersion"] == "batch/v1"


def test_a_version_of_another_shape_is_a_gap(tmp_path: Path, write_snapshot: Any) -> None:
    """An autoscaler recorded as autoscaling/v1 is served as that, and as v2 is a gap."""
    store = SnapshotStore.load(
        write_snapshot(tmp_path / "s", [obj("HorizontalPodAutoscaler", "a", api_version="autoscaling/v1")])
    )
    assert store.get("autoscaling/v1", "HorizontalPodAutoscaler", "shop", "a")
    with pytest.raises(ApiStatus, match=f"{NOT_RECORDED}.*recorded as autoscaling/v1"):
        store.get("autoscaling/v2", "HorizontalPodAutoscaler", "shop", "a")


def test_custom_resources(store: SnapshotStore, tmp_path: Path, write_snapshot: Any) -> None:
    """Custom resources are served as their definition says, or by their objects where there is none."""
    assert names(store.list("example.test/v1", "Widget", "shop")) == ["blue"]
    served = store.served("example.test/v1", "Widget")
    assert served and served.plural == "widgets" and served.namespaced
    policy = {"apiVersion": "rules.test/v1alpha1", "kind": "Policy", "metadata": {"name": "strict"}}
    other = SnapshotStore.load(write_snapshot(tmp_path / "s", [policy]))
    guessed = other.served("rules.test/v1alpha1", "Policy")
    assert guessed and guessed.plural == "policies" and not guessed.namespaced


def test_every_served_version_of_a_custom_resource_has_its_objects(
    tmp_path: Path, write_snapshot: Any
) -> None:
    """Without a conversion webhook, versions of a custom resource differ by apiVersion alone."""
    versions = [{"name": "v1alpha1", "served": True}, {"name": "v1", "served": True, "storage": True}]
    spec = {"group": "x.test", "names": {"kind": "Gear", "plural": "gears"}, "versions": versions}
    definition = obj(
        "CustomResourceDefinition", "gears.x.test", api_version="apiextensions.k8s.io/v1", spec=spec
    )
    gear = obj("Gear", "a", api_version="x.test/v1alpha1", size=3)
    store = SnapshotStore.load(write_snapshot(tmp_path / "s", [definition, gear]))
    assert store.get("x.test/v1", "Gear", "shop", "a") == gear | {"apiVersion": "x.test/v1"}
