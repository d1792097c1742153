"""What every cluster answers, whichever server is behind it: the embedded one, the real one, an old one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from kubetriage.adapters.cluster.clusters import open_cluster, open_snapshot
from kubetriage.adapters.cluster.connection import ClusterConnection
from kubetriage.adapters.cluster.limits import LimitSettings
from kubetriage.adapters.cluster.reads import McpCluster
from kubetriage.adapters.cluster.snapshot.store import SnapshotStore
from kubetriage.domain.evidence import FailureKind, Observation, Read, get, list_of, log_of, top_of
from kubetriage.domain.resource import resource

RUNNING = resource("Pod", "shop", "web-5d-aaaaa")
CRASHING = resource("Pod", "shop", "web-5d-crash")
REAL = {"env": {"KUBE_CLIENT_QPS": "100", "KUBE_CLIENT_BURST": "200"}}


@pytest_asyncio.fixture(
    params=[
        pytest.param("embedded"),
        pytest.param("stdio", marks=pytest.mark.binary),
        pytest.param("http", marks=pytest.mark.binary),
    ]
)
async def cluster(request: pytest.FixtureRequest, shop: Path) -> AsyncIterator[McpCluster]:
    """The recorded shop behind each kind of server."""
    wanted = request.getfixturevalue
    if request.param == "embedded":
        opened = open_snapshot(SnapshotStore.load(shop))
    else:
        made: dict[str, Any] = {"transport": "streamable-http", "url": ""}
        if request.param == "stdio":
            made = REAL | {"command": str(wanted("mcp_binary")), "args": wanted("arguments")}
        else:
            made["url"] = wanted("http_server")
        opened = open_cluster(ClusterConnection(name="real", **made), LimitSettings())
    yield opened
    await opened.close()


def names(observation: Observation) -> list[str]:
    assert observation.failure is None, observation.failure
    return sorted(obj["metadata"]["name"] for obj in observation.objects)


def failure(observation: Observation) -> FailureKind:
    assert observation.failure is not None, observation
    return observation.failure.kind


async def test_objects_are_read_whole(cluster: McpCluster) -> None:
    """A get gives the object with its kind, as the API server returns it, without managedFields."""
    answer = await cluster.read(get(resource("Deployment", "shop", "web")))
    (deployment,) = answer.objects
    assert (deployment["kind"], deployment["spec"]["replicas"]) == ("Deployment", 4)
    assert "managedFields" not in deployment["metadata"]
    assert (answer.tool, answer.cut) == ("resources_get", "")


async def test_cluster_scoped_objects_are_read(cluster: McpCluster) -> None:
    """Objects without a namespace are read, also when the question carried one by mistake."""
    assert names(await cluster.read(get(resource("StorageClass", "shop", "fast")))) == ["fast"]
    assert names(await cluster.read(list_of("Node"))) == ["worker-1", "worker-2"]


async def test_lists_and_selectors(cluster: McpCluster) -> None:
    """Lists are bounded by namespace, labels and fields; an empty list is found."""
    assert len(names(await cluster.read(list_of("Pod", "shop")))) == 4
    assert names(await cluster.read(list_of("Pod", labels="pod=web-5d-crash"))) == ["web-5d-crash"]
    assert names(await cluster.read(list_of("Pod", "shop", fields="spec.nodeName=worker-2"))) == [
        "web-5d-crash"
    ]
    empty = await cluster.read(list_of("Job", "shop"))
    assert (empty.found, empty.objects) == (True, ())


async def test_events_come_with_all_their_fields(cluster: McpCluster) -> None:
    """Events keep count, source and series, of the old and the new kind."""
    events = {e["metadata"]["name"]: e for e in (await cluster.read(list_of("Event", "shop"))).objects}
    assert events["crash.1"]["count"] == 7
    assert events["queue.1"]["eventTime"]


async def test_absent_and_not_asked_are_told_apart(cluster: McpCluster) -> None:
    """Not found is an absence; forbidden, unknown and denied are failures of their kind."""
    assert (await cluster.read(get(resource("Pod", "shop", "gone")))).absent
    assert (await cluster.read(get(resource("Widget", "shop", "red", "example.test/v1")))).absent
    assert failure(await cluster.read(list_of("PersistentVolume"))) is FailureKind.FORBIDDEN
    assert (
        failure(await cluster.read(get(resource("Gadget", "shop", "x", "no.test/v1"))))
        is FailureKind.UNSUPPORTED
    )
    assert failure(await cluster.read(get(resource("Secret", "shop", "password")))) is FailureKind.DENIED


async def test_what_a_snapshot_does_not_hold_is_not_absent(cluster: McpCluster) -> None:
    """Outside the recorded scope nothing is known."""
    assert failure(await cluster.read(list_of("Service", "elsewhere"))) is FailureKind.NOT_RECORDED
    assert failure(await cluster.read(get(resource("Service", "elsewhere", "x")))) is FailureKind.NOT_RECORDED


async def test_logs(cluster: McpCluster) -> None:
    """The last lines of a log, an empty log, a previous log, and a log that was never there."""
    answer = await cluster.read(log_of(RUNNING, "web", tail=2))
    assert answer.text == "2025-03-04T09:58:00Z line 58\n2025-03-04T09:59:00Z line 59\n"
    assert (await cluster.read(log_of(RUNNING, "proxy"))).text == ""
    previous = await cluster.read(log_of(CRASHING, "web", previous=True))
    assert previous.text == "starting\nno database\n"
    assert (await cluster.read(log_of(RUNNING, "web", previous=True))).absent
    assert (await cluster.read(log_of(resource("Pod", "shop", "gone"), "web"))).absent
    waiting = resource("Pod", "shop", "web-5d-image")
    assert (await cluster.read(log_of(waiting, "web"))).absent
    hidden = resource("Pod", "kube-system", "dns")
    assert failure(await cluster.read(log_of(hidden, "dns"))) is FailureKind.FORBIDDEN


async def test_usage(cluster: McpCluster) -> None:
    """Usage comes as rows with the names of pod and container, or of the node."""
    rows = {row["container"]: row for row in (await cluster.read(top_of("Pod", "shop"))).objects}
    assert (rows["proxy"]["name"], rows["proxy"]["cpu"], rows["proxy"]["memory"]) == (
        "web-5d-aaaaa",
        "3m",
        "5Mi",
    )
    (node,) = (await cluster.read(top_of("Node"))).objects
    assert (node["name"], node["cpu"], node["memory"]) == ("worker-1", "250m", "1024Mi")


async def test_reads_at_once(cluster: McpCluster) -> None:
    """Many reads at once all come back, each with its own answer."""
    reads: list[Read] = [get(resource("Pod", "shop", p)) for p in ("web-5d-aaaaa", "web-5d-crash")] * 10
    answers = await asyncio.gather(*(cluster.read(read) for read in reads))
    assert [names(answer) for answer in answers] == [[read.name] for read in reads]
