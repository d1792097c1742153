"""Who may come in, what strangers learn, and that tokens are seen nowhere."""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from kubetriage.bootstrap.server_settings import Credential
from kubetriage.domain.errors import BadSettings
from kubetriage.server.auth import Gate, require_loopback
from kubetriage.server.examples import BARE

INTAKE_TOKEN = "intake-4f8c1d92a7e6b350"
API_TOKEN = "api-9b1e7c40d2f85a63"
BASIC = base64.b64encode(f"anyone:{INTAKE_TOKEN}".encode()).decode()
ALERTS = "/api/v1/alerts"


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (ALERTS, {"Authorization": f"Bearer {INTAKE_TOKEN}"}),
        (ALERTS, {"Authorization": f"bearer  {INTAKE_TOKEN}"}),
        (ALERTS, {"Authorization": f"Basic {BASIC}"}),
        (f"{ALERTS}?token={INTAKE_TOKEN}", {}),
        (f"{ALERTS}/text?a=b&%74oken={INTAKE_TOKEN}", {}),
        (f"{ALERTS}/t/{INTAKE_TOKEN}", {}),
        (f"{ALERTS}/alertmanager/t/{INTAKE_TOKEN}", {}),
        (f"{ALERTS}/alertmanager/t/{INTAKE_TOKEN}/", {}),
        (f"/api/v2/alerts?token={INTAKE_TOKEN}", {}),
    ],
)
def test_a_token_may_be_shown_in_every_way_a_sender_has(
    served: Any, path: str, headers: dict[str, str]
) -> None:
    """Bearer, basic, the path and the query let an alert in."""
    answer = served.client_of(None).post(path, json=[BARE], headers=headers)
    assert answer.status_code in (200, 202), answer.text


PATHS = [
    "/", "/nothing", "/metrics", "/api/v1/alerts", "/api/v1/alerts/nobody", "/api/v2/alerts", "/api/v1/incidents",
    "/api/v1/incidents/INC-00000000000000", "/api/v1/openapi.json", "/docs", "/api/v1/triage", "/healthz/", "/readyz/x",
    "/%2e%2e/healthz", "//healthz", "/api/v1/alerts/t/wrong", "/api/v1/alerts?token=wrong",
    "/api/v1/clusters?token=" + API_TOKEN[:-1], "/HEALTHZ", "/healthz%00", "/api/v1/incidents/" + "x" * 3000,
]  # fmt: skip


def bare(answer: Any) -> tuple[Any, ...]:
    """All of an answer but the request's id and the date."""
    headers = {k: v for k, v in answer.headers.items() if k not in ("x-request-id", "date")}
    return answer.status_code, headers, answer.content


def test_without_a_token_every_path_answers_the_same(served: Any) -> None:
    """A stranger gets one and the same 401, whether a path exists or not, with any method and body."""
    stranger = served.client_of(None)
    usual = bare(stranger.get("/nothing"))
    assert usual[0] == 401
    for path in PATHS:
        for method in ("GET", "DELETE", "OPTIONS"):
            assert bare(stranger.request(method, path)) == usual, (method, path)
        assert bare(stranger.post(path, content=b"{" * 5000)) == usual, path


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer", "Bearer wrong", f"Bearer {INTAKE_TOKEN}x", f"Bearer {INTAKE_TOKEN[:-1]}", "Basic", "Basic !!",
        f"Basic {base64.b64encode(INTAKE_TOKEN.encode()).decode()}", "Basic " + base64.b64encode(b"\xff:\xff").decode(),
        INTAKE_TOKEN, f"Token {INTAKE_TOKEN}", "Bearer " + "x" * 5000, "Bearer \xe9\xff", "Basic \xe9\xff", "\xe9 \xff",
    ],
)  # fmt: skip
def test_a_wrong_token_is_a_strangers(served: Any, authorization: str) -> None:
    """Anything but the token as a whole, in a known scheme, is answered like no token at all."""
    stranger = served.client_of(None)
    headers = [(b"Authorization", authorization.encode("latin-1"))]
    assert bare(stranger.post(ALERTS, json=BARE, headers=headers)) == bare(stranger.get("/"))


def test_a_wrong_header_is_not_mended_by_the_address(served: Any) -> None:
    """A header that is there counts, and of two none does."""
    stranger = served.client_of(None)
    wrong = stranger.post(f"{ALERTS}?token={INTAKE_TOKEN}", headers={"Authorization": "Bearer no"}, json=BARE)
    twice = stranger.post(ALERTS, headers=[("Authorization", f"Bearer {INTAKE_TOKEN}")] * 2, json=BARE)
    assert (wrong.status_code, twice.status_code) == (401, 401)


def test_scopes_keep_senders_from_reading(served: Any) -> None:
    """A token for alerts posts alerts and gets the same 403 for everything else, there or not."""
    sender = served.client_of(INTAKE_TOKEN)
    assert sender.post(ALERTS, json=BARE).status_code == 202
    reading = ("/metrics", "/nothing", "/api/v1/incidents", "/api/v1/clusters")
    refused = [bare(sender.get(path)) for path in reading]
    assert {each[0] for each in refused} == {403}
    assert all(each == refused[0] for each in refused)


BOUND = {
    "grafana": Credential(SecretStr("of-grafana"), ("intake",), ("grafana",)),
    "rules": Credential(SecretStr("of-rules"), ("intake",), ("prometheus", "vmalert")),
    "scraper": Credential(SecretStr("of-scraper"), ("metrics",)),
    "any": Credential(SecretStr("of-any"), ("intake",)),
}


@pytest.fixture(scope="module")
def bound(serve_in: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A server with tokens of certain senders, and one of who scrapes metrics."""
    with serve_in(tmp_path_factory.mktemp("bound"), tokens=BOUND) as server:
        yield server


@pytest.mark.parametrize(
    ("token", "path", "status"),
    [
        ("of-grafana", "/api/v1/alerts/grafana", 202), ("of-grafana", "/api/v1/alerts/grafana/", 202),
        ("of-grafana", "/api/v1/alerts/alertmanager", 403), ("of-grafana", "/api/v1/alerts", 403), ("of-grafana", "/api/v2/alerts", 403),
        ("of-grafana", "/api/v1/alerts/grafana%2f..%2falertmanager", 403), ("of-grafana", "/api/v1/alerts/Grafana", 403),
        ("of-grafana", "/api/v1/alerts/nobody", 403), ("of-grafana", "/api/v1/alerts/", 403),
        ("of-rules", "/api/v2/alerts", 200), ("of-rules", "/api/v1/alerts/vmalert", 202), ("of-rules", "/api/v1/alerts/grafana", 403),
        ("of-any", "/api/v1/alerts", 202), ("of-any", "/api/v1/alerts/grafana", 202), ("of-any", "/api/v2/alerts", 200),
        ("of-scraper", "/api/v1/alerts", 403), ("of-scraper", "/api/v1/alerts/grafana", 403),
    ],
)  # fmt: skip
def test_a_token_of_one_sender_posts_as_no_other(bound: Any, token: str, path: str, status: int) -> None:
    """A token with `sources` opens their paths alone, however it is shown; to the rest it gets one same 403."""
    stranger = bound.client_of(None)
    headers = {"Authorization": f"Bearer {token}"}
    by_header = stranger.post(path, json=[BARE], headers=headers)
    by_query = stranger.post(f"{path}?token={token}", json=[BARE])
    assert (by_header.status_code, by_query.status_code) == (status, status)
    if path.startswith(ALERTS) and "%2f" not in path:
        in_path = f"{path.rstrip('/')}/t/{token}"
        assert stranger.post(in_path, json=[BARE]).status_code == status
    if status == 403:
        assert bare(by_header) == bare(stranger.get("/api/v1/incidents", headers=headers))


def test_a_token_for_metrics_reads_nothing_else(bound: Any) -> None:
    """Least privilege for a scraper: `/metrics`, and the same 403 for everything else, there or not."""
    scraper = bound.client_of("of-scraper")
    assert scraper.get("/metrics").status_code == 200
    refused = [
        bare(scraper.get(path))
        for path in (
            "/api/v1/incidents",
            "/api/v1/clusters",
            "/metrics/x",
            "/nothing",
            "/api/v1/openapi.json",
        )
    ]
    assert refused[0][0] == 403
    assert all(each == refused[0] for each in refused)
    assert bound.client_of(None).get("/metrics?token=of-scraper").status_code == 403
    assert bound.client_of("of-grafana").get("/metrics").status_code == 403


def test_a_token_in_an_address_posts_alerts_and_no_more(served: Any) -> None:
    """Addresses are logged by proxies: a token for everything, shown there, reads nothing."""
    stranger = served.client_of(None)
    assert stranger.post(f"{ALERTS}?token={API_TOKEN}", json=BARE).status_code == 202
    assert stranger.get(f"/api/v1/incidents?token={API_TOKEN}").status_code == 403


def test_health_needs_no_token_and_tells_nothing(served: Any) -> None:
    """`/healthz` and `/readyz` answer anybody, with yes or no."""
    stranger = served.client_of(None)
    assert stranger.get("/healthz").json() == {"status": "ok"}
    assert stranger.get("/readyz").json() == {"status": "ok", "database": "ok"}


def test_tokens_are_logged_nowhere(served: Any) -> None:
    """However a token is shown, and wherever it stands by mistake, no log line holds it."""
    stranger = served.client_of(None)
    for token in (INTAKE_TOKEN, API_TOKEN, "wrong-token-of-somebody"):
        for path in (
            f"{ALERTS}/alertmanager/t/{token}", f"{ALERTS}?token={token}", f"{ALERTS}/{token}", f"/{token}", f"/{token}?x={token}",
            f"{ALERTS}/t/{token}/more", f"/api/v1/runs/{token}/report", f"/api/v1/incidents/{token}", f"{ALERTS}/grafana/t/{token}?token={token}",
        ):  # fmt: skip
            stranger.post(path, json=BARE)
            stranger.get(
                path, headers={"Authorization": f"Bearer {token}", "X-Request-ID": f"{token} {token}"}
            )
    logged = served.logged.getvalue()
    assert "/api/v1/alerts/{source}" in logged
    for token in (INTAKE_TOKEN, API_TOKEN, "wrong-token-of-somebody", BASIC):
        assert token not in logged


class Traces:
    """A provider of traces, as an operator's OpenTelemetry set-up leaves one; it keeps what it is told."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def get_tracer(self, name: str, *_: Any, **__: Any) -> Any:
        self.asked.append(name)
        raise AssertionError("spans would hold the address with its token")


def test_tokens_are_traced_nowhere(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The web framework's own traces, which begin before a token is taken out of the address, are off."""
    trace = pytest.importorskip("opentelemetry.trace")
    traces = Traces()
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: traces)
    with serve() as server:
        answer = server.client_of(None).post(f"{ALERTS}/text/t/{INTAKE_TOKEN}", json=BARE)
    assert (answer.status_code, traces.asked) == (202, [])


@pytest.mark.parametrize("given", ["a\r\nX-Evil: 1", "a b", "x" * 65, "../../etc", "\u00e9"])
def test_a_request_id_cannot_carry_headers_or_lines(served: Any, given: str) -> None:
    """A given request id is used if it is plain, and replaced if it is not: nothing gets into headers or logs."""
    headers = [(b"X-Request-ID", given.replace("\r\n", "\\r\\n").encode("utf-8"))]
    answer = served.client.get("/healthz", headers=headers)
    assert answer.headers["x-request-id"] != given
    assert len(answer.headers["x-request-id"]) == 32
    assert served.client.get("/healthz", headers={"X-Request-ID": "abc-1"}).headers["x-request-id"] == "abc-1"


def test_logs_are_one_object_a_line(served: Any, make_alert: Callable[..., Any]) -> None:
    """Line breaks and terminal codes in what was sent end in no log line of their own."""
    served.client.post(ALERTS, json=make_alert(evil='x"}\n{"level": "error", "message": "forged"}\x1b[31m'))
    served.client.get("/api/v1/incidents", params={"q": 'a\n{"level":"error"}'})
    served.client.get('/x%0a{"level":"error","message":"forged"}')
    assert all(line["level"] in ("debug", "info", "warning") for line in served.lines())
    assert "forged" not in [line["message"] for line in served.lines()]


def test_a_log_line_names_the_incident(served: Any, make_alert: Callable[..., Any]) -> None:
    """What is logged of one incident's alert carries its id and the post's number, and the request's id."""
    answer = served.client.post(ALERTS, json=make_alert())
    lines = [line for line in served.lines() if line.get("request") == answer.headers["x-request-id"]]
    assert {line["logger"] for line in lines} == {"kubetriage.server.access"}
    assert lines[0]["incident"] == answer.json()["incidents"][0]
    assert lines[0]["post"] == str(answer.json()["post"])
    assert lines[-1]["token"] == "people"


def raw(served: Any, request: bytes) -> bytes:
    """The first line of the answer to bytes that no client would send."""
    host, port = served.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(request)
        return connection.recv(4096).split(b"\r\n")[0]


@pytest.mark.parametrize(
    "target",
    ["/healthz/../api/v1/incidents", "/healthz/..%2fapi/v1/incidents", "/healthz;/api/v1/incidents", "/healthz%2f..%2fmetrics",
     "/./metrics", "//metrics", "/metrics%00", "/healthz%0d%0aX:1/../../metrics"],
)  # fmt: skip
def test_no_spelling_of_a_path_gets_past_the_gate(served: Any, target: str) -> None:
    """The gate and the routes read the same path: nothing that looks like an open one opens another."""
    assert b" 401 " in raw(served, f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())


@pytest.mark.parametrize("path", ["/healthz", "/metrics", ALERTS])
def test_a_body_with_two_ends_is_refused(served: Any, path: str) -> None:
    """A length and chunks together are how requests are smuggled past a proxy: 400, and the connection ends."""
    inner = f"GET /metrics HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {API_TOKEN}\r\n\r\n"
    told = f"0\r\n\r\n{inner}"
    request = (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {API_TOKEN}\r\n"
        f"Content-Length: {len(told)}\r\nTransfer-Encoding: chunked\r\n\r\n{told}"
    )
    answer = whole(served, request.encode())
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"kubetriage_" not in answer


def whole(served: Any, request: bytes) -> bytes:
    """All that comes until the other side ends the connection."""
    host, port = served.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(request)
        found = b""
        while part := connection.recv(65536):
            found += part
        return found


def test_paths_with_dots_lead_nowhere(served: Any) -> None:
    """With a token, encoded slashes, dots and zero bytes in ids are refused and read no file."""
    for evil in ("..%2f..%2fetc%2fpasswd", "INC-1%00", "%2e%2e", "INC-1'--", "a" * 5000):
        for path in (f"/api/v1/incidents/{evil}", f"/api/v1/runs/{evil}/report", f"/api/v1/messages/{evil}"):
            assert served.client.get(path).status_code in (404, 422), path


@pytest.mark.parametrize(
    "headers",
    [{"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
     {"Host": "127.0.0.1.evil.example:80"}, {"Host": "localhost@evil.example"}, {"X-Forwarded-For": "203.0.113.9"}],
)  # fmt: skip
def test_without_tokens_no_web_page_gets_in(serve: Any, headers: dict[str, str]) -> None:
    """Without tokens programs of this machine may do everything, and what a browser loaded from afar nothing."""
    with serve(tokens={}) as server:
        local = server.client_of(None)
        assert local.post(ALERTS, json=BARE).status_code == 202
        assert local.get("/api/v1/incidents").status_code == 200
        assert local.post(ALERTS, content=json.dumps(BARE), headers=headers).status_code == 401


def test_no_other_site_acts_with_a_password_that_a_browser_remembers(served: Any) -> None:
    """What a foreign page has a browser send changes nothing; following a link from there reads."""
    basic = base64.b64encode(f"me:{API_TOKEN}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}", "Sec-Fetch-Site": "cross-site"}
    stranger = served.client_of(None)
    assert stranger.post(ALERTS, json=BARE, headers=headers).status_code == 401
    assert stranger.get("/api/v1/incidents", headers=headers).status_code == 200
    headers["Sec-Fetch-Site"] = "same-origin"
    assert stranger.post(ALERTS, json=BARE, headers=headers).status_code == 202


def test_without_tokens_only_loopback_is_listened_on() -> None:
    """An address that others can reach needs tokens; the error says so."""
    none, some = Gate({}), Gate({"a": (SecretStr("t"), ("intake",))})
    for host in ("127.0.0.1", "::1", "localhost", "127.8.9.1"):
        require_loopback(host, none)
    for host in ("0.0.0.0", "::", "10.0.0.1", "example.org", ""):
        require_loopback(host, some)
        with pytest.raises(BadSettings, match=r"without server\.tokens"):
            require_loopback(host, none)


def test_tokens_are_told_apart() -> None:
    """Each token has its own name and scopes; spaces and line ends around a configured one do not count."""
    gate = Gate({"a": (SecretStr("one\n"), ("intake",)), "b": (SecretStr("二"), ("api",))})
    assert gate.closed
    assert [(c.name, c.may("api")) for c in (gate.caller("one"), gate.caller("二")) if c] == [
        ("a", False),
        ("b", True),
    ]
    assert [gate.caller(wrong) for wrong in ("", "on", "one ", "\ud800", "x" * 10_000)] == [None] * 5
