"""Faults of the connection and error statuses, as the clients in use see them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import openai
import pytest
from langchain_openai.chat_models.base import BaseChatOpenAI

from kubetriage.adapters.model.fake import ScriptedServer

Serve = Callable[..., ScriptedServer]
Ask = Callable[..., Any]
Post = Callable[..., httpx.Response]
Chat = Callable[..., BaseChatOpenAI]

LONG = "one two three four five six seven eight nine ten"


def spoilt(serve: Serve, *faults: Any, text: str = LONG, **given: Any) -> ScriptedServer:
    return serve([text], faults=[{"do": list(faults)}], **given)


def streamed(ask: Ask, server: ScriptedServer) -> tuple[str, str | None]:
    """Text and finish reason of a stream."""
    text, finish = "", None
    for chunk in ask(server, stream=True):
        for choice in chunk.choices:
            text += choice.delta.content or ""
            finish = choice.finish_reason or finish
    return text, finish


def test_refused(serve: Serve, ask: Ask) -> None:
    """There is a base URL where nobody listens."""
    with pytest.raises(openai.APIConnectionError) as caught:
        ask(serve(["x"]), base_url=serve(["x"]).refused_url)
    assert "refused" in repr(caught.value.__cause__)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("params", [{}, {"after_bytes": 40}])
def test_reset(serve: Serve, ask: Ask, params: dict[str, int], stream: bool) -> None:
    """The connection is reset before the headers or inside the body: never an answer."""
    server = spoilt(serve, {"reset": params})
    with pytest.raises(openai.APIConnectionError) as caught:
        list(ask(server, stream=stream))
    assert "reset" in repr(caught.value.__cause__)
    assert server.journal()[0]["http_status"] == (200 if params else None)


@pytest.mark.parametrize("fault", [{"hang": 120_000}, {"slow_headers": 120_000}, {"stall": {"ms": 120_000}}])
def test_hang(serve: Serve, fault: dict[str, Any]) -> None:
    """Silence before the headers, within them or after them lasts until the client's read timeout."""
    server = spoilt(serve, fault)
    client = openai.OpenAI(base_url=server.base_url, api_key="key", max_retries=0, timeout=0.2)
    began = time.monotonic()
    with pytest.raises(openai.APITimeoutError):
        client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hello"}])
    assert time.monotonic() - began < 60
    until = time.monotonic() + 60
    while not server.journal():
        assert time.monotonic() < until, "the server did not notice that the client had gone"
        time.sleep(0.01)
    assert server.journal()[0]["client_gone"] is True


@pytest.mark.parametrize("stream", [False, True])
def test_slow_headers_end(serve: Serve, ask: Ask, stream: bool) -> None:
    """Who waits long enough gets the whole answer."""
    server = spoilt(serve, {"slow_headers": 50})
    text = streamed(ask, server)[0] if stream else ask(server).choices[0].message.content
    assert text == LONG


def test_a_clean_cut_looks_like_an_answer(serve: Serve, ask: Ask, chat: Chat) -> None:
    """A stream that just ends has no finish reason and no [DONE], and neither client complains."""
    server = spoilt(serve, {"cut": {"tokens": 3}})
    assert streamed(ask, server) == ("one two three", None)
    raw = httpx.post(
        f"{server.base_url}/chat/completions",
        json={"model": "m", "stream": True, "messages": [{"role": "user", "content": "Hello"}]},
    ).text
    assert "[DONE]" not in raw
    parts = list(chat(server).stream("Hello"))
    assert "".join(str(part.content) for part in parts) == "one two three"
    assert not any(part.response_metadata.get("finish_reason") for part in parts)


@pytest.mark.parametrize("stream", [False, True])
def test_an_abrupt_cut(serve: Serve, post: Post, stream: bool) -> None:
    """A cut by a reset, or a body shorter than promised, is an error of the protocol."""
    server = spoilt(serve, {"cut": {"tokens": 3, "abrupt": True}})
    with pytest.raises(httpx.TransportError):
        post(server, stream=stream)
    server.configure(faults=[{"do": [{"cut": {"tokens": 3}}]}])
    if not stream:
        with pytest.raises(httpx.RemoteProtocolError):
            post(server)


@pytest.mark.slow
def test_a_stall_with_keepalive_defeats_the_read_timeout(serve: Serve) -> None:
    """SSE comments during a stall keep a synchronous client waiting past its timeout; silence does not."""
    server = spoilt(serve, {"stall": {"ms": 5000, "tokens": 2, "keepalive": True}})
    client = openai.OpenAI(base_url=server.base_url, api_key="key", max_retries=0, timeout=3)

    def read() -> str:
        messages: Any = [{"role": "user", "content": "Hello"}]
        chunks = client.chat.completions.create(model="m", messages=messages, stream=True)
        return "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)

    began = time.monotonic()
    assert read() == LONG and time.monotonic() - began > 4.9
    server.configure(faults=[{"do": [{"stall": {"ms": 120_000, "tokens": 2}}]}])
    with pytest.raises(openai.APITimeoutError):
        read()


def test_an_error_event(serve: Serve, ask: Ask, chat: Chat) -> None:
    """An error in the stream is a bare APIError after what was already read; so it reaches LangChain."""
    server = spoilt(serve, {"sse_error": {"message": "CUDA out of memory", "tokens": 2}})
    with pytest.raises(openai.APIError, match="CUDA") as caught:
        streamed(ask, server)
    assert type(caught.value) is openai.APIError
    with pytest.raises(openai.APIError, match="CUDA"):
        list(chat(server).stream("Hello"))


def test_garbage(serve: Serve, ask: Ask) -> None:
    """A line that is not JSON breaks the stream's reader."""
    server = spoilt(serve, {"garbage": {"tokens": 2}})
    with pytest.raises(json.JSONDecodeError):
        streamed(ask, server)
    server.configure(faults=[{"do": [{"garbage": {"line": ": only a comment", "tokens": 2}}]}])
    assert streamed(ask, server) == (LONG, "stop")


def test_html_and_content_types(serve: Serve, ask: Ask, chat: Chat, post: Post) -> None:
    """A proxy's page with status 200 is no completion; a right body may carry a wrong type."""
    server = spoilt(serve, "html")
    answer = post(server)
    assert (answer.status_code, answer.headers["content-type"]) == (
        200,
        "text/html",
    ) and "<h1>" in answer.text
    with pytest.raises(ValueError, match="Unexpected response type"):
        chat(server).invoke("Hello")
    server.configure(faults=[{"do": ["html", {"content_type": "application/json"}]}])
    with pytest.raises(json.JSONDecodeError):
        chat(server).invoke("Hello")
    server.configure(faults=[{"do": [{"content_type": "text/plain"}]}])
    answer = post(server)
    assert answer.headers["content-type"] == "text/plain" and answer.json()["choices"]


CLASSES: list[tuple[int, type[openai.APIError]]] = [
    (400, openai.BadRequestError),
    (401, openai.AuthenticationError),
    (403, openai.PermissionDeniedError),
    (404, openai.NotFoundError),
    (408, openai.APIStatusError),
    (409, openai.ConflictError),
    (413, openai.APIStatusError),
    (422, openai.UnprocessableEntityError),
    (429, openai.RateLimitError),
    (500, openai.InternalServerError),
    (502, openai.InternalServerError),
    (503, openai.InternalServerError),
    (529, openai.InternalServerError),
]


@pytest.mark.parametrize(
    "style", ["openai", "siliconflow", "ark", "deepseek", "ollama", "vllm", "html", "empty"]
)
def test_statuses(serve: Serve, ask: Ask, style: str) -> None:
    """Every status in every provider's body is the openai package's exception for that status."""
    server = serve(["fine"])
    for status, error in CLASSES:
        server.configure(faults=[{"do": [{"status": {"status": status, "style": style}}]}])
        with pytest.raises(error) as caught:
            ask(server)
        assert getattr(caught.value, "status_code", None) == status


@pytest.mark.parametrize(
    ("style", "status", "body"),
    [
        (
            "siliconflow",
            429,
            {
                "message": "Request was rejected due to rate limiting. Details: TPM limit reached.",
                "data": None,
            },
        ),
        ("siliconflow", 401, "Invalid token"),
        (
            "siliconflow",
            404,
            {"code": 20012, "message": "Model does not exist. Please check it carefully.", "data": None},
        ),
        (
            "deepseek",
            402,
            {
                "error": {
                    "message": "Insufficient Balance",
                    "type": "invalid_request_error",
                    "param": None,
                    "code": "invalid_request_error",
                }
            },
        ),
        (
            "vllm",
            404,
            {
                "object": "error",
                "message": "The model `m` does not exist.",
                "type": "NotFoundError",
                "param": None,
                "code": 404,
            },
        ),
    ],
)
def test_bodies(serve: Serve, post: Post, style: str, status: int, body: Any) -> None:
    """The bodies are those that the providers' users reported."""
    answer = post(spoilt(serve, {"status": {"status": status, "style": style}}))
    assert (answer.status_code, answer.json()) == (status, body)


def test_ark_bodies(serve: Serve, post: Post) -> None:
    """Ark names a code in words and puts the request's id into the message."""
    server = spoilt(serve, {"status": {"status": 400, "message": "No such thing."}}, quirks="ark")
    error = post(server).json()["error"]
    assert (error["code"], error["type"]) == ("InvalidParameter", "BadRequest")
    assert error["message"].startswith("No such thing. Request id: ")


@pytest.mark.parametrize(("given", "header"), [(None, None), (7, "7"), (300, "300")])
def test_retry_after(serve: Serve, post: Post, given: int | None, header: str | None) -> None:
    """Retry-After is absent, or in seconds; `x-should-retry` can be set."""
    fault = {"status": {"status": 429, "retry_after": given, "should_retry": False}}
    answer = post(spoilt(serve, fault))
    assert answer.headers.get("retry-after") == header and answer.headers["x-should-retry"] == "false"


def test_retry_after_as_a_date(serve: Serve, post: Post) -> None:
    """Retry-After may be an HTTP date, and the client waits no longer than that."""
    before = time.time()
    answer = post(spoilt(serve, {"status": {"status": 503, "retry_after": "date"}}))
    until = parsedate_to_datetime(answer.headers["retry-after"]).timestamp()
    assert until - before > 15 and until - time.time() < 25


def test_the_client_retries_what_passes(serve: Serve) -> None:
    """A fault that happens `times` times is over after that: the client's own retry finds the answer."""
    fault = {"do": [{"status": {"status": 503, "retry_after": 0.01}}], "times": 2, "id": "busy"}
    server = serve(["fine"], faults=[fault])
    client = openai.OpenAI(base_url=server.base_url, api_key="key", max_retries=2)
    said = client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hello"}])
    assert said.choices[0].message.content == "fine"
    assert [line["faults"] for line in server.journal()] == [["busy"], ["busy"], []]
    summary = server.summary()[0]
    assert (summary["calls"], summary["retries"], summary["recoveries"]) == (3, 2, 1)


def test_faults_of_a_single_reply(serve: Serve, ask: Ask) -> None:
    """A reply can carry its own faults: in a sequence each turn goes wrong in its own way."""
    server = serve([{"do": [{"status": 500}]}, {"text": "half", "do": [{"finish": "length"}]}, "whole"])
    with pytest.raises(openai.InternalServerError):
        ask(server)
    choices = [ask(server).choices[0] for _ in range(2)]
    assert [(choice.message.content, choice.finish_reason) for choice in choices] == [
        ("half", "length"),
        ("whole", "stop"),
    ]
