"""The snapshot API on a loopback port, and the kubeconfig that leads there."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import quote

import uvicorn

from kubetriage.adapters.cluster.snapshot.kube_api import app
from kubetriage.adapters.cluster.snapshot.store import SnapshotStore
from kubetriage.adapters.cluster.snapshot.yaml_text import yaml_text
from kubetriage.adapters.loopback import HOST, bound
from kubetriage.domain.errors import BadInput


def kubeconfig_text(url: str, clusters: Iterable[str], *, namespace: str = "default") -> str:
    """A kubeconfig with a context for each cluster at `URL/NAME`, the first of them current."""
    names = list(clusters)
    return yaml_text(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": n, "cluster": {"server": f"{url}/{quote(n)}"}} for n in names],
            "users": [{"name": "snapshot-reader", "user": {}}],
            "contexts": [
                {"name": n, "context": {"cluster": n, "user": "snapshot-reader", "namespace": namespace}}
                for n in names
            ],
            "current-context": names[0] if names else "",
        }
    )


class _Server(uvicorn.Server):
    """Leaves the signals to whoever runs it, where it isn't the whole process."""

    own_signals = False

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        if self.own_signals:
            with super().capture_signals():
                yield
        else:
            yield


def _server(stores: Mapping[str, SnapshotStore], rebase: bool, hang: Collection[str]) -> _Server:
    # Connections that hang on purpose must not hold up the end.
    config = uvicorn.Config(
        app(stores, rebase=rebase, hang=hang),
        log_level="error",
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    return _Server(config)


def serve(
    stores: Mapping[str, SnapshotStore],
    *,
    port: int = 0,
    rebase: bool = False,
    hang: Collection[str] = (),
    kubeconfig: Path | None = None,
    ready: Callable[[str], None] = lambda url: None,
) -> None:
    """Serve until interrupted; port 0 takes a free one, and `ready` is told the URL.

    A kubeconfig is written, readable by its owner only, before the first request is taken. Raises `BadInput`
    for a port or a kubeconfig that cannot be used.
    """
    with bound(port) as listening:
        url = _url(listening)
        if kubeconfig:
            _write(kubeconfig, kubeconfig_text(url, stores))
        server = _server(stores, rebase, hang)
        server.own_signals = True
        listening.listen()
        ready(url)
        server.run(sockets=[listening])


@asynccontextmanager
async def serving(
    stores: Mapping[str, SnapshotStore], *, rebase: bool = False, hang: Collection[str] = ()
) -> AsyncIterator[str]:
    """The API in this process, on a free port, while the block runs; yields its URL."""
    with bound(0) as listening:
        server = _server(stores, rebase, hang)
        listening.listen()
        running = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield _url(listening)
        finally:
            server.should_exit = True
            await running


def _url(listening: socket.socket) -> str:
    return f"http://{HOST}:{listening.getsockname()[1]}"


def _write(path: Path, text: str) -> None:
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror}.") from error
