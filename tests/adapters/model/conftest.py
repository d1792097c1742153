"""What tests of model adapters share: a server whose every byte a test sets, profiles and questions for it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pydantic import SecretStr

from kubetriage.adapters.model.asking import OpenAIModels
from kubetriage.adapters.model.profile import ModelProfile
from kubetriage.domain.model import Question, ToolOffer

KEY = "sk-canary-3f9a51c7e2d84b60"
SCHEMA = {
    "type": "object",
    "properties": {"cause": {"type": "string"}, "rank": {"type": "integer"}},
    "required": ["cause", "rank"],
    "additionalProperties": False,
}
RIGHT = {"cause": "the ConfigMap web is missing", "rank": 1}
READS = ToolOffer(
    name="request_reads",
    description="Ask for more reads.",
    parameters={
        "type": "object",
        "properties": {"kind": {"type": "string"}, "lines": {"type": "integer"}},
        "required": ["kind"],
    },
)


class Reply:
    """One answer of the server."""

    def __init__(
        self,
        body: Any = None,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        *,
        events: Sequence[Any] | None = None,
        done: bool = True,
        cut: bool = False,
        delay: float = 0.0,
        type_: str = "application/json",
    ) -> None:
        self.status = status
        self.headers = dict(headers or {})
        self.events = events
        self.done = done
        self.cut = cut
        self.delay = delay
        self.type = "text/event-stream" if events is not None else type_
        self.bytes = body if isinstance(body, bytes) else json.dumps(body).encode()


class Wire:
    """An OpenAI-compatible server on loopback. It answers with `answers`, the last one again and again; what
    `rule` gives for a request comes first."""

    key = KEY

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.ports: list[int] = []
        self.replies: list[Reply] = [Reply(self.said("hello"))]
        self.rule: Callable[[dict[str, Any]], Reply | None] = lambda _: None
        self.url = ""

    def answers(self, *replies: Any) -> None:
        self.replies = [each if isinstance(each, Reply) else Reply(each) for each in replies]

    def reply_to(self, request: dict[str, Any]) -> Reply:
        if (ruled := self.rule(request)) is not None:
            return ruled
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]

    @property
    def last(self) -> dict[str, Any]:
        return self.requests[-1]

    @staticmethod
    def reply(*given: Any, **options: Any) -> Reply:
        return Reply(*given, **options)

    @staticmethod
    def said(content: Any = None, reason: str | None = "stop", usage: Any = ..., **message: Any) -> Any:
        """A completion of one message."""
        counted = {"prompt_tokens": 100, "completion_tokens": 20} if usage is ... else usage
        text = json.dumps(content) if isinstance(content, dict) else content
        choice = {"index": 0, "message": {"role": "assistant", "content": text} | message}
        choices = [choice | {"finish_reason": reason}]
        return {"id": "c1", "model": "served-model", "choices": choices, "usage": counted}

    @staticmethod
    def chunk(reason: str | None = None, usage: Any = None, **delta: Any) -> dict[str, Any]:
        """An event of a stream."""
        choices = [{"index": 0, "delta": delta, "finish_reason": reason}]
        return {"id": "c1", "model": "served-model", "choices": choices, "usage": usage}

    @staticmethod
    def refusal(status: int, message: str, **headers: str) -> Reply:
        """An error in OpenAI's form."""
        body = {"error": {"message": message, "type": "invalid_request_error", "code": None}}
        return Reply(body, status, {key.replace("_", "-"): value for key, value in headers.items()})


def handler_for(wire: Wire) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._answer({"path": self.path})

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            self._answer(json.loads(self.rfile.read(length)) | {"path": self.path})

        def _answer(self, request: dict[str, Any]) -> None:
            wire.requests.append(request)
            wire.headers.append({name.lower(): value for name, value in self.headers.items()})
            wire.ports.append(self.client_address[1])
            reply = wire.reply_to(request)
            if reply.delay:
                time.sleep(reply.delay)
            if reply.cut:
                self.close_connection = True
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.type)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if reply.events is None:
                self.send_header("Content-Length", str(len(reply.bytes) + (100 if reply.cut else 0)))
                self.end_headers()
                self.wfile.write(reply.bytes)
                return
            self.close_connection = True
            self.send_header("Connection", "close")
            self.end_headers()
            for event in reply.events:
                data = event if isinstance(event, str) else f"data: {json.dumps(event)}\n\n"
                self.wfile.write(data.encode())
            if reply.done:
                self.wfile.write(b"data: [DONE]\n\n")

        def log_message(self, format: str, *args: Any) -> None: ...

    return Handler


class Listener(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None: ...


@pytest.fixture
def wire() -> Iterator[Wire]:
    """A server of this test's own."""
    made = Wire()
    listener = Listener(("127.0.0.1", 0), handler_for(made))
    made.url = f"http://127.0.0.1:{listener.server_address[1]}/v1"
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield made
    listener.shutdown()
    listener.server_close()


MakeProfile = Callable[..., ModelProfile]


@pytest.fixture
def profile(wire: Wire) -> MakeProfile:
    """`profile(name="small", …)` at the server: no streams, and hardly any waiting."""

    def make(**changes: Any) -> ModelProfile:
        given: dict[str, Any] = {"name": "small", "base_url": wire.url, "model": "m", "key_env": "MODEL_KEY"}
        given |= {"stream": False, "backoff": 0.01, "read_timeout": 60, "context_tokens": 32_768}
        return ModelProfile.model_validate(given | changes)

    return make


@pytest.fixture
def models(profile: MakeProfile) -> Callable[..., OpenAIModels]:
    """`models(*profiles, …)`, with the key set."""

    def make(*profiles: ModelProfile, **parts: Any) -> OpenAIModels:
        known = {each.name: each for each in profiles or (profile(),)}
        return OpenAIModels(known, {"MODEL_KEY": SecretStr(KEY)}, **parts)

    return make


@pytest.fixture
def question() -> Callable[..., Question]:
    """`question(…)` leaves five seconds; `reads=True` offers the tool `request_reads`."""

    def make(*, reads: bool = False, seconds: float = 5.0, **changes: Any) -> Question:
        given: dict[str, Any] = {
            "profile": "small",
            "run": "run-1",
            "prompt_version": "1",
            "system": "Find the cause.",
            "user": ("Pod web-0 does not start.",),
            "answer_schema": SCHEMA,
            "tools": (READS,) if reads else (),
            "deadline_at": datetime.now(UTC) + timedelta(seconds=seconds),
        }
        return Question.model_validate(given | changes)

    return make
