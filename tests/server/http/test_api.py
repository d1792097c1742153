"""Incidents, reports, feedback, acknowledgement, clusters, messages, triage on demand, health."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kubetriage.domain.intake.errors import StoreUnavailable
from kubetriage.domain.intake.messages import NewMessage, Outcome
from kubetriage.domain.intake.runs import Run, RunStatus
from kubetriage.domain.language import Language
from kubetriage.domain.rendering.sample import sample_report
from kubetriage.server.examples import BARE

API = "/api/v1"
API_TOKEN = "api-9b1e7c40d2f85a63"


def test_incidents_are_listed_newest_first_in_pages(served: Any, make_alert: Callable[..., Any]) -> None:
    """`next` leads through all incidents of a filter, each once; the last page has none."""
    posted = []
    for number in range(5):
        answer = served.client.post(f"{API}/alerts", json=make_alert(cluster="paged", number=str(number)))
        posted += answer.json()["incidents"]
    seen: list[str] = []
    cursor = ""
    for _ in range(3):
        query = {"cluster": "paged", "limit": 2, "cursor": cursor}
        page = served.client.get(f"{API}/incidents", params=query).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
    assert seen == sorted(posted, reverse=True)
    assert cursor == ""


def test_filters_narrow_the_list(served: Any, make_alert: Callable[..., Any]) -> None:
    """Cluster, severity, alert name, state, text and time each leave out what does not fit."""
    kept = make_alert("KubeJobFailed", cluster="narrow", severity="critical", job_name="backup")
    (incident,) = served.client.post(f"{API}/alerts", json=kept).json()["incidents"]
    hour = timedelta(hours=1)
    now = datetime.now(UTC)
    fitting: dict[str, Any] = {
        "cluster": "narrow", "severity": "critical", "alert": "KubeJobFailed", "open": "true", "q": "BACKUP",
        "opened_from": (now - hour).isoformat(), "opened_before": (now + hour).isoformat(), "state": ["waiting", "queued"],
    }  # fmt: skip

    def found(**changed: Any) -> list[str]:
        answer = served.client.get(f"{API}/incidents", params=fitting | changed)
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.json()["items"]]

    assert found() == [incident]
    others: list[dict[str, Any]] = [
        {"cluster": "other"}, {"severity": "info"}, {"alert": "Other"}, {"open": "false"}, {"q": "nowhere"},
        {"opened_from": (now + hour).isoformat()}, {"opened_before": (now - hour).isoformat()}, {"state": "closed"},
        {"absorbed_by": "INC-00000000000000"},
    ]  # fmt: skip
    assert [found(**other) for other in others] == [[]] * len(others)


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"}, {"limit": "501"}, {"cursor": "a b"}, {"cursor": "9" * 30}, {"open": "perhaps"},
        {"opened_from": "yesterday"}, {"opened_from": "2025-01-01T00:00:00"}, {"opened_from": "0001-01-01T00:00:00+14:00"},
        {"q": "x" * 201}, {"q": "a\x00b"}, {"cluster": "\x1b[31m"},
    ],
)  # fmt: skip
def test_a_wrong_query_is_422_and_says_where(served: Any, query: dict[str, str]) -> None:
    """What is wrong is named by its place; its value is not repeated."""
    answer = served.client.get(f"{API}/incidents", params=query)
    assert answer.status_code == 422
    (wrong,) = answer.json()["errors"]
    assert wrong["where"] == f"query.{next(iter(query))}"
    assert served.client.get(f"{API}/incidents?state=nonsense").status_code == 422


def test_an_incident_comes_with_all_that_belongs_to_it(served: Any, reported: tuple[str, str]) -> None:
    """One incident: its alerts, its timeline in order, its reports."""
    incident, run = reported
    found = served.client.get(f"{API}/incidents/{incident}").json()
    assert found["incident"]["id"] == incident
    assert found["incident"]["state"] == "reported"
    assert found["reports"] == [run]
    assert [row["name"] for row in found["alerts"]] == ["KubePodCrashLooping"]
    kinds = [event["kind"] for event in found["timeline"]]
    assert kinds[0] == "opened"
    assert "reported" in kinds
    first, *rest = found["timeline"]
    after = served.client.get(f"{API}/incidents/{incident}/timeline", params={"after": first["seq"]}).json()
    assert after["items"] == rest


@pytest.mark.parametrize(
    "path",
    ["incidents/INC-00000000000000", "incidents/INC-00000000000000/report", "incidents/INC-00000000000000/timeline",
     "incidents/INC-00000000000000/alerts", "incidents/INC-00000000000000/events", "runs/nobody", "runs/nobody/report",
     "runs/nobody/events", "runs/nobody/feedback", "messages/1", "nothing"],
)  # fmt: skip
def test_what_is_not_there_is_404(served: Any, path: str) -> None:
    """An unknown id is a problem with status 404."""
    answer = served.client.get(f"{API}/{path}")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json()["title"] == "Not Found"


@pytest.mark.parametrize(
    ("asked", "media"),
    [
        ({}, "application/json"),
        ({"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}, "text/html; charset=utf-8"),
        ({"accept": "text/markdown"}, "text/markdown; charset=utf-8"),
        ({"accept": "text/plain;q=0.5, text/markdown;q=0.4"}, "text/plain; charset=utf-8"),
        ({"accept": "text/*"}, "text/html; charset=utf-8"),
        ({"accept": "application/json;q=0, */*"}, "text/html; charset=utf-8"),
        ({"accept": "image/png, */*;q=0.1"}, "application/json"),
        ({"accept": "text/html", "format": "text"}, "text/plain; charset=utf-8"),
        ({"format": "html"}, "text/html; charset=utf-8"),
        ({"format": "markdown"}, "text/markdown; charset=utf-8"),
    ],
)
def test_a_report_is_had_in_every_format(
    served: Any, reported: tuple[str, str], asked: dict[str, str], media: str
) -> None:
    """`?format=` decides, else the best of `Accept`; of the incident and of the run it is the same."""
    headers = {"Accept": asked["accept"]} if "accept" in asked else {}
    query = {"format": asked["format"]} if "format" in asked else {}
    incident, run = reported
    texts = []
    for path in (f"incidents/{incident}/report", f"runs/{run}/report"):
        answer = served.client.get(f"{API}/{path}", headers=headers, params=query)
        assert (answer.status_code, answer.headers["content-type"]) == (200, media)
        texts.append(answer.text)
    assert texts[0] == texts[1]
    cause = sample_report(Language.EN).root_causes[0].culprit
    assert cause is not None
    assert cause.name in texts[0]


def test_a_report_as_json_is_the_contract_itself(served: Any, reported: tuple[str, str]) -> None:
    """The JSON form is `kubetriage.report/1`, unchanged."""
    answer = served.client.get(f"{API}/incidents/{reported[0]}/report", params={"format": "json"})
    assert answer.json() == sample_report(Language.EN).to_json()


def test_a_report_keeps_browsers_from_running_anything(served: Any, reported: tuple[str, str]) -> None:
    """The HTML page comes with a policy that allows no script, and no type is guessed."""
    headers = served.client.get(f"{API}/runs/{reported[1]}/report", params={"format": "html"}).headers
    assert "script-src" not in headers["content-security-policy"]
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


def test_headings_and_times_are_the_readers(served: Any, reported: tuple[str, str]) -> None:
    """`language` and `zone` decide headings and times of the readable forms."""
    query = {"format": "text", "language": "zh", "zone": "Asia/Shanghai"}
    text = served.client.get(f"{API}/runs/{reported[1]}/report", params=query).text
    assert "根因" in text
    assert "+08:00" in text


@pytest.mark.parametrize(
    "zone", ["Europe", "../../etc/passwd", "Nowhere/Land", "a" * 5000, "\x00", "/etc/passwd"]
)
def test_a_wrong_zone_is_422(served: Any, reported: tuple[str, str], zone: str) -> None:
    """A zone is a name of the IANA's, never a path."""
    answer = served.client.get(f"{API}/runs/{reported[1]}/report", params={"zone": zone})
    assert answer.status_code == 422


def test_a_format_that_cannot_be_had_is_406(served: Any, reported: tuple[str, str]) -> None:
    """`Accept` with nothing that a report can be is refused, and says what can be had."""
    answer = served.client.get(f"{API}/runs/{reported[1]}/report", headers={"Accept": "image/png"})
    assert answer.status_code == 406
    assert "text/markdown" in answer.json()["detail"]


def test_feedback_is_kept_with_who_gave_it(served: Any, reported: tuple[str, str]) -> None:
    """Right or wrong, and what it really was; without a name the token's stands for it."""
    path = f"{API}/runs/{reported[1]}/feedback"
    wrong = {"verdict": "wrong", "actual": "证书过期", "who": "Li Wei"}
    assert served.client.post(path, json=wrong).status_code == 201
    assert served.client.post(path, json={"verdict": "right"}).status_code == 201
    items = served.client.get(path).json()["items"]
    assert [(i["verdict"], i["actual"], i["who"]) for i in items] == [
        ("wrong", "证书过期", "Li Wei"), ("right", "", "people"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "body",
    ["{", "[]", "{}", '{"verdict": "perhaps"}', '{"verdict": "wrong", "truth": "the node"}', '{"verdict": "right", "who": "a\\u0000b"}', '{"verdict": "right", "who": "\\ud800"}',
     '{"verdict": "right", "actual": "' + "x" * 5000 + '"}', '{"a":' * 50_000, "\xff", '{"verdict": 1e999}'],
)  # fmt: skip
def test_wrong_feedback_is_refused(served: Any, reported: tuple[str, str], body: str) -> None:
    """Broken JSON, unknown verdicts and fields, control characters and halves of characters are 4xx, never stored."""
    path = f"{API}/runs/{reported[1]}/feedback"
    headers = {"Content-Type": "application/json"}
    answer = served.client.post(path, content=body.encode("latin-1"), headers=headers)
    assert answer.status_code in (400, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert served.client.get(path).json()["items"] == []


def test_a_large_body_is_refused_everywhere(served: Any, reported: tuple[str, str]) -> None:
    """Bodies that are no alerts have 1 MB, said or not."""
    for content in (b" " * 2_000_000, iter([b" " * 500_000] * 4)):
        answer = served.client.post(f"{API}/runs/{reported[1]}/feedback", content=content)
        assert answer.status_code == 413


def test_an_acknowledgement_can_be_taken_back(served: Any, reported: tuple[str, str]) -> None:
    """Who and when are kept; the first one stays; taken back, nobody looks after it."""
    path = f"{API}/incidents/{reported[0]}/acknowledgement"
    first = served.client.put(path, json={"who": "Li Wei"}).json()
    again = served.client.put(path).json()
    assert (first["acked_by"], again["acked_by"]) == ("Li Wei", "Li Wei")
    assert first["acked_at"] is not None
    assert served.client.put(path, json={"whom": "Wang Fang"}).status_code == 422
    assert served.client.delete(path).json()["acked_by"] == ""
    kinds = [e["kind"] for e in served.client.get(f"{API}/incidents/{reported[0]}/timeline").json()["items"]]
    assert "acknowledged" in kinds
    assert served.client.put(path).json()["acked_by"] == "people"


def test_clusters_tell_how_they_are(served: Any) -> None:
    """Every connection with its health; of one that is down, why."""
    items = served.client.get(f"{API}/clusters").json()["items"]
    assert [(i["name"], i["reachable"], i["detail"]) for i in items] == [
        ("east", True, ""), ("west", False, "It cannot be reached."),
    ]  # fmt: skip


def test_messages_tell_what_became_of_them(served: Any) -> None:
    """The outbox is listed by channel and state; one message comes with its attempts; a dead one is retried."""
    now = datetime.now(UTC)

    async def send() -> int:
        store = served.database.messages
        new = NewMessage(key="k1", channel="chat", event="reported", body={"text": "x"}, due_at=now)
        (message,) = await store.enqueue([new], now)
        await store.claim_due("w", now, {"chat": 1})
        number = await store.attempt_started(message.id, "w", now)
        await store.attempt_ended(
            message.id, number, Outcome.DEAD, now, status=404, error="There is no such robot."
        )
        return int(message.id)

    id = served.do(send())
    (item,) = served.client.get(f"{API}/messages", params={"channel": "chat", "state": "dead"}).json()[
        "items"
    ]
    assert (item["id"], item["error"]) == (id, "There is no such robot.")
    assert served.client.get(f"{API}/messages", params={"channel": "mail"}).json()["items"] == []
    detail = served.client.get(f"{API}/messages/{id}").json()
    assert (detail["body"], detail["attempts"][0]["status"]) == ({"text": "x"}, 404)
    assert served.client.post(f"{API}/messages/{id}/retry").json()["state"] == "pending"
    assert served.client.post(f"{API}/messages/{id}/retry").status_code == 409


@pytest.mark.parametrize(
    "what",
    [{"alert": BARE}, {"alert": "KubePodCrashLooping: Pod shop/web-0"}, {"resource": {"kind": "deploy", "name": "web"}},
     {"resource": {"kind": "Node", "name": "node-1"}}, {"alert": [BARE]}],
    ids=str,
)  # fmt: skip
def test_triage_on_demand_waits_for_the_report(served: Any, what: dict[str, Any]) -> None:
    """With a wait the answer is 200 with the report."""
    if what.get("resource", {}).get("kind") == "deploy":
        what = {"resource": {"kind": "deployments", "name": "web", "namespace": "shop"}}
    answer = served.client.post(f"{API}/triage", json={**what, "wait_seconds": 10})
    assert answer.status_code == 200, answer.text
    (run,) = answer.json()["runs"]
    assert run["status"] == "success"
    assert run["outcome"]["schema"] == "kubetriage.report/1"


def test_triage_on_demand_is_followed_by_id(served: Any) -> None:
    """Without a wait, or when it is over, the answer is 202 with the place of the run."""
    answer = served.client.post(f"{API}/triage", json={"alert": BARE, "cluster": "slow", "wait_seconds": 0.2})
    assert answer.status_code == 202
    (run,) = answer.json()["runs"]
    assert (run["status"], run["outcome"]) == ("pending", None)
    assert answer.headers["location"] == f"{API}/runs/{run['id']}"
    assert served.client.get(answer.headers["location"]).json()["id"] == run["id"]
    assert served.client.get(run["report"]).status_code == 404


def test_triage_of_several_incidents_makes_several_runs(served: Any, make_alert: Callable[..., Any]) -> None:
    """Alerts of two workloads are two runs; more than ten incidents are refused."""
    two = {"alert": [make_alert(), make_alert()]}
    assert len(served.client.post(f"{API}/triage", json=two).json()["runs"]) == 2
    many = {"alert": [make_alert() for _ in range(11)]}
    assert served.client.post(f"{API}/triage", json=many).status_code == 422


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422), ({"alert": BARE, "resource": {"kind": "Pod", "name": "x"}}, 422), ({"resource": {"kind": "Spoon", "name": "x"}}, 422),
        ({"resource": {"kind": "Pod", "name": "../x"}}, 422), ({"alert": []}, 400), ({"alert": {"no": "alert"}}, 400),
        ({"alert": ""}, 400), ({"alert": BARE, "wait_seconds": -1}, 422), ({"alert": BARE, "unknown": 1}, 422),
        ({"alert": {"labels": {"alertname": "x"}, "deep": json.loads("[" * 150 + "]" * 150)}}, 400),
    ],
)  # fmt: skip
def test_what_cannot_be_triaged_is_refused(served: Any, body: dict[str, Any], status: int) -> None:
    """Neither or both, unknown kinds, impossible names, and what is no alert are 4xx with a sentence."""
    answer = served.client.post(f"{API}/triage", json=body)
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"]


class Away:
    """A database that is away, whatever is asked of it."""

    def __getattr__(self, name: str) -> Any:
        async def away(*_: Any, **__: Any) -> Any:
            raise StoreUnavailable("The database does not answer.")

        return away


def test_without_a_database_reading_is_503(serve: Any, with_parts: Callable[..., Any]) -> None:
    """Everything says 503 with Retry-After, `/readyz` too; `/healthz` and `/metrics` still answer."""
    away = Away()
    with serve(changed=with_parts(incidents=away, runs=away, messages=away)) as server:
        for path in ("incidents", "incidents/INC-00000000000000", "runs/x", "runs/x/report", "messages"):
            answer = server.client.get(f"{API}/{path}")
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5"), path
        assert server.client.get("/readyz").status_code == 503
        assert server.client.get("/healthz").status_code == 200
        assert "kubetriage_store_up 0.0" in server.client.get("/metrics").text


def test_a_bug_is_500_and_shows_nothing(serve: Any, with_parts: Callable[..., Any]) -> None:
    """An error of ours is a problem without details; the log has them, with secrets masked."""

    class Broken:
        async def health(self) -> Any:
            raise RuntimeError("password=hunter2hunter2 is in here")

    with serve(changed=with_parts(clusters=Broken())) as server:
        answer = server.client.get(f"{API}/clusters")
        assert answer.status_code == 500
        assert "hunter2" not in answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        (line,) = [line for line in server.lines() if "error" in line]
        assert line["request"] == answer.headers["x-request-id"]
        assert "RuntimeError" in line["error"]
        assert "hunter2" not in line["error"]
        page = server.client_of(API_TOKEN).get("/metrics").text  # the connection ends with an error of ours
        assert 'kubetriage_errors_total{executor="here",place="http"} 1.0' in page


@pytest.mark.parametrize(("begun", "told"), [(False, "starting"), (True, "ok")])
def test_a_server_is_ready_as_soon_as_it_can_store(
    serve: Any, with_parts: Callable[..., Any], begun: bool, told: str
) -> None:
    """A worker that has not begun is told, and keeps no alerts away: they wait for it in the database."""

    async def ready() -> bool:
        return begun

    with serve(changed=with_parts(ready=ready)) as server:
        answer = server.client_of(None).get("/readyz")
        assert (answer.status_code, answer.json()) == (
            200, {"status": "ok", "database": "ok", "worker": told},
        )  # fmt: skip


def test_what_is_not_ready_is_named_and_nothing_else(serve: Any, with_parts: Callable[..., Any]) -> None:
    """A stranger is told which part it is, and not what the database said."""
    with serve(changed=with_parts(incidents=Away())) as server:
        answer = server.client_of(None).get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["detail"] == "The database cannot be written to now."
        assert "does not answer" not in answer.text
        server.loop.call_soon_threadsafe(server.parts.stopping.set)
        server.do(server.parts.stopping.wait())
        assert server.client.get("/readyz").json()["detail"] == "The server is ending."


def test_strangers_cannot_wear_the_database_out(serve: Any, with_parts: Callable[..., Any]) -> None:
    """However often `/readyz` is asked, the database is asked once a second."""
    asked = []

    class Counting:
        async def ping(self) -> None:
            asked.append(1)

    with serve(changed=with_parts(incidents=Counting())) as server:
        stranger = server.client_of(None)
        began = time.monotonic()
        for _ in range(30):
            assert stranger.get("/readyz").status_code == 200
        assert len(asked) <= 1 + (time.monotonic() - began)


def test_runs_are_listed_newest_first_in_pages(served: Any) -> None:
    """Each run once, by what it is of, its status, its worker and its time; the last page has no cursor."""
    began = datetime.now(UTC)

    async def make() -> None:
        for number in range(5):
            made = Run(
                id=f"listed-{number}", thread=f"listed-{number}", graph="triage_alert", created_at=began,
                updated_at=began, incident="INC-0000000LISTED" if number < 4 else None,
            )  # fmt: skip
            await served.database.runs.create_run(made)
        await served.database.runs.run_status("listed-1", RunStatus.RUNNING, began, executor="w-listed")

    served.do(make())

    def listed(**query: Any) -> tuple[list[str], str]:
        answer = served.client.get(f"{API}/runs", params=query)
        assert answer.status_code == 200, answer.text
        return [each["id"] for each in answer.json()["items"]], answer.json()["next"]

    ours = {"incident": "INC-0000000LISTED"}
    seen, cursor = listed(limit=3, **ours)
    rest, end = listed(limit=3, cursor=cursor, **ours)
    assert [*seen, *rest] == ["listed-3", "listed-2", "listed-1", "listed-0"]
    assert end == ""
    assert listed(worker="w-listed")[0] == ["listed-1"]
    assert listed(status="running", **ours)[0] == ["listed-1"]
    assert listed(status=["pending", "error"], **ours)[0] == ["listed-3", "listed-2", "listed-0"]
    assert listed(on_demand="true", **ours)[0] == []
    assert "listed-4" in listed(on_demand="true", limit=500)[0]
    assert listed(created_before=began.isoformat(), **ours)[0] == []
    assert len(listed(created_from=began.isoformat(), **ours)[0]) == 4


@pytest.mark.parametrize(
    ("path", "cursor"),
    [
        ("incidents", "17"), ("incidents", "INC-"), ("incidents", "1_INC-0000-1"), ("messages", "INC-00000000000000"),
        ("messages", "-1"), ("messages", "1e3"), ("messages", "٣"), ("runs", "INC-00000000000000"), ("runs", "5"),
        ("runs", "99999999999999999_x"), ("runs", "1_"), ("runs", "_x"), ("runs", "1_x\n"),
    ],
)  # fmt: skip
def test_a_cursor_of_another_list_is_refused(served: Any, path: str, cursor: str) -> None:
    """What no page of this list has given as `next` is 422, and not the first page once more."""
    answer = served.client.get(f"{API}/{path}", params={"cursor": cursor})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["where"] == "query.cursor"


@pytest.mark.parametrize("after", ["-1", "x", "1.5", "9" * 30, ""])
def test_a_wrong_place_in_a_timeline_is_refused(served: Any, reported: tuple[str, str], after: str) -> None:
    """`after` is a number that was told; anything else is 422, and not the whole timeline."""
    incident, run = reported
    for path in (f"incidents/{incident}/timeline", f"incidents/{incident}/events", f"runs/{run}/events"):
        assert served.client.get(f"{API}/{path}", params={"after": after}).status_code == 422, path


@pytest.mark.parametrize(
    "path", ["incidents?after=INC-00000000000000", "incidents?severty=critical", "messages?page=2", "runs?cursors=1", "clusters?name=east"]
)  # fmt: skip
def test_a_parameter_that_is_not_known_is_refused(served: Any, path: str) -> None:
    """A mistyped filter or cursor is said to be one: else everything would be told, for ever from the start."""
    answer = served.client.get(f"{API}/{path}")
    assert answer.status_code == 422
    (wrong,) = answer.json()["errors"]
    assert wrong["where"] == f"query.{path.partition('?')[2].partition('=')[0]}"
    if "?name" not in path:
        assert "cursor" in wrong["what"]


def test_a_wrong_method_says_the_right_ones(served: Any) -> None:
    """405 comes with all methods that the address has."""
    for method in ("PATCH", "TRACE", "HEAD", "PROPFIND"):
        assert served.client.request(method, f"{API}/alerts").headers["allow"] == "POST, PUT"
    path = f"{API}/incidents/INC-00000000000000/acknowledgement"
    answer = served.client.get(path)
    assert (answer.status_code, answer.headers["allow"]) == (405, "DELETE, PUT")


def test_health_is_told_without_a_body_too(served: Any) -> None:
    """Load balancers ask with HEAD."""
    for path in ("/healthz", "/readyz"):
        answer = served.client_of(None).head(path)
        assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    "name", ["Li\nWei", "a\r\nX: y", "a\tb", "a\u2028b", "a\x85b", "\u202eieW iL", "a\x9bb", "x" * 201]
)
def test_a_name_is_one_line_of_plain_text(served: Any, reported: tuple[str, str], name: str) -> None:
    """Names are repeated in chats and logs: none may add a line of its own, be read backwards, or be a page long."""
    incident, run = reported
    acked = served.client.put(f"{API}/incidents/{incident}/acknowledgement", json={"who": name})
    judged = served.client.post(f"{API}/runs/{run}/feedback", json={"verdict": "right", "who": name})
    assert (acked.status_code, judged.status_code) == (422, 422)
    assert acked.json()["errors"][0]["where"] == "body.who"
