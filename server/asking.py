"""What routes declare in their signatures: the parts, the caller, and text that can be stored anywhere."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Path, Query, Request
from pydantic import AfterValidator, AwareDatetime, StringConstraints

from kubetriage.domain.intake.reading import Page
from kubetriage.server.auth import Caller
from kubetriage.server.parts import ServerParts

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


# Coroutines, though they wait for nothing: FastAPI calls plain functions in a thread, which takes longer.


async def _parts(request: Request) -> ServerParts:
    parts: ServerParts = request.app.state.parts
    return parts


async def _caller(request: Request) -> Caller:
    caller: Caller = request.scope["state"]["caller"]
    return caller


def _printable(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("holds control characters")
    return text


def _in_utc(moment: datetime) -> datetime:
    if not 1970 <= moment.year <= 9000:
        raise ValueError("is not between 1970 and 9000")
    return moment.astimezone(UTC)


Parts = Annotated[ServerParts, Depends(_parts)]
CallerOf = Annotated[Caller, Depends(_caller)]
Line = Annotated[str, StringConstraints(max_length=200, strip_whitespace=True), AfterValidator(_printable)]
Prose = Annotated[str, StringConstraints(max_length=4000, strip_whitespace=True), AfterValidator(_printable)]
Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A time with an offset, brought to UTC."""

IncidentId = Annotated[
    str, Path(pattern=r"^[A-Z]{2,8}-[0-9A-Z]{4,32}$", description="`INC-…`", examples=["INC-01J9ZQ4T8W3K5N"])
]
RunId = Annotated[
    str,
    Path(pattern=r"^[A-Za-z0-9._-]{1,100}$", description="Of a run", examples=["INC-01J9ZQ4T8W3K5N-1"]),
]


_CURSOR = r"^([0-9]{1,18}|[A-Z]{2,8}-[0-9A-Z]{4,32})?$"


async def _page(
    limit: Annotated[int, Query(ge=1, le=500, description="Items a page")] = 50,
    cursor: Annotated[str, Query(pattern=_CURSOR, description="`next` of the page before")] = "",
) -> Page:
    return Page(limit=limit, after=cursor)


PageOf = Annotated[Page, Depends(_page)]
