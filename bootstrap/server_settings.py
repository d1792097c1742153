"""`[server]`, `[intake]`, `[retention]` and `database`: the settings of `kubetriage serve`."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from kubetriage.adapters.channels.options import ZoneName
from kubetriage.bootstrap.folders import state_folder
from kubetriage.domain.errors import BadSettings
from kubetriage.domain.intake.values import IntakeSettings, Retention

Scope = Literal["intake", "api", "metrics"]
Sender = Literal[
    "alertmanager", "grafana", "prometheus", "vmalert", "prometheusalert",
    "aliyun", "tencent", "volcengine", "n8n", "bare", "text",
]  # fmt: skip
"""Who has a path of its own below `/api/v1/alerts`."""
Role = Literal["all", "intake", "worker"]
FILE = "kubetriage.db"
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DIALECTS = {"sqlite": "sqlite", "postgresql": "postgresql", "postgres": "postgresql"}


class Credential(NamedTuple):
    """A token and what it lets do."""

    token: SecretStr
    scopes: Collection[str]
    sources: Collection[str] = ()
    """Senders that it may post as; empty for all."""


class TokenSettings(BaseModel):
    """A token that lets in: by the environment variable that holds it, or as it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    env: str = ""
    """The environment variable that holds the token."""
    token: SecretStr = SecretStr("")
    scopes: tuple[Scope, ...] = ("intake",)
    """`intake` may post alerts, `metrics` may read `/metrics`, `api` may do all but post alerts."""
    sources: tuple[Sender, ...] = ()
    """The only senders whose paths it may post to; empty for all, and for the path that takes any format."""

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
            raise ValueError("needs a scope: intake, api or metrics")
        if self.sources and "intake" not in self.scopes:
            raise ValueError("has sources, which are for the scope intake alone")
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
    health_port: int | None = Field(default=None, ge=0, le=65535)
    """Where a server of role `worker` answers `/healthz`, `/readyz` and `/metrics`; nowhere by default."""
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
    accept_seconds: float = Field(default=8.0, gt=0, le=60)
    """After this a post that could not be stored is answered with 503; large ones have a little longer.
    Alertmanager waits for its group_interval, or 10 s if that is less."""
    body_seconds: float = Field(default=30.0, gt=0, le=600)
    """A request's body must have arrived after this."""
    bodies_mb: int = Field(default=64, ge=32, le=65536)
    """What the bodies of all requests under way may hold together; further ones wait for their turn."""
    busy_seconds: float = Field(default=5.0, gt=0, le=60)
    """How long a body waits for its turn before it is answered with 503."""
    streams: int = Field(default=200, ge=1, le=10000)
    """Event streams open at the same time."""
    stream_heartbeat_seconds: float = Field(default=5.0, ge=0.5, le=60)
    """Silence on an event stream after which a sign of life is sent."""
    triage_wait_seconds: float = Field(default=120.0, ge=0, le=3600)
    """Longest wait that a synchronous triage may ask for."""
    timezone: ZoneName = "UTC"
    """Of times in reports, for requests that name none."""

    @model_validator(mode="after")
    def _beats_in_time(self) -> ServerSettings:
        if self.takeover_seconds < 4 * self.heartbeat_seconds:
            raise ValueError("takeover_seconds must be at least four times heartbeat_seconds")
        return self

    def secrets(self) -> Mapping[str, Credential]:
        """Tokens by name with what they let do.

        Raises `BadSettings` for a variable that is not set, and for two names with one token.
        """
        found = {
            name: Credential(_value(name, each), each.scopes, each.sources)
            for name, each in self.tokens.items()
        }
        named: dict[str, str] = {}
        for name, given in found.items():
            first = named.setdefault(given.token.get_secret_value().strip(), name)
            if first != name:
                raise BadSettings(f"server.tokens: {first} and {name} are the same token.")
        return found


def _value(name: str, token: TokenSettings) -> SecretStr:
    value = token.token if not token.env else SecretStr(os.environ.get(token.env, ""))
    if not value.get_secret_value().strip():
        raise BadSettings(f"server.tokens.{name}: the environment variable {token.env} is not set.")
    return value


def database_url(configured: str) -> str:
    """The address of the database, `sqlite:///…` or `postgresql://…`; the default is in the state folder.

    The folder of a SQLite file is made. Raises `BadSettings`, which never repeats a password.
    """
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
    url = database_url(configured)
    path = sqlite_path(url)
    if path is not None:
        return path.with_name(f"{path.name}.workers")
    return state_folder() / "workers" / hashlib.sha256(url.encode()).hexdigest()[:12]
