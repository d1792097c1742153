"""How a Prometheus is reached: plain values, made by the settings."""

from __future__ import annotations

from typing import Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator


class PrometheusConnection(BaseModel):
    """One server of Prometheus' HTTP API."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    """The cluster that it measures."""
    url: str
    """Its address up to `/api/v1`, a path prefix included: `http://host:9090`, `https://host/prometheus`."""
    token: SecretStr | None = None
    """Sent as a bearer token with every request."""
    username: str = ""
    password: SecretStr | None = None
    """With `username`, sent as basic authentication."""
    headers: dict[str, SecretStr] = Field(default_factory=dict)
    """Sent with every request, such as `X-Scope-OrgID`."""
    ca_file: str = ""
    """A file of certificates in PEM form to trust instead of the system's."""
    timeout: float = Field(default=10.0, gt=0, le=600)
    """Seconds that one query may take, its tries together."""
    concurrency: int = Field(default=4, ge=1, le=64)
    """Queries under way at once, over all runs."""

    @model_validator(mode="after")
    def _usable(self) -> Self:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("the url must be like http://host:9090 or https://host/prometheus")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("the url may hold neither credentials nor a query")
        if self.token is not None and self.username:
            raise ValueError("give either a token or a username")
        return self

    @property
    def base(self) -> str:
        """The address that `/api/v1/…` is put behind."""
        return self.url.rstrip("/").removesuffix("/api/v1")

    @property
    def where(self) -> str:
        """The address in a few words, without anything secret."""
        parts = urlsplit(self.base)
        return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}"
