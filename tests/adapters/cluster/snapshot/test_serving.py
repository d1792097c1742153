"""The snapshot API is served on the loopback interface, with a kubeconfig that leads there."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubetriage.adapters.cluster.snapshot.serving import kubeconfig_text, serve
from kubetriage.adapters.cluster.snapshot.store import SnapshotStore
from kubetriage.domain.errors import BadInput


def test_kubeconfig() -> None:
    """A context for each cluster under its path, the first one current."""
    config = yaml.safe_load(kubeconfig_text("http://127.0.0.1:1", ["shop", "a b"], namespace="web"))
    servers = {entry["name"]: entry["cluster"]["server"] for entry in config["clusters"]}
    assert servers == {"shop": "http://127.0.0.1:1/shop", "a b": "http://127.0.0.1:1/a%20b"}
    assert config["current-context"] == "shop"
    assert [c["context"]["namespace"] for c in config["contexts"]] == ["web", "web"]


def test_the_served_kubeconfig_is_its_owners(serve_snapshots: Any, shop: Path) -> None:
    """The written kubeconfig names the real port and can be read by its owner only."""
    api = serve_snapshots(shop=shop)
    assert f"server: {api.url}/shop" in api.kubeconfig.read_text()
    assert api.kubeconfig.stat().st_mode & 0o077 == 0
    assert api.url.startswith("http://127.0.0.1:")


def test_an_interrupt_ends_it(shop: Path, tmp_path: Path) -> None:
    """Ctrl-C ends a served snapshot at once, requests that hang included."""
    code = (
        "import signal, sys; from pathlib import Path\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a background job's children ignore it
        "from kubetriage.adapters.cluster.snapshot.serving import serve\n"
        "from kubetriage.adapters.cluster.snapshot.store import SnapshotStore\n"
        "store = SnapshotStore.load(Path(sys.argv[1]))\n"
        "try: serve({'shop': store}, hang=['Node'], ready=lambda url: print(url, flush=True))\n"
        "except KeyboardInterrupt: sys.exit(130)\n"
    )
    arguments = [sys.executable, "-c", code, str(shop)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        url = process.stdout.readline().strip()
        with urllib.request.urlopen(f"{url}/api/v1/namespaces/shop/pods", timeout=60) as answer:
            assert len(json.load(answer)["items"]) == 4
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as waiting:
            waiting.sendall(b"GET /api/v1/nodes HTTP/1.1\r\nHost: x\r\n\r\n")
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=60) == 130


def test_a_port_in_use(shop: Path) -> None:
    """A port that somebody else has is one clear sentence."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(BadInput, match=f"Port {port} of 127.0.0.1 cannot be used"):
            serve({"shop": SnapshotStore.load(shop)}, port=port)


def test_a_kubeconfig_that_cannot_be_written(shop: Path, tmp_path: Path) -> None:
    """A kubeconfig in a folder that isn't there is one clear sentence, before anything is served."""
    with pytest.raises(BadInput, match="cannot be written: No such file or directory"):
        serve({"shop": SnapshotStore.load(shop)}, kubeconfig=tmp_path / "no" / "config")
