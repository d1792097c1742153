"""Taking alerts: every format, every encoding, bounded, and on disk before the answer."""

from __future__ import annotations

import gzip
import json
import socket
import time
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from kubetriage.adapters.alerts.decode import MAX_BYTES
from kubetriage.domain.intake.errors import StoreUnavailable
from kubetriage.server.examples import ALERTMANAGER, BARE, PROMETHEUS, TEXT
from kubetriage.server.posted import Source

TENCENT = {
    "sessionId": "x",
    "alarmStatus": "1",
    "alarmType": "metric",
    "alarmObjInfo": {"region": "gz", "namespace": "qce/tke", "dimensions": {"pod_name": "web-0"}},
    "alarmPolicyInfo": {
        "policyName": "pods",
        "conditions": {"metricName": "restarts", "metricShowName": "Restarts"},
    },
    "firstOccurTime": "2025-03-04 10:00:00",
    "recoverTime": "0",
}
GRAFANA = {
    "receiver": "triage",
    "status": "firing",
    "orgId": 1,
    "state": "alerting",
    "title": "[FIRING:1]",
    "alerts": [{"status": "firing", **BARE, "startsAt": "2025-03-04T18:00:00+08:00", "values": None}],
}
FORMATS: dict[str, Any] = {
    "alertmanager": ALERTMANAGER,
    "grafana": GRAFANA,
    "prometheus": PROMETHEUS,
    "tencent": TENCENT,
    "bare": BARE,
    "n8n": [{"headers": {}, "params": {}, "query": {}, "body": ALERTMANAGER}],
}


def stored(served: Any, incident: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = served.client.get(f"/api/v1/incidents/{incident}/alerts").json()["items"]
    return found


@pytest.mark.parametrize("name", FORMATS)
def test_one_address_takes_every_format(served: Any, name: str) -> None:
    """`/api/v1/alerts` recognises a format by its shape; the answer is 202 with the incidents."""
    answer = served.client.post("/api/v1/alerts", json=FORMATS[name])
    assert answer.status_code == 202, answer.text
    assert answer.json()["alerts"] == 1
    (incident,) = answer.json()["incidents"]
    assert stored(served, incident)


@pytest.mark.parametrize("source", list(Source))
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_each_source_has_a_path_of_its_own(served: Any, source: Source, method: str) -> None:
    """`/api/v1/alerts/{source}` takes alerts, posted or put, whatever their shape."""
    answer = served.client.request(method, f"/api/v1/alerts/{source.value}", json=ALERTMANAGER)
    assert answer.status_code == 202
    assert answer.json()["alerts"] == 1


def test_prometheus_sends_to_alertmanagers_own_address(served: Any, make_alert: Callable[..., Any]) -> None:
    """`/api/v2/alerts` takes Prometheus' list and answers 200 without a body, as an Alertmanager does."""
    given = {**make_alert(cluster="v2"), "startsAt": "2025-03-04T10:00:00Z"}
    answer = served.client.post("/api/v2/alerts", json=[given])
    assert (answer.status_code, answer.content) == (200, b"")
    (incident,) = served.client.get("/api/v1/incidents", params={"cluster": "v2"}).json()["items"]
    assert stored(served, incident["id"])[0]["labels"] == given["labels"]


@pytest.mark.parametrize(
    "body",
    [
        TEXT.encode(),
        b'{"broken": "json", ',
        b'{"foo": "bar"}',
        b'{"apiVersion": "v1", "kind": "Pod"}',
        "告警：Pod shop/web-0 反复重启".encode(),
        "告警".encode("gb18030"),
        b"\xff\xfe\x00\x80garbage",
        b"0",
        b'"\\ud800 half a pair"',
        b'[1, "two", {"three": 3}]',
    ],
    ids=str,
)
def test_what_cannot_be_parsed_is_kept_as_text(served: Any, body: bytes) -> None:
    """Broken JSON, unknown JSON, text and bytes in any encoding are accepted as text alerts, never refused."""
    answer = served.client.post("/api/v1/alerts", content=body)
    assert answer.status_code == 202, answer.text
    assert answer.json()["alerts"] >= 1
    rows = [row for each in answer.json()["incidents"] for row in stored(served, each)]
    assert "text" in {row["source"] for row in rows}


def test_one_wrong_alert_does_not_take_the_others_with_it(
    served: Any, make_alert: Callable[..., Any]
) -> None:
    """Of a group with one alert that is none, the others are read and that one is kept as text."""
    group = {**ALERTMANAGER, "alerts": [make_alert(), {"labels": "none at all"}, make_alert()]}
    answer = served.client.post("/api/v1/alerts", json=group)
    kept = [row for each in answer.json()["incidents"] for row in stored(served, each)]
    assert sorted(row["source"] for row in kept) == ["alertmanager", "alertmanager", "text"]


def test_alerts_in_a_wrong_envelope_are_read(served: Any, make_alert: Callable[..., Any]) -> None:
    """Of a group whose own fields are wrong, the alerts are read all the same."""
    given = make_alert()
    answer = served.client.post("/api/v1/alerts", json={"groupLabels": 7, "alerts": [given]})
    (row,) = stored(served, answer.json()["incidents"][0])
    assert row["labels"] == given["labels"]


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "nonsense", "application/json; charset=gbk"],
)
def test_the_content_type_does_not_matter(served: Any, content_type: str) -> None:
    """Senders give wrong content types; the body's shape alone counts."""
    body = json.dumps(ALERTMANAGER).encode()
    answer = served.client.post("/api/v1/alerts", content=body, headers={"Content-Type": content_type})
    assert answer.status_code == 202
    assert stored(served, answer.json()["incidents"][0])[0]["source"] == "alertmanager"


def bare(name: str) -> bytes:
    return json.dumps({"labels": {"alertname": name}}).encode()


def packed(body: bytes) -> bytes:
    return gzip.compress(body)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (packed(bare("A")), {"Content-Encoding": "gzip"}),
        (packed(bare("B")), {}),
        (bare("C"), {"Content-Encoding": "gzip"}),
        (packed(b'{"labels": {"alertname":') + packed(b'"Two"}}'), {}),
        (packed(packed(bare("D"))), {"Content-Encoding": "gzip"}),
        (b"\xef\xbb\xbf" + bare("E"), {}),
    ],
    ids=["gzip", "gzip unsaid", "gzip untrue", "two members", "twice", "BOM"],
)
def test_gzip_is_told_by_the_body(served: Any, body: bytes, headers: dict[str, str]) -> None:
    """gzip is opened whether or not a header says it; a header that is not true does no harm."""
    answer = served.client.post("/api/v1/alerts", content=body, headers=headers)
    assert answer.status_code == 202, answer.text
    assert stored(served, answer.json()["incidents"][0])[0]["source"] == "bare"


def test_a_chunked_body_is_taken(served: Any) -> None:
    """A body without a length, sent in parts, is read to its end."""
    body = json.dumps(ALERTMANAGER).encode()
    answer = served.client.post("/api/v1/alerts", content=iter([body[:10], body[10:200], body[200:]]))
    assert answer.status_code == 202
    assert answer.json()["alerts"] == 1


def bomb(size: int) -> bytes:
    """gzip of that many spaces."""
    packer = zlib.compressobj(9, wbits=31)
    part = packer.compress(b" " * 1048576)
    out = [part] + [packer.compress(b" " * 1048576) for _ in range(size // 1048576)]
    return b"".join([*out, packer.flush()])


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        (b"", 400, "The body is empty."),
        (b"  \n\t ", 400, "The alert is empty."),
        (b"[]", 400, "The body holds no alerts."),
        (b'{"alerts": []}', 400, "The body holds no alerts."),
        (b"[" + b" " * 20_000 + b"]", 400, "The body holds no alerts."),
        (json.dumps({"alerts": [], "pad": "x" * 20_000}).encode(), 400, "The body holds no alerts."),
        (b"\x1f\x8b\x08broken", 400, "The body is packed with gzip, but damaged."),
        (gzip.compress(b"x" * 5000)[:-20], 400, "The end of the gzip body is missing."),
        (gzip.compress(b"") * 500_000, 400, "The body has more than 10000 gzip members."),
        (
            gzip.compress(gzip.compress(gzip.compress(b"x"))),
            400,
            "The body is packed with gzip more than twice.",
        ),
        (bomb(200 * 1048576), 413, "The unpacked body is larger than 16 MB."),
        (b"x" * (MAX_BYTES + 1), 413, "The body is larger than 16 MB."),
    ],
    ids=[
        "empty",
        "blank",
        "no list",
        "no group",
        "wide list",
        "wide group",
        "broken gzip",
        "cut gzip",
        "many gzips",
        "gzip thrice",
        "bomb",
        "large",
    ],
)
def test_what_no_retry_can_mend_is_refused(served: Any, body: bytes, status: int, detail: str) -> None:
    """Empty, broken and too large bodies get 4xx and one sentence as a problem."""
    answer = served.client.post("/api/v1/alerts", content=body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == detail


@pytest.mark.parametrize("end", ["", "}", "]]"], ids=["cut", "closed", "too much"])
def test_a_group_that_is_broken_is_kept_as_text(
    served: Any, make_alert: Callable[..., Any], end: str
) -> None:
    """However large: what a sender's template spoils, or a proxy cuts off, is an alert all the same."""
    whole = json.dumps({**ALERTMANAGER, "alerts": [make_alert() for _ in range(60)]})
    answer = served.client.post("/api/v1/alerts", content=whole.replace('"status"', "status", 5)[:-2] + end)
    assert (answer.status_code, answer.json()["state"], answer.json()["alerts"]) == (202, "sorted", 1)


@pytest.mark.parametrize(
    "body", [b"[" * 5_000 + b"]" * 5_000, b'{"a":' * 150 + b"1" + b"}" * 150, b"[" * 100_000]
)
def test_what_is_nested_too_deeply_is_kept_as_text(served: Any, body: bytes) -> None:
    """It cannot be walked, and is an alert all the same: no retry would send it otherwise."""
    answer = served.client.post("/api/v1/alerts", content=body)
    assert (answer.status_code, answer.json()["state"], answer.json()["alerts"]) == (202, "sorted", 1)


def test_a_chunked_body_is_bounded(served: Any) -> None:
    """A body that never says its length is cut off at the limit, not read to its end."""
    answer = served.client.post("/api/v1/alerts", content=(b"x" * 1048576 for _ in range(20)))
    assert (answer.status_code, answer.json()["detail"]) == (413, "The body is larger than 16 MB.")
    assert served.client.post("/api/v1/alerts", json=BARE).status_code == 202


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "gzip, gzip"])
def test_an_encoding_that_is_not_understood_is_said(served: Any, encoding: str) -> None:
    """Only gzip is unpacked: another encoding is refused with 415 rather than kept as rubbish."""
    answer = served.client.post(
        "/api/v1/alerts", content=b"\x0b\x02\x80{}\x03", headers={"Content-Encoding": encoding}
    )
    assert answer.status_code == 415


@pytest.mark.parametrize("encoding", ["utf-8", "UTF8", "gbk", "identity"])
def test_a_charset_named_as_encoding_loses_no_alert(served: Any, encoding: str) -> None:
    """A script that writes `Content-Encoding: utf-8` means a charset: its body is plain."""
    answer = served.client.post("/api/v1/alerts", json=BARE, headers={"Content-Encoding": encoding})
    assert answer.status_code == 202


@pytest.mark.parametrize("path", ["/api/v1/alerts", "/api/v1/alerts/text", "/api/v1/alerts/aliyun"])
def test_chinese_in_gbk_is_read(served: Any, path: str) -> None:
    """Older senders write GBK: what people read of the alert is Chinese, not bytes."""
    text = "【告警】主机 node-3 磁盘使用率 95%，请尽快处理"
    given = text if path.endswith("text") else json.dumps({"labels": {"alertname": text}}, ensure_ascii=False)
    answer = served.client.post(path, content=given.encode("gbk"))
    (row,) = stored(served, answer.json()["incidents"][0])
    assert row["name"] == text


def test_a_body_that_does_not_come_is_not_waited_for(serve: Any) -> None:
    """A sender that stops in the middle of its body is answered with 408 when its time is over."""
    from kubetriage.server.parts import HttpSettings

    with serve(settings=HttpSettings(body_seconds=0.5)) as served:
        check_stops_in_the_middle(served)


def check_stops_in_the_middle(served: Any) -> None:
    host, port = served.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        token = served.client.headers["Authorization"]
        head = f"POST /api/v1/alerts HTTP/1.1\r\nHost: {host}\r\nAuthorization: {token}\r\nContent-Length: 100\r\n\r\n"
        connection.sendall(head.encode() + b"{")
        assert b" 408 " in connection.recv(4096).splitlines()[0]


def test_an_unknown_source_is_not_there(served: Any) -> None:
    """A path of a sender that is not known is refused as a whole, before anything is read."""
    assert served.client.post("/api/v1/alerts/nobody", json=BARE).status_code == 422


def test_a_slash_at_the_end_does_no_harm(served: Any) -> None:
    """Senders that put a slash behind the path reach the same; there is no redirect, which loses the body."""
    assert served.client.post("/api/v1/alerts/alertmanager/", json=BARE).status_code == 202


def test_the_same_body_again_is_counted(served: Any, make_alert: Callable[..., Any]) -> None:
    """What Alertmanager sends again is a repeat of the same episode, in the same incident."""
    body = {**make_alert(), "startsAt": "2025-03-04T10:00:00Z"}
    first = served.client.post("/api/v1/alerts", json=body).json()
    again = served.client.post("/api/v1/alerts", json=body).json()
    assert (first["new"], first["repeats"]) == (1, 0)
    assert (again["new"], again["repeats"]) == (0, 1)
    assert first["incidents"] == again["incidents"]


class Away:
    """An inbox that cannot be reached."""

    async def keep(self, *_: Any, **__: Any) -> Any:
        raise StoreUnavailable("The disk is full.")


class Slow:
    """An inbox that takes very long."""

    async def keep(self, *_: Any, **__: Any) -> Any:
        import asyncio

        await asyncio.sleep(90)


@pytest.mark.parametrize("store", [Away(), Slow()], ids=["away", "slow"])
def test_only_when_nothing_can_be_stored_it_is_503(
    serve: Any, with_parts: Callable[..., Any], store: Any
) -> None:
    """A database that is away or too slow is 503 with Retry-After, in time for Alertmanager to try again."""
    from kubetriage.server.parts import HttpSettings

    began = time.monotonic()
    settings = HttpSettings(accept_seconds=0.3)
    with serve(changed=with_parts(inbox=store), settings=settings) as server:
        answer = server.client.post("/api/v1/alerts", json=BARE)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert answer.headers["content-type"] == "application/problem+json"
    assert time.monotonic() - began < 60


@pytest.mark.slow
def test_ten_thousand_alerts_in_one_post(served: Any, make_alert: Callable[..., Any]) -> None:
    """10,000 alerts of 40 workloads in one post are stored, and other posts are answered meanwhile."""
    alerts = [make_alert(number=str(n), pod=f"web{n % 40}-5d9c7b6f4-x2x7k") for n in range(10_000)]
    body = gzip.compress(json.dumps({**ALERTMANAGER, "alerts": alerts}).encode())
    with ThreadPoolExecutor(1) as beside:
        large = beside.submit(served.client.post, "/api/v1/alerts", content=body)
        small = 0
        while not large.done():
            assert served.client.get("/healthz").status_code == 200
            small += 1
    assert large.result().status_code == 202
    assert large.result().json()["alerts"] == large.result().json()["new"] == 10_000
    assert small > 3
