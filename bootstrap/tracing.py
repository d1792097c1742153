"""Traces, sent only where the environment asks: to LangSmith by its key, OpenTelemetry by its endpoint."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from langsmith import Client

    from kubetriage.adapters.model.spans import OtlpSpans

ENDPOINT, TRACES_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
LANGSMITH_KEYS = ("LANGSMITH_API_KEY", "LANGCHAIN_API_KEY")
LANGSMITH_SWITCHES = (
    "LANGSMITH_TRACING",
    "LANGSMITH_TRACING_V2",
    "LANGCHAIN_TRACING_V2",
    "LANGCHAIN_TRACING",
)
FLUSH_SECONDS = 3.0
"""How long the end of a run waits for LangSmith to take its trace."""


def model_spans() -> OtlpSpans | None:
    """Where spans of model calls go: OTLP over HTTP, as JSON; None unless an endpoint is set."""
    whole, base = os.environ.get(TRACES_ENDPOINT), os.environ.get(ENDPOINT)
    if not (whole or base) or os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return None
    from kubetriage.adapters.model.spans import OtlpSpans

    endpoint = whole or f"{str(base).rstrip('/')}/v1/traces"
    given = (
        os.environ.get("OTEL_EXPORTER_OTLP_TRACES_HEADERS")
        or os.environ.get("OTEL_EXPORTER_OTLP_HEADERS")
        or ""
    )
    pairs = [part.partition("=") for part in given.split(",") if "=" in part]
    headers = {name.strip(): unquote(value.strip()) for name, _, value in pairs}
    return OtlpSpans(endpoint, headers, os.environ.get("OTEL_SERVICE_NAME") or "kubetriage")


@asynccontextmanager
async def langsmith_traced() -> AsyncIterator[None]:
    """Runs within are traced by LangSmith if its key is set, unless LANGSMITH_TRACING says no; else never.

    What leaves is redacted once more than it already is.
    """
    key = next((os.environ[name] for name in LANGSMITH_KEYS if os.environ.get(name)), "")
    said = next((os.environ[name].lower() for name in LANGSMITH_SWITCHES if os.environ.get(name)), "")
    if not key and not said:
        yield
        return
    from langsmith import tracing_context

    if not key or said in ("false", "0", "no", "off"):
        with tracing_context(enabled=False):
            yield
        return
    client = _langsmith(key)
    try:
        with tracing_context(enabled=True, client=client):
            yield
    finally:
        await asyncio.to_thread(client.flush, FLUSH_SECONDS)


@lru_cache(maxsize=1)
def _langsmith(key: str) -> Client:
    """One client a process: each has threads of its own."""
    from langsmith import Client

    return Client(api_key=key, hide_inputs=_redacted, hide_outputs=_redacted)


def _redacted(values: dict[str, Any]) -> dict[str, Any]:
    """Whatever a run is given and gives, as plain JSON with what is secret masked."""
    from kubetriage.domain.redaction import redact_object

    plain = redact_object(_plain(values))
    return plain if isinstance(plain, dict) else {"value": plain}


def _plain(value: Any) -> Any:
    from pydantic import BaseModel

    if isinstance(value, BaseModel):
        return _plain(value.model_dump(mode="json"))
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(part) for part in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
