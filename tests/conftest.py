"""What tests of several folders share: the real programs, and a small recorded cluster.

The programs are optional: a test that needs one is skipped with a message where it is missing.
"""

from __future__ import annotations

import http.server
import importlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]
BINARY = "kubernetes-mcp-server"

Object = dict[str, Any]
WriteSnapshot = Callable[..., Path]

# --- real programs ------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def mcp_binary() -> Path:
    """kubernetes-mcp-server: $KUBETRIAGE_TEST_MCP_BINARY, else on PATH, else installed by npm in the root."""
    given = os.environ.get("KUBETRIAGE_TEST_MCP_BINARY")
    if given:
        assert Path(given).is_file(), f"KUBETRIAGE_TEST_MCP_BINARY is {given}, and there is no such file"
        return Path(given)
    on_path = shutil.which(BINARY)
    if on_path:
        return Path(on_path)
    for found in sorted(ROOT.glob(f"node_modules/{BINARY}-*/bin/{BINARY}-*")):
        if os.access(found, os.X_OK):
            return found
    pytest.skip(
        f"{BINARY} is not installed: `npm install --prefix . {BINARY}`, or name it in the environment"
    )


@pytest.fixture(scope="session")
def kubectl() -> Path:
    """kubectl on PATH."""
    found = shutil.which("kubectl")
    if not found:
        pytest.skip("kubectl is not on PATH")
    return Path(found)


# --- PostgreSQL ---------------------------------------------------------------------------------


def from_benchmarks(name: str) -> ModuleType:
    """A module of `benchmarks/`, which is no package."""
    folder = str(ROOT / "benchmarks")
    if folder not in sys.path:
        sys.path.append(folder)
    return importlib.import_module(name)


@pytest.fixture(scope="session")
def benchmark_module() -> Callable[[str], ModuleType]:
    """`benchmark_module(name)` is that module of `benchmarks/`."""
    return from_benchmarks


@pytest.fixture(scope="session")
def postgres() -> Iterator[Any]:
    """A real PostgreSQL on the loopback interface; `postgres.database()` makes an empty one: its address."""
    own = from_benchmarks("own_postgres")
    try:
        with own.own_postgres() as server:
            yield server
    except own.NoPostgres as error:
        pytest.skip(f"{error} (Debian: `apt-get install postgresql`)")


# --- Prometheus ---------------------------------------------------------------------------------


class Page(http.server.BaseHTTPRequestHandler):
    """A page of metrics; the server holds its text."""

    def do_GET(self) -> None:
        body = str(self.server.page).encode()  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is said."""


class PageServer(http.server.ThreadingHTTPServer):
    """Serves it, in threads that say nothing when Prometheus hangs up.

    The trace that they would print is made with `ast.parse`, which Python 3.11 cannot do in two threads at once:
    a test that parses code meanwhile would fail with a SystemError.
    """

    def handle_error(self, *_: object) -> None:
        """Nothing is said."""


PROMETHEUS = """
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [rules.yml]
scrape_configs:
- {{job_name: page, honor_labels: true, static_configs: [{{targets: ["{page}"]}}]}}
- {{job_name: self, metrics_path: {prefix}/metrics, static_configs: [{{targets: ["{own}"]}}]}}
"""


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """`free_port()` is a port to listen on, for programs that must be told one."""
    choose: Callable[[], int] = from_benchmarks("own_postgres").free_port
    return choose


@pytest.fixture(scope="module")
def run_prometheus(
    tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]
) -> Iterator[Callable[..., str]]:
    """`run(page, rules="", past="", prefix="")` starts a real Prometheus on the loopback interface and returns its
    address, once it has scraped the page of metrics; `past` are samples of before, in OpenMetrics form.
    """
    if not shutil.which("prometheus") or not shutil.which("promtool"):
        pytest.skip("prometheus and promtool are not on PATH (Debian: `apt-get install prometheus`)")
    with ExitStack() as ends:

        def run(page: str, rules: str = "", past: str = "", prefix: str = "") -> str:
            folder = tmp_path_factory.mktemp("prometheus")
            served = PageServer(("127.0.0.1", 0), Page)
            served.page = page  # type: ignore[attr-defined]
            threading.Thread(target=served.serve_forever, daemon=True).start()
            ends.callback(served.server_close)
            ends.callback(served.shutdown)
            own = f"127.0.0.1:{free_port()}"
            config = PROMETHEUS.format(page=f"127.0.0.1:{served.server_port}", own=own, prefix=prefix)
            (folder / "prometheus.yml").write_text(config, encoding="utf-8")
            (folder / "rules.yml").write_text(rules or "groups: []\n", encoding="utf-8")
            if past:
                (folder / "past").write_text(past, encoding="utf-8")
                make = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "past", "data"]
                subprocess.run(make, cwd=folder, check=True, capture_output=True)
            command = ["prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data"]
            command += [f"--web.listen-address={own}", f"--web.external-url=http://{own}{prefix}"]
            with open(folder / "log", "wb") as log:
                process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
            ends.callback(process.wait, 60)
            ends.callback(process.terminate)
            wait_until_scraped(f"http://{own}{prefix}", folder / "log")
            return f"http://{own}{prefix}"

        yield run


def wait_until_scraped(url: str, log: Path) -> None:
    """Wait until both jobs were scraped and rules were evaluated."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        time.sleep(0.1)
        with (
            suppress(OSError),
            urllib.request.urlopen(f"{url}/api/v1/query?query=sum(up)%20==%202", timeout=20) as got,
        ):
            if json.load(got)["data"]["result"]:
                time.sleep(1.2)
                return
    raise TimeoutError(f"Prometheus was not ready in time: {log.read_text(encoding='utf-8')[-2000:]}")


# --- snapshots ------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def write_snapshot() -> WriteSnapshot:
    """`write(folder, objects, logs={}, **manifest)` writes a snapshot folder and returns it.

    `logs` maps NAMESPACE/POD/CONTAINER[.previous] to text.
    """

    def write(
        folder: Path, objects: Sequence[Object], logs: Mapping[str, str] | None = None, **manifest: Any
    ) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        manifest = {"time": "2025-03-04T10:00:00Z"} | manifest
        (folder / "snapshot.yaml").write_text(json.dumps(manifest), encoding="utf-8")
        documents = "\n---\n".join(json.dumps(obj) for obj in objects)
        (folder / "cluster.yaml").write_text(documents, encoding="utf-8")
        for place, text in (logs or {}).items():
            path = folder / "logs" / f"{place}.log"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return folder

    return write


class SnapshotApi(NamedTuple):
    """A running snapshot API, in a process of its own."""

    url: str
    kubeconfig: Path


SERVE = """
import sys
from pathlib import Path
from kubetriage.adapters.cluster.snapshot.serving import serve
from kubetriage.adapters.cluster.snapshot.store import SnapshotStore

stores = {name: SnapshotStore.load(Path(path)) for name, path in (a.split("=", 1) for a in sys.argv[2:])}
serve(stores, kubeconfig=Path(sys.argv[1]), ready=lambda url: print(url, flush=True))
"""


@pytest.fixture(scope="session")
def serve_snapshots(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., SnapshotApi]]:
    """`serve(name=folder, …)` serves snapshots in a process of its own until the tests end."""
    running: list[subprocess.Popen[str]] = []

    def serve(**folders: Path) -> SnapshotApi:
        kubeconfig = tmp_path_factory.mktemp("api") / "kubeconfig"
        arguments = [f"{name}={folder}" for name, folder in folders.items()]
        process = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(kubeconfig), *arguments], stdout=subprocess.PIPE, text=True
        )
        running.append(process)
        assert process.stdout
        return SnapshotApi(process.stdout.readline().strip(), kubeconfig)

    yield serve
    for process in running:
        process.terminate()
    for process in running:
        process.wait(timeout=60)
        if process.stdout:
            process.stdout.close()


# --- a small cluster --------------------------------------------------------------------------------


def made(kind: str, name: str, namespace: str = "", api_version: str = "v1", **rest: Any) -> Object:
    labels = rest.pop("labels", {})
    metadata = {"name": name, "uid": f"uid-{kind}-{name}", "creationTimestamp": "2025-03-01T10:00:00Z"}
    metadata |= ({"namespace": namespace} if namespace else {}) | ({"labels": labels} if labels else {})
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata | rest.pop("metadata", {}), **rest}


def pod(
    name: str, containers: Mapping[str, Object], *, node: str = "worker-1", phase: str = "Running"
) -> Object:
    """`containers` maps a container's name to its status."""
    statuses = [
        {"name": c, "image": f"registry.test/{c}:1", "imageID": "", "ready": "running" in s["state"]} | s
        for c, s in containers.items()
    ]
    spec = {"containers": [{"name": c, "image": f"registry.test/{c}:1"} for c in containers]}
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-5d", "uid": "uid-ReplicaSet-web-5d"}
    return made(
        "Pod", name, "shop", labels={"app": "web", "pod": name},
        metadata={"ownerReferences": [owner | {"controller": True}]},
        spec=spec | ({"nodeName": node} if node else {}),
        status={"phase": phase} | ({"containerStatuses": statuses} if node else {}),
    )  # fmt: skip


RUNNING = {"state": {"running": {"startedAt": "2025-03-04T09:00:00Z"}}, "restartCount": 0}
ENDED = "2025-03-04T09:55:00Z"
CRASHED = {"exitCode": 1, "reason": "Error", "finishedAt": ENDED, "containerID": "containerd://1"}
WAITING = {"waiting": {"reason": "CrashLoopBackOff"}}
CRASHING = {"state": WAITING, "lastState": {"terminated": CRASHED}, "restartCount": 4}
UNPULLED = {"state": {"waiting": {"reason": "ImagePullBackOff"}}, "restartCount": 0}


def shop_pods() -> list[Object]:
    return [
        pod("web-5d-aaaaa", {"web": RUNNING, "proxy": RUNNING}),
        pod("web-5d-crash", {"web": CRASHING}, node="worker-2"),
        pod("web-5d-image", {"web": UNPULLED}, phase="Pending"),
        pod("web-5d-queue", {"web": {"state": {}}}, node="", phase="Pending"),
    ]


def shop_events() -> list[Object]:
    about = {"apiVersion": "v1", "kind": "Pod", "namespace": "shop", "name": "web-5d-crash"}
    about |= {"uid": "uid-Pod-web-5d-crash"}
    times = {"firstTimestamp": "2025-03-04T09:00:00Z", "lastTimestamp": "2025-03-04T09:58:00Z"}
    backoff = {"type": "Warning", "reason": "BackOff", "message": "Back-off restarting failed container"}
    unscheduled = {"type": "Warning", "reason": "FailedScheduling", "note": "0/2 nodes are available"}
    queued = about | {"name": "web-5d-queue", "uid": "uid-Pod-web-5d-queue"}
    return [
        made("Event", "crash.1", "shop", involvedObject=about, count=7, source={"component": "kubelet"})
        | (times | backoff),
        made(
            "Event",
            "queue.1",
            "shop",
            "events.k8s.io/v1",
            regarding=queued,
            eventTime="2025-03-04T09:30:00.5Z",
        )
        | (
            unscheduled
            | {"reportingController": "default-scheduler", "reportingInstance": "s", "action": "Binding"}
        ),
    ]


def shop_metrics() -> list[Object]:
    at = {"timestamp": "2025-03-04T09:59:30Z", "window": "15s"}
    usage = {"web": {"cpu": "12345678n", "memory": "20480Ki"}, "proxy": {"cpu": "3m", "memory": "5Mi"}}
    containers = [{"name": name, "usage": used} for name, used in usage.items()]
    api = "metrics.k8s.io/v1beta1"
    return [
        made("PodMetrics", "web-5d-aaaaa", "shop", api, labels={"app": "web"}, containers=containers, **at),
        made("NodeMetrics", "worker-1", "", api, usage={"cpu": "250m", "memory": "1024Mi"}, **at),
    ]


def shop_objects() -> list[Object]:
    template = {"metadata": {"labels": {"app": "web"}}, "spec": shop_pods()[1]["spec"]}
    workload = {"replicas": 4, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    node = {"allocatable": {"cpu": "2", "memory": "4Gi"}, "conditions": [{"type": "Ready", "status": "True"}]}
    definition = {
        "group": "example.test",
        "scope": "Namespaced",
        "names": {"kind": "Widget", "plural": "widgets", "singular": "widget"},
        "versions": [{"name": "v1", "served": True, "storage": True}],
    }
    managed = {"managedFields": [{"manager": "kubectl", "operation": "Update"}]}
    return [
        made("Namespace", "shop", status={"phase": "Active"}),
        made("Node", "worker-1", labels={"zone": "a"}, status=node),
        made("Node", "worker-2", labels={"zone": "b"}, status=node),
        made("Deployment", "web", "shop", "apps/v1", labels={"app": "web"}, metadata=managed, spec=workload),
        made("ReplicaSet", "web-5d", "shop", "apps/v1", labels={"app": "web", "hash": "5d"}, spec=workload),
        *shop_pods(),
        made("Service", "web", "shop", spec={"selector": {"app": "web"}, "ports": [{"port": 80}]}),
        made("ConfigMap", "settings", "shop", data={"mode": "yes", "script": "a\nb: c\n", "empty": ""}),
        made("Secret", "password", "shop", type="Opaque", data={"password": "aHVudGVyMg=="}),
        made(
            "PersistentVolumeClaim",
            "data",
            "shop",
            spec={"storageClassName": "fast"},
            status={"phase": "Pending"},
        ),
        made("StorageClass", "fast", "", "storage.k8s.io/v1", provisioner="disks.example.test"),
        made(
            "CustomResourceDefinition", "widgets.example.test", "", "apiextensions.k8s.io/v1", spec=definition
        ),
        made("Widget", "blue", "shop", "example.test/v1", spec={"size": 3}),
        made("ConfigMap", "hidden", "kube-system", data={}),
        *shop_events(),
        *shop_metrics(),
    ]


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory, write_snapshot: WriteSnapshot) -> Path:
    """A cluster with something of everything, as a snapshot folder; never to be changed."""
    lines = "".join(f"2025-03-04T09:{minute:02}:00Z line {minute}\n" for minute in range(60)) * 3
    logs = {
        "shop/web-5d-aaaaa/web": lines,
        "shop/web-5d-aaaaa/proxy": "",
        "shop/web-5d-crash/web.previous": "starting\nno database\n",
    }
    unreadable = [
        "PersistentVolume",
        "ConfigMap/kube-system",
        "Service/kube-system/hidden",
        "pods/log/kube-system",
    ]
    scope = {
        "unreadable": unreadable,
        "namespaces": ["shop", "kube-system", "default"],
        "all_namespaces": ["Pod"],
    }
    folder = tmp_path_factory.mktemp("snapshots") / "shop"
    return write_snapshot(folder, shop_objects(), logs, scope=scope)
