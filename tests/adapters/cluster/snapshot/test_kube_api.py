"""The snapshot API answers over HTTP as an API server does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from kubetriage.adapters.cluster.snapshot.serving import serving
from kubetriage.adapters.cluster.snapshot.store import SnapshotStore

POD = "/api/v1/namespaces/shop/pods/web-5d-aaaaa"
PODS = "/api/v1/namespaces/shop/pods"
DISCOVERY = "application/json;g=apidiscovery.k8s.io;v={};as=APIGroupDiscoveryList,application/json"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"


@pytest.fixture(scope="module")
def store(shop: Path) -> SnapshotStore:
    return SnapshotStore.load(shop)


@pytest.fixture(scope="module")
def url(shop: Path, serve_snapshots: Any) -> str:
    address: str = serve_snapshots(shop=shop).url
    return address


@pytest.fixture
async def api(url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=url) as client:
        yield client


async def names(client: httpx.AsyncClient, path: str, **query: str) -> list[str]:
    answer = await client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return [item["metadata"]["name"] for item in answer.json()["items"]]


async def test_get_and_list(api: httpx.AsyncClient, store: SnapshotStore) -> None:
    """An object is served as it is stored; a list has its kind, and a resourceVersion."""
    assert (await api.get(POD)).json() == store.get("v1", "Pod", "shop", "web-5d-aaaaa")
    listed = (await api.get("/apis/apps/v1/namespaces/shop/deployments")).json()
    assert (listed["kind"], listed["apiVersion"]) == ("DeploymentList", "apps/v1")
    assert listed["metadata"]["resourceVersion"].isdecimal()


async def test_selectors(api: httpx.AsyncClient) -> None:
    """Both selectors are applied; one that makes no sense is a 400 Status."""
    query = {"labelSelector": "app=web", "fieldSelector": "spec.nodeName=worker-2"}
    assert await names(api, PODS, **query) == ["web-5d-crash"]
    refused = await api.get(PODS, params={"fieldSelector": "a=b"})
    assert (refused.status_code, refused.json()["reason"]) == (400, "BadRequest")


async def test_paging(api: httpx.AsyncClient) -> None:
    """`limit` and `continue` give every object once; a foreign token is refused, an old one expired."""
    first = (await api.get(PODS, params={"limit": "3"})).json()
    assert first["metadata"]["remainingItemCount"] == 1
    token = first["metadata"]["continue"]
    second = (await api.get(PODS, params={"limit": "3", "continue": token})).json()
    assert [i["metadata"]["name"] for i in first["items"] + second["items"]] == await names(api, PODS)
    assert "continue" not in second["metadata"]
    assert (await api.get(PODS, params={"continue": "nonsense"})).status_code == 400
    old = "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6IjEiLCJzdGFydCI6M30"
    expired = await api.get(PODS, params={"continue": old})
    assert (expired.status_code, expired.json()["reason"]) == (410, "Expired")


@pytest.mark.parametrize(
    ("path", "code", "reason"),
    [
        (f"{PODS}/gone", 404, "NotFound"),
        ("/api/v1/namespaces/shop/foos", 404, "NotFound"),
        ("/api/v1/namespaces/shop/nodes", 404, "NotFound"),
        ("/apis/foo.test/v1/foos", 404, "NotFound"),
        ("/apis/apps/v2/deployments", 404, "NotFound"),
        ("/api/v1/pods/web-5d-aaaaa", 404, "NotFound"),
        (f"{POD}/exec", 404, "NotFound"),
        ("/nowhere", 404, "NotFound"),
        ("/api/v1/persistentvolumes", 403, "Forbidden"),
        ("/api/v1/namespaces/kube-system/configmaps/hidden", 403, "Forbidden"),
        ("/apis/apps/v1/deployments", 501, "NotRecorded"),
        ("/api/v1/nodes/worker-1/proxy/stats/summary", 501, "NotRecorded"),
        ("/api/v1/nodes/worker-1/proxy/logs?query=kubelet", 501, "NotRecorded"),
    ],
)
async def test_refusals_are_status_objects(api: httpx.AsyncClient, path: str, code: int, reason: str) -> None:
    """Whatever cannot be answered is a Status that says why, with the same code as the response."""
    answer = await api.get(path)
    body = answer.json()
    assert (answer.status_code, body["code"], body["reason"], body["kind"]) == (code, code, reason, "Status")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_nothing_can_be_written(api: httpx.AsyncClient, method: str) -> None:
    """Every verb that writes is refused with 405."""
    answer = await api.request(method, POD, content=b"{}")
    assert (answer.status_code, answer.json()["reason"]) == (405, "MethodNotAllowed")


async def test_logs(api: httpx.AsyncClient) -> None:
    """The log endpoint takes container, previous and tailLines, and says what is wrong otherwise."""
    tail = await api.get(f"{POD}/log", params={"container": "web", "tailLines": "1"})
    assert (tail.status_code, tail.text) == (200, "2025-03-04T09:59:00Z line 59\n")
    assert tail.headers["content-type"].startswith("text/plain")
    crash = await api.get(f"{PODS}/web-5d-crash/log", params={"previous": "true"})
    assert crash.text == "starting\nno database\n"
    assert (await api.get(f"{POD}/log")).json()["message"].endswith("choose one of: [web proxy]")


async def test_events_in_both_groups(api: httpx.AsyncClient) -> None:
    """The same Events are under /api/v1 and under events.k8s.io."""
    for path in ("/api/v1", "/apis/events.k8s.io/v1"):
        assert await names(api, f"{path}/namespaces/shop/events") == ["crash.1", "queue.1"]


async def test_tables(api: httpx.AsyncClient) -> None:
    """kubectl's columns, with ages counted to the snapshot's time, and the metadata of each row."""
    table = (await api.get(PODS, headers={"Accept": TABLE})).json()
    shown = [c["name"] for c in table["columnDefinitions"] if c["priority"] == 0]
    assert (table["kind"], shown) == ("Table", ["Name", "Ready", "Status", "Restarts", "Age"])
    rows = {row["cells"][0]: row["cells"][1:5] for row in table["rows"]}
    assert rows["web-5d-aaaaa"] == ["2/2", "Running", "0", "3d"]
    assert rows["web-5d-crash"] == ["0/1", "CrashLoopBackOff", "4 (5m ago)", "3d"]
    assert table["rows"][0]["object"]["kind"] == "PartialObjectMetadata"
    whole = await api.get(POD, headers={"Accept": TABLE}, params={"includeObject": "Object"})
    assert whole.json()["rows"][0]["object"]["kind"] == "Pod"


async def test_metadata_alone(api: httpx.AsyncClient) -> None:
    """Clients that ask for metadata only get no spec and no status."""
    accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
    listed = (await api.get(PODS, headers={"Accept": accept})).json()
    assert listed["kind"] == "PartialObjectMetadataList"
    assert set(listed["items"][0]) == {"kind", "apiVersion", "metadata"}


async def test_watches_end(api: httpx.AsyncClient) -> None:
    """A watch gives what the client hasn't seen, a bookmark if asked, and ends; an old version is 410."""
    version = (await api.get(PODS)).json()["metadata"]["resourceVersion"]

    async def events(**query: str) -> list[str]:
        answer = await api.get(PODS, params={"watch": "true", **query})
        return [json.loads(line)["type"] for line in answer.text.splitlines()]

    assert await events() == ["ADDED"] * 4
    assert await events(resourceVersion=version) == []
    assert await events(resourceVersion=version, allowWatchBookmarks="true") == ["BOOKMARK"]
    assert (await api.get(PODS, params={"watch": "1", "resourceVersion": "1"})).status_code == 410


@pytest.mark.parametrize("version", ["v2", "v2beta1"])
async def test_aggregated_discovery(api: httpx.AsyncClient, version: str) -> None:
    """Both versions of aggregated discovery name every kind, custom resources and metrics included."""
    found = set()
    for path in ("/api", "/apis"):
        answer = await api.get(path, headers={"Accept": DISCOVERY.format(version)})
        assert f"v={version};as=APIGroupDiscoveryList" in answer.headers["content-type"]
        for group in answer.json()["items"]:
            for listed in group["versions"]:
                found |= {r["responseKind"]["kind"] for r in listed["resources"]}
    assert {"Pod", "Deployment", "Widget", "PodMetrics", "SelfSubjectAccessReview"} <= found


async def test_legacy_discovery(api: httpx.AsyncClient) -> None:
    """Clients that know no aggregated discovery find groups, versions and resources one by one."""
    assert (await api.get("/api")).json()["versions"] == ["v1"]
    groups = {
        g["name"]: g["preferredVersion"]["groupVersion"] for g in (await api.get("/apis")).json()["groups"]
    }
    assert groups["apps"] == "apps/v1"
    for group_version in groups.values():
        listed = (await api.get(f"/apis/{group_version}")).json()
        assert listed["groupVersion"] == group_version and listed["resources"]
    core = {r["name"]: r for r in (await api.get("/api/v1")).json()["resources"]}
    assert core["pods"]["shortNames"] == ["po"] and core["pods/log"]["verbs"] == ["get"]
    assert (await api.get("/apis/apps")).json()["name"] == "apps"
    assert (await api.get("/apis/nope.test")).status_code == 404


async def test_health_and_version(api: httpx.AsyncClient) -> None:
    """Clients that ask whether the server is there, and how old it is, are told."""
    assert (await api.get("/readyz")).text == "ok"
    assert (await api.get("/version")).json()["gitVersion"].startswith("v1.")


async def test_several_clusters(
    shop: Path, store: SnapshotStore, tmp_path: Path, write_snapshot: Any
) -> None:
    """Each cluster is under its name, and with several there is nothing at the root."""
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "other"}}
    other = SnapshotStore.load(write_snapshot(tmp_path / "other", [node]))
    async with serving({"a": store, "b": other}) as url, httpx.AsyncClient(base_url=url) as client:
        assert await names(client, "/a/api/v1/nodes") == ["worker-1", "worker-2"]
        assert await names(client, "/b/api/v1/nodes") == ["other"]
        assert (await client.get("/api/v1/nodes")).status_code == 404


async def test_hanging_kinds(store: SnapshotStore) -> None:
    """Reads of the chosen kinds are never answered, others are, and the server still ends at once."""
    async with (
        serving({"a": store}, hang=["Node", "pods/log"]) as url,
        httpx.AsyncClient(base_url=url) as client,
    ):
        for path in ("/api/v1/nodes", "/api/v1/nodes/worker-1", f"{POD}/log?container=web"):
            with pytest.raises(httpx.ReadTimeout):
                await client.get(path, timeout=httpx.Timeout(60, read=0.1))
        assert len(await names(client, PODS)) == 4
        waiting = asyncio.create_task(client.get("/api/v1/nodes", timeout=120))
        await asyncio.sleep(0.05)
        began = asyncio.get_running_loop().time()
    with pytest.raises((httpx.HTTPError, RuntimeError)):
        await waiting
    assert asyncio.get_running_loop().time() - began < 60


async def test_rebased_times(store: SnapshotStore) -> None:
    """With rebase every timestamp is as long ago as it was, and nothing else changes."""
    async with serving({"a": store}, rebase=True) as url, httpx.AsyncClient(base_url=url) as client:
        pod = (await client.get(POD)).json()
        table = (await client.get(POD, headers={"Accept": TABLE})).json()
    age = datetime.now(UTC) - datetime.fromisoformat(pod["metadata"]["creationTimestamp"])
    recorded = store.get("v1", "Pod", "shop", "web-5d-aaaaa")
    was = store.time - datetime.fromisoformat(recorded["metadata"]["creationTimestamp"])
    assert abs((age - was).total_seconds()) < 60
    assert pod["spec"] == recorded["spec"]
    assert table["rows"][0]["cells"][4] == "3d"
