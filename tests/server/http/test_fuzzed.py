"""Whatever is sent, nothing is an error of the server's: the described API, and bodies of alerts."""

from __future__ import annotations

import gzip
import itertools
import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable

from kubetriage.server.examples import ALERTMANAGER, BARE
from kubetriage.server.parts import HttpSettings
from kubetriage.server.posted import Posted, Source, posted
from kubetriage.server.problems import Refused

NOW = datetime(2025, 3, 4, 10, 0, tzinfo=UTC)
ENDLESS = "GET /api/v1/incidents/{incident}/events"
"""Goes on while the incident is open."""
FEW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
FIELDS = st.sampled_from(
    ["alerts", "labels", "annotations", "status", "startsAt", "endsAt", "fingerprint", "generatorURL", "groupKey", "version", "orgId",
     "alertname", "alarmStatus", "alarmObjInfo", "body", "headers", "data", "groups", "evalMatches", "state", "truncatedAlerts", "metric"],
)  # fmt: skip
TIMES = st.sampled_from(
    ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59+14:00", "0001-01-01T00:00:00+14:00", "2025-02-30T00:00:00Z", "1e400", "now", ""]
)  # fmt: skip
DOCUMENTS = st.recursive(
    SCALARS | TIMES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(FIELDS | st.text(max_size=8), inner, max_size=6)
    ),
    max_leaves=25,
)


def understood(body: bytes, source: Source | None = None) -> Posted | int:
    """What a body holds, or the status that it is refused with."""
    try:
        return posted(body, source, NOW)
    except Refused as error:
        return error.status_code


@FEW
@given(DOCUMENTS, st.booleans())
@example({"alerts": [{"labels": {"a": {"b": [1]}}}, 3, None, [], {"labels": {}}]}, False)
@example([[[[]]]], False)
@example({"alerts": [[]]}, True)
@example({"labels": {"alertname": "\ud800"}, "annotations": {"a": "\x00"}}, False)
def test_any_document_is_alerts_or_is_empty(document: Any, packed: bool) -> None:
    """Any JSON is at least one alert, each with a name and a fingerprint, or 400 because there is none in it."""
    body = json.dumps(document).encode()
    found = understood(gzip.compress(body) if packed else body)
    if isinstance(found, int):
        assert found == 400
        return
    assert found.alerts
    assert all(alert.name and alert.fingerprint for alert in found.alerts)


@FEW
@given(st.binary(max_size=400))
@example(b"\x1f\x8b")
@example(gzip.compress(b"")[:-1])
@example(b"\xfe\xff\x00")
@example(b"- labels: &a [*a]")
def test_any_bytes_are_alerts_or_refused(body: bytes) -> None:
    """Bytes of any kind are kept, or refused with 400: nothing raises anything else."""
    found = understood(body)
    assert found == 400 or (isinstance(found, Posted) and len(found.alerts) >= 1)


@FEW
@given(
    st.lists(
        st.sampled_from([BARE, {"labels": 3}, "x", None, {"labels": {"alertname": "B"}}]),
        min_size=1,
        max_size=6,
    )
)
def test_no_alert_of_a_group_is_lost(alerts: list[Any]) -> None:
    """However many of a group are broken, the sound ones are all read."""
    found = understood(json.dumps({**ALERTMANAGER, "alerts": alerts}).encode())
    sound = sum(isinstance(each, dict) and isinstance(each["labels"], dict) for each in alerts)
    read = [a for a in found.alerts if a.source == "alertmanager"] if isinstance(found, Posted) else []
    assert len([a for a in read if a.labels.get("alertname")]) >= sound


def scalars(count: int) -> bytes:
    return json.dumps(list(range(count))).encode()


@pytest.mark.parametrize(
    ("body", "alerts"),
    [
        (b"[" * 90 + scalars(50_000) + b"]" * 90, 1),
        (b'{"alerts": ' + scalars(50_000) + b"}", 1),
        (b'{"alerts": [' + b'{"labels": 3},' * 5_000 + b'{"labels": 3}]}', 5_001),
        (b'{"alert-name": "' + b'"message": "a' * 100_000, 1),
        (b'"' + b"x" * 2_000_000 + b'"', 1),
        (b"- labels: {alertname: x}\n" * 2_000 + b"- [", 1),
        (scalars(60_001), 413),
        (b'[{"labels": {}, "x": ' + scalars(60_000) + b"}]", 413),
    ],
    ids=["nested", "numbers", "broken ones", "template", "long", "yaml", "items", "inner items"],
)
def test_nothing_takes_for_ever(body: bytes, alerts: int) -> None:
    """What looks like very many alerts, or is slow to look through, is done within seconds or refused."""
    began = time.thread_time()
    found = understood(body)
    assert (found if isinstance(found, int) else len(found.alerts)) == alerts
    assert time.thread_time() - began < 3


def test_long_texts_are_told_apart() -> None:
    """Two long texts that differ at their ends only are two alerts, and the same one twice is one."""
    texts = [b"disk full " * 20_000 + end for end in (b"a", b"b", b"a")]
    a, b, again = (found.alerts[0] for found in map(understood, texts) if isinstance(found, Posted))
    assert a.fingerprint == again.fingerprint != b.fingerprint
    assert a.extra["characters"] == 200_001


@FEW
@given(st.text(min_size=1, max_size=300))
def test_text_is_kept_as_it_is(text: str) -> None:
    """What comes to the path for text is never looked into: its words are the alert's."""
    found = understood(text.encode("utf-8", "surrogatepass"), Source.TEXT)
    if isinstance(found, Posted):
        (alert,) = found.alerts
        assert alert.source in ("text", "prometheusalert")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def stored_in(request: pytest.FixtureRequest, serve_in: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A server on each kind of database, which does not wait long for anything."""
    short = HttpSettings(wait_seconds=0.05, poll_seconds=0.05, heartbeat_seconds=0.2, accept_seconds=60)
    url = ""
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres").database()
    with serve_in(tmp_path_factory.mktemp("fuzzed"), settings=short, url=url) as server:
        yield server


@pytest.mark.slow
@FEW
@given(document=DOCUMENTS)
@example(document={"labels": {"alertname": "a\x00b", "\x00": "\ud800"}, "annotations": {"x": "\x00"}})
@example(
    document={
        "labels": {"alertname": "a", "namespace": "\x00", "pod": "\ud800"},
        "startsAt": "9999-12-31T23:59:59Z",
    }
)
@example(document={"labels": {"alertname": "x" * 100_000}})
def test_any_document_is_stored(stored_in: Any, document: Any) -> None:
    """Over the wire and into the database: 202, or 400 for what is empty; never 5xx."""
    answer = stored_in.client.post("/api/v1/alerts", content=json.dumps(document).encode())
    assert answer.status_code in (202, 400), answer.text


@pytest.fixture(scope="module")
def fuzzed(stored_in: Any, report_in: Any) -> Any:
    schemathesis = pytest.importorskip("schemathesis", reason="pip install schemathesis")
    headers = {"Authorization": stored_in.client.headers["Authorization"]}
    schema = schemathesis.openapi.from_url(f"{stored_in.url}/api/v1/openapi.json", headers=headers)
    return schema, headers, report_in(stored_in)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["POSITIVE", "NEGATIVE"])
def test_the_described_api_holds(fuzzed: Any, mode: str) -> None:
    """Every operation, with data that fits its description and data that does not: no 5xx, described answers."""
    from schemathesis import GenerationMode
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

    schema, headers, (incident, run) = fuzzed
    there = itertools.cycle([{"incident": incident, "run": run}, {}])
    checks = [
        not_a_server_error,
        status_code_conformance,
        content_type_conformance,
        response_schema_conformance,
    ]
    tried = []
    for result in schema.get_all_operations():
        operation = result.ok()

        strategy = operation.as_strategy(generation_mode=GenerationMode[mode])

        @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        @given(case=strategy)
        def holds(case: Any) -> None:
            known = next(there)  # every other call is about what is there
            if case.operation.label != ENDLESS:
                case.path_parameters.update({n: known[n] for n in case.path_parameters if n in known})
            case.call_and_validate(headers=headers, checks=checks, timeout=120)

        try:
            holds()
        except Unsatisfiable:  # nothing that could be wrong is sent there
            continue
        tried.append(operation.label)
    assert len(tried) > (25 if mode == "POSITIVE" else 15)
    if mode == "POSITIVE":
        assert {"GET /api/v1/runs", "GET /api/v1/posts/{post}", "GET /readyz"} <= set(tried)


LISTS = ("incidents", "runs", "messages")
NAMES = st.sampled_from(
    ["limit", "cursor", "after", "state", "status", "severity", "open", "cluster", "alert", "q", "incident", "on_demand",
     "worker", "channel", "opened_from", "created_before", "absorbed_by", "page", "token"],
)  # fmt: skip
VALUES = st.one_of(
    st.text(max_size=30),
    st.integers().map(str),
    st.sampled_from(["", "true", "open", "critical", "success", "9" * 18, "1_x", "INC-0000", "2025-01-01T00:00:00Z", "%", "_", "\x00"]),
)  # fmt: skip


@pytest.mark.slow
@FEW
@given(path=st.sampled_from(LISTS), query=st.lists(st.tuples(NAMES, VALUES), max_size=5))
@example(path="runs", query=[("cursor", "9999999999999999_\x7f")])
@example(path="messages", query=[("cursor", "999999999999999999"), ("limit", "500")])
@example(path="incidents", query=[("cursor", "ZZZZZZZZ-" + "Z" * 32), ("q", "%_\\")])
def test_any_query_is_answered_or_refused(stored_in: Any, path: str, query: list[tuple[str, str]]) -> None:
    """Whatever stands in a list's query, the answer is a page, or 4xx that says what is wrong; never 5xx."""
    query = [(name, value.encode("utf-8", "replace").decode()) for name, value in query]
    answer = stored_in.client.get(f"/api/v1/{path}", params=query)
    assert answer.status_code in (200, 422), answer.text
    assert "items" in answer.json() or answer.json()["errors"]
