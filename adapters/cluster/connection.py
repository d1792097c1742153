"""How a cluster's MCP server is reached: plain values, made by the settings."""

from __future__ import annotations

from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

Transport = Literal["stdio", "streamable-http", "sse"]


class ClusterConnection(BaseModel):
    """One MCP server: a command to start it, or the address where it listens."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    also_called: tuple[str, ...] = ()
    """Further values of alerts' cluster label that mean this cluster."""
    transport: Transport = "stdio"
    command: str = ""
    args: tuple[str, ...] = ()
    env: dict[str, SecretStr] = Field(default_factory=dict)
    """Added to the few variables that every child process gets (HOME, PATH, …)."""
    cwd: str | None = None
    url: str = ""
    token: SecretStr | None = None
    """Sent as a bearer token with every request."""
    headers: dict[str, SecretStr] = Field(default_factory=dict)
    context: str = ""
    """The context to name in every call, for a server whose kubeconfig has several."""
    timeout: float = Field(default=15.0, gt=0, le=600)
    """Seconds that one read may take, its tries together."""
    connect_timeout: float = Field(default=30.0, gt=0, le=600)
    """Seconds until the server must have been started and have listed its tools."""
    concurrency: int = Field(default=8, ge=1, le=64)
    """Reads in flight at once, over all runs."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if bool(self.command) == bool(self.url):
            raise ValueError("give either a command to start or a url to call")
        if self.command and self.transport != "stdio":
            raise ValueError(f"a command is reached over stdio, not {self.transport}")
        if self.url and self.transport == "stdio":
            raise ValueError("a url needs the transport streamable-http or sse")
        if self.url and (
            urlsplit(self.url).scheme not in ("http", "https") or not urlsplit(self.url).hostname
        ):
            raise ValueError("the url must be like http://host:port/mcp")
        return self

    @property
    def where(self) -> str:
        """The server in a few words, without anything secret: its command, or its address."""
        if self.command:
            return self.command.rpartition("/")[2]
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}"
