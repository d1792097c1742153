"""Servers for the tests of cluster access: a rough one that misbehaves, and one with the oldest schemas."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from kubetriage.adapters.cluster.clusters import open_cluster
from kubetriage.adapters.cluster.connection import ClusterConnection
from kubetriage.adapters.cluster.limits import LimitSettings
from kubetriage.adapters.cluster.reads import McpCluster

HERE = Path(__file__).parent
ROUGH = HERE / "rough_server.py"
OLDEST = HERE / "oldest_server.py"

OpenRough = Callable[..., McpCluster]


@pytest_asyncio.fixture
async def rough() -> AsyncIterator[OpenRough]:
    """`rough(timeout=…, **options)` opens a cluster over a rough server; all are closed after the test."""
    opened: list[McpCluster] = []

    def open_rough(timeout: float = 60.0, connect_timeout: float = 60.0, **options: Any) -> McpCluster:
        connection = ClusterConnection(
            name="rough",
            command=sys.executable,
            args=("-S", str(ROUGH), json.dumps(options)),
            timeout=timeout,
            connect_timeout=connect_timeout,
        )
        opened.append(open_cluster(connection, LimitSettings(cache_seconds=0)))
        return opened[-1]

    yield open_rough
    for cluster in opened:
        await cluster.close()


@pytest.fixture(scope="session")
def oldest_url(shop: Path) -> Iterator[str]:
    """The SSE address of a server with the tools and schemas of kubernetes-mcp-server 0.0.30."""
    process = subprocess.Popen([sys.executable, str(OLDEST), str(shop)], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    yield process.stdout.readline().strip()
    process.terminate()
    process.wait(timeout=60)
    process.stdout.close()
