"""`[server]`, `[intake]`, `[retention]` and `database`: the settings of `kubetriage serve`."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from kubetriage.domain.errors import BadSettings
from kubetriage.domain.intake.values import IntakeSettings, Retention

Scope = Literal["intake", "api"]
Role = Literal["all", "intake", "worker"]
FILE = "kubetriage.db"
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DIALECTS = {"sqlite": "sqlite", "postgresql": "postgresql", "postgres": "postgresql"}


class TokenSettings(BaseModel):
    """A token that lets in: by the environment variable that holds it, or as it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    env: str = ""
    """The environment variable that holds the token."""
    token: SecretStr = SecretStr("")
    scopes: tuple[Scope, ...] = ("intake",)
    """`intake` may post alerts, `api` may do everything else."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, given: Any) -> Any:
        """`name = "VARIABLE"` says the same as `name = {env = "VARIABLE"}`."""
        return {"env": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _one_place(self) -> TokenSettings:
        if bool(self.env) == bool(self.token.get_secret_value()):
            raise ValueError("needs either env or token")
        if self.env and not _VARIABLE.fullmatch(self.env):
            raise ValueError("env is the name of an environment variable, not the token")
        if not self.scopes:
            raise ValueError("needs a scope: intake, api or both")
        return self


class IntakeTable(IntakeSettings):
    """`[intake]`: how alerts become incidents, and how many are diagnosed at once."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class RetentionTable(Retention):
    """`[retention]`: how long things are kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ServerSettings(BaseModel):
    """How `kubetriage serve` runs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    """0 takes a free one and says which."""
    role: Role = "all"
    """`intake` takes alerts and serves the API, `worker` diagnoses, `all` does both."""
    workers: int = Field(default=0, ge=0, le=64)
    """Processes of their own that diagnose; 0 diagnoses in a thread of the one process."""
    tokens: dict[str, TokenSettings] = Field(default_factory=dict)
    grace_seconds: float = Field(default=20.0, ge=0, le=3600)
    """How long, once asked to end, running diagnoses may go on before they are left to be resumed."""
    diagnosis_seconds: float = Field(default=120.0, gt=0, le=86400)
    """After this a diagnosis is written from what was read so far."""
    attempts: int = Field(default=3, ge=1, le=20)
    """Times a diagnosis that fails by an error of ours is tried in all."""
    retry_seconds: float = Field(default=30.0, ge=0)
    """Pause before the second try; it doubles with each."""
    sweep_seconds: float = Field(default=1.0, gt=0, le=60)
    """How often what is due is looked for."""
    heartbeat_seconds: float = Field(default=2.0, gt=0, le=60)
    takeover_seconds: float = Field(default=15.0, gt=0, le=3600)
    """Silence after which a replica's diagnoses are taken over by the others. Half of it without an
    answer from the database, and a replica stops what it runs."""

    @model_validator(mode="after")
    def _beats_in_time(self) -> ServerSettings:
        if self.takeover_seconds < 4 * self.heartbeat_seconds:
            raise ValueError("takeover_seconds must be at least four times heartbeat_seconds")
        return self

    def secrets(self) -> Mapping[str, tuple[SecretStr, tuple[Scope, ...]]]:
        """Tokens by name with what they let do; raises `BadSettings` for a variable that is not set."""
        return {name: (_value(name, each), each.scopes) for name, each in self.tokens.items()}


def _value(name: str, token: TokenSettings) -> SecretStr:
    value = token.token if not token.env else SecretStr(os.environ.get(token.env, ""))
    if not value.get_secret_value().strip():
        raise BadSettings(f"server.tokens.{name}: the environment variable {token.env} is not set.")
    return value


def database_url(configured: str) -> str:
    """The address of the database, `sqlite:///…` or `postgresql://…`; the default is in the state folder.

    The folder of a SQLite file is made. Raises `BadSettings`, which never repeats a password.
    """
    from kubetriage.bootstrap.models import state_folder  # late: it needs the settings, and they need this

    url = configured or f"sqlite:///{state_folder() / FILE}"
    scheme, found, rest = url.partition("://")
    dialect = _DIALECTS.get(scheme.partition("+")[0])
    if not found or dialect is None:
        raise BadSettings("database must be like sqlite:///path/to/file.db or postgresql://user@host/name.")
    if dialect == "postgresql":
        return f"postgresql://{rest}"
    path = Path(rest.removeprefix("/")).expanduser()
    if not rest.startswith("/") or path.name in ("", ":memory:"):
        raise BadSettings("database: sqlite:/// needs the path of a file.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise BadSettings(f"database: {path.parent} cannot be made: {error.strerror}.") from error
    return f"sqlite:///{path.absolute()}"


def sqlite_path(url: str) -> Path | None:
    """The file of a SQLite address, None for another database."""
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None


def slots_folder(configured: str) -> Path:
    """Where this machine's workers on that database keep who they are: beside a SQLite file."""
    from kubetriage.bootstrap.models import state_folder

    url = database_url(configured)
    path = sqlite_path(url)
    if path is not None:
        return path.with_name(f"{path.name}.workers")
    return state_folder() / "workers" / hashlib.sha256(url.encode()).hexdigest()[:12]
