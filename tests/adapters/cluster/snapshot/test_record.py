"""adapters.cluster.snapshot.record: what was read is what the snapshot gives."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.cluster.snapshot.record import Fetch, Plan, Recorded, record
from kubetriage.adapters.cluster.snapshot.status import ApiStatus
from kubetriage.adapters.cluster.snapshot.store import SnapshotStore
from kubetriage.domain.errors import BadInput, ClusterUnreachable
from kubetriage.domain.evidence import FailureKind, Observation, Read, ReadFailure, ReadKind
from kubetriage.domain.resource import Resource

NOW = datetime(2025, 3, 4, 10, tzinfo=UTC)
Raw = dict[str, Any]
Answer = Callable[[Read], Observation | None]

STATE = {"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": {"exitCode": 1}}}


def obj(kind: str, name: str, namespace: str = "", **rest: Any) -> Raw:
    meta = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": rest.pop("version", "v1"), "kind": kind, "metadata": meta, **rest}


def pod(name: str, namespace: str) -> Raw:
    status = {"phase": "Running", "containerStatuses": [{"name": "app", "restartCount": 2, **STATE}]}
    return obj(
        "Pod", name, namespace, spec={"containers": [{"name": "app"}], "nodeName": "n1"}, status=status
    )


CLUSTER = [
    obj("Node", "n1"),
    obj("Namespace", "shop"),
    obj("Namespace", "other"),
    pod("web-1", "shop"),
    pod("web-2", "other"),
    obj("ConfigMap", "settings", "shop", data={"a": "1"}),
    obj("Pod", "coredns", "kube-system", spec={"containers": [{"name": "dns"}]}, status={}),
    obj("Deployment", "web", "shop", version="apps/v1"),
]
LOGS = {"web-1": ("now\n", "before\n"), "web-2": ("x\n", "y\n")}


def fetch_from(answer: Answer = lambda read: None) -> Fetch:
    """A cluster of these objects; `answer` goes first where it has one."""

    async def fetch(read: Read) -> Observation:
        given = answer(read)
        if given is not None:
            return given
        if read.verb is ReadKind.LOG:
            return seen(read, text=LOGS[read.name][read.previous])
        found = [
            o
            for o in CLUSTER
            if o["kind"] == read.kind
            and (not read.namespace or o["metadata"].get("namespace") == read.namespace)
        ]
        return seen(read, objects=tuple(found))

    return fetch


def seen(read: Read, **answer: Any) -> Observation:
    return Observation(read=read, tool="t", at=NOW, **answer)


def refused(read: Read, kind: FailureKind = FailureKind.FORBIDDEN) -> Observation:
    return seen(read, failure=ReadFailure(kind=kind, message="no"))


def told(done: int, planned: int, resource: Resource | None) -> None:
    assert 0 < done <= planned


async def made(folder: Path, *namespaces: str, fetch: Fetch | None = None, tail: int = 100) -> Recorded:
    return await record(fetch or fetch_from(), folder, Plan(namespaces, tail), NOW, told)


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


async def test_everything_comes_back(tmp_path: Path) -> None:
    """Objects, logs of both runs and the time; nothing but the folder is left."""
    done = await made(tmp_path / "snap")
    store = SnapshotStore.load(tmp_path / "snap")
    assert store.time == NOW
    assert store.get("v1", "ConfigMap", "shop", "settings")["data"] == {"a": "1"}
    assert [p["metadata"]["name"] for p in store.list("v1", "Pod")] == ["coredns", "web-2", "web-1"]
    assert store.log("shop", "web-1", "app") == "now\n"
    assert store.log("shop", "web-1", "app", previous=True) == "before\n"
    assert (done.objects, done.logs) == (len(CLUSTER), 4)
    assert names(tmp_path) == ["snap"]


async def test_chosen_namespaces_and_what_explains_them(tmp_path: Path) -> None:
    """The chosen ones, kube-system and what is in no namespace; the others are a gap, not an absence."""
    await made(tmp_path / "snap", "shop")
    store = SnapshotStore.load(tmp_path / "snap")
    assert store.get("v1", "Node", "", "n1")
    assert store.get("v1", "Pod", "kube-system", "coredns")
    with pytest.raises(ApiStatus) as outside:
        store.get("v1", "Pod", "other", "web-2")
    with pytest.raises(ApiStatus) as absent:
        store.get("v1", "Pod", "shop", "web-9")
    assert (outside.value.code, absent.value.code) == (501, 404)


async def test_what_was_forbidden_stays_forbidden(tmp_path: Path) -> None:
    """Lists of a kind in a namespace, and the logs of a pod: 403 from the recording too."""

    def answer(read: Read) -> Observation | None:
        config = read.kind == "ConfigMap" and read.namespace == "shop"
        return refused(read) if config or (read.verb is ReadKind.LOG and read.name == "web-1") else None

    done = await made(tmp_path / "snap", "shop", fetch=fetch_from(answer))
    assert done.unreadable == ("ConfigMap/shop", "pods/log/shop/web-1")
    store = SnapshotStore.load(tmp_path / "snap")
    with pytest.raises(ApiStatus) as config:
        store.list("v1", "ConfigMap", "shop")
    with pytest.raises(ApiStatus) as log:
        store.log("shop", "web-1", "app")
    assert (config.value.code, log.value.code) == (403, 403)


async def test_what_failed_otherwise_is_a_gap(tmp_path: Path) -> None:
    """A kind that timed out is outside the snapshot's scope, not empty."""

    def answer(read: Read) -> Observation | None:
        return refused(read, FailureKind.TIMEOUT) if read.kind == "Deployment" else None

    done = await made(tmp_path / "snap", fetch=fetch_from(answer))
    assert done.missing == ("Deployment",)
    with pytest.raises(ApiStatus) as gap:
        SnapshotStore.load(tmp_path / "snap").list("apps/v1", "Deployment", "shop")
    assert gap.value.code == 501


async def test_an_answer_that_was_cut_is_told(tmp_path: Path) -> None:
    """Objects may be missing then, and nobody could see it in the folder."""

    def answer(read: Read) -> Observation | None:
        return seen(read, objects=(CLUSTER[3],), cut="left out") if read.kind == "Pod" else None

    assert (await made(tmp_path / "snap", fetch=fetch_from(answer))).partial == ("Pod",)


async def test_secrets_are_never_asked_for(tmp_path: Path) -> None:
    """Neither listed nor written."""
    asked: list[str] = []

    def answer(read: Read) -> Observation | None:
        asked.append(read.kind)
        return None

    await made(tmp_path / "snap", fetch=fetch_from(answer))
    assert "Pod" in asked
    assert "Secret" not in asked


async def test_names_that_are_paths_write_nothing_outside(tmp_path: Path) -> None:
    """A server that names a pod `../../x`, or a kind `../x`, writes into no other folder."""
    evil = pod("../../../evil", "shop")
    evil["kind"] = "../../evil-kind"

    def answer(read: Read) -> Observation | None:
        if read.verb is ReadKind.LOG:
            return seen(read, text="x")
        return seen(read, objects=(evil,)) if read.kind == "Pod" else None

    done = await made(tmp_path / "inner" / "snap", fetch=fetch_from(answer))
    assert done.logs == 0
    assert names(tmp_path) == ["inner"]
    assert names(tmp_path / "inner") == ["snap"]


async def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    """Nothing is overwritten; an empty folder is fine."""
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(BadInput, match="exists already"):
        await made(tmp_path)
    (tmp_path / "empty").mkdir()
    await made(tmp_path / "empty")
    assert (tmp_path / "empty" / "snapshot.yaml").is_file()


async def test_a_place_that_cannot_be_written_is_said_before_reading(tmp_path: Path) -> None:
    """A file in the way of the folder; no read is made in vain."""
    (tmp_path / "file").write_text("x", encoding="utf-8")

    def answer(read: Read) -> Observation | None:
        raise AssertionError("read")

    with pytest.raises(BadInput, match="cannot be written"):
        await made(tmp_path / "file" / "snap", fetch=fetch_from(answer))


async def test_a_failure_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    """No half-written folder is taken for a snapshot."""

    def answer(read: Read) -> Observation | None:
        if read.verb is ReadKind.LOG:
            raise ClusterUnreachable("The server has gone.")
        return None

    with pytest.raises(ClusterUnreachable):
        await made(tmp_path / "snap", fetch=fetch_from(answer))
    assert names(tmp_path) == []


async def test_a_cluster_without_answers_is_unreachable(tmp_path: Path) -> None:
    """A snapshot of nothing is not written."""
    with pytest.raises(ClusterUnreachable, match="no"):
        await made(tmp_path / "snap", fetch=fetch_from(lambda read: refused(read, FailureKind.UNAVAILABLE)))
    assert names(tmp_path) == []


async def test_a_namespace_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A misspelt name is no empty namespace; where namespaces could not be listed, nothing is said of them."""
    done = await record(fetch_from(), tmp_path / "a", Plan(("shop", "shpo"), 0), NOW, told)
    assert done.absent == ("shpo",)

    def forbidden(read: Read) -> Observation | None:
        return refused(read) if read.kind == "Namespace" else None

    done = await record(fetch_from(forbidden), tmp_path / "b", Plan(("shpo",), 0), NOW, told)
    assert done.absent == ()
