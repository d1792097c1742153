"""Call by call, the real kubernetes-mcp-server says to the letter what the embedded server says."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from mcp import ClientSession

from kubetriage.adapters.cluster.snapshot.mcp_server import session as embedded_session
from kubetriage.adapters.cluster.snapshot.store import SnapshotStore

Connect = Callable[[], AbstractAsyncContextManager[ClientSession]]
Call = tuple[str, dict[str, Any]]


def some(api_version: str, kind: str, **more: Any) -> Call:
    return "resources_list", {"apiVersion": api_version, "kind": kind, **more}


def one(api_version: str, kind: str, **more: Any) -> Call:
    return "resources_get", {"apiVersion": api_version, "kind": kind, **more}


def pods(**selectors: str) -> Call:
    return some("v1", "Pod", **selectors)


def log(name: str = "web-5d-aaaaa", **more: Any) -> Call:
    return "pods_log", {"name": name, "namespace": "shop", **more}


SAME: list[Call] = [
    pods(),
    pods(labelSelector="app==web,!nope,pod notin (web-5d-queue)"),
    pods(labelSelector="pod in (web-5d-crash)"),
    pods(labelSelector="app in (web"),
    pods(labelSelector="a=b=c"),
    pods(fieldSelector="status.phase!=Running"),
    pods(fieldSelector="spec.nodeName=worker-2,status.phase=Running"),
    pods(fieldSelector="nonsense"),
    ("pods_list", {"labelSelector": "app=web"}),
    ("pods_list_in_namespace", {"namespace": "shop"}),
    ("pods_list_in_namespace", {"namespace": "other"}),
    ("pods_list_in_namespace", {}),
    ("pods_get", {"name": "web-5d-aaaaa", "namespace": "shop"}),
    ("pods_get", {"name": "x"}),
    ("pods_get", {"name": 3}),
    ("pods_get", {}),
    some("v1", "Event", namespace="shop"),
    some("v1", "Event", namespace="shop", fieldSelector="involvedObject.name=web-5d-crash,type=Warning"),
    some("events.k8s.io/v1", "Event", namespace="shop"),
    some("apps/v1", "Deployment", namespace="shop"),
    some("apps/v1beta7", "Deployment"),
    some("a/b/c", "Deployment"),
    some("example.test/v1", "Widget", namespace="shop"),
    some("v1", "Service"),
    some("v1", "ConfigMap", namespace="shop"),
    some("v1", "ConfigMap", namespace="kube-system"),
    some("v1", "Pod", namespace=3),
    some("v1", "Pod", labelSelector=3),
    one("v1", "ConfigMap", namespace="shop", name="settings"),
    one("v1", "ConfigMap", namespace="kube-system", name="hidden"),
    one("v1", "Node", name="worker-1"),
    one("v1", "Pod", name="web-5d-aaaaa"),
    ("events_list", {"namespace": "shop"}),
    ("events_list", {"namespace": "shop", "fieldSelector": "type=Normal"}),
    ("events_list", {}),
    ("namespaces_list", {}),
    ("namespaces_list", {"fieldSelector": "metadata.name=shop"}),
    log("web-5d-crash"),
    log("web-5d-queue"),
    log(container="nope"),
    log(previous="yes"),
    log("x"),
    ("pods_log", {"name": "x", "namespace": "kube-system"}),
    ("pods_log", {"name": "x"}),
    ("pods_log", {}),
    ("pods_top", {}),
    ("pods_top", {"namespace": "shop"}),
    ("pods_top", {"namespace": "shop", "label_selector": "app=x"}),
    ("pods_top", {"all_namespaces": False}),
    ("nodes_top", {}),
    ("nodes_top", {"label_selector": "zone=a"}),
    ("nodes_log", {"name": "worker-1", "query": "kubelet"}),
    ("nodes_log", {"name": "x", "query": "kubelet"}),
    ("nodes_log", {"name": "x"}),
    ("nodes_stats_summary", {"name": "worker-1"}),
    ("nodes_stats_summary", {}),
]


@pytest.mark.binary
@pytest.mark.parametrize("connect", ["stdio", "http"], indirect=True)
async def test_every_answer_is_the_same(connect: Connect, shop: Path) -> None:
    """Text, structured content and error flag of all these calls are those of the embedded server."""
    different = []
    async with connect() as session, embedded_session(SnapshotStore.load(shop)) as embedded:
        for tool, given in SAME:
            theirs, ours = await session.call_tool(tool, given), await embedded.call_tool(tool, given)
            if theirs.model_dump(exclude={"meta"}) != ours.model_dump(exclude={"meta"}):
                different.append((tool, given, theirs.content, ours.content))
    assert different == []
