"""The main graph over a recorded cluster that can be made to fail, with everything else kept in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.cluster.snapshot.logs import LogFolder
from kubetriage.adapters.cluster.snapshot.scope import Scope
from kubetriage.adapters.cluster.snapshot.status import ApiStatus
from kubetriage.adapters.cluster.snapshot.store import SnapshotStore
from kubetriage.adapters.knowledge.empty import EmptyKnowledge
from kubetriage.adapters.store.observations import MemoryObservations
from kubetriage.adapters.store.outbox import MemoryOutbox
from kubetriage.domain.alert import Alert, AlertStatus
from kubetriage.domain.errors import ClusterUnreachable
from kubetriage.domain.evidence import FailureKind, Observation, Read, ReadFailure, ReadKind
from kubetriage.domain.ports import NoProgress, Services

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
Raw = dict[str, Any]
Fails = Callable[[Read], FailureKind | None]


def at(minutes_ago: float) -> str:
    return (NOW - timedelta(minutes=minutes_ago)).strftime("%Y-%m-%dT%H:%M:%SZ")


def obj(kind: str, name: str, api_version: str = "v1", owner: Raw | None = None, **rest: Any) -> Raw:
    """An object of namespace shop; `labels` go into its metadata."""
    meta: Raw = {"name": name, "namespace": "shop", "creationTimestamp": at(90)}
    meta |= {"labels": rest.pop("labels")} if "labels" in rest else {}
    if owner is not None:
        meta["ownerReferences"] = [
            {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": owner["metadata"]["name"],
             "controller": True}
        ]  # fmt: skip
    return {"apiVersion": api_version, "kind": kind, "metadata": meta, **rest}


def broken_shop() -> list[Raw]:
    """Deployment web, whose only pod cannot pull its image, behind Service web; a healthy neighbour."""
    labels = {"app": "web"}
    selector = {"matchLabels": labels}
    spec = {"containers": [{"name": "app", "image": "registry.example.com/shop/web:9"}]}
    deployment = obj(
        "Deployment", "web", "apps/v1", labels=labels,
        spec={"replicas": 1, "selector": selector, "template": {"metadata": {"labels": labels}, "spec": spec}},
        status={"replicas": 1, "unavailableReplicas": 1},
    )  # fmt: skip
    replicas = obj("ReplicaSet", "web-6d", "apps/v1", deployment, labels=labels,
                   spec={"replicas": 1, "selector": selector}, status={"replicas": 1})  # fmt: skip
    image = spec["containers"][0]["image"]
    said = f'Failed to pull image "{image}": rpc error: code = NotFound desc = {image}: not found'
    waiting = {"waiting": {"reason": "ImagePullBackOff", "message": f'Back-off pulling image "{image}"'}}
    pod = obj(
        "Pod", "web-6d-abcde", "v1", replicas, labels=labels,
        spec={**spec, "nodeName": "n1"},
        status={
            "phase": "Pending",
            "conditions": [
                {"type": "PodScheduled", "status": "True", "lastTransitionTime": at(20)},
                {"type": "Ready", "status": "False", "reason": "ContainersNotReady",
                 "lastTransitionTime": at(20)},
            ],
            "containerStatuses": [
                {"name": "app", "image": image, "imageID": "", "ready": False, "restartCount": 0,
                 "state": waiting, "lastState": {}, "started": False}
            ],
        },
    )  # fmt: skip
    failed = obj(
        "Event", "web-6d-abcde.1", type="Warning", reason="Failed", message=said, count=5,
        involvedObject={"kind": "Pod", "namespace": "shop", "name": "web-6d-abcde", "apiVersion": "v1"},
        firstTimestamp=at(20), lastTimestamp=at(1), source={"component": "kubelet"},
    )  # fmt: skip
    service = obj("Service", "web", spec={"selector": labels, "ports": [{"port": 80}]})
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1", "creationTimestamp": at(9000)},
            "status": {"conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": at(900)}]}}  # fmt: skip
    return [deployment, replicas, pod, failed, service, node]


class RecordedCluster:
    """`ports.Cluster` and `ports.Clusters` over objects, by the snapshot store's own selectors."""

    name = "recorded"

    def __init__(
        self,
        objects: Sequence[Raw],
        fails: Fails | None = None,
        reachable: bool = True,
        logs: Path = Path("no-logs-here"),
    ) -> None:
        self._store = SnapshotStore("recorded", NOW, Scope(), objects, LogFolder(logs))
        self._fails = fails or (lambda read: None)
        self._reachable = reachable
        self.asked: list[str] = []
        """Keys of the reads that were made, in their order."""

    def choose(self, name: str) -> RecordedCluster:
        return self

    def now(self) -> datetime:
        return NOW

    async def read(self, read: Read) -> Observation:
        self.asked.append(read.key)
        if not self._reachable:
            raise ClusterUnreachable("The server cannot be started.")
        kind = self._fails(read)
        if kind is not None:
            return self._answer(read, failure=ReadFailure(kind=kind, message="no"))
        try:
            return self._found(read)
        except ApiStatus as error:
            if error.code == 404:
                return self._answer(read, absent=True)
            return self._answer(read, failure=ReadFailure(kind=FailureKind.NOT_RECORDED, message=str(error)))

    def _found(self, read: Read) -> Observation:
        place = (read.api_version, read.kind, read.namespace)
        match read.verb:
            case ReadKind.GET:
                return self._answer(read, objects=(self._store.get(*place, read.name),))
            case ReadKind.LIST:
                found = self._store.list(*place, read.label_selector, read.field_selector)
                return self._answer(read, objects=tuple(found))
            case ReadKind.LOG:
                return self._answer(
                    read, text=self._store.log(read.namespace, read.name, read.container, read.previous)
                )
            case _:
                return self._answer(read, failure=ReadFailure(kind=FailureKind.UNSUPPORTED))

    def _answer(self, read: Read, **answer: Any) -> Observation:
        return Observation(read=read, tool=f"resources_{read.verb.value}", at=NOW, **answer)


class Clock:
    """A wall clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = datetime(2026, 3, 1, 12, 5, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time


def make_services(cluster: Any, **given: Any) -> Services:
    parts: dict[str, Any] = {
        "observations": MemoryObservations(),
        "knowledge": EmptyKnowledge(),
        "outbox": MemoryOutbox(),
        "progress": NoProgress(),
        "clock": Clock(),
        "stopwatch": lambda: 0.0,
    }
    return Services(clusters=cluster, **(parts | given))


def make_alert(name: str = "KubePodNotReady", status: str = "firing", **labels: str) -> Alert:
    labels = labels or {"namespace": "shop", "pod": "web-6d-abcde"}
    return Alert(
        name=name,
        status=AlertStatus(status),
        labels={"alertname": name, **labels},
        starts_at=NOW - timedelta(minutes=5),
        fingerprint="0" * 16,
    )


@pytest.fixture
def recorded() -> type[RecordedCluster]:
    return RecordedCluster


@pytest.fixture
def shop() -> list[Raw]:
    return broken_shop()


@pytest.fixture
def services_of() -> Callable[..., Services]:
    return make_services


@pytest.fixture
def alert_of() -> Callable[..., Alert]:
    return make_alert


@pytest.fixture
def clock() -> Clock:
    return Clock()
