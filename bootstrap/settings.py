"""Settings: `kubetriage.toml`, overridden by environment variables; validated once, and refused if wrong.

The file, first that is there: the one given, `KUBETRIAGE_CONFIG`, `./kubetriage.toml`,
`$XDG_CONFIG_HOME/kubetriage/kubetriage.toml`. A variable `KUBETRIAGE_A__B=value` sets `b` of `[a]`.
`${NAME}` in a value of the file is replaced by that environment variable.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from kubetriage.adapters.model.policies import Budget, CachePolicy
from kubetriage.bootstrap.channel_settings import CHANNEL_TABLES, ChannelSettings, channel_fields
from kubetriage.bootstrap.folders import config_folder
from kubetriage.bootstrap.model_settings import NONE, ModelTables, require_profile
from kubetriage.bootstrap.prometheus_settings import PrometheusSettings
from kubetriage.bootstrap.server_settings import IntakeTable, RetentionTable, ServerSettings
from kubetriage.bootstrap.web_access import require_ascii, web_address
from kubetriage.bootstrap.wrong_settings import place_of, placed, plainly
from kubetriage.domain.errors import BadSettings, UnknownCluster
from kubetriage.domain.language import Language

PREFIX = "KUBETRIAGE_"
FILE = "kubetriage.toml"
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ConnectionSettings(Part):
    """One cluster's MCP server: a command to start, or a URL to connect to."""

    command: str = ""
    """A program that speaks MCP over its standard input and output."""
    args: tuple[str, ...] = ()
    env: dict[str, SecretStr] = Field(default_factory=dict)
    """Variables for the program, beside PATH and HOME."""
    cwd: str = ""
    """The folder that the program starts in; ours if empty."""
    url: str = ""
    transport: Literal["streamable-http", "sse"] = "streamable-http"
    token: SecretStr = SecretStr("")
    """A bearer token for `url`."""
    token_env: str = ""
    """The environment variable that holds the token."""
    headers: dict[str, SecretStr] = Field(default_factory=dict)
    also_called: tuple[str, ...] = ()
    """Further values of alerts' cluster label that mean this cluster."""
    context: str = ""
    """The kubeconfig context to ask for, where the server serves several."""
    timeout: float = Field(default=15.0, gt=0, le=600)
    """Seconds a read may take, all its tries together."""
    connect_timeout: float = Field(default=30.0, gt=0, le=600)
    """Seconds until the server must have been started and have listed its tools."""
    concurrency: int = Field(default=8, ge=1, le=64)
    """Reads under way at once, over all runs."""
    prometheus: PrometheusSettings | None = None
    """What measures the cluster; without it, no metrics but those of metrics.k8s.io are read."""

    @model_validator(mode="after")
    def _one_way_in(self) -> ConnectionSettings:
        if bool(self.command) == bool(self.url):
            raise ValueError("needs either command or url")
        if self.token_env and self.token.get_secret_value():
            raise ValueError("has both token and token_env: give one")
        if self.url:
            web_address(self.url, "http://host:8080/mcp")
        require_ascii(self.token, *self.headers.values())
        return self


class LimitSettings(Part):
    """Reads of one cluster across all runs."""

    reads_per_second: float = Field(default=50.0, ge=0)
    """0 for no limit."""
    burst: int = Field(default=100, ge=1)
    """Reads that may be made at once after a pause."""
    cache_seconds: float = Field(default=5.0, ge=0, le=300)
    """How long an answer serves other runs; 0 turns the shared cache off."""
    cache_bytes: int = Field(default=16 * 1024 * 1024, ge=0)
    """Bytes of JSON that the shared answers of a cluster may have together."""


class Settings(ChannelSettings):
    """Everything that can be set."""

    language: Language | None = None
    """en, zh or both; the locale's when not set."""
    primary_language: Literal["en", "zh"] | None = None
    """The language of the values where both are asked for; `language`, else the locale's, when not set."""
    model: str = ""
    """The profile that writes diagnoses; empty or `none` leaves it to the rules."""
    models: ModelTables = Field(default_factory=dict)
    budget: Budget = Budget()
    model_cache: CachePolicy = CachePolicy()
    default_cluster: str = ""
    clusters: dict[str, ConnectionSettings] = Field(default_factory=dict)
    mcp_config: str = ""
    """A JSON file with the `mcpServers` of a desktop client; its entries become clusters of their names."""
    mcpServers: dict[str, ConnectionSettings] = Field(default_factory=dict)
    limits: LimitSettings = LimitSettings()
    database: str = ""
    """Of the server, `sqlite:///path` or `postgresql://…`; a file in the state folder when not set."""
    server: ServerSettings = ServerSettings()
    intake: IntakeTable = IntakeTable.model_validate({})
    retention: RetentionTable = RetentionTable.model_validate({})

    @property
    def connections(self) -> dict[str, ConnectionSettings]:
        """The clusters of every source by name."""
        return {**self.mcpServers, **self.clusters}

    def require_cluster(self, name: str) -> None:
        """Raises `UnknownCluster` unless a connection of that name is configured."""
        if name not in self.connections:
            known = ", ".join(self.connections) or "none"
            raise UnknownCluster(f"There is no cluster connection {name!r}; configured are: {known}.")

    def require_model(self, name: str | None) -> None:
        """Raises `UnknownModel` unless there is such a profile, or it is no model at all."""
        if name and name != NONE:
            require_profile(name, self.models)

    def chosen_model(self, asked: str | None) -> str:
        """The profile to ask, empty for none: the one asked for, else the configured one."""
        name = asked or self.model
        self.require_model(name)
        return "" if name == NONE else name

    def languages(self, asked: str | None) -> tuple[Language, Language]:
        """The language of a report's values and that of its headings."""
        headings = Language(asked) if asked else self.language or locale_language()
        if headings is not Language.BOTH:
            return headings, headings
        first = self.primary_language or self.language
        if first is None or first == Language.BOTH:
            first = locale_language()
        return Language(first), headings


def locale_language() -> Language:
    """Chinese where the locale's language is, else English."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(name):
            return Language.ZH if os.environ[name].lower().startswith("zh") else Language.EN
    return Language.EN


def load_settings(path: str | None = None) -> Settings:
    """The settings of this process; raises `BadSettings` with one sentence that names the place."""
    chosen = _file(path)
    values = _read(chosen) if chosen is not None else {}
    given = _from_environment()
    for keys, value in given.items():
        _put(values, keys, value)
    if values.get("mcp_config"):
        values["mcpServers"] = _clients(Path(str(values["mcp_config"]))) | values.get("mcpServers", {})
    values["mcpServers"] = {k: _client(v) for k, v in (values.get("mcpServers") or {}).items()}
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise BadSettings(_sentence(error, chosen, given)) from error


# ---- sources


def _file(path: str | None) -> Path | None:
    given = path or os.environ.get(f"{PREFIX}CONFIG")
    if given:
        if not Path(given).is_file():
            raise BadSettings(f"{given}: there is no such settings file.")
        return Path(given)
    return next((p for p in (Path(FILE), config_folder() / FILE) if p.is_file()), None)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise BadSettings(f"{path}: this is not TOML: {error}.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(f"{path}: cannot be read: {error}.") from error
    filled: dict[str, Any] = _filled(found, str(path))
    return filled


def _filled(value: Any, where: str) -> Any:
    """`${NAME}` replaced by the environment's value, which must be set."""
    if isinstance(value, dict):
        return {key: _filled(part, where) for key, part in value.items()}
    if isinstance(value, list):
        return [_filled(part, where) for part in value]
    if not isinstance(value, str):
        return value

    def of(match: re.Match[str]) -> str:
        if match[1] not in os.environ:
            raise BadSettings(f"{where}: the environment variable {match[1]} is not set.")
        return os.environ[match[1]]

    return _VARIABLE.sub(of, value)


def _from_environment() -> dict[tuple[str, ...], Any]:
    found: dict[tuple[str, ...], Any] = {}
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name != f"{PREFIX}CONFIG" and not name.startswith(f"{PREFIX}TEST_"):
            keys = tuple(part.lower() for part in name.removeprefix(PREFIX).split("__"))
            found[keys] = _typed(os.environ[name])
    return found


def _typed(value: str) -> Any:
    """JSON for lists and tables, else the text itself; pydantic turns it into numbers and the like."""
    if value[:1] in "[{":
        try:
            return json.loads(value)
        except json.JSONDecodeError:
            return value
    return value


def _put(values: dict[str, Any], keys: Sequence[str], value: Any) -> None:
    *path, last = keys
    for key in path:
        inner = values.setdefault(key, {})
        if not isinstance(inner, dict):
            raise BadSettings(f"{PREFIX}{'__'.join(keys).upper()}: {key} is not a table.")
        values = inner
    values[last] = value


def _clients(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.expanduser().read_text(encoding="utf-8"))
    except OSError as error:
        raise BadSettings(f"mcp_config {path}: cannot be read: {error.strerror}.") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(f"mcp_config {path}: this is not JSON: {error}.") from error
    servers = found.get("mcpServers") if isinstance(found, dict) else None
    if not isinstance(servers, dict):
        raise BadSettings(f"mcp_config {path}: it has no mcpServers.")
    return servers


def _client(entry: Any) -> Any:
    """An entry of a desktop client's `mcpServers`: its own words for our settings, the rest left out."""
    if not isinstance(entry, Mapping):
        return entry
    kept = {k: v for k, v in entry.items() if k in ConnectionSettings.model_fields and k != "transport"}
    kind = str(entry.get("type") or entry.get("transport") or "")
    if kind in ("sse", "streamable-http", "streamableHttp", "http"):
        kept["transport"] = "sse" if kind == "sse" else "streamable-http"
    return kept


# ---- what is wrong, in one sentence


def _sentence(error: ValidationError, file: Path | None, given: Mapping[tuple[str, ...], Any]) -> str:
    """What is wrong first: the file or the variable, the setting, and why. Never the value."""
    first = error.errors(include_input=False, include_url=False)[0]
    place = place_of(first["loc"])
    steps = tuple(str(step).lower() for step in first["loc"])
    variable = next(
        (f"{PREFIX}{'__'.join(keys).upper()}" for keys in given if keys == steps[: len(keys)]), ""
    )
    where = variable or (str(file) if file else "the environment")
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(first["loc"][-1]), _known(first["loc"]), 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        return f"{where}: there is no setting {place}.{hint}"
    return f"{where}: {placed(place, plainly(first))}."


def _known(place: Sequence[Any]) -> list[str]:
    if place[0] == "channels" and len(place) > 2:
        return channel_fields(str(place[2]))
    models: dict[str, type[BaseModel]] = {
        "clusters": ConnectionSettings, "mcpServers": ConnectionSettings, "limits": LimitSettings,
        "budget": Budget, "model_cache": CachePolicy, "server": ServerSettings, "intake": IntakeTable,
        "retention": RetentionTable, **CHANNEL_TABLES,
    }  # fmt: skip
    model = models.get(str(place[0]), Settings) if len(place) > 1 else Settings
    if model is ConnectionSettings and "prometheus" in place[2:-1]:
        model = PrometheusSettings
    return list(model.model_fields)
