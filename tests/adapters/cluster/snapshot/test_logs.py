"""Container logs: the recorded file, or what the kubelet says where there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.cluster.snapshot.log_window import last_lines, log_window
from kubetriage.adapters.cluster.snapshot.scope import parse_time
from kubetriage.adapters.cluster.snapshot.status import NOT_RECORDED, ApiStatus
from kubetriage.adapters.cluster.snapshot.store import SnapshotStore
from kubetriage.domain.errors import BadSnapshot

ENDED = {"terminated": {"exitCode": 1, "containerID": "containerd://1"}}


def pod(*containers: dict[str, Any], node: str = "n", init: tuple[str, ...] = ()) -> dict[str, Any]:
    spec: dict[str, Any] = {"containers": [{"name": c["name"]} for c in containers]}
    spec |= {"nodeName": node} if node else {}
    spec |= {"initContainers": [{"name": name} for name in init]} if init else {}
    statuses = [c for c in containers if len(c) > 1]
    metadata = {"name": "p", "namespace": "shop"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": spec,
        "status": {"containerStatuses": statuses},
    }


@pytest.fixture
def log(tmp_path: Path, write_snapshot: Any) -> Any:
    def read(obj: dict[str, Any], logs: dict[str, str], container: str = "", previous: bool = False) -> str:
        files = {f"shop/p/{name}": text for name, text in logs.items()}
        store = SnapshotStore.load(write_snapshot(tmp_path / "s", [obj], files))
        return store.log("shop", "p", container, previous)

    return read


RUNNING = {"name": "web", "state": {"running": {}}}
CRASHING = {"name": "web", "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": ENDED}


def test_the_recorded_log(log: Any) -> None:
    """A file is the log, of the current run or the previous; an empty file is an empty log."""
    files = {"web": "now\n", "web.previous": "before\n"}
    assert log(pod(RUNNING), files) == "now\n"
    assert log(pod(RUNNING), files, "web", True) == "before\n"
    assert log(pod(RUNNING), {"web": ""}) == ""


def test_no_file_is_a_gap(log: Any) -> None:
    """A running container whose log isn't there may have written one: that is not recorded."""
    with pytest.raises(ApiStatus, match=NOT_RECORDED) as refused:
        log(pod(RUNNING), {})
    assert refused.value.code == 501


def test_bytes_that_are_no_text(tmp_path: Path, write_snapshot: Any) -> None:
    """A log with bytes that aren't UTF-8 is served with replacement characters."""
    folder = write_snapshot(tmp_path / "s", [pod(RUNNING)], {"shop/p/web": ""})
    (folder / "logs/shop/p/web.log").write_bytes(b"a\xffb\n")
    assert SnapshotStore.load(folder).log("shop", "p") == "a\ufffdb\n"


def test_an_unreadable_log_is_bad_input(tmp_path: Path, write_snapshot: Any) -> None:
    """A log that is a folder is refused with its path."""
    folder = write_snapshot(tmp_path / "s", [pod(RUNNING)])
    (folder / "logs/shop/p/web.log").mkdir(parents=True)
    with pytest.raises(BadSnapshot, match=r"web\.log cannot be read"):
        SnapshotStore.load(folder).log("shop", "p")


@pytest.mark.parametrize("previous", [False, True])
@pytest.mark.parametrize("recorded", ["web", "web.previous"])
def test_the_last_run_of_a_crashing_container(log: Any, previous: bool, recorded: str) -> None:
    """Between two starts the last run is the current log and the previous one, whichever was recorded."""
    assert log(pod(CRASHING), {recorded: "panic\n"}, "web", previous) == "panic\n"


def test_the_previous_log_is_not_the_current_one(log: Any) -> None:
    """While a container runs, its previous log stands for nothing else."""
    with pytest.raises(ApiStatus, match=NOT_RECORDED):
        log(pod(RUNNING | {"lastState": ENDED}), {"web.previous": "before\n"})


@pytest.mark.parametrize(
    ("state", "previous", "words"),
    [
        (
            {"waiting": {"reason": "ImagePullBackOff"}},
            False,
            "is waiting to start: trying and failing to pull image",
        ),
        ({"waiting": {"reason": "ErrImagePull"}}, False, "is waiting to start: image can't be pulled"),
        ({"waiting": {"reason": "ContainerCreating"}}, False, "is waiting to start: ContainerCreating"),
        ({"running": {}}, True, 'previous terminated container "web" in pod "p" not found'),
    ],
)
def test_what_the_kubelet_refuses(log: Any, state: dict[str, Any], previous: bool, words: str) -> None:
    """A container that never ran has no log: a 400 in the kubelet's words."""
    with pytest.raises(ApiStatus, match=words) as refused:
        log(pod({"name": "web", "state": state}), {}, "web", previous)
    assert refused.value.code == 400


def test_a_pod_without_a_node_has_an_empty_log(log: Any) -> None:
    """The API server answers with nothing for a pod that isn't scheduled."""
    assert log(pod({"name": "web"}, node=""), {}) == ""


def test_one_of_several_containers_must_be_named(log: Any) -> None:
    """Without a name, a pod with several containers is a 400 that lists them."""
    with pytest.raises(
        ApiStatus, match=r"choose one of: \[web proxy\] or one of the init containers: \[setup\]"
    ):
        log(pod({"name": "web"}, {"name": "proxy"}, init=("setup",)), {})
    assert log(pod({"name": "web"}, {"name": "proxy"}, init=("setup",)), {"setup": "ok\n"}, "setup") == "ok\n"


def test_a_container_that_the_pod_has_not(log: Any) -> None:
    """Another name is a 400, never a gap."""
    with pytest.raises(ApiStatus, match="container nope is not valid for pod p"):
        log(pod({"name": "web"}), {"nope": "x"}, "nope")


@pytest.mark.parametrize(
    ("text", "count", "left"),
    [
        ("a\nb\nc\n", 2, "b\nc\n"), ("a\nb\nc", 2, "b\nc"), ("a\nb\n", 9, "a\nb\n"), ("a\n", 0, ""),
        ("", 3, ""),
        ("\n\n\n", 2, "\n\n"), ("a", 1, "a"), ("a\n", 1, "a\n"),
    ],
)  # fmt: skip
def test_last_lines(text: str, count: int, left: str) -> None:
    """The tail of a log keeps its line ends, or the lack of one."""
    assert last_lines(text, count) == left


TIMED = "2025-03-04T09:58:00Z a\n  at b\n2025-03-04T09:59:30Z c\n  at d\n"


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ({"sinceSeconds": "60"}, "2025-03-04T09:59:30Z c\n  at d\n"),
        ({"sinceSeconds": "180"}, TIMED),
        ({"sinceTime": "2025-03-04T09:59:00Z"}, "2025-03-04T09:59:30Z c\n  at d\n"),
        ({"sinceSeconds": "1"}, ""),
        ({"tailLines": "1", "sinceSeconds": "60"}, "  at d\n"),
        ({"limitBytes": "4"}, "2025"),
        ({}, TIMED),
    ],
)
def test_windows(query: dict[str, str], left: str) -> None:
    """`since` goes by the times that lines say and the snapshot's time; limits come after."""
    now = parse_time("2025-03-04T10:00:00Z")
    assert now
    assert log_window(TIMED, query, now) == left


def test_since_leaves_a_log_without_times(log: Any) -> None:
    """Lines that say no time cannot be told apart, so none is dropped."""
    now = parse_time("2025-03-04T10:00:00Z")
    assert now
    assert log_window("a\nb\n", {"sinceSeconds": "1"}, now) == "a\nb\n"


@pytest.mark.parametrize(
    "query", [{"tailLines": "x"}, {"sinceTime": "now"}, {"sinceSeconds": "1", "sinceTime": "x"}]
)
def test_windows_that_make_no_sense(query: dict[str, str]) -> None:
    """Options that are no numbers or times are a 400."""
    now = parse_time("2025-03-04T10:00:00Z")
    assert now
    with pytest.raises(ApiStatus) as refused:
        log_window("a\n", query, now)
    assert refused.value.code == 400
