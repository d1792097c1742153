"""`/api/v1/alerts`: alerts in any format, kept before they are answered."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from kubetriage.domain.intake.errors import StoreUnavailable
from kubetriage.domain.intake.reading import Accepted
from kubetriage.server.asking import Parts
from kubetriage.server.bodies import body_of
from kubetriage.server.examples import ALERTMANAGER, BARE, PROMETHEUS, TEXT
from kubetriage.server.logging import note
from kubetriage.server.parts import ServerParts
from kubetriage.server.posted import Posted, Source, posted
from kubetriage.server.problems import Refused, problems, unavailable

router = APIRouter(tags=["alerts"])
LOG = logging.getLogger("kubetriage.server.intake")
SMALL = 4 * 1024
"""Bodies of at most this many bytes, if JSON, take a millisecond or two to read; larger ones get a thread."""
_OUTCOMES = {400: "unreadable", 408: "incomplete", 413: "too-large", 415: "unreadable", 503: "not-stored"}


class Receipt(BaseModel):
    """What became of a post. It is on disk."""

    post: int = Field(description="Number of the post", examples=[17])
    alerts: int = Field(description="Alerts in it", examples=[3])
    new: int = Field(description="Episodes that were not known before", examples=[2])
    repeats: int = Field(description="Arrivals of known episodes", examples=[1])
    truncated: int = Field(0, description="Alerts that the sender says it left out")
    incidents: list[str] = Field(
        description="Incidents they belong to, at most 100", examples=[["INC-01J9ZQ4T8W3K5N"]]
    )


def body_of_alerts(**examples: Any) -> dict[str, Any]:
    """The `requestBody` of a route that takes alerts, for the OpenAPI description."""
    json_examples = {name: {"value": value} for name, value in examples.items() if not isinstance(value, str)}
    anything = {"description": "An alert, alerts, or a group of them, in any accepted format"}
    content: dict[str, Any] = {"application/json": {"schema": anything, "examples": json_examples}}
    if any(isinstance(value, str) for value in examples.values()):
        texts = {name: {"value": value} for name, value in examples.items() if isinstance(value, str)}
        content["text/plain"] = {"schema": {"type": "string", "minLength": 1}, "examples": texts}
    return {"requestBody": {"required": True, "content": content}}


_DESCRIBED: dict[str, Any] = {
    "status_code": 202,
    "response_model": Receipt,
    "responses": problems(400, 408, 413, 415, 422),
}
_BODY = body_of_alerts(alertmanager=ALERTMANAGER, bare=BARE, prometheus=PROMETHEUS, text=TEXT)
SourceOf = Annotated[Source, Path(description="The sender; `text` is kept as it is")]


@router.post("/api/v1/alerts", operation_id="postAlerts", openapi_extra=_BODY, **_DESCRIBED)
async def post_alerts(request: Request, parts: Parts) -> Any:
    """Take alerts in any format: 202 means that they are on disk. What is not understood is kept as text."""
    return await taken(request, parts, None)


@router.put("/api/v1/alerts", operation_id="putAlerts", openapi_extra=_BODY, **_DESCRIBED)
async def put_alerts(request: Request, parts: Parts) -> Any:
    """The same, for senders that put."""
    return await taken(request, parts, None)


@router.post("/api/v1/alerts/{source}", operation_id="postAlertsOf", openapi_extra=_BODY, **_DESCRIBED)
async def post_alerts_of(source: SourceOf, request: Request, parts: Parts) -> Any:
    """The same, from a sender that is named."""
    return await taken(request, parts, source)


@router.put("/api/v1/alerts/{source}", operation_id="putAlertsOf", openapi_extra=_BODY, **_DESCRIBED)
async def put_alerts_of(source: SourceOf, request: Request, parts: Parts) -> Any:
    """The same, from a sender that is named and puts."""
    return await taken(request, parts, source)


async def taken(request: Request, parts: ServerParts, source: Source | None) -> Receipt | Response:
    """Read, understand and store a post; 503 if it cannot be stored."""
    began = time.perf_counter()
    label = source.value if source else ""
    try:
        found, accepted = await _kept(request, parts, source)
    except Refused as error:
        parts.metrics.refused(label, _OUTCOMES.get(error.status_code, "refused"))
        LOG.warning("a post was refused: %s", error.detail, extra={"source": label})
        raise
    except (StoreUnavailable, TimeoutError) as error:
        parts.metrics.refused(label, "not-stored")
        LOG.error("a post could not be stored: %s", error or "it took too long", extra={"source": label})
        return unavailable("The alerts could not be stored. Send them again.")
    parts.metrics.accepted(found.source, accepted, time.perf_counter() - began)
    incidents = list(accepted.incidents[:100])
    if len(incidents) == 1:
        note(incident=incidents[0])
    LOG.info(
        "took %d alerts (%d new) of %d incidents",
        accepted.alerts,
        accepted.new,
        len(accepted.incidents),
        extra={"source": found.source, "post": accepted.post},
    )
    return Receipt(
        post=accepted.post,
        alerts=accepted.alerts,
        new=accepted.new,
        repeats=accepted.repeats,
        truncated=found.truncated,
        incidents=incidents,
    )


async def _kept(request: Request, parts: ServerParts, source: Source | None) -> tuple[Posted, Accepted]:
    limits = parts.settings
    received_at = parts.clock()
    async with request.app.state.room.held(limits.busy_seconds) as held:
        body = await body_of(request, held, limits.body_seconds)
        if not body:
            raise Refused(400, "The body is empty.")
        if len(body) <= SMALL and body.startswith(b"{"):
            found = posted(body, source, received_at)
        else:
            async with request.app.state.readers:
                found = await asyncio.to_thread(posted, body, source, received_at)
        accepting = asyncio.ensure_future(
            parts.incidents.accept(
                found.alerts, source=found.source, body_digest=found.digest, received_at=received_at
            )
        )
        # Never cut off in the middle: what is late is stored all the same, and comes again as a repeat.
        seconds = limits.accept_seconds + limits.accept_alert_seconds * len(found.alerts)
        done, _ = await asyncio.wait([accepting], timeout=seconds)
        if not done:
            accepting.add_done_callback(_late)
            raise TimeoutError
    return found, accepting.result()


def _late(accepting: asyncio.Future[Accepted]) -> None:
    error = None if accepting.cancelled() else accepting.exception()
    LOG.warning("a post was stored after its answer" if error is None else f"a late post failed: {error}")
