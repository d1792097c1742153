"""`[clusters.NAME.prometheus]`: the settings, the sources made of them, and what the doctor says of each."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.cluster.metric_reads import McpMetrics
from kubetriage.adapters.metrics.prometheus import Prometheus
from kubetriage.bootstrap.doctor import examine, render
from kubetriage.bootstrap.prometheus import source_of
from kubetriage.bootstrap.services import build_services
from kubetriage.bootstrap.settings import ConnectionSettings, Settings, load_settings
from kubetriage.domain.errors import BadSettings
from kubetriage.domain.ports import NoProgress

CLUSTER = '[clusters.prod]\ncommand = "kubernetes-mcp-server"\n[clusters.prod.prometheus]\n'


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Settings]:
    """`configured(lines)`: the settings of a cluster with these lines in its prometheus table."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))

    def load(lines: str) -> Settings:
        path = tmp_path / "kubetriage.toml"
        path.write_text(CLUSTER + lines + "\n", encoding="utf-8")
        return load_settings(str(path))

    return load


def test_an_http_api(configured: Callable[[str], Settings], monkeypatch: pytest.MonkeyPatch) -> None:
    """An address, its credentials from the environment, headers; `${NAME}` is filled as everywhere."""
    monkeypatch.setenv("PROM_TOKEN", "canary-token")
    monkeypatch.setenv("TENANT", "canary-tenant")
    settings = configured(
        'url = "https://host/prometheus"\ntoken_env = "PROM_TOKEN"\nheaders = { X-Scope-OrgID = "${TENANT}" }\n'
        "timeout = 3"
    )
    made = settings.connections["prod"].prometheus
    assert made is not None and made.is_api and made.timeout == 3
    source = source_of("prod", made, {})
    assert isinstance(source, Prometheus) and source.where == "https://host/prometheus"
    assert "canary" not in f"{settings!r} {source!r}"


@pytest.mark.parametrize(
    "lines",
    ['command = "prometheus-mcp-server"\nenv = { PROMETHEUS_URL = "http://h:9090" }',
     'url = "http://mcp:8080/mcp"\ntransport = "streamable-http"', 'url = "http://mcp:8080/sse"\ntransport = "sse"'],
)  # fmt: skip
def test_an_mcp_server(configured: Callable[[str], Settings], lines: str) -> None:
    """A command to start, or an address with the transport of MCP."""
    made = configured(lines).connections["prod"].prometheus
    assert made is not None and not made.is_api
    assert isinstance(source_of("prod", made, {}), McpMetrics)


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As every other setting."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KUBETRIAGE_CLUSTERS__PROD__URL", "http://mcp:1/mcp")
    monkeypatch.setenv("KUBETRIAGE_CLUSTERS__PROD__PROMETHEUS__URL", "http://prom:9090")
    made = load_settings().connections["prod"].prometheus
    assert made is not None and made.url == "http://prom:9090"


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ("timeout = 3", "clusters.prod.prometheus: needs either url or command"),
        ('url = "http://h"\ncommand = "x"', "clusters.prod.prometheus: needs either url or command"),
        ('url = "prometheus:9090"', "clusters.prod.prometheus: url must be like http://host:9090"),
        ('url = "http://u:canary@h"', "clusters.prod.prometheus: url may hold no credentials"),
        ('url = "http://h?x=canary"', "clusters.prod.prometheus: url may hold no query"),
        ('url = "http://h"\ntoken = "canary"\nusername = "u"', "has both a token and a username"),
        ('url = "http://h"\ntoken = "canary"\ntoken_env = "T"', "has both token and token_env"),
        ('url = "http://h:99999"', "url must be like http://host:9090 or https://host/prometheus"),
        (
            'url = "http://h"\nusername = "u"\npassword = "canary"\npassword_env = "P"',
            "both password and password_env",
        ),
        ('url = "http://h"\npassword = "canary"', "has a password without a username"),
        ('url = "http://h"\ntoken = "canaryä"', "token and headers must be ASCII"),
        ('url = "http://h"\ntransport = "sse"\nca_file = "x"', "username and ca_file are for the HTTP API"),
        ('url = "http://h"\ntransport = "http"', "clusters.prod.prometheus.transport: "),
        ('url = "http://h"\ntimeout = 0', "clusters.prod.prometheus.timeout: "),
        ('uri = "http://h"', "there is no setting clusters.prod.prometheus.uri. Did you mean url?"),
    ],
)
def test_what_is_wrong_is_said(configured: Callable[[str], Settings], lines: str, sentence: str) -> None:
    """In one sentence with the file and the setting, never with a value."""
    with pytest.raises(BadSettings) as raised:
        configured(lines)
    said = str(raised.value)
    assert sentence in said and "kubetriage.toml" in said
    assert "canary" not in said and "\n" not in said


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ('url = "http://h"\ntoken_env = "NOT_SET_ANYWHERE"',
         "clusters.prod.prometheus.token_env: the environment variable NOT_SET_ANYWHERE is not set."),
        ('url = "http://h"\nusername = "u"\npassword_env = "NOT_SET_ANYWHERE"',
         "clusters.prod.prometheus.password_env: the environment variable NOT_SET_ANYWHERE is not set."),
        ('url = "https://h"\nca_file = "nowhere.pem"',
         "clusters.prod.prometheus.ca_file: nowhere.pem cannot be used: No such file or directory."),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_said_before_anything_is_read(
    configured: Callable[[str], Settings], lines: str, sentence: str
) -> None:
    """A triage does not begin with a source that could never answer."""
    with pytest.raises(BadSettings) as raised:
        async with build_services(configured(lines), progress=NoProgress()):
            raise AssertionError("the services were built")
    assert str(raised.value) == sentence


async def test_each_cluster_has_its_own(configured: Callable[[str], Settings]) -> None:
    """By the connection's name; a cluster without one has none, and a snapshot has its recorded answers."""
    settings = configured('url = "http://h"\n[clusters.edge]\ncommand = "x"')
    async with build_services(settings, progress=NoProgress()) as services:
        assert services.metrics.of("prod") is not None
        assert services.metrics.of("edge") is None and services.metrics.of("") is None


async def test_a_snapshot_has_recorded_answers_or_none(
    shop: Path, tmp_path: Path, write_snapshot: Any
) -> None:
    """Whatever is configured: a snapshot's time is not that of a live Prometheus."""
    live = Settings(
        clusters={
            "prod": ConnectionSettings.model_validate({"command": "x", "prometheus": {"url": "http://h"}})
        }
    )
    async with build_services(live, snapshot=shop, progress=NoProgress()) as services:
        assert services.metrics.of("prod") is None
    folder = write_snapshot(
        tmp_path / "s", [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}]
    )
    (folder / "metrics").mkdir()
    answer = {"query": "up", "answer": {"data": {"resultType": "vector", "result": []}}}
    (folder / "metrics" / "a.json").write_text(json.dumps(answer), encoding="utf-8")
    async with build_services(Settings(), snapshot=folder, progress=NoProgress()) as services:
        assert services.metrics.of("anything") is not None


# ---- the doctor


class Api(http.server.BaseHTTPRequestHandler):
    """A Prometheus that has kube-state-metrics alone."""

    def do_GET(self) -> None:
        metric = {"__name__": "vm_app_version", "short_version": "v1.102.0"}
        metric = metric if "vm_app" in self.path else {"__name__": "kube_node_info"}
        answer = {"resultType": "vector", "result": [{"metric": metric, "value": [1, "1"]}]}
        body = json.dumps({"status": "success", "data": answer}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is said."""


@pytest.fixture
def api() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


async def test_the_doctor_looks_at_prometheus(configured: Callable[[str], Settings], api: str) -> None:
    """Reachable or not, which server it is, which exporters' metrics it has, also beside a broken cluster."""
    settings = configured(f'url = "{api}"\n[clusters.edge]\ncommand = "no-such-program"\n'
                          '[clusters.edge.prometheus]\nurl = "http://127.0.0.1:9"\ntimeout = 2')  # fmt: skip
    report = await examine(settings)
    prod, edge = (connection.metrics for connection in report.connections)
    assert prod is not None and edge is not None
    assert (prod.found.server, prod.found.present) == ("VictoriaMetrics v1.102.0", ("kube-state-metrics",))
    assert "cannot be reached" in edge.found.unreachable
    text = render(report)
    assert f"prometheus ok ({api}): VictoriaMetrics v1.102.0" in text
    assert "metrics    kube-state-metrics\n" in text and "no metrics cAdvisor, kubelet, volume stats" in text
    assert "prometheus NOT REACHABLE (http://127.0.0.1:9): it cannot be reached" in text
    assert max(map(len, text.splitlines())) <= 100
