"""The whole way: metrics, the real Prometheus and Alertmanager, the server, the real MCP server, the report."""

from __future__ import annotations

import http.server
import importlib
import json
import shutil
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytestmark = [pytest.mark.binary, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
SCENARIO = "crash-exit-1-last-words"
TOKENS = {"TOKEN_OF_ALERTMANAGER": "am-" + "7" * 30, "TOKEN_OF_OPERATOR": "op-" + "5" * 30}
WAIT = "kube_pod_container_status_waiting_reason"
SUBJECT = 'namespace="orders",job="kube-state-metrics"'
POD = f'{SUBJECT},pod="worker-5cbbfd779d-ql5xs",container="worker",uid="35fcbd14-bba8-5fa2-a725-40b511bdf7b0"'

SETTINGS = """
database = "sqlite:///{folder}/kubetriage.db"
language = "en"
[server]
port = 0
sweep_seconds = 0.2
[server.tokens]
alertmanager = "TOKEN_OF_ALERTMANAGER"
operator = {{ env = "TOKEN_OF_OPERATOR", scopes = ["api"] }}
[intake]
wait_seconds = 8
resolve_delay_seconds = 1
"""
# As the kubernetes-mixin has them, with seconds for its minutes.
RULES = """
groups:
- name: kubernetes-apps
  rules:
  - alert: KubePodCrashLooping
    expr: max_over_time(kube_pod_container_status_waiting_reason{reason="CrashLoopBackOff", job="kube-state-metrics"}[3s]) >= 1
    for: 2s
    labels: {severity: warning}
    annotations:
      description: 'Pod {{ $labels.namespace }}/{{ $labels.pod }} ({{ $labels.container }}) is in waiting state (reason: "CrashLoopBackOff").'
      summary: Pod is crash looping.
  - alert: KubeDeploymentReplicasMismatch
    expr: |
      kube_deployment_spec_replicas{job="kube-state-metrics"}
      > kube_deployment_status_replicas_available{job="kube-state-metrics"}
    for: 2s
    labels: {severity: warning}
    annotations: {summary: Deployment has not matched the expected number of replicas.}
  - {alert: Watchdog, expr: vector(1), labels: {severity: none}}
"""
PROMETHEUS = """
global: {{scrape_interval: 1s, evaluation_interval: 1s, external_labels: {{cluster: real}}}}
rule_files: [rules.yml]
alerting: {{alertmanagers: [{{static_configs: [{{targets: ["{alertmanager}"]}}]}}]}}
scrape_configs:
- {{job_name: kube-state-metrics, honor_labels: true, static_configs: [{{targets: ["{page}"]}}]}}
"""
ALERTMANAGER = """
route: {{receiver: triage, group_by: [cluster, alertname, namespace], group_wait: 1s, group_interval: 2s, repeat_interval: 1h}}
receivers:
- name: triage
  webhook_configs:
  - url: {url}/api/v1/alerts/alertmanager
    http_config: {{authorization: {{type: Bearer, credentials_file: {token}}}}}
"""


def metrics(*, broken: bool) -> str:
    """What kube-state-metrics says of the Deployment and its pod."""
    waiting = f'{WAIT}{{{POD},reason="CrashLoopBackOff"}} 1\n' if broken else ""
    replicas = f'{{{SUBJECT},deployment="worker"}}'
    return (
        f"{waiting}kube_deployment_spec_replicas{replicas} 1\n"
        f"kube_deployment_status_replicas_available{replicas} {0 if broken else 1}\n"
    )


class Page(http.server.BaseHTTPRequestHandler):
    """A page of metrics; the server holds its text."""

    def do_GET(self) -> None:
        body = str(self.server.text).encode()  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is said."""


@pytest.fixture
def page() -> Iterator[Any]:
    """A served page of metrics whose `text` can be changed; the pod is broken."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as served:
        served.text = metrics(broken=True)  # type: ignore[attr-defined]
        threading.Thread(target=served.serve_forever, daemon=True).start()
        yield served
        served.shutdown()


@pytest.fixture(scope="module")
def own() -> ModuleType:
    """`benchmarks/own_server.py`, which is in no package."""
    folder = str(ROOT / "benchmarks")
    if folder not in sys.path:
        sys.path.append(folder)
    return importlib.import_module("own_server")


@pytest.fixture
def server(
    own: ModuleType,
    configured: Callable[..., Path],
    serve_api: Callable[..., Any],
    scenario_folder: Callable[[str], Path],
    tmp_path: Path,
) -> Iterator[Any]:
    """A server with tokens over the scenario's cluster, which the real kubernetes-mcp-server reads."""
    config = configured(serve_api(scenario_folder(SCENARIO) / "snapshot"))
    clusters = config.read_text(encoding="utf-8")
    config.write_text(SETTINGS.format(folder=tmp_path) + clusters, encoding="utf-8")
    with own.own_server(config, token=TOKENS["TOKEN_OF_OPERATOR"], env=TOKENS) as running:
        yield running


@pytest.fixture
def started(tmp_path: Path, free_port: Callable[[], int]) -> Iterator[Callable[..., str]]:
    """`started(names, options)` starts the program that has one of the names; the address it listens on."""
    with ExitStack() as ends:

        def start(names: tuple[str, ...], *options: str) -> str:
            found = next((path for name in names if (path := shutil.which(name))), None)
            if not found:
                pytest.skip(f"{names[0]} is not on PATH (Debian: `apt-get install {names[0]}`)")
            address = f"127.0.0.1:{free_port()}"
            line = [found, *options, f"--web.listen-address={address}"]
            with (tmp_path / f"{names[0]}.log").open("wb") as log:
                process = subprocess.Popen(line, cwd=tmp_path, stdout=log, stderr=log)
            ends.callback(process.wait, 60)
            ends.callback(process.terminate)
            return address

        yield start


@pytest.fixture
def alertmanager(server: Any, page: Any, started: Callable[..., str], tmp_path: Path) -> str:
    """Alertmanager's address; Prometheus tells it what its rules find on the page, and it tells the server."""
    token = tmp_path / "token"
    token.write_text(TOKENS["TOKEN_OF_ALERTMANAGER"], encoding="utf-8")
    config = ALERTMANAGER.format(url=server.url, token=token)
    (tmp_path / "alertmanager.yml").write_text(config, encoding="utf-8")
    (tmp_path / "rules.yml").write_text(RULES, encoding="utf-8")
    options = ("--config.file=alertmanager.yml", "--storage.path=am", "--cluster.listen-address=")
    address = started(("prometheus-alertmanager", "alertmanager"), *options)
    config = PROMETHEUS.format(alertmanager=address, page=f"127.0.0.1:{page.server_port}")
    (tmp_path / "prometheus.yml").write_text(config, encoding="utf-8")
    started(("prometheus",), "--config.file=prometheus.yml", "--storage.tsdb.path=prometheus")
    return address


def told(address: str) -> dict[str, str]:
    """Fingerprints by name, of the alerts that Alertmanager has."""
    with urllib.request.urlopen(f"http://{address}/api/v2/alerts", timeout=60) as answer:
        return {each["labels"]["alertname"]: each["fingerprint"] for each in json.load(answer)}


def test_from_a_metric_to_the_report_and_to_the_end(server: Any, alertmanager: str, page: Any) -> None:
    """Two alerts of one Deployment, posted apart, are one incident with one diagnosis; the metric's recovery ends it."""
    [incident] = server.wait_until(lambda: server.incidents("reported"), 120)
    at = f"/api/v1/incidents/{incident['id']}"
    alerts = {each["name"]: each for each in server.request(f"{at}/alerts")["items"]}
    assert set(alerts) == {"KubePodCrashLooping", "KubeDeploymentReplicasMismatch"}
    assert {name: each["fingerprint"] for name, each in alerts.items()}.items() <= told(alertmanager).items()
    assert {each["status"] for each in alerts.values()} == {"firing"}

    report = server.request(f"{at}/report?format=json")
    assert (report["outcome"], report["gaps"]) == ("diagnosed", [])
    assert report["root_causes"][0]["culprit"]["name"] == "worker"
    assert "WORKER_COUNT" in report["summary"]
    assert report["usage"]["cluster_reads"] > 5

    page.text = metrics(broken=False)
    [closed] = server.wait_until(lambda: server.incidents("closed"), 120)
    assert (closed["id"], closed["close_reason"]) == (incident["id"], "resolved")
    assert (closed["diagnosis_attempts"], closed["report_run"]) == (1, incident["report_run"])
    over = server.request(f"{at}/alerts")["items"]
    assert [(each["status"], each["assumed"]) for each in over] == [("resolved", False)] * 2
    kinds = [each["kind"] for each in server.request(f"{at}/timeline")["items"]]
    assert kinds.index("opened") < kinds.index("reported") < kinds.index("resolved") < kinds.index("closed")
    assert server.incidents() == [closed], "the Watchdog is no incident"


def test_without_the_right_token_nothing_comes_in(server: Any) -> None:
    """Alertmanager's token posts alerts and reads nothing; a wrong one does neither."""
    for token, path, body, status in [
        (TOKENS["TOKEN_OF_ALERTMANAGER"], "/api/v1/incidents", None, 403),
        ("wrong", "/api/v1/incidents", None, 401),
        ("wrong", "/api/v1/alerts/alertmanager", b"{}", 401),
    ]:
        asked = urllib.request.Request(f"{server.url}{path}", body, {"Authorization": f"Bearer {token}"})
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(asked, timeout=60)
        assert refused.value.code == status
    log = server.log.read_text(encoding="utf-8")
    assert not [token for token in TOKENS.values() if token in log]
