"""A triage through the real kubernetes-mcp-server that dies, or whose API hangs or refuses reads."""

from __future__ import annotations

import json
import shutil
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = [pytest.mark.binary, pytest.mark.slow]

STORAGE = "claim-below-storage-class-minimum"
DYING = Path(__file__).parent / "dying_server.py"
JSON = ("--format", "json", "--language", "en")

Run = Callable[..., Any]
Folder = Callable[[str], Path]
Alert = Callable[[Path], str]
Configured = Callable[..., Path]


@pytest.fixture
def dying(tmp_path: Path) -> Callable[..., tuple[list[str], Path]]:
    """`dying(dies_at, lives)` is a command in front of the server that kills it, and its count of lives."""

    def command(dies_at: int, lives: int) -> tuple[list[str], Path]:
        counter = tmp_path / "lives"
        plan = {"dies_at": dies_at, "lives": lives, "counter": str(counter)}
        return [sys.executable, "-S", str(DYING), json.dumps(plan)], counter

    return command


@pytest.fixture
def copied(tmp_path: Path, scenario_folder: Folder) -> Callable[..., Path]:
    """`copied(name, unreadable=[…])` is a scenario whose API refuses to read some things."""

    def copy(name: str, unreadable: list[str]) -> Path:
        target = tmp_path / name
        shutil.copytree(scenario_folder(name), target)
        path = target / "snapshot" / "snapshot.yaml"
        manifest = yaml.safe_load(path.read_text(encoding="utf-8"))
        manifest["scope"] = {**manifest.get("scope", {}), "unreadable": unreadable}
        path.write_text(yaml.safe_dump(manifest), encoding="utf-8")
        return target

    return copy


def culprit(report: dict[str, Any]) -> str:
    first = report["root_causes"][0]["culprit"] if report["root_causes"] else None
    return f"{first['kind']} {first['name']}" if first else ""


# --- the server dies ----------------------------------------------------------------------------------


@pytest.mark.parametrize("dies_at", [1, 5])
def test_killed_once_it_is_started_again(
    dies_at: int,
    kubetriage: Run,
    configured: Configured,
    serve_api: Run,
    dying: Any,
    scenario_folder: Folder,
    alert_now: Alert,
) -> None:
    """Killed during its n-th read, the server is started again, and the report is as if nothing had been."""
    folder = scenario_folder(STORAGE)
    command, lives = dying(dies_at, 1)
    settings = configured(serve_api(folder / "snapshot"), in_front=command)
    ended = kubetriage("--config", settings, "triage", "-", *JSON, stdin=alert_now(folder))
    assert (ended.status, ended.err) == (0, "")
    report = json.loads(ended.out)
    assert (report["outcome"], culprit(report)) == ("diagnosed", "PersistentVolumeClaim test-data")
    assert report["gaps"] == []
    assert lives.read_text(encoding="utf-8").count("life") == 2


def test_killed_again_and_again_the_gaps_are_said(
    kubetriage: Run,
    configured: Configured,
    serve_api: Run,
    dying: Any,
    scenario_folder: Folder,
    alert_now: Alert,
) -> None:
    """A server that dies in every life ends in a report all the same; what it did not answer is a gap."""
    folder = scenario_folder(STORAGE)
    command, _ = dying(3, -1)
    settings = configured(serve_api(folder / "snapshot"), in_front=command)
    ended = kubetriage("--config", settings, "triage", "-", *JSON, "--timeout", "20", stdin=alert_now(folder))
    assert (ended.status, ended.err) == (0, "")
    assert ended.seconds < 20 + 40  # to start, to end the server, and a busy machine
    report = json.loads(ended.out)
    assert culprit(report) in ("", "PersistentVolumeClaim test-data")
    assert report["gaps"]
    assert report["evidence"]


def test_a_server_that_never_answers_a_read_is_an_unreadable_cluster(
    kubetriage: Run,
    configured: Configured,
    serve_api: Run,
    dying: Any,
    scenario_folder: Folder,
    alert_now: Alert,
) -> None:
    """Where the server dies of every read, the status is 3, and the report says why."""
    folder = scenario_folder(STORAGE)
    command, _ = dying(1, -1)
    settings = configured(serve_api(folder / "snapshot"), in_front=command)
    ended = kubetriage("--config", settings, "triage", "-", *JSON, "--timeout", "15", stdin=alert_now(folder))
    expect_unreadable(ended, "")


# --- the API hangs ------------------------------------------------------------------------------------


@pytest.mark.parametrize("hang", [["Event"], ["PersistentVolumeClaim", "StorageClass", "pods/log"]])
def test_a_hanging_api_is_given_up_at_the_timeout(
    hang: list[str],
    kubetriage: Run,
    configured: Configured,
    serve_api: Run,
    scenario_folder: Folder,
    alert_now: Alert,
) -> None:
    """Kinds that the API never answers are gaps; the report comes within --timeout and a little."""
    folder = scenario_folder(STORAGE)
    settings = configured(serve_api(folder / "snapshot", hang=hang), timeout=300)
    ended = kubetriage("--config", settings, "triage", "-", *JSON, "--timeout", "5", stdin=alert_now(folder))
    assert ended.seconds < 5 + 40  # to start, to end the server, and a busy machine
    report = json.loads(ended.out)
    assert ended.status == 0, ended.err
    assert any("deadline" in gap["why"] for gap in report["gaps"])
    expect_no_wrong_cause(report)
    assert "10Gi" not in report["summary"]


def test_what_hangs_does_not_hide_the_rest(
    kubetriage: Run, configured: Configured, serve_api: Run, scenario_folder: Folder, alert_now: Alert
) -> None:
    """An API that hangs on Pods: the pod's own read is given up in time to read its events and its owner."""
    folder = scenario_folder(STORAGE)
    settings = configured(serve_api(folder / "snapshot", hang=["Pod"]), timeout=2)
    ended = kubetriage("--config", settings, "triage", "-", *JSON, "--timeout", "20", stdin=alert_now(folder))
    assert (ended.status, ended.err) == (0, "")
    report = json.loads(ended.out)
    assert report["outcome"] == "inconclusive"
    assert any("no answer within 2 seconds" in gap["why"] for gap in report["gaps"])
    assert {"Event", "Deployment"} <= {evidence["resource"]["kind"] for evidence in report["evidence"]}


def test_a_hanging_api_from_the_start(
    kubetriage: Run,
    configured: Configured,
    tmp_path: Path,
    scenario_folder: Folder,
    alert_now: Alert,
) -> None:
    """An API that takes connections and never says a word is unreadable within the connection's timeouts."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        kubeconfig = tmp_path / "deaf.kubeconfig"
        kubeconfig.write_text(kubeconfig_of(f"http://127.0.0.1:{deaf.getsockname()[1]}"), encoding="utf-8")
        settings = configured(Serving(kubeconfig), timeout=4, connect_timeout=4)
        arguments = ("--config", settings, "triage", "-", *JSON)
        ended = kubetriage(*arguments, stdin=alert_now(scenario_folder(STORAGE)))
    expect_unreadable(ended, "")
    assert ended.seconds < 60


# --- reads are refused --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "unreadable"),
    [
        (STORAGE, ["Event"]),
        (STORAGE, ["PersistentVolumeClaim"]),
        (STORAGE, ["Pod"]),
        ("crash-exit-1-last-words", ["pods/log"]),
        ("webhook-service-missing", ["ValidatingWebhookConfiguration", "Service"]),
    ],
)
def test_refused_reads_are_gaps(
    name: str,
    unreadable: list[str],
    kubetriage: Run,
    configured: Configured,
    serve_api: Run,
    copied: Callable[..., Path],
    alert_now: Alert,
) -> None:
    """What the API server forbids is said as a gap, with who may mend it; no cause is invented for it."""
    folder = copied(name, unreadable)
    settings = configured(serve_api(folder / "snapshot"))
    ended = kubetriage("--config", settings, "triage", "-", *JSON, stdin=alert_now(folder))
    assert (ended.status, ended.err) == (0, "")
    report = json.loads(ended.out)
    whys = " ".join(gap["why"] for gap in report["gaps"])
    assert "forbidden" in whys.lower(), report["gaps"]
    rights = [r for r in report["recommendations"] if r["kind"] == "escalate" and "read" in r["title"]]
    assert rights
    expect_no_wrong_cause(report)


def expect_no_wrong_cause(report: dict[str, Any]) -> None:
    """Whatever is blamed with confidence is what is to blame in the whole cluster."""
    right = {"test-data", "worker", "image-policy", "image-policy-webhook", "tracker"}
    sure = [c for c in report["root_causes"] if c["likelihood"] == "high"]
    blamed = {c["culprit"]["name"] for c in sure if c["culprit"]}
    assert blamed <= right, [c["statement"] for c in sure]
    assert report["outcome"] != "healthy", report["summary"]


# --- nothing can be read ------------------------------------------------------------------------------


class Serving:
    """What looks like a served API, with a kubeconfig of our own."""

    def __init__(self, kubeconfig: Path) -> None:
        self.kubeconfig = kubeconfig


def kubeconfig_of(url: str) -> str:
    cluster = {"name": "c", "cluster": {"server": url}}
    context = {"name": "c", "context": {"cluster": "c", "user": "u"}}
    whole = {"apiVersion": "v1", "kind": "Config", "clusters": [cluster], "contexts": [context]}
    return json.dumps(whole | {"users": [{"name": "u", "user": {}}], "current-context": "c"})


def expect_unreadable(ended: Any, said: str) -> None:
    """Status 3, one sentence on stderr, and an inconclusive report that says what it could not read."""
    assert ended.status == 3, (ended.err, ended.out[:2000])
    assert ended.err.startswith("kubetriage: the cluster could not be read at all: ")
    assert ended.err.count("\n") == 1
    assert said in ended.err
    report = json.loads(ended.out)
    assert report["outcome"] == "inconclusive"
    assert report["gaps"]
    assert report["root_causes"] == []
    assert report["primary"]["name"] in report["summary"]


@pytest.mark.parametrize(
    ("way", "said"),
    [
        ({"command": "no-such-mcp-server", "args": []}, "no-such-mcp-server"),
        ({"command": "false", "args": []}, "closed the connection"),
        ({"command": "", "args": [], "url": "http://127.0.0.1:9/mcp"}, "127.0.0.1:9"),
    ],
)
def test_no_server(
    way: dict[str, Any], said: str, kubetriage: Run, tmp_path: Path, scenario_folder: Folder
) -> None:
    """A server that is not there, ends at once, or listens nowhere: status 3 and the reason."""
    settings = tmp_path / "kubetriage.toml"
    lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in way.items() if value)
    settings.write_text(f"[clusters.real]\n{lines}", encoding="utf-8")
    alert = scenario_folder(STORAGE) / "alert.json"
    expect_unreadable(kubetriage("--config", settings, "triage", alert, *JSON), said)


def test_no_api(kubetriage: Run, configured: Configured, tmp_path: Path, scenario_folder: Folder) -> None:
    """A server in front of an API that nothing listens for: status 3 and the refused connection."""
    kubeconfig = tmp_path / "nobody.kubeconfig"
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    kubeconfig.write_text(kubeconfig_of(url), encoding="utf-8")
    settings = configured(Serving(kubeconfig))
    alert = scenario_folder(STORAGE) / "alert.json"
    ended = kubetriage("--config", settings, "triage", alert, *JSON)
    expect_unreadable(ended, "connection refused")


def test_everything_is_forbidden(
    kubetriage: Run, configured: Configured, serve_api: Run, copied: Callable[..., Path], alert_now: Alert
) -> None:
    """Rights to nothing at all: status 3, and the report asks for the rights."""
    kinds = ["Pod", "Event", "Namespace", "Deployment", "ReplicaSet", "PersistentVolumeClaim", "pods/log"]
    kinds += ["Node", "StorageClass", "PersistentVolume", "ResourceQuota", "LimitRange"]
    folder = copied(STORAGE, kinds)
    settings = configured(serve_api(folder / "snapshot"))
    ended = kubetriage("--config", settings, "triage", "-", *JSON, stdin=alert_now(folder))
    expect_unreadable(ended, "forbidden")
