"""bootstrap.server_settings: how the server is set up, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from kubetriage.bootstrap.server_settings import Sender, database_url, slots_folder
from kubetriage.bootstrap.settings import Settings, load_settings
from kubetriage.domain.errors import BadSettings
from kubetriage.server.parts import HttpSettings
from kubetriage.server.posted import Source
from kubetriage.server.serving import http_settings


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
        name: (each.token.get_secret_value(), each.scopes) for name, each in settings.server.secrets().items()
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
    ("[server.tokens]\na = {env = 'X', sources = ['grafanna']}", "server.tokens.a.sources"),
    (
        "[server.tokens]\na = {env = 'X', scopes = ['metrics'], sources = ['grafana']}",
        "for the scope intake alone",
    ),
    ("[server]\naccept_seconds = 0", "server.accept_seconds: must be more than 0."),
    ("[server]\nbodies_mb = 8", "server.bodies_mb: must be 32 or more."),
    ("[server]\nbusy_seconds = nan", "server.busy_seconds: "),
    ("[server]\nbody_seconds = 'long'", "server.body_seconds: must be a number"),
    ("[server]\nstreams = 2.5", "server.streams: must be a whole number"),
    ("[server]\ntimezone = 'Shanghai'", "server.timezone: "),
    ("[server]\nstream_heartbeat = 3", "Did you mean stream_heartbeat_seconds?"),
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


def test_two_names_for_one_token_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which of them came in could not be told, nor what it may do; the token is not repeated."""
    monkeypatch.setenv("ONE", "geheim")
    monkeypatch.setenv("TWO", "geheim\n")
    tokens = {"a": "ONE", "b": {"env": "TWO", "scopes": ["api"]}}
    with pytest.raises(BadSettings, match="a and b are the same token") as refused:
        Settings.model_validate({"server": {"tokens": tokens}}).server.secrets()
    assert "geheim" not in str(refused.value)


def test_a_token_can_be_bound_to_any_sender_that_has_a_path() -> None:
    """The settings know the same senders as the routes."""
    assert set(get_args(Sender)) == {source.value for source in Source}


def test_what_is_about_http_reaches_the_application(written: Path) -> None:
    """Each bound of HTTP that can be set is the one that the application keeps to."""
    written.write_text(
        "language = 'zh'\n[server]\naccept_seconds = 3\nbody_seconds = 7\nbodies_mb = 40\nbusy_seconds = 2\nstreams = 9\n"
        "stream_heartbeat_seconds = 4\ntriage_wait_seconds = 11\ntimezone = 'Asia/Shanghai'\n"
    )
    made = http_settings(load_settings())
    assert (made.accept_seconds, made.body_seconds, made.bodies_bytes) == (3, 7, 40 * 1024 * 1024)
    assert (made.busy_seconds, made.streams, made.heartbeat_seconds, made.wait_seconds) == (2, 9, 4, 11)
    assert (str(made.zone), made.language) == ("Asia/Shanghai", "zh")


def test_without_settings_http_has_its_own_defaults(written: Path) -> None:
    """The defaults that are documented are those of the application."""
    made, usual = http_settings(load_settings()), HttpSettings()
    assert str(made.zone) == str(usual.zone) == "UTC"
    same = {"language": usual.language, "zone": usual.zone}
    assert made.model_copy(update=same) == usual
