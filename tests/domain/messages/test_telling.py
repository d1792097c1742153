"""Events of incidents as notices, and what follows from an attempt."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kubetriage.domain.alert import Severity
from kubetriage.domain.errors import BadSettings, ClusterUnreachable, ModelUnavailable, UnknownCluster
from kubetriage.domain.intake.failing import FailureReason, reason_of
from kubetriage.domain.intake.messages import Outcome
from kubetriage.domain.intake.reading import EventKind, IncidentEvent
from kubetriage.domain.intake.values import Counts, Incident
from kubetriage.domain.language import Language
from kubetriage.domain.messages.composing import compose
from kubetriage.domain.messages.delivery import Delivery, Verdict, dead, delivered, retry, shrink, unknown
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


def text_of(notice: Notice | None, language: Language = Language.EN) -> str:
    assert notice is not None
    return Writer(compose(notice, language=language, zone=UTC, primary=language), PLAIN).whole()


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


ERROR = "The MCP server of cluster prod could not be reached: refused."


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            Language.EN,
            [
                "[diagnosis failed · critical] KubePodCrashLooping shop/web",
                "Namespace: shop",
                "(1 h)",
                ERROR,
                "The cluster could not be reached",
                "please look into it yourself",
                "Details: https://",
            ],
        ),
        (
            Language.ZH,
            [
                "[诊断失败 · 严重] KubePodCrashLooping Pod 反复崩溃 shop/web",
                "命名空间：shop",
                ERROR,
                "无法连接集群",
                "请人工排查",
                "详情: https://",
            ],
        ),
    ],
)
def test_a_failed_diagnosis_is_told_in_the_channels_language(language: Language, words: list[str]) -> None:
    """People learn that they have to look for themselves, where and why; the error's own words stay."""
    reason = reason_of(ClusterUnreachable(ERROR))
    incident = INCIDENT.model_copy(update={"title": "KubePodCrashLooping shop/web"})
    failed = event(EventKind.FAILED, why=ERROR, reason=reason)
    notice = notice_for(failed, incident, None, "https://triage.example.com/INC-1")
    text = text_of(notice, language)
    assert [each for each in words if each not in text] == []
    assert "eport: " not in text and "完整报告" not in text


@pytest.mark.parametrize("language", [Language.EN, Language.ZH])
@pytest.mark.parametrize("reason", [*FailureReason, "of-a-later-version", ""])
def test_every_reason_has_words(reason: str, language: Language) -> None:
    """Also of an event that an older version stored, or a newer one."""
    notice = notice_for(event(EventKind.FAILED, why="", reason=reason), INCIDENT, None)
    heading = {Language.EN: "Why there is no report", Language.ZH: "没有报告的原因"}[language]
    said = text_of(notice, language).split(heading)[1].strip().splitlines()[0]
    assert len(said) > 5 and said.isascii() == (language is Language.EN)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (TimeoutError(), FailureReason.HUNG),
        (UnknownCluster("no"), FailureReason.CLUSTER_UNKNOWN),
        (BadSettings("no"), FailureReason.INPUT),
        (KeyError("no"), FailureReason.BUG),
        (ModelUnavailable("no"), None),
    ],
)
def test_an_error_has_its_reason(error: Exception, reason: FailureReason | None) -> None:
    """The kind of error is known where it is caught; what has no kind is no bug."""
    assert reason_of(error) is reason


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
        (EventKind.SILENT, {"last_heard": "?"}, "[no alerts arrive] The Watchdog alert has gone silent"),
        (EventKind.HEARD, {}, "[alerts arrive again] The Watchdog alert is heard again"),
    ],
)
def test_what_is_about_a_cluster_is_told(kind: EventKind, data: dict[str, object], words: str) -> None:
    """Storms and silence belong to no incident and have titles of their own."""
    text = text_of(notice_for(event(kind, None, **data), None, None))
    assert text.startswith(words) and "Cluster: prod" in text


def test_silence_says_since_when_and_where_to_look() -> None:
    """The last Watchdog's time and what stands between it and us; its return says how long it was away."""
    heard = (NOW - timedelta(minutes=12)).isoformat()
    silent = text_of(notice_for(event(EventKind.SILENT, None, last_heard=heard), None, None))
    assert "(12 min)" in silent and "Prometheus and Alertmanager" in silent
    again = text_of(notice_for(event(EventKind.HEARD, None, silent_since=heard), None, None))
    assert "(lasted 12 min)" in again and "Prometheus" not in again


@pytest.mark.parametrize("report", [None, sample_report(Language.EN)], ids=["without", "with"])
def test_what_comes_and_goes_says_how_often_and_what_follows(report: Report | None) -> None:
    """People know why nothing more comes of it, and until when at most."""
    until = (NOW + timedelta(hours=2)).isoformat()
    told = event(EventKind.FLAPPING, episodes=[NOW.isoformat()] * 4, until=until)
    text = text_of(notice_for(told, INCIDENT, report))
    assert "It has fired 4 times. Nothing more is told of it until it is stable, or until 20" in text


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


def test_what_some_have_is_never_dead() -> None:
    """A mail that one of its readers never takes was delivered to the others: they are told of the end."""
    some = dead("no such user").model_copy(update={"partly": True})
    for delivery, attempt in ((some, 2), (some.model_copy(update={"verdict": Verdict.RETRY}), 8)):
        step = settle(
            delivery, attempt=attempt, shrunk=0, began_at=NOW, now=NOW, repeats=True, policy=Policy()
        )
        assert step.outcome is Outcome.DELIVERED and "no such user" in step.error


def test_a_remark_on_a_delivery_is_kept() -> None:
    """That a template was not used, or a recipient not accepted, is seen in the outbox too."""
    told = delivered(why="The built-in text was sent: the template failed.")
    step = settle(told, attempt=1, shrunk=0, began_at=NOW, now=NOW, repeats=False, policy=Policy())
    assert (step.outcome, step.error) == (Outcome.DELIVERED, told.why)


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
