"""bootstrap.server_settings: how the server is set up, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import make_url

from kubetriage.bootstrap.databases import that_lets_go
from kubetriage.bootstrap.server_settings import database_url, slots_folder
from kubetriage.bootstrap.settings import Settings, load_settings
from kubetriage.domain.errors import BadSettings


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings file of a folder that the process is in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("KUBETRIAGE_CONFIG", raising=False)
    return tmp_path / "kubetriage.toml"


def test_everything_has_a_default(written: Path, tmp_path: Path) -> None:
    """Without a setting it listens on loopback, over a database in the user's state folder."""
    settings = load_settings()
    assert settings.server.host == "127.0.0.1"
    assert settings.server.role == "all"
    assert database_url(settings.database) == f"sqlite:///{tmp_path}/state/kubetriage/kubetriage.db"
    assert (tmp_path / "state" / "kubetriage").is_dir()
    assert slots_folder(settings.database).parent == tmp_path / "state" / "kubetriage"


def test_tables_and_variables_are_read(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's settings are in the one file, and the environment's are above it."""
    written.write_text(
        "database = 'postgresql://u@h/d'\n"
        "[server]\nworkers = 2\ngrace_seconds = 5\n"
        "[server.tokens]\nalertmanager = 'AM_TOKEN'\nops = {env = 'OPS_TOKEN', scopes = ['api', 'intake']}\n"
        "[intake]\nwait_seconds = 5\nmax_running = 8\n"
        "[retention]\nruns_days = 3\n"
    )
    monkeypatch.setenv("KUBETRIAGE_SERVER__WORKERS", "3")
    monkeypatch.setenv("AM_TOKEN", "one")
    monkeypatch.setenv("OPS_TOKEN", "two")
    settings = load_settings()
    assert (settings.server.workers, settings.server.grace_seconds) == (3, 5)
    assert (settings.intake.wait_seconds, settings.intake.max_running) == (5, 8)
    assert settings.retention.runs_days == 3
    secrets = {
        name: (value.get_secret_value(), scopes)
        for name, (value, scopes) in settings.server.secrets().items()
    }
    assert secrets == {"alertmanager": ("one", ("intake",)), "ops": ("two", ("api", "intake"))}


WRONG = [
    ("[server]\nprot = 1", "Did you mean port?"),
    ("[intake]\nwait_second = 1", "Did you mean wait_seconds?"),
    ("[retention]\nrun_days = 1", "Did you mean runs_days?"),
    ("[server]\nport = 70000", "server.port"),
    ("[server]\nrole = 'both'", "server.role"),
    ("[server]\ntakeover_seconds = 3", "at least four times heartbeat_seconds"),
    ("[server.tokens]\na = 'secret word!'", "name of an environment variable"),
    ("[server.tokens]\na = {env = 'X', scopes = []}", "needs a scope"),
    ("[server.tokens]\na = {env = 'X', scopes = ['admin']}", "server.tokens.a.scopes"),
    ("[server.tokens]\na = {}", "needs either env or token"),
]


@pytest.mark.parametrize(("text", "said"), WRONG)
def test_what_is_wrong_is_said_with_its_place(written: Path, text: str, said: str) -> None:
    """A mistyped name or a value that cannot be is refused with one sentence."""
    written.write_text(text)
    with pytest.raises(BadSettings, match=said) as refused:
        load_settings()
    assert "secret word" not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["mysql://u:geheim@h/d", "geheim", "sqlite://", "sqlite:///:memory:", "sqlite:///"]
)
def test_another_kind_of_database_is_refused_without_repeating_it(url: str) -> None:
    """An address may hold a password: what is wrong is said in our words."""
    with pytest.raises(BadSettings) as refused:
        database_url(url)
    assert "geheim" not in str(refused.value)


def test_postgres_by_any_of_its_names_is_the_same(tmp_path: Path) -> None:
    """Addresses come as other programs write them, drivers named or not."""
    assert database_url("postgres://u@h/d") == database_url("postgresql+psycopg://u@h/d")
    assert database_url("postgresql://u@h/d") == "postgresql://u@h/d"


def test_a_token_that_is_not_set_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """A forgotten variable stops the start: it does not let everyone in, nor nobody."""
    monkeypatch.delenv("NOT_THERE", raising=False)
    settings = Settings.model_validate({"server": {"tokens": {"a": "NOT_THERE"}}})
    with pytest.raises(BadSettings, match="NOT_THERE is not set"):
        settings.server.secrets()


def test_connections_to_postgres_let_go_of_what_nobody_goes_on_with() -> None:
    """A stopped process keeps no lock for long; what the address says is kept, also where it has options."""
    url = "postgresql://u:p%40ss@h:1/d?sslmode=require&options=-c%20work_mem%3D5MB"
    made = make_url(that_lets_go(url))
    assert (made.password, made.port, made.query["sslmode"]) == ("p@ss", 1, "require")
    assert made.query["options"] == "-c work_mem=5MB -c idle_in_transaction_session_timeout=10s"
    assert that_lets_go("sqlite:////a/b.db") == "sqlite:////a/b.db"
