"""The check finds states that no cluster was ever in, each with its file, all at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.cluster.snapshot.check import Problem, check
from kubetriage.domain.errors import BadSnapshot


def obj(
    kind: str, name: str, namespace: str = "shop", api_version: str = "v1", **rest: Any
) -> dict[str, Any]:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {}) | rest.pop("metadata", {})
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **rest}


OWNER = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "1"}
OWNED = obj("Pod", "a", metadata={"ownerReferences": [OWNER]})
POD_A = {"kind": "Pod", "name": "a"}


@pytest.fixture
def problems(tmp_path: Path, write_snapshot: Any) -> Any:
    def find(*objects: dict[str, Any], logs: dict[str, str] | None = None, **manifest: Any) -> list[str]:
        return [str(problem) for problem in check(write_snapshot(tmp_path / "s", objects, logs, **manifest))]

    return find


def test_a_good_snapshot_has_no_problems(shop: Path) -> None:
    """Nothing is found in a snapshot that a cluster could have been in, but the Secret data left in it."""
    assert [str(p) for p in check(shop)] == [
        "cluster.yaml: Secret shop/password holds secret data; "
        "it is never served, so remove data and stringData."
    ]


@pytest.mark.parametrize(
    ("objects", "reason"),
    [
        ([OWNED], "Pod shop/a is owned by ReplicaSet web, which is not recorded"),
        (
            [OWNED, obj("ReplicaSet", "web", api_version="apps/v1", metadata={"uid": "2"})],
            "Pod shop/a is owned by ReplicaSet web with uid 1, whose uid is 2",
        ),
        ([obj("Pod", "a", spec={"nodeName": "n"})], "Pod shop/a runs on node n, which is not recorded"),
        ([obj("Event", "e")], "Event shop/e has no involvedObject with a kind and a name"),
        ([obj("Secret", "s", stringData={"a": "b"})], "Secret shop/s holds secret data"),
        ([obj("ConfigMap", "a"), obj("ConfigMap", "a")], "ConfigMap shop/a is already in cluster.yaml"),
        (
            [obj("Event", "e", involvedObject=POD_A, lastTimestamp="2025-03-04T10:00:01Z")],
            "Event shop/e has lastTimestamp 2025-03-04T10:00:01Z, after the snapshot's time",
        ),
        (
            [
                obj(
                    "Pod",
                    "a",
                    status={
                        "startTime": "2026-01-01T00:00:00Z",
                        "x": [{"startedAt": "2026-01-01T00:00:00Z"}],
                    },
                )
            ],
            "has startTime 2026-01-01T00:00:00Z and 1 more, after",
        ),
        (
            [obj("Pod", "a", status={"startTime": "soon"})],
            "Pod shop/a has startTime 'soon', which is no RFC 3339 time",
        ),
        ([obj("ConfigMap", "a", "")], "ConfigMap default/a has no namespace, and is taken to be in default"),
        ([obj("Node", "n")], "Node n has the namespace shop, though Node is cluster-scoped"),
        (
            [obj("HorizontalPodAutoscaler", "h", api_version="autoscaling/v1")],
            "is recorded as autoscaling/v1, and is asked for as autoscaling/v2",
        ),
    ],
)
def test_objects(problems: Any, objects: list[dict[str, Any]], reason: str) -> None:
    """Each flaw of an object is one sentence with its name."""
    (found,) = problems(*objects)
    assert found.startswith("cluster.yaml: ") and reason in found


def test_what_is_no_problem(problems: Any) -> None:
    """Owners and nodes outside the scope, times meant for the future, and annotations are all right."""
    pod = OWNED | {"spec": {"nodeName": "n"}}
    lease = obj("Lease", "l", api_version="coordination.k8s.io/v1", spec={"expires": "2030-01-01T00:00:00Z"})
    marked = obj("ConfigMap", "c", metadata={"annotations": {"startTime": "never"}})
    kinds = ["Pod", "Lease", "ConfigMap"]
    assert problems(pod, lease, marked, scope={"kinds": kinds}) == []
    assert problems(pod, lease, marked, scope={"unreadable": ["ReplicaSet", "Node"]}) == []


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("shop/gone/web", "is the log of Pod shop/gone, which is not recorded"),
        ("shop/a/other", "is the log of container other, which Pod a doesn't have"),
        ("shop/a", "is not a log: those are NAMESPACE/POD/CONTAINER.log"),
    ],
)
def test_logs(problems: Any, place: str, reason: str) -> None:
    """Logs that belong to no recorded container are found; those of the others are not."""
    pod = obj("Pod", "a", spec={"containers": [{"name": "web"}]})
    found = problems(pod, logs={"shop/a/web": "", "shop/a/web.previous": "", place: ""})
    assert found == [f"logs/{place}.log: {reason}."]


def test_the_manifest(problems: Any) -> None:
    """Unknown keys and kinds, and objects outside their own scope, are found."""
    found = problems(
        obj("ConfigMap", "a", "other"), note=1, scope={"namespaces": ["shop"], "kind": [], "kinds": ["Pood"]}
    )
    assert found == [
        "cluster.yaml: ConfigMap other/a is recorded, though it lies outside the snapshot's scope.",
        "snapshot.yaml: note means nothing here.",
        "snapshot.yaml: scope names the kind Pood, which is neither built-in nor recorded.",
        "snapshot.yaml: scope.kind means nothing here.",
    ]


def test_everything_at_once(tmp_path: Path, write_snapshot: Any) -> None:
    """Files that cannot be used don't hide each other, nor what is wrong elsewhere."""
    folder = write_snapshot(tmp_path / "s", [obj("Event", "e")], time="late", scope={"namespaces": 3})
    (folder / "one.yaml").write_text("a: [")
    (folder / "two.json").write_text("{")
    assert {p.file for p in check(folder)} == {"cluster.yaml", "one.yaml", "two.json", "snapshot.yaml"}
    assert len([p for p in check(folder) if p.file == "snapshot.yaml"]) == 2


def test_an_empty_snapshot(problems: Any) -> None:
    """A snapshot without objects says that nothing exists, which nobody means."""
    assert problems() == [str(Problem("snapshot.yaml", "there are no objects beside it"))]


def test_no_snapshot_at_all(tmp_path: Path) -> None:
    """Where there is no snapshot there is nothing to check."""
    with pytest.raises(BadSnapshot, match="is not a snapshot"):
        check(tmp_path)


def test_a_pod_that_names_an_absent_node(problems: Any) -> None:
    """nodeName passes the scheduler by: until a kubelet has taken the pod, the node need not exist."""
    waits = obj("Pod", "a", spec={"nodeName": "n"}, status={"phase": "Pending"})
    begun = {"phase": "Pending", "startTime": "2025-03-04T09:00:00Z"}
    taken = obj("Pod", "b", spec={"nodeName": "n"}, status=begun)
    assert problems(waits) == []
    (found,) = problems(taken)
    assert found == "cluster.yaml: Pod shop/b runs on node n, which is not recorded."
