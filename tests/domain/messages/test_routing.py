"""Which channels are told, and when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from kubetriage.domain.language import Language
from kubetriage.domain.messages.digest import digest_of
from kubetriage.domain.messages.hours import hours
from kubetriage.domain.messages.notice import Event, Notice
from kubetriage.domain.messages.routing import QuietHours, Route, choose, message_key
from kubetriage.domain.messages.trial import Trial, trial_notice

MONDAY = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def notice(**given: object) -> Notice:
    usual = {"event": Event.DIAGNOSED, "at": MONDAY, "title": "KubePodCrashLooping", "severity": "warning"}
    return Notice.model_validate(
        usual | {"cluster": "prod-1", "namespace": "shop", "incident": "INC-1"} | given
    )


def names(given: Notice, *routes: Route, at: datetime = MONDAY) -> list[str]:
    return [each.channel for each in choose(given, at, routes=routes, channels=["a", "b"])]


@pytest.mark.parametrize(
    ("route", "fits"),
    [
        ({"severities": ["critical"]}, False),
        ({"severities": ["Warning"]}, True),
        ({"clusters": ["prod-*"]}, True),
        ({"clusters": ["test-*"]}, False),
        ({"namespaces": ["pay", "sh?p"]}, True),
        ({"labels": {"team": "pay*"}}, True),
        ({"labels": {"team": "pay*", "tier": "*x"}}, False),
        ({"events": ["resolved"]}, False),
        ({"hours": ["mon-fri 09:00-18:00"]}, True),
        ({"hours": ["sat,sun 00:00-24:00"]}, False),
    ],
)
def test_a_route_is_chosen_by_what_it_says(route: dict[str, object], fits: bool) -> None:
    """Severity, cluster, namespace, label, event and time of day each decide, as patterns where names are."""
    given = notice(labels={"team": "payments"})
    assert names(given, Route.model_validate({"channels": ["ops"], **route})) == (["ops"] if fits else [])


def test_the_first_route_wins_unless_it_goes_on() -> None:
    """Routes are looked at in order; `continue` looks further; a channel is told once."""
    first, second = Route(channels=("a",)), Route(channels=("b", "a"))
    assert names(notice(), first, second) == ["a"]
    assert names(notice(), Route.model_validate({"channels": ["a"], "continue": True}), second) == ["a", "b"]


def test_without_routes_every_channel_is_told_the_usual() -> None:
    """Diagnoses, recoveries and storms go everywhere; reminders nowhere."""
    assert names(notice()) == ["a", "b"]
    assert names(notice(event=Event.RESOLVED)) == ["a", "b"]
    assert names(notice(event=Event.STILL_FIRING)) == []


@pytest.mark.parametrize(
    ("at", "due"),
    [
        ("2026-03-02T13:30:00Z", "2026-03-02T13:30:00Z"),
        ("2026-03-02T14:00:00Z", "2026-03-03T00:00:00Z"),
        ("2026-03-02T23:59:00Z", "2026-03-03T00:00:00Z"),
        ("2026-03-03T00:00:00Z", "2026-03-03T00:00:00Z"),
    ],
)
def test_quiet_hours_hold_back_what_can_wait(at: str, due: str) -> None:
    """22:00 to 08:00 in Shanghai: a warning waits for the morning, something critical does not."""
    quiet = [QuietHours(hours=("22:00-08:00",), timezone="Asia/Shanghai")]
    moment = datetime.fromisoformat(at)
    (chosen,) = choose(notice(), moment, routes=[], channels=["a"], quiet=quiet)
    assert chosen.due_at == datetime.fromisoformat(due)
    (severe,) = choose(notice(severity="critical"), moment, routes=[], channels=["a"], quiet=quiet)
    assert severe.due_at == moment


@pytest.mark.parametrize(
    "quiet",
    [
        [QuietHours(hours=("22:00-24:00", "00:00-08:00"), timezone="Asia/Shanghai")],
        [
            QuietHours(hours=("00:00-08:00",), timezone="Asia/Shanghai"),
            QuietHours(hours=("14:00-16:00",), timezone="UTC"),
        ],
    ],
)
def test_quiet_hours_that_follow_each_other_are_one(quiet: list[QuietHours]) -> None:
    """What is held back until midnight, when the next span begins, waits until that one's end."""
    evening = datetime.fromisoformat("2026-03-02T14:30:00Z")  # 22:30 in Shanghai
    (chosen,) = choose(notice(), evening, routes=[], channels=["a"], quiet=quiet)
    assert chosen.due_at == datetime.fromisoformat("2026-03-03T00:00:00Z")


@pytest.mark.parametrize(
    ("at", "due"),
    [
        ("2026-03-29T00:30:00Z", "2026-03-29T06:00:00Z"),  # 01:30, half an hour before 02:00 becomes 03:00
        ("2026-10-24T21:30:00Z", "2026-10-25T07:00:00Z"),  # 23:30, before 03:00 becomes 02:00
        ("2026-10-25T01:30:00Z", "2026-10-25T07:00:00Z"),  # the second 02:30
        ("2026-03-27T21:30:00Z", "2026-03-28T07:00:00Z"),  # in winter time
    ],
)
def test_quiet_hours_end_by_the_clock_on_the_wall(at: str, due: str) -> None:
    """22:00 to 08:00 in Berlin ends at 08:00 there, also in the nights in which the clocks are changed."""
    quiet = [QuietHours(hours=("22:00-08:00",), timezone="Europe/Berlin")]
    (chosen,) = choose(notice(), datetime.fromisoformat(at), routes=[], channels=["a"], quiet=quiet)
    assert chosen.due_at == datetime.fromisoformat(due)


def test_quiet_for_ever_is_not_endless() -> None:
    """All hours of all days quiet: what can wait is told within a week or so."""
    quiet = [QuietHours(hours=("00:00-24:00",))]
    (chosen,) = choose(notice(), MONDAY, routes=[], channels=["a"], quiet=quiet)
    assert timedelta(days=7) < chosen.due_at - MONDAY < timedelta(days=15)


def test_quiet_hours_can_be_of_one_channel() -> None:
    """Channels that are not named are told at once."""
    quiet = [QuietHours(hours=("00:00-24:00",), channels=("a",))]
    first, second = choose(notice(), MONDAY, routes=[], channels=["a", "b"], quiet=quiet)
    assert first.due_at > MONDAY and second.due_at == MONDAY


@pytest.mark.parametrize(
    "words", ["", "22-8", "25:00-08:00", "mo 10:00-11:00", "mon-foo 10:00-11:00", "10:00"]
)
def test_hours_that_make_no_sense_are_refused(words: str) -> None:
    """The refusal shows how hours are written."""
    with pytest.raises(ValueError, match="mon-fri 09:00-18:00"):
        hours(words)
    with pytest.raises(ValidationError):
        Route(channels=("a",), hours=(words,))


def test_days_go_round_the_week() -> None:
    """`fri-mon` is Friday to Monday."""
    assert hours("fri-mon 10:00-11:00").days == {4, 5, 6, 0}


def test_the_key_is_that_of_the_event() -> None:
    """Told twice, the same event has the same key; another channel, event or run has another."""
    given = trial_notice(Trial.SAMPLE, Language.EN)
    later = given.model_copy(update={"at": given.at + timedelta(hours=1), "alike": 40})
    assert message_key(given, "ops") == message_key(later, "ops")
    assert given.report is not None
    other_run = given.model_copy(update={"report": given.report.model_copy(update={"id": "r2"})})
    reminder = given.model_copy(update={"event": Event.STILL_FIRING})
    second_reminder = later.model_copy(update={"event": Event.STILL_FIRING})
    keys = [message_key(given, "dev"), message_key(other_run, "ops")]
    keys += [message_key(reminder, "ops"), message_key(second_reminder, "ops")]
    assert len({message_key(given, "ops"), *keys}) == 5


def test_a_digest_lists_the_severe_ones_first() -> None:
    """Every notice is one line; those that are over come last; what is common to all stays."""
    notices = [
        notice(severity="info", incident="INC-1"),
        notice(severity="critical", incident="INC-2"),
        notice(event=Event.RESOLVED, severity="critical", incident="INC-3"),
        notice(severity="warning", incident="INC-4", namespace="pay"),
    ]
    digest = digest_of(notices, MONDAY)
    assert [line.split()[0] for line in digest.lines] == ["INC-2", "INC-4", "INC-1", "INC-3"]
    assert (digest.count, digest.cluster, digest.namespace, digest.severity) == (4, "prod-1", "", "critical")


def test_a_digest_is_as_severe_as_what_is_new_in_it() -> None:
    """Who is mentioned for something critical is mentioned for a digest of it, and not for its end."""
    over = notice(severity="critical", event=Event.RESOLVED)
    assert digest_of([over, notice()], MONDAY).severity == "warning"
    assert digest_of([over, over], MONDAY).severity == "info"
    storm_over = trial_notice(Trial.STORM, Language.EN).model_copy(update={"over": True})
    assert digest_of([over, storm_over], MONDAY).severity == "info"


def test_a_digests_line_says_where_it_is_once() -> None:
    """An incident's title has its place already; a storm's line has how many, and its cluster."""
    storm = Notice(event=Event.STORM, at=MONDAY, severity="critical", cluster="prod-2", count=40)
    placed = notice(incident="INC-1", title="KubePodCrashLooping shop/web", namespace="shop")
    lines = digest_of([storm, placed], MONDAY).lines
    assert lines[0] == "alert storm 40 incidents at once prod-2"
    assert lines[1].startswith("INC-1 warning KubePodCrashLooping shop/web") and lines[1].count("shop") == 1


def test_a_digest_speaks_the_channels_language() -> None:
    """States and severities are words, names stay as they are."""
    notices = [
        notice(incident="INC-1", title="KubePodCrashLooping"),
        notice(event=Event.RESOLVED, incident="INC-2"),
    ]
    first, second = digest_of(notices, MONDAY, language=Language.ZH).lines
    assert first.startswith("INC-1 警告 KubePodCrashLooping")
    assert second.startswith("INC-2 已恢复 ")
