"""The embedded MCP server runs in this process, and as a process of its own."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

from kubetriage.adapters.cluster.snapshot.mcp_server import connected, session
from kubetriage.adapters.cluster.snapshot.store import SnapshotStore

PODS = {"apiVersion": "v1", "kind": "Pod", "namespace": "shop"}


@pytest.fixture(scope="module")
def store(shop: Path) -> SnapshotStore:
    return SnapshotStore.load(shop)


async def test_streams_for_a_client_session(store: SnapshotStore) -> None:
    """`connected` gives the streams that any MCP client session takes."""
    async with connected(store) as (read, write), ClientSession(read, write) as client:
        greeting = await client.initialize()
        result = await client.call_tool("resources_list", PODS)
    assert greeting.serverInfo.name == "kubetriage-snapshot"
    assert result.structuredContent and len(result.structuredContent["items"]) == 4


async def test_tools_that_hang(store: SnapshotStore) -> None:
    """A tool in `hang` is never answered, others are meanwhile, and the server still ends at once."""
    async with session(store, hang=["resources_get"]) as client:
        stuck = asyncio.create_task(client.call_tool("resources_get", PODS | {"name": "web-5d-crash"}))
        answered = await client.call_tool("resources_list", PODS)
        done, _ = await asyncio.wait({stuck}, timeout=0.05)
        assert not answered.isError and not done
        stuck.cancel()


async def test_an_error_in_the_block_comes_out_as_it_is(store: SnapshotStore) -> None:
    """Leaving the server by an exception raises that exception."""
    with pytest.raises(BaseExceptionGroup) as raised:
        async with session(store):
            raise ZeroDivisionError
    assert raised.group_contains(ZeroDivisionError)


async def test_over_standard_input_and_output(shop: Path) -> None:
    """As a process it speaks MCP on its standard streams, and ends when they are closed."""
    code = (
        "import asyncio, sys; from pathlib import Path\n"
        "from kubetriage.adapters.cluster.snapshot.mcp_server import serve_stdio\n"
        "from kubetriage.adapters.cluster.snapshot.store import SnapshotStore\n"
        "asyncio.run(serve_stdio(SnapshotStore.load(Path(sys.argv[1]))))\n"
    )
    parameters = StdioServerParameters(command=sys.executable, args=["-c", code, str(shop)])
    async with stdio_client(parameters) as streams, ClientSession(*streams) as client:
        await client.initialize()
        result = await client.call_tool("resources_list", PODS)
    assert result.structuredContent and len(result.structuredContent["items"]) == 4


def test_nothing_heavy_is_imported_with_the_package() -> None:
    """The package, and the store's refusals, load neither the MCP library nor a web server nor YAML."""
    code = (
        "import sys, kubetriage.adapters.cluster.snapshot, kubetriage.adapters.cluster.snapshot.status\n"
        "print([m for m in ('mcp', 'starlette', 'uvicorn', 'yaml', 'httpx') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == "[]"


def test_the_store_needs_no_server() -> None:
    """Loading a snapshot imports neither the MCP library nor a web server."""
    code = (
        "import sys, kubetriage.adapters.cluster.snapshot.store, kubetriage.adapters.cluster.snapshot.check\n"
        "print([m for m in ('mcp', 'starlette', 'uvicorn', 'httpx') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == "[]"
