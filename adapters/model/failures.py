"""What a failed call means: whose business it is, and whether to try again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any, NamedTuple

import openai

from kubetriage.adapters.model.envelope import ErrorInAnswer, error_of
from kubetriage.adapters.model.profile import ModelProfile
from kubetriage.adapters.model.secrets import hidden
from kubetriage.adapters.model.streams import NothingStreamed
from kubetriage.adapters.model.traffic.naming import NOT_RECORDED
from kubetriage.domain.errors import ModelUnavailable
from kubetriage.domain.redaction import redact_text
from kubetriage.domain.rendering.visible import one_line

QUOTED = 200
"""Characters of a provider's own words that a sentence quotes."""


ERRORS = (openai.APIError, ModelUnavailable)
"""What a chat model raises when its endpoint gives no answer; `failure_of` knows what each means."""


class Kind(StrEnum):
    """What to do about a failure."""

    MISCONFIGURED = "misconfigured"
    """A person must mend it."""
    TOO_LONG = "too long"
    """The prompt does not fit; a fallback with a larger context may take it."""
    REFUSED = "refused"
    """Another form of the request may be taken."""
    BUSY = "busy"
    """Too many requests or tokens: wait."""
    DOWN = "down"
    """Try again soon."""
    NOT_STREAMED = "not streamed"
    """Ask without a stream."""


class Failure(NamedTuple):
    """One failed call."""

    kind: Kind
    sentence: str
    """What happened, the key not in it."""
    words: str = ""
    """What the provider said, for telling what it refused."""
    retry_after: float | None = None
    """Seconds that the server asks to wait."""
    status: int = 0
    """Of HTTP; 0 if there was no answer, or not a whole one."""


TOO_LONG = re.compile(
    "|".join(
        (
            r"context[_ ]length[_ ]exceeded",  # OpenAI
            r"maximum context length",  # OpenAI, vLLM, SGLang, DeepSeek
            r"max_seq_len|max_model_len|max_total_tokens",  # SiliconFlow (20015), vLLM, TGI
            r"exceeds? the (model'?s? )?(available |maximum )?context",  # llama.cpp
            r"context (size|window|length) .{0,40}(exceed|too)",
            r"exceed_context_size",  # llama.cpp's type
            r"(input|prompt)[^.]{0,30} (is )?too long",
            r"range of input length should be",  # DashScope
            r"(input|prompt|total)[^.]{0,40}tokens?[^.]{0,40}exceed",  # Ark and others
            r"reduce the length of the (messages|prompt|input)",
            r"超过.{0,12}(最大|上下文|长度)|(上下文|输入).{0,12}(超|过长)",
        )
    ),
    re.IGNORECASE,
)
"""Servers' words for a prompt that does not fit; OpenAI's own client knows only OpenAI's."""
_NO_MONEY = re.compile(
    r"insufficient[_ ](quota|balance)|exceeded your current quota|arrear|欠费|余额不足", re.IGNORECASE
)
_NO_TOOLS_404 = re.compile(r"support(s)? tool|tool use", re.IGNORECASE)
_OUTPUT_LIMIT = re.compile(r"max_(completion_)?tokens", re.IGNORECASE)
_REFUSALS = {400, 405, 415, 422, 501}


def failure_of(error: Exception, profile: ModelProfile, key: str) -> Failure:
    """What an error of the chat model means. Errors that are no failures of a call are raised again."""
    if isinstance(error, openai.APIStatusError):
        words, code = said_in(error.body, error.message)
        return failure_of_status(
            error.status_code, words, profile, key, _retry_after(error.response.headers), code
        )
    if isinstance(error, ErrorInAnswer):
        return failure_of_status(error.code or 200, error.text, profile, key)
    if isinstance(error, openai.APITimeoutError | TimeoutError):
        return Failure(Kind.DOWN, f"{profile.host} did not answer in time.")
    if isinstance(error, openai.APIConnectionError):
        return Failure(Kind.DOWN, f"{profile.host} could not be reached.")
    if isinstance(error, openai.APIError):  # an error event of a stream
        words, code = said_in(error.body, error.message)
        return failure_of_status(int(code) if code.isdigit() else 200, words, profile, key)
    if isinstance(error, NothingStreamed):
        return Failure(Kind.NOT_STREAMED, str(error))
    if isinstance(error, ModelUnavailable):
        return Failure(Kind.DOWN, _told(str(error), key))
    raise error


def failure_of_status(
    status: int, words: str, profile: ModelProfile, key: str, wait: float | None = None, code: str = ""
) -> Failure:
    """What an HTTP status with a provider's words means; 200 is an error in place of an answer."""
    made = _told_of(status, words, profile, key, code)
    return made._replace(words=words, retry_after=wait, status=status)


def _told_of(status: int, words: str, profile: ModelProfile, key: str, code: str) -> Failure:
    said = _told(words, key)
    quote = f": {said}" if said else ""
    if TOO_LONG.search(words) and status in (200, 400, 413, 422, 500):
        return Failure(Kind.TOO_LONG, f"The prompt is too long for {profile.model} at {profile.host}{quote}")
    if status == 413:
        return Failure(Kind.TOO_LONG, f"The prompt is too long for {profile.host} (413).")
    if status == 402 or (status in (400, 403, 429) and _NO_MONEY.search(f"{words} {code}")):
        return Failure(
            Kind.MISCONFIGURED, f"The account at {profile.host} has no balance or quota left{quote}"
        )
    if status == 401:
        where = (
            f"the key in {profile.key_env}"
            if profile.key_env
            else "a request without a key (key_env is not set)"
        )
        return Failure(Kind.MISCONFIGURED, f"{profile.host} does not accept {where} (401).")
    if status == 403:
        return Failure(
            Kind.MISCONFIGURED,
            f"{profile.host} forbids {profile.model} to the key{_env(profile)} (403){quote}",
        )
    if status == 404 and words.startswith(NOT_RECORDED):  # it stands in for an endpoint that has the model
        return Failure(Kind.MISCONFIGURED, said)
    if status == 404 and not _NO_TOOLS_404.search(words):
        what = f"model {profile.model} at {profile.base_url}"
        return Failure(Kind.MISCONFIGURED, f"There is no {what} (404): check base_url and model{quote}")
    if 300 <= status < 400:
        return Failure(
            Kind.MISCONFIGURED, f"{profile.base_url} redirects elsewhere ({status}): set base_url to where."
        )
    if status in _REFUSALS or status == 404:
        return Failure(Kind.REFUSED, f"{profile.host} refused the request ({status}){quote}")
    if status == 429:
        return Failure(Kind.BUSY, f"{profile.host} takes no more requests for now (429){quote}")
    if status == 200:
        return Failure(Kind.DOWN, f"{profile.host} answered with an error{quote}")
    return Failure(Kind.DOWN, f"{profile.host} failed ({status}){quote}")


def about_output_limit(words: str) -> bool:
    """Whether a refusal is about how many tokens were asked for."""
    return bool(_OUTPUT_LIMIT.search(words))


def _env(profile: ModelProfile) -> str:
    return f" in {profile.key_env}" if profile.key_env else ""


def said_in(body: Any, message: str) -> tuple[str, str]:
    """A provider's words and code, out of whichever body."""
    if isinstance(body, Mapping):
        inner = body.get("error") if isinstance(body.get("error"), Mapping | str) else body
        return error_of(inner).text, str(inner.get("code") or inner.get("type") or "") if isinstance(
            inner, Mapping
        ) else ""
    if isinstance(body, str) and body and not body.lstrip().startswith("<"):
        return body, ""
    return ("" if "<" in message else message), ""


def _told(words: str, key: str) -> str:
    shown = one_line(redact_text(hidden(words, key)))
    return shown if len(shown) <= QUOTED else f"{shown[: QUOTED - 1]}…"


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds, from `retry-after-ms`, or `Retry-After` as seconds or as a date."""
    try:
        if milliseconds := headers.get("retry-after-ms"):
            return max(0.0, float(milliseconds) / 1000)
        given = headers.get("retry-after")
        if not given:
            return None
        if given.replace(".", "", 1).strip().isdigit():
            return float(given)
        sent = headers.get("date")
        at = parsedate_to_datetime(given)
        return max(0.0, (at - parsedate_to_datetime(sent)).total_seconds()) if sent else None
    except (TypeError, ValueError):
        return None
