"""Settings: where they come from, in which order, and the one sentence for what is wrong with them."""

from __future__ import annotations

import json
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from kubetriage.bootstrap.folders import state_folder
from kubetriage.bootstrap.settings import load_settings
from kubetriage.domain.errors import BadInput, BadSettings, UnknownCluster
from kubetriage.domain.language import Language

FULL = """
language = "zh"
default_cluster = "prod"

[limits]
reads_per_second = 20
cache_seconds = 0

[clusters.prod]
command = "kubernetes-mcp-server"
args = ["--read-only"]
env = { KUBECONFIG = "${HOME_OF_TEST}/kubeconfig" }
also_called = ["eu-1"]
timeout = 7.5

[clusters.edge]
url = "https://edge.example.test/sse"
transport = "sse"
token_env = "EDGE_TOKEN"
headers = { X-Team = "a" }
"""


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder without settings, and an environment without ours."""
    import os

    for name in os.environ:
        if name.startswith("KUBETRIAGE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("HOME_OF_TEST", "/srv/test")
    monkeypatch.setenv("EDGE_TOKEN", "canary-token")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_without_anything_the_defaults_hold() -> None:
    """No file and no variable is fine: no connection is configured."""
    settings = load_settings()
    assert settings.connections == {}
    assert settings.limits.reads_per_second == 50


def test_a_full_file(clean: Path) -> None:
    """Connections, limits and language; `${NAME}` is filled from the environment."""
    settings = load_settings(str(write(clean / "a.toml", FULL)))
    assert settings.language is Language.ZH
    assert settings.limits.cache_seconds == 0
    prod, edge = settings.connections["prod"], settings.connections["edge"]
    assert (prod.command, prod.args, prod.timeout) == ("kubernetes-mcp-server", ("--read-only",), 7.5)
    assert prod.env["KUBECONFIG"].get_secret_value() == "/srv/test/kubeconfig"
    assert (edge.transport, edge.url) == ("sse", "https://edge.example.test/sse")


def test_the_first_file_that_is_there_counts(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file given, then $KUBETRIAGE_CONFIG, then the working folder's, then the user's."""
    write(clean / "xdg/kubetriage/kubetriage.toml", 'default_cluster = "user"')
    assert load_settings().default_cluster == "user"
    write(clean / "kubetriage.toml", 'default_cluster = "folder"')
    assert load_settings().default_cluster == "folder"
    monkeypatch.setenv("KUBETRIAGE_CONFIG", str(write(clean / "b.toml", 'default_cluster = "variable"')))
    assert load_settings().default_cluster == "variable"
    given = write(clean / "c.toml", 'default_cluster = "given"')
    assert load_settings(str(given)).default_cluster == "given"


def test_variables_override_the_file(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """KUBETRIAGE_A__B sets b of a, lists and tables as JSON."""
    write(clean / "kubetriage.toml", FULL)
    monkeypatch.setenv("KUBETRIAGE_LIMITS__BURST", "7")
    monkeypatch.setenv("KUBETRIAGE_CLUSTERS__PROD__ARGS", '["--port", "1"]')
    monkeypatch.setenv("KUBETRIAGE_CLUSTERS__NEW__URL", "http://h:1/mcp")
    settings = load_settings()
    assert settings.limits.burst == 7
    assert settings.connections["prod"].args == ("--port", "1")
    assert settings.connections["new"].url == "http://h:1/mcp"


def test_the_servers_of_a_desktop_client(clean: Path) -> None:
    """The `mcpServers` JSON that people have is read; what we don't know of it is left alone."""
    servers = {
        "local": {
            "command": "npx",
            "args": ["-y", "kubernetes-mcp-server"],
            "disabled": False,
            "type": "stdio",
        },
        "remote": {"type": "http", "url": "http://h:1/mcp", "headers": {"Authorization": "Bearer canary"}},
        "old": {"type": "sse", "url": "http://h:1/sse"},
    }
    write(clean / "mcp.json", json.dumps({"mcpServers": servers}))
    write(clean / "kubetriage.toml", 'mcp_config = "mcp.json"')
    made = load_settings().connections
    assert made["local"].args == ("-y", "kubernetes-mcp-server")
    assert [made[name].transport for name in ("remote", "old")] == ["streamable-http", "sse"]


def test_secrets_are_never_printed(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tokens, headers and environments of servers don't show in the settings' text."""
    text = FULL.replace('"a"', '"canary-header"').replace("${HOME_OF_TEST}", "canary-env")
    settings = load_settings(
        str(write(clean / "a.toml", text + '[clusters.x]\nurl="http://h/"\ntoken="canary-x"\n'))
    )
    assert "canary" not in f"{settings!r} {settings}"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("language = ", "this is not TOML"),
        ('languge = "en"', "there is no setting languge. Did you mean language?"),
        ("[limits]\nburts = 3", "there is no setting limits.burts. Did you mean burst?"),
        ('[clusters.a]\ncomand = "x"', "there is no setting clusters.a.comand. Did you mean command?"),
        ("[limits]\nburst = 0", "limits.burst: "),
        ("[clusters.a]\nargs = []", "clusters.a: needs either command or url"),
        ('[clusters.a]\nurl = "http://h"\ntransport = "carrier-pigeon"', "clusters.a.transport: "),
        ('[clusters.a]\nurl = "host:8080/mcp"', "clusters.a: url must be like http://host:8080/mcp"),
        ('[clusters.a]\nurl = "http://h:99999/mcp"', "clusters.a: url must be like http://host:8080/mcp"),
        ('[clusters.a]\nurl = "http://[::1/mcp"', "clusters.a: url must be like http://host:8080/mcp"),
        ('[clusters.a]\nurl = "http://h"\ntoken = "密"', "clusters.a: token and headers must be ASCII"),
        ('[clusters.a]\nurl = "http://h"\nheaders = { X-A = "a\\nb" }', "must be ASCII, each on one line"),
        ('[clusters.a]\nurl = "http://h"\ntoken = "a"\ntoken_env = "T"', "has both token and token_env"),
        ('[clusters.a]\nurl = "${NOT_SET_ANYWHERE}"', "the environment variable NOT_SET_ANYWHERE is not set"),
        ('mcp_config = "nowhere.json"', "mcp_config nowhere.json: cannot be read"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(clean: Path, text: str, sentence: str) -> None:
    """The file, the setting and what is wrong with it, on one line."""
    file = write(clean / "wrong.toml", text)
    with pytest.raises(BadSettings) as raised:
        load_settings(str(file))
    said = str(raised.value)
    assert sentence in said
    assert "\n" not in said.strip()
    assert "wrong.toml" in said or "mcp_config" in said


def test_a_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the file but the variable is to be mended; its value is not repeated."""
    monkeypatch.setenv("KUBETRIAGE_LIMITS__BURST", "canary")
    with pytest.raises(BadSettings, match=r"^KUBETRIAGE_LIMITS__BURST: limits.burst: ") as raised:
        load_settings()
    assert "canary" not in str(raised.value)


def test_a_file_that_is_not_there_is_said() -> None:
    """A file that was named must exist."""
    with pytest.raises(BadSettings, match=r"nowhere\.toml: there is no such settings file\."):
        load_settings("nowhere.toml")


def test_names_that_are_not_configured_are_refused(clean: Path) -> None:
    """Clusters, models and channels that were asked for by name must be configured."""
    settings = load_settings(str(write(clean / "a.toml", FULL)))
    settings.require_cluster("prod")
    with pytest.raises(UnknownCluster, match="configured are: prod, edge"):
        settings.require_cluster("stage")
    settings.require_model("none")
    with pytest.raises(BadInput):
        settings.require_model("large")


def test_reading_settings_stays_light() -> None:
    """The settings are read by every command: neither MCP nor LangChain is loaded for them."""
    program = (
        "import sys; import kubetriage.bootstrap.settings as s; s.load_settings();"
        "print([m for m in ('mcp', 'langchain_core', 'langgraph', 'anyio', 'httpx') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container may run as a user whom no passwd file knows; a folder given in its place will do."""
    for name in ("HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)

    def unknown(user: int) -> object:
        raise KeyError(user)

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    with pytest.raises(BadSettings, match="There is no home folder: set HOME, or XDG_STATE_HOME"):
        state_folder()
    monkeypatch.setenv("XDG_STATE_HOME", "/var/lib")
    assert state_folder() == Path("/var/lib/kubetriage")
