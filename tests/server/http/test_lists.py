"""Lists: filters, pages, and what is refused rather than answered with the first page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kubetriage.domain.intake.runs import Run

API = "/api/v1"


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
        await served.database.runs.beat("w-listed", began)
        assert await served.database.runs.take_run("listed-1", "w-listed", began)
        await served.database.runs.forget_executor("w-listed")

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
