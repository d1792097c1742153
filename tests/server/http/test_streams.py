"""Live progress as server-sent events: in order, from where one left off, with signs of life."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert

from kubetriage.adapters.store.sql.tables import incident_events
from kubetriage.domain.intake.runs import Run, RunStatus
from kubetriage.server.streams import Event, between, written

API = "/api/v1"
API_TOKEN = "api-9b1e7c40d2f85a63"
NOW = datetime(2025, 3, 4, 10, 0, tzinfo=UTC)


def parsed(text: str) -> list[dict[str, Any]]:
    """The events of a stream that has ended: id, event, data."""
    events = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "event" in fields:
            events.append({**fields, "data": json.loads(fields["data"])})
    return events


def test_a_finished_run_is_told_from_its_beginning(served: Any, reported: tuple[str, str]) -> None:
    """All events in order with their ids; `end` is the last, then the stream ends."""
    answer = served.client.get(f"{API}/runs/{reported[1]}/events")
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.text.startswith("retry: 2000\n\n")
    events = parsed(answer.text)
    assert [(e["id"], e["event"]) for e in events] == [("1", "node"), ("2", "end")]
    assert events[-1]["data"]["outcome"] == "diagnosed"


@pytest.mark.parametrize(
    ("headers", "query", "told"),
    [({"Last-Event-ID": "1"}, {}, ["2"]), ({}, {"after": 1}, ["2"]), ({"Last-Event-ID": "1"}, {"after": 0}, ["2"]),
     ({"Last-Event-ID": ""}, {"after": 1}, ["2"]), ({}, {}, ["1", "2"])],
)  # fmt: skip
def test_a_reader_goes_on_where_it_left_off(
    served: Any, reported: tuple[str, str], headers: dict[str, str], query: dict[str, int], told: list[str]
) -> None:
    """`Last-Event-ID`, or `?after=`, leaves out what the reader has."""
    answer = served.client.get(f"{API}/runs/{reported[1]}/events", headers=headers, params=query)
    assert [e["id"] for e in parsed(answer.text)] == told


@pytest.mark.parametrize("last", ["x", "-1", "1e3", "9" * 20, "1; 2"])
def test_a_wrong_last_event_id_is_refused(served: Any, reported: tuple[str, str], last: str) -> None:
    """What is no id of ours is 400, not a stream from the beginning."""
    answer = served.client.get(f"{API}/runs/{reported[1]}/events", headers={"Last-Event-ID": last})
    assert answer.status_code == 400


def test_a_reader_that_has_everything_is_told_that_it_is_over(served: Any, reported: tuple[str, str]) -> None:
    """After the last event the stream ends at once with `end` again, without an id."""
    answer = served.client.get(f"{API}/runs/{reported[1]}/events", params={"after": 2})
    (event,) = parsed(answer.text)
    assert (event["event"], event["data"]) == ("end", {"status": "success"})
    assert "id" not in event


def started(served: Any, name: str) -> None:
    async def start() -> None:
        await served.database.runs.create_run(
            Run(id=name, thread=name, graph="triage_alert", created_at=NOW, updated_at=NOW)
        )
        await served.database.runs.run_status(name, RunStatus.RUNNING, NOW)

    served.do(start())


@contextmanager
def followed(served: Any, path: str) -> Iterator[list[str]]:
    """Lines of a stream, as they come."""
    lines: list[str] = []

    def read() -> None:
        with served.client_of("api-9b1e7c40d2f85a63").stream("GET", path) as answer:
            lines.extend(answer.iter_lines())

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    yield lines
    reader.join(60)
    assert not reader.is_alive()


def wait_for(seen: Callable[[], object]) -> None:
    until = time.monotonic() + 60
    while not seen():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_what_happens_is_told_at_once(served: Any) -> None:
    """An event reaches a waiting reader while nothing else happens yet; in silence there are comments."""
    started(served, "live")
    with followed(served, f"{API}/runs/live/events") as lines:
        wait_for(lambda: ": heartbeat" in lines)
        assert "event: node" not in lines
        served.do(served.database.runs.record_event("live", "node", {"node": "apply_rules"}, NOW))
        wait_for(lambda: "event: node" in lines)
        served.do(served.database.runs.run_status("live", RunStatus.SUCCESS, NOW))
        served.do(served.database.runs.record_event("live", "end", {"status": "success"}, NOW))
    assert lines[-2].startswith('data: {"at":') or lines[-1].startswith('data: {"at":')


def test_a_run_whose_worker_died_in_its_last_moment_ends(served: Any) -> None:
    """A run that has ended without its last event ends the stream all the same."""
    started(served, "cut")
    served.do(served.database.runs.run_status("cut", RunStatus.ERROR, NOW, error="x"))
    (event,) = parsed(served.client.get(f"{API}/runs/cut/events").text)
    assert (event["event"], event["data"]) == ("end", {"status": "error"})


def test_an_incident_is_followed(served: Any, reported: tuple[str, str]) -> None:
    """The timeline of an incident comes as events; what happens later follows."""
    incident = reported[0]
    known = served.client.get(f"{API}/incidents/{incident}/timeline").json()["items"]
    path = f"{API}/incidents/{incident}/events"
    with served.client.stream("GET", path) as answer:
        lines = answer.iter_lines()
        kinds = [next(line for line in lines if line.startswith("event: "))[7:] for _ in known]
        assert kinds == [event["kind"] for event in known]
        served.client_of("api-9b1e7c40d2f85a63").put(f"{API}/incidents/{incident}/acknowledgement")
        assert next(line for line in lines if line.startswith("event: ")) == "event: acknowledged"


def test_a_long_timeline_is_told_in_parts(served: Any, reported: tuple[str, str]) -> None:
    """However much happened, an answer holds a thousand events, and a stream all of them, past every end but the last."""
    incident, _ = reported
    rows: list[dict[str, Any]] = [
        {"incident": incident, "cluster": "", "at": NOW, "kind": "closed" if each % 500 >= 400 else "joined", "data": {}}
        for each in range(1600)
    ]  # fmt: skip
    rows.append({**rows[0], "kind": "closed"})
    served.do(served.database._connector.write(lambda c: c.execute(insert(incident_events), rows)))
    first = served.client.get(f"{API}/incidents/{incident}").json()["timeline"]
    rest = served.client.get(
        f"{API}/incidents/{incident}/timeline", params={"after": first[-1]["seq"]}
    ).json()
    assert len(first) == 1000
    told = parsed(served.client.get(f"{API}/incidents/{incident}/events").text)
    assert [int(e["id"]) for e in told] == [e["seq"] for e in [*first, *rest["items"]]]
    assert told[-1]["event"] == "closed"


def test_streams_end_when_the_server_does(serve: Any) -> None:
    """Asked to end, the server ends open streams rather than wait for their readers."""
    with serve() as server:
        started(server, "open")
        with followed(server, f"{API}/runs/open/events") as lines:
            wait_for(lambda: lines)
            server.loop.call_soon_threadsafe(server.parts.stopping.set)
        assert lines[0] == "retry: 2000"
        assert server.client.get("/readyz").status_code == 503


def test_streams_are_counted_and_bounded(serve: Any) -> None:
    """Above the limit a further stream is 503; one that ended makes room."""
    from kubetriage.server.parts import HttpSettings

    with serve(settings=HttpSettings(streams=1, poll_seconds=0.05, heartbeat_seconds=0.2)) as server:
        started(server, "one")
        path = f"{API}/runs/one/events"
        with server.client.stream("GET", path) as first:
            lines = first.iter_lines()
            assert next(lines) == "retry: 2000"
            second = server.client_of("api-9b1e7c40d2f85a63").get(path)
            assert (second.status_code, second.headers["retry-after"]) == (503, "5")
            metrics = server.client_of("api-9b1e7c40d2f85a63").get("/metrics").text
            assert "kubetriage_event_streams 1.0" in metrics
        wait_for(lambda: not server.parts.metrics.open_streams)
        with server.client.stream("GET", path) as again:
            assert again.status_code == 200


def test_streams_that_are_opened_together_are_bounded_too(serve: Any) -> None:
    """Many at the same moment are not let in because none of them is counted yet."""
    from kubetriage.server.parts import HttpSettings

    with serve(settings=HttpSettings(streams=3, poll_seconds=0.05, heartbeat_seconds=0.2)) as server:
        started(server, "one")
        statuses: list[int] = []
        done = threading.Event()

        def follow() -> None:
            with server.client_of(API_TOKEN).stream("GET", f"{API}/runs/one/events") as answer:
                statuses.append(answer.status_code)
                if answer.status_code == 200:
                    done.wait(120)

        threads = [threading.Thread(target=follow, daemon=True) for _ in range(20)]
        for thread in threads:
            thread.start()
        wait_for(lambda: len(statuses) == 20)
        done.set()
        for thread in threads:
            thread.join(60)
        assert (statuses.count(200), statuses.count(503)) == (3, 17)


def test_an_event_cannot_forge_another() -> None:
    """Line breaks of any kind in what is told stay inside the data of their event."""
    evil = Event(3, "no\nde: x\r", {"log": "a\r\n\r\nevent: end\rdata: {}\u2028\u2029\x85"})
    text = written(evil)
    assert text.startswith("id: 3\nevent: nodex\ndata: ")
    assert "\r" not in text
    assert text.count("\n") == 4
    assert json.loads(text.split("data: ", 1)[1])["log"] == evil.data["log"]


def test_many_streams_ask_no_more_often_than_some() -> None:
    """The database is asked by two hundred readers as often as by fifty."""
    assert [between(0.3, streams) for streams in (1, 50, 200)] == [0.3, 0.3, 1.2]
