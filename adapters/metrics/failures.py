"""What is no answer of Prometheus: refusals, pages of others, and a way that is broken.

Statuses and error types: Prometheus' HTTP API (`web/api/v1`): 400 bad_data, 422 execution, 503 timeout or
canceled; VictoriaMetrics says 422 for what it cannot parse, Mimir 429 for too many queries.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Self

import httpx

from kubetriage.domain.evidence import FailureKind, ReadFailure
from kubetriage.domain.redaction import redact_text

LONGEST = 300
"""Characters of a failure's message."""
_TOO_MUCH = re.compile(
    r"too many (?:samples|points|series)|maximum resolution|exceed(?:s|ed)? .{0,60}(?:limit|maximum)"
    r"|would load|max(?:imum)? .{0,40}(?:limit|size|length)|the query (?:hit|reached) the",
    re.IGNORECASE,
)
_OVERDUE = re.compile(r"timed? ?out|deadline exceeded|timeout", re.IGNORECASE)


class Refused(Exception):
    """A request that came to nothing; `failure` says why, in words that may be shown."""

    def __init__(self, kind: FailureKind, message: str, *, passing: bool = False) -> None:
        super().__init__(message)
        self.failure = ReadFailure(kind=kind, message=redact_text(" ".join(message.split()))[:LONGEST])
        self.passing = passing
        """Whether the same request may be answered in a moment."""

    @classmethod
    def overdue(cls, seconds: float) -> Self:
        return cls(FailureKind.TIMEOUT, f"no answer within {seconds:g} seconds")

    @classmethod
    def too_large(cls, limit: int) -> Self:
        return cls(FailureKind.TOO_LARGE, f"the answer has more than {limit // 1024} KiB")


def of_transport(error: httpx.HTTPError | httpx.InvalidURL, seconds: float) -> Refused:
    """The way to the server is broken."""
    if isinstance(error, httpx.TimeoutException):
        return Refused.overdue(seconds)
    if isinstance(error, httpx.ConnectError) and "certificate" in str(error).lower():
        return Refused(FailureKind.UNAVAILABLE, f"its certificate is not trusted ({error})")
    words = str(error) or type(error).__name__
    return Refused(FailureKind.UNAVAILABLE, f"it cannot be reached ({words})", passing=True)


def of_answer(status: int, headers: Mapping[str, str], answer: Any, body: bytes) -> Any:
    """The answer's JSON. Raises `Refused` for any other."""
    told = answer if isinstance(answer, dict) and answer.get("status") in ("success", "error") else None
    if status == 200 and told is not None and told["status"] == "success":
        return told
    if told is not None and told["status"] == "error":
        raise _told(status, str(told.get("errorType", "")), str(told.get("error", "")))
    raise _not_prometheus(status, headers, body)


def _told(status: int, kind: str, words: str) -> Refused:
    """A refusal in Prometheus' own words."""
    said = f"it says: {words or kind or f'HTTP {status}'}"
    if status in (401, 403):
        return Refused(FailureKind.FORBIDDEN, said)
    if status == 429:
        return Refused(FailureKind.THROTTLED, said, passing=True)
    if kind in ("timeout", "canceled") or (status in (408, 503, 504) and _OVERDUE.search(words)):
        return Refused(FailureKind.TIMEOUT, said)
    if _TOO_MUCH.search(words):
        return Refused(FailureKind.TOO_LARGE, said)
    if status in (400, 404, 405, 406, 422) or kind in ("bad_data", "execution"):
        return Refused(FailureKind.UNSUPPORTED, said)
    return Refused(FailureKind.UNAVAILABLE, said, passing=status in (502, 503))


def _not_prometheus(status: int, headers: Mapping[str, str], body: bytes) -> Refused:
    """An answer of something else: a proxy, a login page, another server."""
    if 300 <= status < 400:
        where = headers.get("location", "").partition("?")[0] or "another address"
        return Refused(FailureKind.BAD_ANSWER, f"it redirects to {where}, which is not followed")
    if status in (401, 403, 407):
        return Refused(FailureKind.FORBIDDEN, f"it refuses our credentials (HTTP {status})")
    if status == 404:
        message = "there is no Prometheus API at this address (HTTP 404): the path prefix may be wrong"
        return Refused(FailureKind.UNSUPPORTED, message)
    if status == 429:
        return Refused(FailureKind.THROTTLED, "it limits requests (HTTP 429)", passing=True)
    if status >= 500:
        return Refused(FailureKind.UNAVAILABLE, f"it answers HTTP {status}", passing=status in (502, 503))
    if headers.get("content-encoding", "identity") not in ("", "identity"):
        return Refused(FailureKind.BAD_ANSWER, "it compresses answers though asked not to")
    page = b"<html" in body[:2000].lower() or "html" in headers.get("content-type", "")
    what = "a web page" if page else "nothing" if not body.strip() else "something else"
    message = f"it answers with {what} instead of Prometheus' JSON (HTTP {status})"
    return Refused(FailureKind.BAD_ANSWER, message)
