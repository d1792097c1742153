"""What the server counts of itself, and that dashboards and rules ask for nothing else."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from kubetriage.domain.intake.posts import Backlog
from kubetriage.domain.intake.reading import EventKind, Silence, Storm, Tallies
from kubetriage.domain.intake.runs import Executor
from kubetriage.domain.language import Language
from kubetriage.domain.rendering.sample import sample_report
from kubetriage.server.metrics import ServerMetrics
from kubetriage.server.sorting import Sorted

DEPLOY = Path(__file__).resolve().parents[3] / "deploy"
NOW = datetime(2025, 3, 4, 10, 0, tzinfo=UTC)
BACKLOG = Backlog(posts=3, oldest_at=NOW - timedelta(seconds=40), failed=1)
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(page: str) -> Samples:
    """Values by name and sorted labels; fails for what is not Prometheus' text form, and for duplicates."""
    found: Samples = {}
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            assert key not in found, key
            found[key] = sample.value
    return found


def value(found: Samples, name: str, **labels: str) -> float:
    return found.get((name, tuple(sorted(labels.items()))), 0.0)


def test_posts_are_counted_by_sender_and_outcome(served: Any, make_alert: Callable[..., Any]) -> None:
    """Accepted and refused posts, their alerts, and new and repeated episodes."""
    before = samples(served.client.get("/metrics").text)
    body = {**make_alert(), "startsAt": "2025-03-04T10:00:00Z"}
    for _ in range(3):
        served.client.post("/api/v1/alerts/grafana", json=body)
    served.client.post("/api/v1/alerts/grafana", content=b"")
    after = samples(served.client.get("/metrics").text)

    def grown(name: str, **labels: str) -> float:
        return value(after, name, **labels) - value(before, name, **labels)

    assert grown("kubetriage_posts_total", source="grafana", outcome="accepted") == 3
    assert grown("kubetriage_posts_total", source="grafana", outcome="unreadable") == 1
    assert grown("kubetriage_alerts_received_total", source="grafana") == 3
    assert grown("kubetriage_episodes_new_total") == 1
    assert grown("kubetriage_alerts_repeated_total") == 2
    assert grown("kubetriage_post_seconds_count") == 3
    assert value(after, "kubetriage_alerts_firing") >= 1
    assert value(after, "kubetriage_store_up") == 1


def test_opened_incidents_are_counted(
    served: Any, make_alert: Callable[..., Any], reported: tuple[str, str]
) -> None:
    """What is added to timelines is counted by kind, from the first scrape on: two more incidents are two more."""

    def opened() -> float:
        page = samples(served.client.get("/metrics").text)
        return value(page, "kubetriage_incident_events_total", kind="opened")

    before = opened()
    assert opened() == before
    for _ in range(2):
        assert served.client.post("/api/v1/alerts", json=make_alert()).json()["incidents"]
    assert opened() == before + 2
    served.client.put(f"/api/v1/incidents/{reported[0]}/acknowledgement")
    page = samples(served.client.get("/metrics").text)
    assert value(page, "kubetriage_incident_events_total", kind="acknowledged") == 1


def test_requests_are_counted_by_route_never_by_address(served: Any) -> None:
    """Ids, unknown paths and odd methods make no series of their own."""
    for number in range(8):
        served.client.get(f"/api/v1/incidents/INC-0000000000000{number % 10}")
        served.client.get(f"/unknown/{number}")
        served.client.request(f"ODD{number}", "/api/v1/incidents")
    found = samples(served.client.get("/metrics").text)
    counted = {labels for name, labels in found if name == "kubetriage_http_requests_total"}
    assert (("method", "GET"), ("route", "/api/v1/incidents/{incident}"), ("status", "404")) in counted
    assert (("method", "GET"), ("route", "(none)"), ("status", "404")) in counted
    assert len(counted) < 16


def full() -> tuple[ServerMetrics, Tallies]:
    """Metrics in which everything has happened at least once."""
    metrics = ServerMetrics("1")
    metrics.kept("alertmanager", 0.01)
    metrics.sorted(Sorted(post=1, source="alertmanager", alerts=3, new=2, repeats=1, incidents=1))
    metrics.happened({EventKind.OPENED: 1})
    metrics.refused("grafana", "not-stored")
    metrics.requests.labels("GET", "/x", "200").inc()
    metrics.request_seconds.labels("/x").observe(0.1)
    metrics.diagnosis_started()
    metrics.diagnosis_started()
    usage = {
        "model": "m",
        "model_calls": 2,
        "prompt_tokens": 900,
        "completion_tokens": 50,
        "cost": 0.25,
        "currency": "CNY",
    }
    report = sample_report(Language.EN)
    used = report.usage.model_copy(update=usage | {"cluster_reads": 31})
    metrics.diagnosis_ended(report.model_copy(update={"usage": used}), 12.0)
    metrics.diagnosis_failed(3.0)
    metrics.delivered("chat", "delivered")
    metrics.error("worker")
    tallies = Tallies(
        incidents={"waiting": {"critical": 2}},
        due=4,
        oldest_due_at=NOW - timedelta(seconds=90),
        firing_alerts=7,
        messages={"chat": {"dead": 1}},
        storms=(Storm(id=1, cluster="east", began_at=NOW, incidents=40),),
        silences=(Silence(cluster="east", last_heard=NOW - timedelta(minutes=20), silent_since=NOW),),
    )
    return metrics, tallies


def test_diagnoses_are_counted_with_what_they_used() -> None:
    """Outcome, duration, model calls, tokens, money, reads and gaps are those of the report."""
    metrics, tallies = full()
    found = samples(metrics.page(tallies, NOW, own="here").decode())
    ours = {"executor": "here"}
    assert value(found, "kubetriage_diagnoses_total", outcome="diagnosed", **ours) == 1
    assert value(found, "kubetriage_diagnoses_total", outcome="failed", **ours) == 1
    assert value(found, "kubetriage_diagnoses_running", **ours) == 0
    assert value(found, "kubetriage_diagnosis_seconds_sum", **ours) == 15
    assert value(found, "kubetriage_model_calls_total", model="m", **ours) == 2
    assert value(found, "kubetriage_model_tokens_total", model="m", kind="prompt", **ours) == 900
    assert value(found, "kubetriage_model_cost_total", model="m", currency="CNY", **ours) == 0.25
    assert value(found, "kubetriage_cluster_reads_total", **ours) == 31
    assert value(found, "kubetriage_deliveries_total", channel="chat", outcome="delivered", **ours) == 1
    assert value(found, "kubetriage_errors_total", place="worker", **ours) == 1


def test_what_may_happen_is_there_before_it_does() -> None:
    """Outcomes, places of errors and open incidents are 0 from the start: a series that begins with 1 has not grown."""
    found = samples(ServerMetrics("1").page(Tallies(), NOW, own="here").decode())
    outcomes = {dict(labels)["outcome"] for name, labels in found if name == "kubetriage_diagnoses_total"}
    assert outcomes == {"diagnosed", "healthy", "inconclusive", "failed"}
    for name in ("kubetriage_diagnoses_total", "kubetriage_errors_total", "kubetriage_incidents_open"):
        assert {number for (found_name, _), number in found.items() if found_name == name} == {0.0}, name


def test_the_state_of_the_database_is_shown() -> None:
    """Open incidents, the queue and its age, the outbox, storms and silent Watchdogs."""
    metrics, tallies = full()
    found = samples(metrics.page(tallies, NOW, (), BACKLOG).decode())
    assert value(found, "kubetriage_inbox_posts") == 3
    assert value(found, "kubetriage_inbox_age_seconds") == 40
    assert value(found, "kubetriage_inbox_failed") == 1
    assert value(found, "kubetriage_incidents_open", state="waiting", severity="critical") == 2
    assert value(found, "kubetriage_queue_depth") == 4
    assert value(found, "kubetriage_queue_oldest_seconds") == 90
    assert value(found, "kubetriage_messages", channel="chat", state="dead") == 1
    assert value(found, "kubetriage_storm_incidents", cluster="east") == 40
    assert value(found, "kubetriage_watchdog_heard_seconds", cluster="east") == 1200
    assert value(found, "kubetriage_watchdog_silent", cluster="east") == 1


def test_workers_in_other_processes_are_shown_beside() -> None:
    """What a worker handed over with its beat is shown under its name; not that of a dead one."""
    metrics, tallies = full()
    told = json.loads(json.dumps(full()[0].exported()))

    def worker(name: str, seconds: float, data: Mapping[str, Any]) -> Executor:
        return Executor(id=name, started_at=NOW, beat_at=NOW - timedelta(seconds=seconds), data=dict(data))

    workers = [worker("w1", 1, {"metrics": told}), worker("w2", 999, {"metrics": told}), worker("w3", 1, {})]
    found = samples(metrics.page(tallies, NOW, workers, own="here").decode())
    executors = {
        dict(labels).get("executor") for name, labels in found if name == "kubetriage_diagnoses_total"
    }
    assert executors == {"here", "w1"}
    assert value(found, "kubetriage_diagnosis_seconds_bucket", executor="w1", le="20.0") == 2


def test_the_page_is_what_prometheus_reads() -> None:
    """promtool finds nothing to say against the page's form."""
    if not shutil.which("promtool"):
        pytest.skip("promtool is not on PATH (Debian: `apt-get install prometheus`)")
    metrics, tallies = full()
    told = subprocess.run(
        ["promtool", "check", "metrics"],
        input=metrics.page(tallies, NOW, (), BACKLOG),
        capture_output=True,
        check=False,
    )
    assert told.returncode in (0, 3), told.stderr  # 3: remarks on style
    assert b"error" not in told.stderr.lower(), told.stderr


def exported_names() -> set[str]:
    metrics, tallies = full()
    return {name for name, _ in samples(metrics.page(tallies, NOW, (), BACKLOG).decode())}


def labels_of() -> dict[str, set[str]]:
    metrics, tallies = full()
    found: dict[str, set[str]] = {}
    for name, labels in samples(metrics.page(tallies, NOW, (), BACKLOG, own="here").decode()):
        found.setdefault(name, set()).update(dict(labels))
    return found


def expressions() -> Iterator[tuple[str, str]]:
    """Every query of the dashboard and of the rules, with where it stands."""
    board = json.loads((DEPLOY / "grafana" / "kubetriage.json").read_text(encoding="utf-8"))
    for panel in board["panels"]:
        for target in panel.get("targets", ()):
            yield f"dashboard {panel['title']}", target["expr"]
    yield "dashboard variable", board["templating"]["list"][1]["query"]["query"]
    rules = yaml.safe_load((DEPLOY / "prometheus" / "kubetriage-rules.yml").read_text(encoding="utf-8"))
    for group in rules["groups"]:
        for rule in group["rules"]:
            yield f"rule {rule['alert']}", rule["expr"]


def test_queries_name_only_metrics_that_exist() -> None:
    """The dashboard and the rules ask for nothing that the server does not export."""
    names = exported_names() | {"up"}
    asked = {
        (where, name)
        for where, expr in expressions()
        for name in re.findall(r"\b(?:kubetriage|process)_[a-z_]+|\bup\b", expr)
    }
    assert len(asked) > 40
    assert sorted((where, name) for where, name in asked if name not in names) == []


def test_queries_use_only_labels_that_exist() -> None:
    """What queries select and group by are labels that those metrics carry."""
    known = labels_of()
    scraped = {"job", "instance", "le"}
    for where, expr in expressions():
        names = set(re.findall(r"\b(?:kubetriage|process)_[a-z_]+", expr))
        allowed = scraped | {label for name in names for label in known.get(name, ())}
        grouped = {
            part.strip() for group in re.findall(r"\bby \(([^)]*)\)", expr) for part in group.split(",")
        }
        selected = set(re.findall(r"[{,]\s*([a-z_]+)\s*=~?", expr))
        assert grouped | selected <= allowed, (where, (grouped | selected) - allowed)


TOPICS = {
    "queue": ("kubetriage_queue_depth", "kubetriage_queue_oldest_seconds"),
    "intake": (
        "kubetriage_posts_total",
        "kubetriage_post_seconds_bucket",
        "kubetriage_alerts_received_total",
    ),
    "inbox": ("kubetriage_inbox_posts", "kubetriage_inbox_age_seconds", "kubetriage_inbox_failed"),
    "incidents": ("kubetriage_incidents_open", "kubetriage_incident_events_total"),
    "diagnoses": ("kubetriage_diagnoses_total", "kubetriage_diagnosis_seconds_bucket"),
    "model": ("kubetriage_model_calls_total", "kubetriage_model_tokens_total", "kubetriage_model_cost_total"),
    "deliveries": ("kubetriage_deliveries_total", "kubetriage_messages"),
}


@pytest.mark.parametrize("topic", TOPICS)
def test_the_dashboard_shows(topic: str) -> None:
    """Queue, intake, inbox, incidents, diagnoses, what the model costs, and deliveries each have a panel."""
    asked = " ".join(expr for where, expr in expressions() if where.startswith("dashboard"))
    assert [name for name in TOPICS[topic] if name not in asked] == []


def test_panels_do_not_cover_each_other() -> None:
    """Every panel of the dashboard has an id and a place of its own."""
    panels = json.loads((DEPLOY / "grafana" / "kubetriage.json").read_text(encoding="utf-8"))["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24, panel["title"]
        taken |= cells


def test_every_metric_of_ours_is_in_the_dashboard_or_the_rules() -> None:
    """What is counted is looked at somewhere."""
    asked = " ".join(expr for _, expr in expressions())
    ours = {re.sub(r"_(bucket|count|sum)$", "", n) for n in exported_names() if n.startswith("kubetriage_")}
    unseen = {name for name in ours if name not in asked} - {
        "kubetriage_build_info", "kubetriage_watchdog_heard_seconds",
    }  # fmt: skip
    assert unseen == set()
