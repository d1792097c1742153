"""Spans of runs, nodes and model calls (OpenTelemetry's GenAI conventions), sent as JSON over OTLP/HTTP.

No prompt, answer or reasoning is in a span: names, counts, times and what failed. A call is a child of the
node that asks, and a node one of its run. What cannot be sent is dropped: a trace is never a reason for a
triage to fail, nor to wait longer than `SECONDS` at its end.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from typing import Any, NamedTuple

from kubetriage.domain.redaction import redact_text

BATCH, MOST = 32, 1_000
LONGEST = 200
"""Characters of one value."""
SECONDS = 3.0
INTERNAL, CLIENT, OK, FAILED = 1, 3, 1, 2
"""Kinds and status codes of the protocol."""


class Span(NamedTuple):
    """Something that took time."""

    name: str
    kind: int
    trace: str
    """32 hexadecimal digits."""
    id: str
    """16 hexadecimal digits."""
    parent: str
    """Empty for the first of a trace."""
    began: int
    """Nanoseconds since 1970."""
    ended: int
    attributes: Mapping[str, Any]
    """Empty ones are left out."""
    error: str = ""
    """What kind of failure; empty if there was none."""


class Place(NamedTuple):
    """Where in a trace something happens, and where its spans go."""

    trace: str
    span: str
    spans: OtlpSpans


here: ContextVar[Place | None] = ContextVar("here", default=None)
"""The node that is running; None outside traced runs."""


class ModelSpan(NamedTuple):
    """One call of a model, as it is told to others."""

    run: str
    purpose: str
    profile: str
    model: str
    host: str
    began: int
    """Nanoseconds since 1970."""
    ended: int
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    finish_reason: str = ""
    served_model: str = ""
    error: str = ""
    """What kind of failure; empty if there was an answer."""


def tell(call: ModelSpan, otherwise: OtlpSpans | None) -> None:
    """Add a call to the trace of the run that makes it; outside of one, to a trace of the run's id."""
    place = here.get()
    if place is not None:
        place.spans.add(_model_span(call, place.trace, place.span))
    elif otherwise is not None:
        otherwise.add(_model_span(call, hashlib.sha256(call.run.encode()).hexdigest()[:32], ""))


def span_id() -> str:
    return secrets.token_hex(8)


def trace_id() -> str:
    return secrets.token_hex(16)


class OtlpSpans:
    """Collects spans and posts them; `endpoint` is the full address of the traces."""

    def __init__(self, endpoint: str, headers: Mapping[str, str], service: str) -> None:
        self._endpoint = endpoint
        self._headers = dict(headers)
        self._service = service
        self._waiting: list[Span] = []
        self._sending: set[asyncio.Task[None]] = set()

    def add(self, span: Span) -> None:
        """Keep a span for the next batch; within a running event loop."""
        self._waiting = [*self._waiting, span][-MOST:]
        if len(self._waiting) >= BATCH:
            task = asyncio.create_task(self.flush())
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def flush(self) -> None:
        """Send what is there."""
        spans, self._waiting = self._waiting, []
        if not spans:
            return
        import httpx2

        try:
            async with asyncio.timeout(SECONDS), httpx2.AsyncClient(timeout=SECONDS) as http:
                await http.post(self._endpoint, json=self._body(spans), headers=self._headers)
        except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeEncodeError, TimeoutError):
            return

    async def aclose(self) -> None:
        """Send the rest."""
        await self.flush()
        await asyncio.gather(*self._sending)

    def _body(self, spans: Sequence[Span]) -> dict[str, Any]:
        scope = {"scope": {"name": "kubetriage"}, "spans": [_written(each) for each in spans]}
        resource = {"attributes": _attributes({"service.name": self._service})}
        return {"resourceSpans": [{"resource": resource, "scopeSpans": [scope]}]}


def _model_span(span: ModelSpan, trace: str, parent: str) -> Span:
    host, _, port = (
        span.host.rpartition(":") if span.host.rpartition(":")[2].isdecimal() else (span.host, "", "")
    )
    named = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": host,
        "gen_ai.request.model": span.model,
        "gen_ai.response.model": span.served_model,
        "gen_ai.usage.input_tokens": span.prompt_tokens,
        "gen_ai.usage.cache_read.input_tokens": span.cached_tokens,
        "gen_ai.usage.output_tokens": span.completion_tokens,
        "gen_ai.response.finish_reasons": [span.finish_reason] if span.finish_reason else [],
        "gen_ai.conversation.id": span.run,
        "server.address": host,
        "server.port": int(port) if port else 0,
        "kubetriage.profile": span.profile,
        "kubetriage.purpose": span.purpose,
    }
    name = f"chat {span.model}"
    return Span(name, CLIENT, trace, span_id(), parent, span.began, span.ended, named, span.error)


def _written(span: Span) -> dict[str, Any]:
    named = {**span.attributes, "error.type": span.error}
    return {
        "traceId": span.trace,
        "spanId": span.id,
        **({"parentSpanId": span.parent} if span.parent else {}),
        "name": span.name,
        "kind": span.kind,
        "startTimeUnixNano": str(span.began),
        "endTimeUnixNano": str(span.ended),
        "attributes": _attributes({key: value for key, value in named.items() if value}),
        "status": {"code": FAILED if span.error else OK},
    }


def _attributes(named: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in named.items()]


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, list):
        return {"arrayValue": {"values": [_value(each) for each in value]}}
    return {"stringValue": redact_text(str(value))[:LONGEST]}
