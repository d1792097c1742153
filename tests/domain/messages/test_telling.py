"""Events of incidents as notices, and what follows from an attempt."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kubetriage.domain.alert import Severity
from kubetriage.domain.intake.messages import Outcome
from kubetriage.domain.intake.reading import EventKind, IncidentEvent
from kubetriage.domain.intake.values import Counts, Incident
from kubetriage.domain.language import Language
from kubetriage.domain.messages.composing import compose
from kubetriage.domain.messages.delivery import Delivery, dead, delivered, retry, shrink, unknown
from kubetriage.domain.messages.dialects import PLAIN
from kubetriage.domain.messages.digest import digest_of
from kubetriage.domain.messages.notice import Event, Notice
from kubetriage.domain.messages.settling import Policy, room_after, settle
from kubetriage.domain.messages.telling import notice_for
from kubetriage.domain.messages.writing import Writer
from kubetriage.domain.rendering.sample import sample_report
from kubetriage.domain.report import Report

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
INCIDENT = Incident(
    id="INC-1",
    key="workload|prod|shop|web",
    cluster="prod",
    title="KubePodCrashLooping",
    severity=Severity.CRITICAL,
    opened_at=NOW - timedelta(hours=1),
    updated_at=NOW,
    last_seen_at=NOW,
    last_episode_at=NOW,
    counts=Counts(alerts=3, firing=3),
)


def event(kind: EventKind, incident: str | None = "INC-1", **data: object) -> IncidentEvent:
    return IncidentEvent(seq=1, incident=incident, cluster="prod", at=NOW, kind=kind, notice=True, data=data)


def text_of(notice: Notice | None) -> str:
    assert notice is not None
    return Writer(compose(notice, language=Language.EN, zone=UTC), PLAIN).whole()


def test_a_report_is_told_with_the_incidents_severity() -> None:
    """The report's notice has the incident's number, its highest severity and its other alerts."""
    notice = notice_for(
        event(EventKind.REPORTED), INCIDENT, sample_report(Language.EN), "https://t.example/1"
    )
    assert notice is not None and notice.event is Event.DIAGNOSED
    assert (notice.incident, notice.severity, notice.alike) == ("INC-1", "critical", 2)
    assert "Root cause" in text_of(notice)


@pytest.mark.parametrize("report", [None, sample_report(Language.EN)], ids=["without", "with"])
def test_an_end_that_nobody_told_is_said_to_be_assumed(report: Report | None) -> None:
    """Silence, or resources that are well again, are no resolved alert: the message says so, and a digest too."""
    told = notice_for(event(EventKind.CLOSED, reason="resolved", assumed=False), INCIDENT, report)
    assumed = notice_for(event(EventKind.CLOSED, reason="stale", assumed=True), INCIDENT, report)
    assert "assumed" not in text_of(told)
    assert "assumed to be over" in text_of(assumed)
    assert told is not None and assumed is not None
    both = digest_of([told, assumed], NOW, language=Language.ZH)
    assert ["推定已恢复" in line for line in both.lines] == [False, True]


def test_a_failed_diagnosis_is_told_with_its_reason() -> None:
    """People learn that they have to look for themselves, where, since when and why."""
    text = text_of(
        notice_for(event(EventKind.FAILED, why="the cluster could not be reached"), INCIDENT, None)
    )
    assert text.startswith("[diagnosis failed · critical] KubePodCrashLooping")
    for words in ("Namespace: shop", "(1 h)", "the cluster could not be reached"):
        assert words in text


@pytest.mark.parametrize(
    ("kind", "data", "words"),
    [
        (EventKind.STORM_BEGAN, {"incidents": 34}, "[alert storm] 34 incidents at once"),
        (
            EventKind.STORM_ENDED,
            {"incidents": 34, "diagnosed": 20},
            "[alert storm over] 34 incidents, 20 of them diagnosed",
        ),
        (EventKind.SILENT, {}, "[no alerts arrive] The Watchdog alert has gone silent"),
        (EventKind.HEARD, {}, "[alerts arrive again] The Watchdog alert is heard again"),
    ],
)
def test_what_is_about_a_cluster_is_told(kind: EventKind, data: dict[str, object], words: str) -> None:
    """Storms and silence belong to no incident and have titles of their own."""
    text = text_of(notice_for(event(kind, None, **data), None, None))
    assert text.startswith(words) and "Cluster: prod" in text


@pytest.mark.parametrize("kind", [EventKind.OPENED, EventKind.STABLE, EventKind.CLAIMED])
def test_the_rest_is_not_told(kind: EventKind) -> None:
    """Steps on the way are for the timeline."""
    assert notice_for(event(kind), INCIDENT, None) is None


@pytest.mark.parametrize(
    ("delivery", "repeats", "attempt", "outcome", "seconds"),
    [
        (delivered(), False, 1, Outcome.DELIVERED, None),
        (dead("no"), True, 1, Outcome.DEAD, None),
        (unknown("?"), False, 1, Outcome.UNKNOWN, None),
        (unknown("?"), True, 1, Outcome.RETRY, 5),
        (unknown("?"), True, 8, Outcome.UNKNOWN, None),
        (retry("busy"), False, 1, Outcome.RETRY, 5),
        (retry("busy"), False, 3, Outcome.RETRY, 20),
        (retry("busy", after=60), False, 1, Outcome.RETRY, 60),
        (retry("busy"), False, 8, Outcome.DEAD, None),
        (shrink("long"), False, 1, Outcome.RETRY, 0),
    ],
)
def test_what_follows_from_an_attempt(
    delivery: Delivery, repeats: bool, attempt: int, outcome: Outcome, seconds: float | None
) -> None:
    """Pauses double and respect what was asked for; trying ends; unknown is repeated only where that is harmless."""
    step = settle(
        delivery, attempt=attempt, shrunk=0, began_at=NOW, now=NOW, repeats=repeats, policy=Policy()
    )
    assert step.outcome is outcome
    assert step.retry_at == (None if seconds is None else NOW + timedelta(seconds=seconds))
    assert bool(step.error) is (outcome is not Outcome.DELIVERED)


def test_an_old_message_is_given_up() -> None:
    """After its hours a message is not tried again, however few its attempts."""
    long_ago = NOW - timedelta(hours=7)
    step = settle(
        retry("busy"), attempt=2, shrunk=0, began_at=long_ago, now=NOW, repeats=False, policy=Policy()
    )
    assert step.outcome is Outcome.DEAD and "given up" in step.error


def test_shrinking_ends() -> None:
    """Less room each time, and after the third refusal the end."""
    rooms = [room_after(shrunk) for shrunk in range(4)]
    assert rooms[:3] == sorted(set(rooms), reverse=True) and rooms[3] == rooms[2]
    given = {"attempt": 3, "began_at": NOW, "now": NOW, "repeats": False, "policy": Policy()}
    assert settle(shrink("long"), shrunk=2, **given).outcome is Outcome.DEAD  # type: ignore[arg-type]
