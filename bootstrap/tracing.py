"""Traces, sent only where the environment asks: to LangSmith by its key, OpenTelemetry by its endpoint."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from kubetriage.domain.errors import BadSettings

if TYPE_CHECKING:
    from langsmith import Client

    from kubetriage.adapters.model.spans import OtlpSpans
    from kubetriage.bootstrap.run_spans import RunSpans

logger = logging.getLogger("kubetriage.tracing")

ENDPOINT, TRACES_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
LANGSMITH_KEYS = ("LANGSMITH_API_KEY", "LANGCHAIN_API_KEY")
LANGSMITH_SWITCHES = (
    "LANGSMITH_TRACING",
    "LANGSMITH_TRACING_V2",
    "LANGCHAIN_TRACING_V2",
    "LANGCHAIN_TRACING",
)
SHORTEST_SECRET = 8
"""Characters; shorter values of variables are words that stand everywhere."""
_KEY_NAME = re.compile(r"(KEY|TOKEN)S?$", re.IGNORECASE)
FLUSH_SECONDS = 3.0
"""How long the end of a run waits for LangSmith to take its trace."""


def otlp_spans() -> OtlpSpans | None:
    """Where spans go: OTLP over HTTP, as JSON; None unless an endpoint is set."""
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
async def traced() -> AsyncIterator[None]:
    """One run of a graph within is traced wherever the environment asks for it, else nowhere."""
    async with _langsmith_traced(), _otlp_traced():
        yield


@asynccontextmanager
async def _otlp_traced() -> AsyncIterator[None]:
    spans = otlp_spans()
    if spans is None:
        yield
        return
    from kubetriage.adapters.model.spans import here
    from kubetriage.bootstrap.run_spans import RunSpans

    token = _run_spans().set(RunSpans(spans))
    try:
        yield
    finally:
        _run_spans().reset(token)
        here.set(None)
        await spans.aclose()


@lru_cache(maxsize=1)
def _run_spans() -> ContextVar[RunSpans | None]:
    """What langchain-core looks up whenever a run begins; every graph that runs within is told of it."""
    from langchain_core.tracers.context import register_configure_hook

    variable: ContextVar[RunSpans | None] = ContextVar("kubetriage_run_spans", default=None)
    register_configure_hook(variable, inheritable=True)
    return variable


@asynccontextmanager
async def _langsmith_traced() -> AsyncIterator[None]:
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
        # In a thread that nothing waits for at exit: what LangSmith calls a timeout does not hold all of it.
        flushing = threading.Thread(target=client.flush, args=(FLUSH_SECONDS,), daemon=True)
        flushing.start()
        await asyncio.to_thread(flushing.join, FLUSH_SECONDS)


def langsmith_client() -> Client:
    """The client for what is sent to LangSmith on purpose, redacted; raises `BadSettings` without a key."""
    key = next((os.environ[name] for name in LANGSMITH_KEYS if os.environ.get(name)), "")
    if not key:
        raise BadSettings(f"Nothing can be sent to LangSmith: {LANGSMITH_KEYS[0]} is not set.")
    return _langsmith(key)


@lru_cache(maxsize=1)
def _langsmith(key: str) -> Client:
    """One client a process: each has threads of its own.

    They end with the process, whatever is left to send: the end of a run has waited for `FLUSH_SECONDS`.
    """
    os.environ.setdefault("LANGSMITH_USE_DAEMON", "true")
    from langsmith import Client

    logging.getLogger("langsmith").setLevel(logging.CRITICAL)  # it shows a part of the key
    # Errors and metadata go through an anonymizer, and not through what hides inputs and outputs.
    masked = Mask(own_secrets(os.environ)).values
    return Client(api_key=key, anonymizer=masked, tracing_error_callback=_said_once)


_said = threading.Event()


def _said_once(error: Exception) -> None:
    if not _said.is_set():
        _said.set()
        logger.warning("LangSmith does not take the trace (%s); the triage goes on.", type(error).__name__)


def own_secrets(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Values of variables whose names say that they are secret; a server may quote a key in its answer."""
    from kubetriage.domain.redaction_names import name_says_secret

    named = [value for name, value in environment.items() if _KEY_NAME.search(name) or name_says_secret(name)]
    return tuple(sorted({value for value in named if len(value) >= SHORTEST_SECRET}, key=len, reverse=True))


class Mask(NamedTuple):
    """Makes plain JSON without secrets of whatever a run is given and gives."""

    own: tuple[str, ...]
    """What is secret whatever it looks like."""

    def values(self, values: dict[str, Any]) -> dict[str, Any]:
        from kubetriage.domain.redaction import redact_object

        plain = redact_object(self._plain(values))
        return plain if isinstance(plain, dict) else {"value": plain}

    def _plain(self, value: Any) -> Any:
        from pydantic import BaseModel

        if isinstance(value, BaseModel):
            return self._plain(value.model_dump(mode="json"))
        if isinstance(value, dict):
            return {self._text(str(key)): self._plain(part) for key, part in value.items()}
        if isinstance(value, list | tuple | set):
            return [self._plain(part) for part in value]
        if isinstance(value, int | float | bool | None):
            return value
        return self._text(value if isinstance(value, str) else str(value))

    def _text(self, text: str) -> str:
        for secret in self.own:
            text = text.replace(secret, "[key]")
        return text
