"""Incidents, reports, feedback, acknowledgement, clusters, messages, triage on demand, health."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from kubetriage.domain.intake.messages import NewMessage, Outcome
from kubetriage.domain.language import Language
from kubetriage.domain.rendering.sample import sample_report
from kubetriage.server.examples import BARE

API = "/api/v1"
API_TOKEN = "api-9b1e7c40d2f85a63"


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


def test_json_that_is_not_said_to_be_json_is_told_so(served: Any, reported: tuple[str, str]) -> None:
    """What `curl -d` sends by itself is refused with what is missing."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    path = f"{API}/runs/{reported[1]}/feedback"
    answer = served.client.post(path, content=b'{"verdict": "right"}', headers=headers)
    assert answer.status_code == 422
    assert "Content-Type: application/json" in answer.json()["errors"][0]["what"]


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
    [{"alert": BARE}, {"alert": "KubePodCrashLooping: Pod shop/web-0"}, {"resource": {"kind": "deploy", "name": "web", "namespace": "shop"}},
     {"resource": {"kind": "Node", "name": "node-1"}}, {"alert": [BARE]}],
    ids=str,
)  # fmt: skip
def test_triage_on_demand_waits_for_the_report(served: Any, what: dict[str, Any]) -> None:
    """With a wait the answer is 200 with the report."""
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


def test_a_wrong_method_says_the_right_ones(served: Any) -> None:
    """405 comes with all methods that the address has."""
    for method in ("PATCH", "TRACE", "HEAD", "PROPFIND"):
        assert served.client.request(method, f"{API}/alerts").headers["allow"] == "POST, PUT"
    path = f"{API}/incidents/INC-00000000000000/acknowledgement"
    answer = served.client.get(path)
    assert (answer.status_code, answer.headers["allow"]) == (405, "DELETE, PUT")


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
