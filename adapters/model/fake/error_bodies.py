"""Error answers in the shapes and wordings of the providers.

The texts are those that clients have to recognise, as users reported them in public issues; what is not
known for a provider is worded as OpenAI does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from typing import Any

from kubetriage.adapters.model.fake.plan import ErrorAnswer
from kubetriage.domain.errors import BadSettings

Code = int | str | None

_OPENAI: dict[int, tuple[str, Code]] = {
    400: ("The request is not valid.", None),
    401: ("Incorrect API key provided.", "invalid_api_key"),
    402: (
        "You exceeded your current quota, please check your plan and billing details.",
        "insufficient_quota",
    ),
    403: ("You are not allowed to use this model.", "unsupported_country_region_territory"),
    404: ("The model `{model}` does not exist or you do not have access to it.", "model_not_found"),
    408: ("Request timed out.", None),
    409: ("The resource is locked by another request.", None),
    413: ("The request is too large.", None),
    422: ("The request could not be processed.", None),
    429: ("Rate limit reached for {model}. Please try again later.", "rate_limit_exceeded"),
    500: ("The server had an error while processing your request. Sorry about that!", None),
    502: ("Bad gateway.", None),
    503: ("The engine is currently overloaded, please try again later.", None),
    529: ("Overloaded.", None),
}

_TEXTS: dict[str, dict[int, tuple[str, Code]]] = {
    "openai": {},
    "siliconflow": {
        400: ("The parameter is invalid. Please check again.", 20015),
        401: ("Invalid token", None),
        403: ("Model disabled.", 30003),
        404: ("Model does not exist. Please check it carefully.", 20012),
        429: ("Request was rejected due to rate limiting. Details: TPM limit reached.", None),
        500: ("An unknown error occurred.", 50000),
        503: ("Model service overloaded. Please try again later.", 50505),
        504: ("Timeout.", None),
    },
    "ark": {
        400: ("One or more parameters specified in the request are not valid.", "InvalidParameter"),
        401: ("The API key in the request is missing or invalid.", "AuthenticationError"),
        403: ("The request is forbidden.", "AccessDenied"),
        404: ("The model or endpoint {model} does not exist.", "InvalidEndpointOrModel.NotFound"),
        429: ("The tokens per minute limit is exceeded.", "RateLimitExceeded.EndpointTPMExceeded"),
        500: ("The service encountered an unexpected internal error.", "InternalServiceError"),
        503: ("The service is overloaded.", "ServerOverloaded"),
    },
    "deepseek": {
        400: ("The request is not valid.", "invalid_request_error"),
        401: ("Authentication Fails, your api key is invalid", "invalid_request_error"),
        402: ("Insufficient Balance", "invalid_request_error"),
        404: ("Model Not Exist", "invalid_request_error"),
        429: ("Rate limit reached.", "rate_limit_error"),
        503: ("Service is too busy.", "service_unavailable_error"),
    },
    "dashscope": {
        400: ("The parameter is invalid.", "invalid_parameter_error"),
        401: ("Incorrect API key provided.", "invalid_api_key"),
        404: ("The model `{model}` does not exist or you do not have access to it.", "model_not_found"),
        429: ("You exceeded your current request limit.", "limit_requests"),
    },
    "ollama": {
        404: ('model "{model}" not found, try pulling it first', None),
        500: ("llama runner process has terminated", None),
        503: ("server busy, please try again. maximum pending requests exceeded", None),
    },
    "vllm": {
        400: ("The request is not valid.", 400),
        401: ("Unauthorized", 401),
        404: ("The model `{model}` does not exist.", 404),
        500: ("EngineCore encountered an issue. See stack trace for the root cause.", 500),
    },
    "html": {},
    "empty": {},
}
STYLES = tuple(_TEXTS)

OVERFLOW: dict[str, tuple[str, Code]] = {
    "openai": (
        "This model's maximum context length is {context} tokens. However, your messages resulted in "
        "{prompt} tokens. Please reduce the length of the messages.",
        "context_length_exceeded",
    ),
    "siliconflow": ("length of prompt_tokens ({prompt}) must be less than max_seq_len ({context}).", 20015),
    "vllm": (
        "This model's maximum context length is {context} tokens. However, you requested {total} tokens "
        "({prompt} in the messages, {completion} in the completion). Please reduce the length of the "
        "messages or completion.",
        400,
    ),
}
"""What a provider says of a prompt that does not fit; the others say it as OpenAI does."""

_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}
_ARK_TYPES = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    429: "TooManyRequests",
    500: "InternalServerError",
}
_VLLM_TYPES = {400: "BadRequestError", 401: "AuthenticationError", 404: "NotFoundError"}
_DATE_AHEAD = timedelta(seconds=20)


def error_answer(error: ErrorAnswer, facts: Mapping[str, object]) -> tuple[dict[str, str], bytes]:
    """Headers and body; `facts` fill the places {model}, {prompt}, {context} … of the text."""
    if error.style not in _TEXTS:
        raise BadSettings(f"There is no style of errors {error.style!r}; known are {', '.join(STYLES)}.")
    known = _TEXTS[error.style].get(error.status) or _OPENAI.get(error.status)
    text, code = known or (_phrase(error.status), None)
    text = error.message if error.message is not None else text
    for name, value in facts.items():
        text = text.replace(f"{{{name}}}", str(value))
    headers = {"content-type": "application/json"}
    if error.retry_after is not None:
        headers["retry-after"] = _retry_after(error.retry_after)
    if error.should_retry is not None:
        headers["x-should-retry"] = str(error.should_retry).lower()
    if error.style in ("html", "empty"):
        headers["content-type"] = "text/html" if error.style == "html" else "application/json"
        return headers, html_page(error.status) if error.style == "html" else b""
    body = _body(error.style, error.status, text, code if error.code is None else error.code)
    return headers, json.dumps(body, ensure_ascii=False).encode()


def _body(style: str, status: int, text: str, code: Code) -> Any:
    if style == "siliconflow":
        if status in (401, 403) and code in (None, 30003):
            return text  # a bare JSON string
        return ({"code": code} if code is not None else {}) | {"message": text, "data": None}
    if style == "ark":
        kind = _ARK_TYPES.get(status, "InternalServerError")
        told = f"{text} Request id: 021700000000000{status}"
        return {"error": {"code": code, "message": told, "param": "", "type": kind}}
    if style == "vllm":
        kind = _VLLM_TYPES.get(status, "InternalServerError")
        return {"object": "error", "message": text, "type": kind, "param": None, "code": code or status}
    kind = _TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error")
    if style == "ollama":
        kind = "not_found_error" if status == 404 else "api_error"
    elif style in ("deepseek", "dashscope") and status < 429:
        kind = "invalid_request_error"
    return {"error": {"message": text, "type": kind, "param": None, "code": code}}


def _retry_after(value: float | str) -> str:
    if value == "date":
        return format_datetime(datetime.now(UTC) + _DATE_AHEAD, usegmt=True)
    return f"{value:g}" if isinstance(value, int | float) else value


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else f"Status {status}"


def html_page(status: int) -> bytes:
    """What a proxy in between answers."""
    title = f"{status} {_phrase(status)}"
    return f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n".encode()
