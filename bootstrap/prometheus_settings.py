"""`[clusters.NAME.prometheus]`: what measures a cluster, by its HTTP API or through an MCP server."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from kubetriage.bootstrap.web_access import require_ascii, web_address


class PrometheusSettings(BaseModel):
    """One Prometheus, or what speaks its API; or an MCP server before it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = ""
    """Its address up to `/api/v1`, a path prefix included; with another transport, that of the MCP server."""
    transport: Literal["api", "streamable-http", "sse"] = "api"
    """`api` is Prometheus' own HTTP API; the others are those of an MCP server."""
    command: str = ""
    """An MCP server to start, instead of a url."""
    args: tuple[str, ...] = ()
    env: dict[str, SecretStr] = Field(default_factory=dict)
    """Variables for the command, beside PATH and HOME."""
    cwd: str = ""
    token: SecretStr = SecretStr("")
    """A bearer token for `url`."""
    token_env: str = ""
    """The environment variable that holds the token."""
    username: str = ""
    """For basic authentication, with `password` or `password_env`."""
    password: SecretStr = SecretStr("")
    password_env: str = ""
    headers: dict[str, SecretStr] = Field(default_factory=dict)
    """Further headers, such as `X-Scope-OrgID`."""
    ca_file: str = ""
    """Certificates in PEM form to trust instead of the system's."""
    timeout: float = Field(default=10.0, gt=0, le=600)
    """Seconds that a query may take."""
    concurrency: int = Field(default=4, ge=1, le=64)
    """Queries under way at once, over all runs."""

    @property
    def is_api(self) -> bool:
        return self.transport == "api" and not self.command

    @model_validator(mode="after")
    def _one_way_in(self) -> PrometheusSettings:
        if bool(self.command) == bool(self.url):
            raise ValueError("needs either url or command")
        if self.url:
            self._address()
        if self.username and (self.token.get_secret_value() or self.token_env):
            raise ValueError("has both a token and a username: give one")
        if self.token_env and self.token.get_secret_value():
            raise ValueError("has both token and token_env: give one")
        if self.password_env and self.password.get_secret_value():
            raise ValueError("has both password and password_env: give one")
        if (self.password_env or self.password.get_secret_value()) and not self.username:
            raise ValueError("has a password without a username")
        if not self.is_api and (self.username or self.ca_file):
            raise ValueError("username and ca_file are for the HTTP API, not for an MCP server")
        require_ascii(self.token, *self.headers.values())
        return self

    def _address(self) -> None:
        parts = web_address(self.url, "http://host:9090 or https://host/prometheus")
        if parts.username or parts.password:
            raise ValueError("url may hold no credentials: use username and password, or token")
        if self.transport == "api" and (parts.query or parts.fragment):
            raise ValueError("url may hold no query")
