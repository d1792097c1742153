"""`/api/v1/alerts`: alerts in any format, kept before they are answered."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from kubetriage.domain.intake.errors import StoreUnavailable
from kubetriage.domain.intake.posts import Post, PostState
from kubetriage.server.asking import Parts
from kubetriage.server.bodies import body_of
from kubetriage.server.examples import ALERTMANAGER, BARE, PROMETHEUS, TEXT
from kubetriage.server.logging import note
from kubetriage.server.parts import ServerParts
from kubetriage.server.posted import Source, plainly_holds_alerts, require_alerts
from kubetriage.server.problems import Refused, problems, unavailable

router = APIRouter(tags=["alerts"])
LOG = logging.getLogger("kubetriage.server.intake")
LONGEST_WAIT = 30.0
"""Seconds that a sender may wait for its alerts to be sorted."""
FIRST_LOOK, LONGEST_PAUSE = 0.02, 0.2
MOST_WAITING = 50
"""Answers that wait for their posts to be sorted, each asking again and again. Further ones come at once."""
_OUTCOMES = {400: "unreadable", 408: "incomplete", 413: "too-large", 415: "unreadable", 503: "not-stored"}


class Receipt(BaseModel):
    """A post that is on disk, and what became of it so far."""

    post: int = Field(description="Number of the post", examples=[17])
    state: PostState = Field(
        description="`waiting` until its alerts belong to incidents, then `sorted`; `failed` by our error",
        examples=["sorted"],
    )
    alerts: int = Field(0, description="Alerts sorted so far", examples=[3])
    new: int = Field(0, description="Episodes that were not known before", examples=[2])
    repeats: int = Field(0, description="Arrivals of known episodes", examples=[1])
    truncated: int = Field(0, description="Alerts that the sender says it left out")
    incidents: list[str] = Field(
        default_factory=list,
        description="Incidents they belong to, at most 100",
        examples=[["INC-01J9ZQ4T8W3K5N"]],
    )
    why: str = Field("", description="Why it failed, or why it holds no alerts")

    @classmethod
    def of(cls, post: Post) -> Receipt:
        fields = post.model_dump(exclude={"id", "source", "received_at"})
        return cls(post=post.id, **fields)


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
Wait = Annotated[
    float | None,
    Query(ge=0, le=LONGEST_WAIT, description="Seconds that the answer may wait for the alerts to be sorted"),
]
SourceOf = Annotated[Source, Path(description="The sender; `text` is kept as it is")]


@router.post("/api/v1/alerts", operation_id="postAlerts", openapi_extra=_BODY, **_DESCRIBED)
async def post_alerts(request: Request, parts: Parts, wait: Wait = None) -> Any:
    """Take alerts in any format: 202 means that they are on disk. What is not understood is kept as text."""
    return await taken(request, parts, None, wait)


@router.put("/api/v1/alerts", operation_id="putAlerts", openapi_extra=_BODY, **_DESCRIBED)
async def put_alerts(request: Request, parts: Parts, wait: Wait = None) -> Any:
    """The same, for senders that put."""
    return await taken(request, parts, None, wait)


@router.post("/api/v1/alerts/{source}", operation_id="postAlertsOf", openapi_extra=_BODY, **_DESCRIBED)
async def post_alerts_of(source: SourceOf, request: Request, parts: Parts, wait: Wait = None) -> Any:
    """The same, from a sender that is named."""
    return await taken(request, parts, source, wait)


@router.put("/api/v1/alerts/{source}", operation_id="putAlertsOf", openapi_extra=_BODY, **_DESCRIBED)
async def put_alerts_of(source: SourceOf, request: Request, parts: Parts, wait: Wait = None) -> Any:
    """The same, from a sender that is named and puts."""
    return await taken(request, parts, source, wait)


async def taken(
    request: Request, parts: ServerParts, source: Source | None, wait: float | None = None
) -> Response:
    """Read a post, look at it shortly, and keep it: 202 with a receipt, 503 if that cannot be done."""
    began = time.perf_counter()
    label = source.value if source else ""
    seconds = parts.settings.sort_wait_seconds if wait is None else wait
    try:
        post = await _kept(request, parts, source)
    except Refused as error:
        parts.metrics.refused(label, _OUTCOMES.get(error.status_code, "refused"))
        LOG.warning("a post was refused: %s", error.detail, extra={"source": label})
        raise
    except (StoreUnavailable, TimeoutError) as error:
        parts.metrics.refused(label, "not-stored")
        LOG.error("a post could not be stored: %s", str(error) or "it took too long", extra={"source": label})
        return unavailable("The alerts could not be stored. Send them again.")
    parts.metrics.kept(label, time.perf_counter() - began)
    waiting: asyncio.Semaphore = request.app.state.waiting
    if seconds and not waiting.locked():
        async with waiting:
            receipt = await _sorted_in_time(parts, post, seconds)
    else:
        receipt = _not_sorted(post)
    note(post=str(post), **({"incident": receipt.incidents[0]} if len(receipt.incidents) == 1 else {}))
    return Response(receipt.model_dump_json(), 202, media_type="application/json")


async def _kept(request: Request, parts: ServerParts, source: Source | None) -> int:
    limits = parts.settings
    received_at = parts.clock()
    async with request.app.state.room.held(limits.busy_seconds) as held:
        body = await body_of(request, held, limits.body_seconds)
        if not body:
            raise Refused(400, "The body is empty.")
        if not plainly_holds_alerts(body):
            async with request.app.state.readers:
                await asyncio.to_thread(require_alerts, body, source)
        keeping = asyncio.ensure_future(
            parts.inbox.keep(body, source=source.value if source else "", received_at=received_at)
        )
        held.for_ = keeping
        # Never cut off in the middle: what is late is stored all the same, and comes again as a repeat.
        done, _ = await asyncio.wait([keeping], timeout=limits.accept_seconds)
        if not done:
            keeping.add_done_callback(_late)
            raise TimeoutError
    return keeping.result()


def _late(keeping: asyncio.Future[int]) -> None:
    error = None if keeping.cancelled() else keeping.exception()
    LOG.warning("a post was stored after its answer" if error is None else f"a late post failed: {error}")


async def _sorted_in_time(parts: ServerParts, post: int, seconds: float) -> Receipt:
    """What became of the post within so many seconds; it stays on disk whatever happens here."""
    receipt = _not_sorted(post)
    ends, pause = time.monotonic() + seconds, FIRST_LOOK
    while time.monotonic() < ends and receipt.state is PostState.WAITING:
        await asyncio.sleep(pause)
        pause = min(LONGEST_PAUSE, pause * 1.5)
        try:
            found = await found_post(parts, post)
        except StoreUnavailable:
            break
        receipt = Receipt.of(found) if found else receipt
    return receipt


def _not_sorted(post: int) -> Receipt:
    return Receipt.model_validate({"post": post, "state": PostState.WAITING})


async def found_post(parts: ServerParts, id: int) -> Post | None:
    """A post, wherever it is: what is sorted wins over a body that is about to be dropped."""
    found = await parts.incidents.post(id)
    if found is None or found.state is PostState.WAITING:
        waits = await parts.inbox.post(id)
        if waits is None:
            return await parts.incidents.post(id)  # it was sorted between the two questions
        found = waits if found is None or waits.state is PostState.FAILED else found
    return found
