"""Connections by name, and the one cluster of a snapshot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from kubetriage.adapters.cluster.clusters import McpClusters, NoCluster, OneCluster, open_snapshot
from kubetriage.adapters.cluster.connection import ClusterConnection
from kubetriage.adapters.cluster.snapshot.store import SnapshotStore
from kubetriage.domain.errors import ClusterUnreachable, UnknownCluster
from kubetriage.domain.evidence import get, list_of
from kubetriage.domain.resource import resource


def connection(name: str, **rest: Any) -> ClusterConnection:
    return ClusterConnection(name=name, command="server", **rest)


def test_a_cluster_is_chosen_by_name_by_alias_or_by_default() -> None:
    """The name, another value of the cluster label, or the default; the same cluster each time."""
    clusters = McpClusters([connection("prod", also_called=("eu-1",)), connection("test")], default="test")
    assert clusters.choose("prod") is clusters.choose("eu-1")
    assert clusters.choose("").name == "test"


def test_the_only_connection_is_the_default() -> None:
    """With one connection nothing needs to be chosen."""
    assert McpClusters([connection("prod")]).choose("").name == "prod"


@pytest.mark.parametrize("name", ["stage", ""])
def test_an_unknown_cluster_is_refused_with_the_known_ones(name: str) -> None:
    """The sentence names what is configured."""
    with pytest.raises(UnknownCluster, match=r"configured are: prod, test\."):
        McpClusters([connection("prod"), connection("test")]).choose(name)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"command": "x", "url": "http://h/mcp"},
        {"url": "http://h/mcp"},
        {"url": "h:80", "transport": "sse"},
        {"command": "x", "transport": "sse"},
    ],
)
def test_a_connection_has_one_way(wrong: dict[str, Any]) -> None:
    """Either a command over stdio or an http address with its transport."""
    with pytest.raises(ValidationError):
        ClusterConnection(name="c", **wrong)


def test_what_is_told_of_a_connection_holds_no_secret() -> None:
    """The words for people leave out credentials in the address, and the value's text masks the token."""
    made = ClusterConnection.model_validate(
        {"name": "c", "transport": "sse", "url": "https://u:canary@h:8/sse?k=canary", "token": "canary"}
    )
    assert made.where == "https://h:8/sse"
    assert "canary" not in f"{made.token!r} {made.where}"


async def test_a_snapshot_is_the_cluster_whatever_the_alert_says(shop: Path) -> None:
    """With a snapshot every name means it, and its time is now."""
    store = SnapshotStore.load(shop)
    async with OneCluster(open_snapshot(store)) as clusters:
        cluster = clusters.choose("prod")
        assert cluster.now() == store.time
        answer = await cluster.read(list_of("Node"))
        assert answer.at == store.time
        assert len(answer.objects) == 2


async def test_no_cluster_says_why_at_each_read() -> None:
    """Where nothing can be reached, reads raise the reason, so that a report can still be made of it."""
    with pytest.raises(ClusterUnreachable, match="nothing is installed"):
        await OneCluster(NoCluster("nothing is installed")).choose("").read(get(resource("Node", "", "n")))
