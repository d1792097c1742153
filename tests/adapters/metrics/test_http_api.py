"""The HTTP API asked of a server that misbehaves: what comes of it is a gap in words, never an exception."""

from __future__ import annotations

import base64
import gzip
import http.server
import json
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr, ValidationError

from kubetriage.adapters.metrics.connection import PrometheusConnection
from kubetriage.adapters.metrics.http_api import LARGEST
from kubetriage.adapters.metrics.prometheus import Prometheus
from kubetriage.domain.errors import BadSettings
from kubetriage.domain.evidence import FailureKind, Observation, Read, query_of, rules_of
from kubetriage.domain.resource import resource

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
WEB = resource("Deployment", "shop", "web")
UP = query_of("up", WEB, "alert-now", AT)
GOOD = {"status": "success", "data": {"resultType": "vector", "result": [{"metric": {}, "value": [1, "1"]}]}}


class Bad(http.server.BaseHTTPRequestHandler):
    """Answers as `server.answer(handler)` says, and keeps what was asked."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        server: Any = self.server
        length = int(self.headers.get("Content-Length") or 0)
        server.asked.append((self.command, self.path, dict(self.headers), self.rfile.read(length).decode()))
        server.answer(self)

    do_POST = do_PUT = do_DELETE = do_GET

    def say(self, status: int, body: Any, content_type: str = "application/json", **headers: str) -> None:
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(sent)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_: object) -> None:
        """Nothing is said."""


class Server(http.server.ThreadingHTTPServer):
    """On the loopback interface; `answer` may be set for each test."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Bad)
        self.asked: list[tuple[str, str, dict[str, str], str]] = []
        self.answer: Callable[[Bad], None] = lambda handler: handler.say(200, GOOD)

    def handle_error(self, *_: object) -> None:
        """A client that hung up early is what some tests are about."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


async def ask(server: Server, read: Read = UP, **options: Any) -> Observation:
    connection = PrometheusConnection(**{"name": "shop", "url": server.url, "timeout": 60.0, **options})
    source = Prometheus(connection)
    try:
        return await source.read(read)
    finally:
        await source.close()


def error(kind: str, words: str) -> dict[str, str]:
    return {"status": "error", "errorType": kind, "error": words}


async def test_what_is_asked(server: Server) -> None:
    """Query, time and bounds; a range by start, end and step; rules by name; GET, and nothing but these three."""
    await ask(server)
    await ask(server, query_of("up", WEB, "x", AT, seconds=600, step=30))
    await ask(server, rules_of("Down"))
    paths = [urlsplit(path) for _, path, _, _ in server.asked]
    assert [path.path for path in paths] == ["/api/v1/query", "/api/v1/query_range", "/api/v1/rules"]
    assert {method for method, _, _, _ in server.asked} == {"GET"}
    first, second, third = (parse_qs(path.query) for path in paths)
    assert first == {"query": ["up"], "time": ["2026-03-01T12:00:00Z"], "timeout": ["60s"], "limit": ["201"]}
    assert second["start"] == ["2026-03-01T11:50:00Z"] and second["step"] == ["30"]
    assert third == {"type": ["alert"], "rule_name[]": ["Down"]}


async def test_an_address_with_a_prefix(server: Server) -> None:
    """A path prefix is kept, and `/api/v1` at its end is not put there twice."""
    await ask(server, url=f"{server.url}/select/0/prometheus/")
    await ask(server, url=f"{server.url}/prom/api/v1")
    assert [urlsplit(path).path for _, path, _, _ in server.asked] == [
        "/select/0/prometheus/api/v1/query",
        "/prom/api/v1/query",
    ]


async def test_a_long_query_is_posted(server: Server) -> None:
    """The form holds what the address would."""
    await ask(server, query_of("x" * 3000, WEB, "x", AT))
    method, path, headers, body = server.asked[0]
    assert (method, path) == ("POST", "/api/v1/query")
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert parse_qs(body)["query"] == ["x" * 3000]


@pytest.mark.parametrize(
    ("options", "name", "value"),
    [
        ({"token": SecretStr("canary")}, "Authorization", "Bearer canary"),
        ({"username": "u", "password": SecretStr("p")}, "Authorization",
         f"Basic {base64.b64encode(b'u:p').decode()}"),
        ({"headers": {"X-Scope-OrgID": SecretStr("team-a")}}, "X-Scope-OrgID", "team-a"),
    ],
)  # fmt: skip
async def test_who_we_are(server: Server, options: dict[str, Any], name: str, value: str) -> None:
    """Bearer token, basic authentication and further headers are sent, and stand in no observation."""
    seen = await ask(server, **options)
    assert server.asked[0][2][name] == value
    assert "canary" not in repr(seen)


PAGE = b"<!doctype html><html><body>Please log in</body></html>"
CASES: list[tuple[str, Callable[[Bad], None], FailureKind, str]] = [
    ("a page", lambda h: h.say(200, PAGE, "text/html"), FailureKind.BAD_ANSWER, "a web page instead"),
    ("nothing", lambda h: h.say(200, b""), FailureKind.BAD_ANSWER, "answers with nothing"),
    ("other JSON", lambda h: h.say(200, {"a": 1}), FailureKind.BAD_ANSWER, "something else"),
    ("a list", lambda h: h.say(200, [1]), FailureKind.BAD_ANSWER, "something else"),
    ("cut JSON", lambda h: h.say(200, b'{"status": "succ'), FailureKind.BAD_ANSWER, "something else"),
    ("deep JSON", lambda h: h.say(200, b"[" * 200_000), FailureKind.BAD_ANSWER, "something else"),
    ("no data", lambda h: h.say(200, {"status": "success"}), FailureKind.BAD_ANSWER, "no series of samples"),
    ("a string", lambda h: h.say(200, {"status": "success", "data": {"resultType": "string", "result": [1, "a"]}}),
     FailureKind.BAD_ANSWER, "no series of samples"),
    ("odd samples", lambda h: h.say(200, {"status": "success", "data": {"resultType": "vector", "result": [
        {"metric": {}, "value": [1]}]}}), FailureKind.BAD_ANSWER, "no pair of time and value"),
    ("compressed", lambda h: h.say(200, gzip.compress(json.dumps(GOOD).encode()), Content_Encoding="gzip"),
     FailureKind.BAD_ANSWER, "compresses answers"),
    ("a redirect", lambda h: h.say(302, b"", Location="https://sso.example.com/login?state=canary"),
     FailureKind.BAD_ANSWER, "redirects to https://sso.example.com/login, which"),
    ("bad data", lambda h: h.say(400, error("bad_data", "1:3: parse error: unexpected end")),
     FailureKind.UNSUPPORTED, "parse error: unexpected end"),
    ("not executed", lambda h: h.say(422, error("execution", "many-to-many matching not allowed")),
     FailureKind.UNSUPPORTED, "many-to-many"),
    ("too many samples", lambda h: h.say(422, error("execution", "query processing would load too many samples "
     "into memory")), FailureKind.TOO_LARGE, "too many samples"),
    ("timed out", lambda h: h.say(503, error("timeout", "query timed out in expression evaluation")),
     FailureKind.TIMEOUT, "timed out"),
    ("internal", lambda h: h.say(500, error("internal", "boom password=canary")), FailureKind.UNAVAILABLE, "boom"),
    ("refused", lambda h: h.say(401, b"no"), FailureKind.FORBIDDEN, "HTTP 401"),
    ("forbidden", lambda h: h.say(403, error("forbidden", "no tenant")), FailureKind.FORBIDDEN, "no tenant"),
    ("elsewhere", lambda h: h.say(404, b"404 page not found", "text/plain"), FailureKind.UNSUPPORTED, "path prefix"),
    ("limited", lambda h: h.say(429, b"slow down"), FailureKind.THROTTLED, "HTTP 429"),
    ("down", lambda h: h.say(503, PAGE, "text/html"), FailureKind.UNAVAILABLE, "HTTP 503"),
    ("large", lambda h: h.say(200, b" " * (LARGEST + 1)), FailureKind.TOO_LARGE, "more than 4096 KiB"),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "kind", "words"), [case[1:] for case in CASES], ids=[c[0] for c in CASES])
async def test_what_is_no_answer(
    server: Server, answer: Callable[[Bad], None], kind: FailureKind, words: str
) -> None:
    """Each is a failure of its kind, in one sentence and without a secret; the read and its question are kept."""
    server.answer = answer
    seen = await ask(server)
    assert seen.failure is not None and not seen.absent
    assert (seen.failure.kind, seen.objects) == (kind, ())
    assert words in seen.failure.message and "canary" not in seen.failure.message
    assert seen.arguments["query"] == "up"


async def test_an_endless_answer(server: Server) -> None:
    """A body that never ends is left at the bound, long before the time is up."""

    def flood(handler: Bad) -> None:
        handler.send_response(200)
        handler.end_headers()
        while True:
            handler.wfile.write(b"x" * 65_536)

    server.answer = flood
    began = time.monotonic()
    seen = await ask(server, timeout=120.0)
    assert seen.failure is not None and seen.failure.kind is FailureKind.TOO_LARGE
    assert time.monotonic() - began < 60


@pytest.mark.parametrize("when", ["at once", "between bytes"])
async def test_no_answer_in_time(server: Server, when: str) -> None:
    """A server that hangs, or that sends a byte now and then, costs no more than the connection's timeout."""

    ended = threading.Event()

    def hang(handler: Bad) -> None:
        if when == "between bytes":
            handler.send_response(200)
            handler.end_headers()
            with suppress(OSError):
                while not ended.wait(0.05):
                    handler.wfile.write(b" ")
                    handler.wfile.flush()
        ended.wait(120)

    server.answer = hang
    began = time.monotonic()
    seen = await ask(server, timeout=0.4)
    assert seen.failure is not None and seen.failure.kind is FailureKind.TIMEOUT
    assert seen.failure.message == "no answer within 0.4 seconds"
    assert time.monotonic() - began < 60
    ended.set()


@pytest.mark.parametrize("status", [502, 429])
async def test_what_passes_is_tried_once_more(server: Server, status: int) -> None:
    """A gateway's 502 or a limit may pass in a moment."""
    server.answer = lambda handler: handler.say(*((status, b"") if len(server.asked) == 1 else (200, GOOD)))
    assert (await ask(server)).failure is None
    assert len(server.asked) == 2


async def test_what_does_not_pass_is_not_tried_again(server: Server) -> None:
    """A wrong query stays wrong."""
    server.answer = lambda handler: handler.say(400, error("bad_data", "parse error"))
    await ask(server)
    assert len(server.asked) == 1


async def test_nobody_listens() -> None:
    """An address where nothing answers is said."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        source = Prometheus(PrometheusConnection(name="shop", url=url, timeout=2))
        seen = await source.read(UP)
        await source.close()
    assert seen.failure is not None and seen.failure.kind is FailureKind.UNAVAILABLE
    assert "cannot be reached" in seen.failure.message


@pytest.mark.parametrize(
    ("more", "cut"),
    [
        (
            {"warnings": ["one of 3 stores did not answer"]},
            "Prometheus warns: one of 3 stores did not answer",
        ),
        ({"isPartial": True}, "the answer is partial: not all storage nodes answered"),
        ({"infos": ["metric might not be a counter"]}, ""),
    ],
)
async def test_a_partial_answer_says_so(server: Server, more: dict[str, Any], cut: str) -> None:
    """What came is used, and what may be missing is said; a remark on the query takes nothing away."""
    server.answer = lambda handler: handler.say(200, {**GOOD, **more})
    seen = await ask(server)
    assert (len(seen.objects), seen.cut) == (1, cut)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A folder with a key of ours (`key`) and a certificate that it signed for itself (`crt`)."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not on PATH")
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    made += ["-keyout", "key", "-out", "crt", "-days", "1", "-subj", "/CN=localhost"]
    made += ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(made, cwd=tmp_path, check=True, capture_output=True)
    return tmp_path


async def test_a_certificate_of_our_own(server: Server, certificate: Path) -> None:
    """TLS is checked against the system's certificates or those of `ca_file`; a stranger's is not trusted."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "crt", certificate / "key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    url = server.url.replace("http://", "https://")
    assert (await ask(server, url=url, ca_file=str(certificate / "crt"))).failure is None
    stranger = await ask(server, url=url)
    assert stranger.failure is not None and "certificate is not trusted" in stranger.failure.message


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_file_of_certificates_that_cannot_be_used(tmp_path: Path, content: str | None) -> None:
    """It is said before anything is asked, with the setting's name."""
    if content is not None:
        (tmp_path / "ca.pem").write_text(content, encoding="utf-8")
    with pytest.raises(
        BadSettings, match=r"^clusters\.shop\.prometheus\.ca_file: .*ca\.pem cannot be used: "
    ):
        Prometheus(PrometheusConnection(name="shop", url="https://h", ca_file=str(tmp_path / "ca.pem")))


@pytest.mark.parametrize(
    "wrong",
    [{"url": "ftp://h"}, {"url": "prometheus:9090"}, {"url": "http://u:p@h"}, {"url": "http://h?x=1"},
     {"url": "http://h", "token": "t", "username": "u"}],
)  # fmt: skip
def test_connections_that_make_no_sense(wrong: dict[str, str]) -> None:
    """Refused when they are made: credentials in an address would be shown, two kinds of them contradict."""
    with pytest.raises(ValidationError):
        PrometheusConnection.model_validate({"name": "shop", **wrong})


def test_where_shows_nothing_secret() -> None:
    """The address in reports and in the doctor's words is host and path."""
    made = PrometheusConnection(name="shop", url="https://host:9090/prom/", token=SecretStr("canary"))
    assert made.where == "https://host:9090/prom"
    assert "canary" not in f"{made!r} {made}"
