"""kubernetes-mcp-server itself under load and in trouble, over the snapshot API."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.cluster.clusters import open_cluster
from kubetriage.adapters.cluster.connection import ClusterConnection
from kubetriage.adapters.cluster.limits import LimitSettings
from kubetriage.adapters.cluster.reads import McpCluster
from kubetriage.domain.evidence import LOG_LINES, FailureKind, get, list_of, log_of
from kubetriage.domain.resource import resource

pytestmark = [pytest.mark.slow, pytest.mark.binary]

FAST = {"KUBE_CLIENT_QPS": "100", "KUBE_CLIENT_BURST": "200"}
WEB = resource("Deployment", "shop", "web")
BIG = resource("Pod", "load", "talker")
PODS = 3000
LINES = 200_000

HANGING = """
    import sys
    from pathlib import Path
    from kubetriage.adapters.cluster.snapshot.serving import serve
    from kubetriage.adapters.cluster.snapshot.store import SnapshotStore

    stores = {"shop": SnapshotStore.load(Path(sys.argv[1]))}
    serve(stores, kubeconfig=Path(sys.argv[2]), hang=["Pod"], ready=lambda url: print(url, flush=True))
"""

INTERRUPTED = """
    import asyncio, sys
    from kubetriage.adapters.cluster.clusters import open_cluster
    from kubetriage.adapters.cluster.connection import ClusterConnection
    from kubetriage.adapters.cluster.limits import LimitSettings
    from kubetriage.domain.evidence import list_of

    async def main():
        server = ClusterConnection(name="c", command=sys.argv[1], args=tuple(sys.argv[2:]), timeout=60)
        cluster = open_cluster(server, LimitSettings())
        try:
            await cluster.connect()
            print("reading", flush=True)
            await cluster.read(list_of("Pod"))
        finally:
            await cluster.close()

    asyncio.run(main())
"""


def serving(kubeconfig: Path) -> tuple[str, ...]:
    return ("--read-only", "--list-output", "yaml", "--kubeconfig", str(kubeconfig))


@asynccontextmanager
async def started(binary: Path, kubeconfig: Path, **options: Any) -> AsyncIterator[McpCluster]:
    made = {"command": str(binary), "args": serving(kubeconfig), "env": FAST} | options
    cluster = open_cluster(ClusterConnection(name="real", **made), LimitSettings(cache_seconds=0))
    try:
        yield cluster
    finally:
        await cluster.close()


def children_of(parent: int) -> list[int]:
    """Processes whose parent this is, the dead that nobody waited for left out."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[1]) == parent and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


def server_pids() -> list[int]:
    return [
        pid for pid in children_of(os.getpid()) if b"--read-only" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]


@pytest.fixture(scope="module")
def load(
    write_snapshot: Callable[..., Path],
    serve_snapshots: Callable[..., Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Any:
    """A cluster with many pods, one of which talks a lot."""

    def pod(name: str) -> dict[str, Any]:
        env = [{"name": f"SETTING_{n}", "value": "x" * 40} for n in range(20)]
        spec = {"nodeName": "n1", "containers": [{"name": "main", "image": "registry.test/a:1", "env": env}]}
        status = {"phase": "Running", "containerStatuses": [{"name": "main", "state": {"running": {}}}]}
        metadata = {"name": name, "namespace": "load", "labels": {"app": "load"}}
        return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": status}

    lines = "".join(
        f"2025-03-04T09:00:00Z request {n} took {n % 97} ms on path /items/{n}\n" for n in range(LINES)
    )
    objects = [pod("talker"), *(pod(f"web-{n}") for n in range(PODS))]
    folder = tmp_path_factory.mktemp("load") / "load"
    return serve_snapshots(load=write_snapshot(folder, objects, {"load/talker/main": lines}))


async def test_three_thousand_pods_are_read_within_bounds(mcp_binary: Path, load: Any) -> None:
    """A list of 3,000 pods comes back with every pod, at most 4 MiB of it, and says what was left out."""
    async with started(mcp_binary, load.kubeconfig) as cluster:
        answer = await cluster.read(list_of("Pod", "load"))
    assert answer.failure is None
    assert len(answer.objects) == PODS + 1
    assert "environments" in answer.cut
    assert len(answer.model_dump_json()) < 4.2 * 1024 * 1024


async def test_a_long_log_is_bounded(mcp_binary: Path, load: Any) -> None:
    """Of 200,000 lines the last ones come, as many as asked for and never more than 50,000."""
    async with started(mcp_binary, load.kubeconfig) as cluster:
        few = await cluster.read(log_of(BIG, "main", tail=500))
        all_of_it = await cluster.read(log_of(BIG, "main", tail=LINES))
    assert few.text is not None and all_of_it.text is not None
    assert few.text.count("\n") == 500
    assert all_of_it.text.count("\n") == LOG_LINES and len(all_of_it.text) <= 8 * 1024 * 1024
    assert all_of_it.text.endswith(
        f"request {LINES - 1} took {(LINES - 1) % 97} ms on path /items/{LINES - 1}\n"
    )


async def test_killed_while_reading(
    mcp_binary: Path, shop: Path, serve_snapshots: Callable[..., Any]
) -> None:
    """A server that is killed in the middle of many reads is started again; every read is answered."""
    api = serve_snapshots(shop=shop)
    async with started(mcp_binary, api.kubeconfig) as cluster:
        await cluster.read(get(WEB))
        reads = [
            asyncio.create_task(cluster.read(list_of("Pod", "shop", labels=f"app!=x{n}"))) for n in range(60)
        ]
        await asyncio.sleep(0.02)
        (first,) = server_pids()
        os.kill(first, signal.SIGKILL)
        answers = await asyncio.gather(*reads)
        assert [answer.failure for answer in answers] == [None] * 60
        assert server_pids() != [first]
    assert server_pids() == []


@contextmanager
def listening(binary: Path, kubeconfig: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    arguments = [*serving(kubeconfig), "--port", str(port), "--bind-address", "127.0.0.1"]
    with subprocess.Popen(
        [str(binary), *arguments], env=os.environ | FAST, stdout=subprocess.DEVNULL
    ) as process:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.02)
        try:
            yield process
        finally:
            process.kill()


async def test_restarted_behind_its_address(
    mcp_binary: Path, shop: Path, serve_snapshots: Callable[..., Any], free_port: Callable[[], int]
) -> None:
    """A stateful server that was restarted forgets the session: it is made anew, and reads are answered."""
    api = serve_snapshots(shop=shop)
    port = free_port()
    made: dict[str, Any] = {"transport": "streamable-http", "url": f"http://127.0.0.1:{port}/mcp"}
    cluster = open_cluster(ClusterConnection(name="real", **made), LimitSettings(cache_seconds=0))
    with listening(mcp_binary, api.kubeconfig, port):
        assert (await cluster.read(get(WEB))).found
    down = await cluster.read(get(WEB))
    assert down.failure is not None
    assert down.failure.kind is FailureKind.UNAVAILABLE
    with listening(mcp_binary, api.kubeconfig, port):
        assert (await cluster.read(get(WEB))).found
        await cluster.close()


@pytest.fixture
def hanging(shop: Path, tmp_path: Path) -> Iterator[Path]:
    """The kubeconfig of an API that never answers reads of Pods."""
    kubeconfig = tmp_path / "kubeconfig"
    program = [sys.executable, "-c", textwrap.dedent(HANGING), str(shop), str(kubeconfig)]
    with subprocess.Popen(program, stdout=subprocess.PIPE) as api:
        assert api.stdout
        api.stdout.readline()
        yield kubeconfig
        api.kill()


async def test_a_hanging_api(mcp_binary: Path, hanging: Path) -> None:
    """While the API hangs on Pods, their reads end at the deadline, others go on, closing is quick."""
    async with started(mcp_binary, hanging, timeout=5.0) as cluster:
        await cluster.read(get(WEB))
        began = time.monotonic()
        hung, fine = await asyncio.gather(cluster.read(list_of("Pod", "shop")), cluster.read(get(WEB)))
        assert hung.failure is not None
        assert hung.failure.kind is FailureKind.TIMEOUT
        assert fine.found
        assert time.monotonic() - began < 60
        began = time.monotonic()
    assert time.monotonic() - began < 60
    assert server_pids() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_server_is_left_behind(mcp_binary: Path, hanging: Path, number: int) -> None:
    """However the reading process ends, by Ctrl-C, SIGTERM or SIGKILL, its server is gone soon after."""
    program = [sys.executable, "-c", textwrap.dedent(INTERRUPTED), str(mcp_binary), *serving(hanging)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as reading:
        assert reading.stdout
        assert reading.stdout.readline() == b"reading\n"
        (server,) = children_of(reading.pid)
        reading.send_signal(number)
        reading.wait(timeout=60)
    until = time.monotonic() + 60
    while is_running(server) and time.monotonic() < until:
        time.sleep(0.05)
    assert not is_running(server)


def is_running(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes() != b""
    except FileNotFoundError:
        return False
