"""The services of a triage, made from settings: a snapshot, configured servers, the server on PATH, none."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from kubetriage.adapters.cluster.tools import READ_TOOLS
from kubetriage.bootstrap import default_server
from kubetriage.bootstrap.services import build_services, connection_of, connections
from kubetriage.bootstrap.settings import ConnectionSettings, Settings
from kubetriage.domain.errors import BadSettings, BadSnapshot, ClusterUnreachable, UnknownCluster
from kubetriage.domain.evidence import FailureKind, get, list_of
from kubetriage.domain.ports import NoProgress
from kubetriage.domain.resource import resource

NODES = list_of("Node")


def test_settings_are_not_handed_to_the_default_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """It gets the environment as kubectl would, but for kubetriage's own settings, tokens among them."""
    monkeypatch.setenv("KUBETRIAGE_CHANNELS__OPS__SECRET", "s3cret")
    monkeypatch.setenv("AWS_PROFILE", "production")
    with default_server.default_connection("kubernetes-mcp-server") as made:
        given = {name: value.get_secret_value() for name, value in made.env.items()}
    assert given["AWS_PROFILE"] == "production"
    assert [name for name in given if name.startswith("KUBETRIAGE_")] == []


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Parsed snapshots are kept in the test's own folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


async def test_a_snapshot_is_read_whatever_the_alert_names(shop: Path) -> None:
    """With a snapshot no server is needed, and every cluster name means it."""
    async with build_services(Settings(), snapshot=shop, progress=NoProgress()) as services:
        cluster = services.clusters.choose("prod-eu")
        answer = await services.observations.observe("run", NODES, cluster.read)
        assert [node["metadata"]["name"] for node in answer.objects] == ["worker-1", "worker-2"]
        assert await services.observations.recorded("run") == [answer]
        assert await services.knowledge.recall("KubePodNotReady", []) == ()


async def test_answers_can_be_kept_in_a_folder(shop: Path, tmp_path: Path) -> None:
    """Evals keep what was read."""
    folder = tmp_path / "answers"
    async with build_services(
        Settings(), snapshot=shop, progress=NoProgress(), observations=folder
    ) as services:
        await services.observations.observe("run", NODES, services.clusters.choose("").read)
    assert len(list(folder.rglob("*.json"))) == 1


async def test_a_folder_that_is_no_snapshot_is_refused(tmp_path: Path) -> None:
    """The wrong folder is bad input, before anything is read."""
    with pytest.raises(BadSnapshot):
        async with build_services(Settings(), snapshot=tmp_path, progress=NoProgress()):
            raise AssertionError("it was taken")


async def test_an_unknown_cluster_is_refused() -> None:
    """A name that is not configured is bad input, with the names that are."""
    settings = Settings(clusters={"prod": ConnectionSettings(command="x")})
    async with build_services(settings, progress=NoProgress()) as services:
        with pytest.raises(UnknownCluster, match="configured are: prod"):
            services.clusters.choose("stage")


async def test_without_any_server_the_reason_is_given_at_the_first_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nothing configured, nothing installed: the sentence says what to install, a report can be made."""
    monkeypatch.setenv("PATH", str(tmp_path))
    async with build_services(Settings(), progress=NoProgress()) as services:
        with pytest.raises(ClusterUnreachable, match="npm install -g kubernetes-mcp-server"):
            await services.clusters.choose("prod").read(NODES)


def test_the_tools_credentials_stay_out_of_a_servers_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A configured server gets its own variables and the few it needs, no credential of ours."""
    monkeypatch.setenv("OPENAI_API_KEY", "canary")
    monkeypatch.setenv("KUBECONFIG", "/k")
    made = connection_of("prod", ConnectionSettings.model_validate({"command": "x", "env": {"A": "1"}}))
    env = {name: value.get_secret_value() for name, value in made.env.items()}
    assert (env["A"], env["KUBECONFIG"], env["KUBE_CLIENT_QPS"]) == ("1", "/k", "50")
    assert "OPENAI_API_KEY" not in env


def test_a_token_can_come_from_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """`token_env` names the variable; one that is not set is said."""
    configured = ConnectionSettings(url="http://h/mcp", token_env="EDGE_TOKEN")
    with pytest.raises(BadSettings, match=r"clusters\.edge\.token_env: .*EDGE_TOKEN is not set"):
        connection_of("edge", configured)
    monkeypatch.setenv("EDGE_TOKEN", "abc")
    made = connection_of("edge", configured)
    assert made.token is not None
    assert made.token.get_secret_value() == "abc"
    monkeypatch.setenv("EDGE_TOKEN", "abc\n")  # as `$(cat file)` does not, but a mounted Secret gives it
    held = connection_of("edge", configured).token
    assert held is not None and held.get_secret_value() == "abc"
    monkeypatch.setenv("EDGE_TOKEN", "令牌")
    with pytest.raises(BadSettings, match=r"clusters\.edge\.token_env: .*EDGE_TOKEN holds no token"):
        connection_of("edge", configured)


@pytest.mark.binary
async def test_the_server_on_path_is_started_read_only(
    mcp_binary: Path, shop: Path, serve_snapshots: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With nothing configured, kubernetes-mcp-server reads the current context: no write tool, no Secret."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / default_server.PROGRAM).symlink_to(mcp_binary)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("KUBECONFIG", str(serve_snapshots(shop=shop).kubeconfig))  # type: ignore[operator]
    async with AsyncExitStack() as closing:
        (made,) = connections(Settings(), closing)
        rules = Path(made.args[-1])
        assert "Secret" in rules.read_text(encoding="utf-8")  # noqa: ASYNC240
    assert not rules.exists()  # noqa: ASYNC240
    async with build_services(Settings(), progress=NoProgress()) as services:
        cluster = services.clusters.choose("")
        assert len((await cluster.read(NODES)).objects) == 2
        denied = await cluster.read(get(resource("Secret", "shop", "password")))
        assert denied.failure is not None
        assert denied.failure.kind is FailureKind.DENIED
        offer, _ = await cluster.connect()  # type: ignore[attr-defined]
        assert set(offer.tools) <= READ_TOOLS


def test_importing_the_services_stays_light() -> None:
    """The clients' libraries are loaded when services are made, not when the module is."""
    program = (
        "import sys; import kubetriage.bootstrap.services;"
        "print([m for m in ('mcp', 'langchain_core', 'langgraph', 'anyio', 'httpx') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_folder_to_start_in_must_be_there(tmp_path: Path) -> None:
    """It is the folder that is said to be missing, not the program."""
    assert connection_of("edge", ConnectionSettings(command="x", cwd=str(tmp_path))).cwd == str(tmp_path)
    with pytest.raises(BadSettings, match=r"clusters\.edge\.cwd: there is no folder .*nowhere"):
        connection_of("edge", ConnectionSettings(command="x", cwd=str(tmp_path / "nowhere")))
