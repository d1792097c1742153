"""What routes declare in their signatures: the parts, the caller, and text that can be stored anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, AwareDatetime, StringConstraints

from kubetriage.domain.intake.reading import Page
from kubetriage.server.auth import Caller
from kubetriage.server.parts import ServerParts

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
_BREAKS = re.compile(r"[\t\n\r\x85\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""What makes one line two, or has it read the other way round."""


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


def _one_line(text: str) -> str:
    if _BREAKS.search(text):
        raise ValueError("has to be one line")
    return _printable(text)


def _in_utc(moment: datetime) -> datetime:
    if not 1970 <= moment.year <= 9000:
        raise ValueError("is not between 1970 and 9000")
    return moment.astimezone(UTC)


Parts = Annotated[ServerParts, Depends(_parts)]
CallerOf = Annotated[Caller, Depends(_caller)]
Line = Annotated[str, StringConstraints(max_length=200, strip_whitespace=True), AfterValidator(_one_line)]
"""A name or a word: it is repeated in messages, where a line of its own could pass for one of ours."""
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


_LIMIT = Query(ge=1, le=500, description="Items a page")
_NEXT = "`next` of the page before"


async def _by_incident(
    limit: Annotated[int, _LIMIT] = 50,
    cursor: Annotated[str, Query(pattern=r"^([A-Z]{2,8}-[0-9A-Z]{4,32})?$", description=_NEXT)] = "",
) -> Page:
    return Page(limit=limit, after=cursor)


async def _by_number(
    limit: Annotated[int, _LIMIT] = 50,
    cursor: Annotated[str, Query(pattern=r"^[0-9]{0,18}$", description=_NEXT)] = "",
) -> Page:
    return Page(limit=limit, after=cursor)


async def _by_run(
    limit: Annotated[int, _LIMIT] = 50,
    cursor: Annotated[str, Query(pattern=r"^([0-9]{1,16}_[A-Za-z0-9._-]{1,100})?$", description=_NEXT)] = "",
) -> Page:
    return Page(limit=limit, after=cursor)


PageOfIncidents = Annotated[Page, Depends(_by_incident)]
PageOfMessages = Annotated[Page, Depends(_by_number)]
PageOfRuns = Annotated[Page, Depends(_by_run)]


async def _known_parameters(request: Request) -> None:
    """A filter, or a cursor, under a name that we don't know would be left out of account without a word."""
    if not request.query_params:
        return
    known = set(_parameters(request.scope["route"].dependant))
    unknown = sorted(set(request.query_params) - known)
    if unknown:
        wrong = "is no parameter of this" + (f"; there are {', '.join(sorted(known))}" if known else "")
        raise RequestValidationError([{"loc": ("query", name[:40]), "msg": wrong} for name in unknown])


def _parameters(dependant: Any) -> Iterator[str]:
    """Of a route and of all that it depends on."""
    yield from (each.alias for each in dependant.query_params)
    for each in dependant.dependencies:
        yield from _parameters(each)


KNOWN_PARAMETERS = Depends(_known_parameters)
"""For routers whose parameters narrow what is told: unknown ones are refused (422)."""
