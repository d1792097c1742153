"""Errors as `application/problem+json` (RFC 9457), and their place in the OpenAPI description."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from kubetriage.domain.errors import BadInput, UnknownCluster, UnknownModel
from kubetriage.domain.intake.errors import StoreUnavailable

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER = 5
"""Seconds until it is worth trying again where nothing could be stored."""
NO_JSON = "has to be JSON, and said to be: Content-Type: application/json"
_LOG = logging.getLogger(__name__)


class FieldError(BaseModel):
    """One thing that is wrong with a request. Values are never repeated."""

    where: str
    """`body.verdict`, `query.limit`, …"""
    what: str


class Problem(BaseModel):
    """What went wrong, as RFC 9457 has it."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "about:blank",
                "title": "Not Found",
                "status": 404,
                "detail": "There is no incident of that id.",
                "errors": [],
            }
        }
    )

    type: str = "about:blank"
    title: str
    """The status in words."""
    status: int
    detail: str = ""
    """One sentence for people."""
    errors: list[FieldError] = Field(default_factory=list)
    """What is wrong with which part of the request, where that is known."""

    @classmethod
    def of(cls, status: int, detail: str = "", errors: list[FieldError] | None = None) -> Problem:
        return cls(title=HTTPStatus(status).phrase, status=status, detail=detail, errors=errors or [])


class Refused(HTTPException):
    """Ends a request with a problem; `detail` is one sentence that may be shown."""


def problem_response(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse(
        problem.model_dump(), problem.status, headers=dict(headers or {}), media_type=MEDIA_TYPE
    )


_MEANINGS = {
    400: "The request cannot be understood.",
    401: "No token, or not a known one.",
    403: "The token does not allow this.",
    404: "There is no such thing.",
    405: "Not with this method.",
    406: "The report has none of the formats asked for.",
    408: "The body did not arrive in time.",
    409: "Not in the state that it is in.",
    413: "The body is too large.",
    415: "The body is encoded in a way that is not understood.",
    422: "The request is understood and cannot be followed.",
    500: "An error of the server's own.",
    503: "Nothing can be stored or read now; the same request may be sent again.",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route: these problems, and those that every route has."""
    return {
        status: {
            "description": _MEANINGS[status],
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in sorted({401, 403, 503, *statuses})
    }


def handle_problems(app: FastAPI) -> None:
    """Have what routes raise on purpose answered as a problem; what they don't is answered in `access`."""
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(StoreUnavailable, _unavailable)
    app.add_exception_handler(BadInput, _bad_input)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = error.detail if isinstance(error, Refused) else _MEANINGS.get(error.status_code, "")
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:  # the framework names those of one route alone
        path = getattr(request.scope.get("route"), "path", "")
        methods = request.app.openapi()["paths"].get(path, {})
        headers["Allow"] = ", ".join(sorted(each.upper() for each in methods))
    return problem_response(Problem.of(error.status_code, detail), headers=headers)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    wrong = [
        FieldError(where=".".join(str(step) for step in each["loc"])[:200], what=str(each["msg"])[:300])
        for each in error.errors()[:20]
    ]
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not media.endswith("json"):  # then its body was not even looked into
        wrong = [FieldError(where="body", what=NO_JSON) if each.where == "body" else each for each in wrong]
    return problem_response(Problem.of(422, "Parts of the request are wrong.", wrong))


async def _unavailable(request: Request, error: Exception) -> Response:
    _LOG.error("the database is not available: %s", error)
    return unavailable("Nothing can be stored or read now.")


def unavailable(detail: str) -> Response:
    """503: whoever sent this may send it again."""
    return problem_response(Problem.of(503, detail), headers={"Retry-After": str(RETRY_AFTER)})


async def _bad_input(request: Request, error: Exception) -> Response:
    status = 422 if isinstance(error, UnknownCluster | UnknownModel) else 400
    return problem_response(Problem.of(status, str(error)))


def bug() -> Response:
    """500: an error of ours, of which the log says more."""
    return problem_response(Problem.of(500, "An error of the server's own; its log says more."))
