"""The promised behaviours, continued: how incidents end, and what must not matter."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from kubetriage.domain.alert import Alert, Severity
from kubetriage.domain.intake import diagnosing
from kubetriage.domain.intake.reading import EventKind
from kubetriage.domain.intake.values import CloseReason, Hold, IncidentState
from kubetriage.domain.report import Report

World = Any  # conftest's
Fire = Callable[..., Alert]
MakeReport = Callable[..., Report]
MakeWorld = Callable[..., World]

WEB = "KubePodCrashLooping namespace=shop pod=web-6d9c7f8b5d-x2x7q container=web"
READY = "KubePodNotReady namespace=shop pod=web-6d9c7f8b5d-x2x7q"


def test_behaviour_07_resolved_while_it_waits_cancels_the_diagnosis(world: World, fire: Fire) -> None:
    """It recovered by itself: no diagnosis, no message, closed a minute later."""
    world.post(0, fire(WEB))
    world.post(0.3, fire(WEB, resolved=True))
    assert (world.only.hold, world.only.due_at) == (Hold.RECOVERED, None)
    assert world.sweep(1.2) == []
    assert world.sweep(1.4) == ["closed"]
    assert world.only.close_reason is CloseReason.RESOLVED
    assert world.notices == []


def test_behaviour_07_resolved_while_queued_is_not_started(world: World, fire: Fire) -> None:
    """A worker that claimed it is told not to begin."""
    world.post(0, fire(WEB))
    world.minute = 1
    id = world.only.id
    world.apply(diagnosing.claim(world.known(), id, 1, world.now, world.settings))
    assert world.only.state is IncidentState.QUEUED
    world.post(1.1, fire(WEB, resolved=True))
    started = diagnosing.start(world.known(), id, 1, "run", world.now, world.settings)
    assert list(started.incidents) == []


def test_behaviour_07_critical_ones_are_diagnosed_all_the_same(
    world: World, fire: Fire, report: MakeReport
) -> None:
    """What was critical is looked into though it recovered, and closed after its report."""
    world.post(0, fire(WEB, severity=Severity.CRITICAL))
    world.post(0.3, fire(WEB, severity=Severity.CRITICAL, resolved=True))
    assert world.sweep(2) == []
    world.diagnose(2, world.only.id, report())
    assert world.sweep(3) == ["closed"]
    assert world.notices == ["reported", "closed"]
    assert [e.data["resolved"] for e in world.events if e.kind is EventKind.REPORTED] == [True]


def test_behaviour_07_resolved_while_it_runs_is_finished_and_marked(
    world: World, fire: Fire, report: MakeReport
) -> None:
    """A running diagnosis is not thrown away; the incident stays open until its report is there."""
    world.post(0, fire(WEB))
    attempt = world.begin(1, world.only.id)
    world.post(1.5, fire(WEB, resolved=True))
    assert world.sweep(5) == []
    world.finish(6, world.only.id, attempt, report())
    assert world.only.state is IncidentState.REPORTED
    assert world.sweep(6.1) == ["closed"]


def test_behaviour_07_resolved_after_the_report_is_told_after_a_delay(
    world: World, fire: Fire, report: MakeReport
) -> None:
    """A minute is waited for it to come back; then people who had the report are told. Not before all resolve."""
    world.post(0, fire(WEB), fire(READY))
    world.diagnose(1, world.only.id, report())
    world.post(10, fire(WEB, resolved=True), fire(READY))
    assert world.sweep(12) == []
    world.post(15, fire(READY, resolved=True))
    world.post(15.5, fire(READY, 15.4))
    assert world.sweep(17) == []
    world.post(20, fire(READY, 15.4, resolved=True))
    assert world.sweep(20.9) == []
    assert world.sweep(21.1) == ["closed"]
    assert world.notices == ["reported", "closed"]


def test_behaviour_08_a_missing_resolve_goes_stale(world: World, fire: Fire, report: MakeReport) -> None:
    """Nothing heard for twice the repeat interval: closed, and the message says that it is assumed."""
    world.post(0, fire(WEB))
    world.diagnose(1, world.only.id, report())
    world.post(240, fire(WEB))
    assert world.sweep(600) == []
    assert world.sweep(721) == ["closed"]
    assert world.only.close_reason is CloseReason.STALE
    assert world.events[-1].data["assumed"] is True
    assert world.events[-1].notice


def test_behaviour_08_what_is_healthy_again_is_assumed_to_be_over(
    world: World, fire: Fire, report: MakeReport
) -> None:
    """No repeat came and its resources are well: closed before twice the interval, and said to be assumed."""
    world.post(0, fire(WEB), fire(READY))
    world.diagnose(1, world.only.id, report())
    assert world.kinds(world.assume_over(290)) == ["closed"]
    assert world.only.close_reason is CloseReason.STALE
    assert (world.only.counts.firing, world.notices) == (0, ["reported", "closed"])
    assert (world.events[-1].data["assumed"], world.events[-1].data["healthy"]) == (True, True)
    world.post(300, fire(WEB))
    assert (world.only.state, world.only.counts.firing) == (IncidentState.REPORTED, 1)


def test_behaviour_08_a_look_closes_nothing_that_is_not_settled(
    world: World, fire: Fire, report: MakeReport
) -> None:
    """What waits or is being diagnosed, and what fires no more, ends in its own way."""
    world.post(0, fire(WEB))
    assert world.kinds(world.assume_over(0.1)) == []
    attempt = world.begin(1, world.only.id)
    assert world.kinds(world.assume_over(290)) == []
    world.finish(291, world.only.id, attempt, report())
    world.post(292, fire(WEB, resolved=True))
    assert world.kinds(world.assume_over(292.5)) == []


def test_behaviour_08_one_that_was_only_silent_goes_on(world: World, fire: Fire, report: MakeReport) -> None:
    """The same episode heard again reopens its incident, with the report that it has."""
    world.post(0, fire(WEB))
    world.diagnose(1, world.only.id, report())
    world.sweep(481)
    assert not world.only.open
    world.post(500, fire(WEB))
    assert (world.only.state, world.only.counts.firing) == (IncidentState.REPORTED, 1)
    assert world.notices == ["reported", "closed", "reopened"]


def test_behaviour_08_a_resolve_that_was_not_true_is_taken_back(
    world: World, fire: Fire, report: MakeReport
) -> None:
    """Cut off from Prometheus, an Alertmanager says resolved, and later the same episode again: it goes on."""
    world.post(0, fire(WEB))
    world.diagnose(1, world.only.id, report())
    world.post(60, fire(WEB, resolved=True))
    world.post(60.5, fire(WEB))  # it was on its way, and is late
    assert world.sweep(62) == ["closed"]
    world.post(65, fire(WEB))  # a group_interval of 5 min after the resolve
    assert (world.only.state, world.only.counts.firing) == (IncidentState.REPORTED, 1)
    assert world.notices == ["reported", "closed", "reopened"]
    world.post(90, fire(WEB, resolved=True))
    assert world.sweep(92) == ["closed"]


def test_behaviour_08_a_resolve_of_one_of_two_that_was_not_true_is_taken_back(
    world: World, fire: Fire
) -> None:
    """Said of one alert only, it is taken back within a group_interval of a minute, and nothing is told."""
    world.post(0, fire(WEB), fire(READY))
    world.post(60, fire(WEB, resolved=True))
    assert world.only.counts.firing == 1
    world.post(61, fire(WEB))
    assert world.only.counts.firing == 2
    world.post(62, fire(READY, resolved=True))
    assert world.sweep(64) == []
    assert world.only.open
    assert world.notices == []


def test_behaviour_08_what_goes_stale_while_it_is_diagnosed_is_closed_afterwards(
    world: World, fire: Fire, report: MakeReport
) -> None:
    """A diagnosis that waited for hours is finished; then the incident closes, and does not stay open for ever."""
    world.post(0, fire(WEB))
    attempt = world.begin(479, world.only.id)
    assert world.sweep(481) == []
    assert world.only.counts.firing == 0
    world.finish(482, world.only.id, attempt, report())
    assert world.sweep(483) == ["closed"]
    assert world.only.close_reason is CloseReason.STALE


def test_behaviour_08_what_comes_back_joins_the_incident_that_is_open_by_then(
    world: World, fire: Fire, report: MakeReport
) -> None:
    """Given up, while another alert of its workload opened an incident: it goes on there, and closes with it."""
    world.post(0, fire(WEB))
    world.diagnose(1, world.only.id, report())
    assert world.sweep(481) == ["closed"]
    given_up = world.only.id
    world.post(550, fire(READY, 550))
    world.post(600, fire(WEB))
    world.post(601, fire(WEB))
    [other] = [each for each in world.incidents.values() if each.id != given_up]
    assert not world.incidents[given_up].open
    assert (other.open, other.counts.firing, other.counts.alerts) == (True, 2, 2)
    assert len(other.names) == 2
    world.post(610, fire(WEB, resolved=True), fire(READY, 550, resolved=True))
    assert world.sweep(612) == ["closed"]


def test_behaviour_08_a_lost_resolve_of_one_alert_does_not_hold_the_incident(
    world: World, fire: Fire
) -> None:
    """Each alert goes stale by itself; the incident closes when none is left."""
    world.post(0, fire(WEB), fire(READY))
    world.post(400, fire(READY))
    assert world.sweep(485) == []
    assert world.only.counts.firing == 1
    world.post(490, fire(READY, resolved=True))
    assert world.sweep(492) == ["closed"]


def test_behaviour_08_and_10_silence_during_an_outage_of_ours_says_nothing(world: World, fire: Fire) -> None:
    """After we were away, senders get the time of a repeat before anything is assumed to be over."""
    world.post(0, fire(WEB), fire("Watchdog"))
    world.listening_since = world.at(600)
    assert world.sweep(601) == []
    assert world.sweep(611) == ["silent"]
    assert world.only.open
    world.post(620, fire(READY))
    assert world.sweep(841) == []
    assert [episode.firing for episode in world.episodes.values()].count(True) == 1


def test_behaviour_09_an_acknowledgement_stops_reminders_not_the_diagnosis(
    make_world: MakeWorld, fire: Fire, report: MakeReport
) -> None:
    """Who and when are kept; the diagnosis goes on; nobody is reminded any more."""
    world = make_world(reminder_hours=1)
    world.post(0, fire(WEB))
    world.acknowledge(0.1, world.only.id, "anna")
    world.acknowledge(0.2, world.only.id, "bert")
    assert (world.only.acked_by, world.only.acked_at) == ("anna", world.at(0.1))
    world.diagnose(1, world.only.id, report())
    assert [kind for minute in range(60, 300, 30) for kind in world.sweep(minute)] == []


def test_behaviour_09_a_new_episode_takes_the_acknowledgement_back(
    world: World, fire: Fire, report: MakeReport
) -> None:
    """A repeat does not; a new episode does, and the timeline keeps who had given it."""
    world.post(0, fire(WEB))
    world.diagnose(1, world.only.id, report())
    world.acknowledge(2, world.only.id, "anna")
    world.post(5, fire(WEB))
    assert world.only.acked_by == "anna"
    world.post(60, fire(WEB, 60))
    assert (world.only.acked_by, world.only.acked_at) == ("", None)
    assert [e.data for e in world.events if e.kind is EventKind.REOPENED] == [{"acknowledged_by": "anna"}]


def test_behaviour_10_a_silent_watchdog_is_told(world: World, fire: Fire) -> None:
    """The Watchdog and InfoInhibitor are never triaged; ten minutes without a Watchdog are told, once."""
    for minute in range(0, 60, 5):
        world.post(minute, fire("Watchdog cluster=a"), fire("InfoInhibitor namespace=shop"))
        assert world.sweep(minute + 1) == []
    assert world.incidents == {}
    assert world.sweep(64) == []
    assert world.sweep(65.1) == ["silent"]
    assert world.sweep(90) == []
    world.post(95, fire("Watchdog cluster=a"))
    assert world.notices == ["silent", "heard"]
    assert world.events[-1].cluster == "a"


def test_behaviour_10_other_alerts_do_not_count_as_the_watchdog(world: World, fire: Fire) -> None:
    """An InfoInhibitor, a resolved Watchdog, and that of another cluster leave the silence as it is."""
    world.post(0, fire("Watchdog cluster=a"))
    world.post(9, fire("InfoInhibitor cluster=a"), fire("Watchdog cluster=b"))
    world.post(9.5, fire("Watchdog cluster=a", resolved=True))
    assert world.sweep(11) == ["silent"]


def test_behaviour_11_resolved_before_firing_opens_nothing(world: World, fire: Fire) -> None:
    """Overtaken on its way: the late firing of an episode that is over changes nothing."""
    world.post(1, fire(WEB, 0, resolved=True))
    world.post(2, fire(WEB, 0))
    assert world.incidents == {}
    assert list(world.arrivals.values()) == [2]


def test_behaviour_11_an_older_episode_is_ignored(world: World, fire: Fire, report: MakeReport) -> None:
    """A start before that of the open episode is kept as a row, and neither fires nor closes anything."""
    world.post(10, fire(WEB, 10))
    world.diagnose(11, world.only.id, report())
    world.post(12, fire(WEB, 5))
    world.post(13, fire(WEB, 5, resolved=True))
    assert (world.only.counts.firing, world.only.counts.episodes) == (1, 2)
    assert world.only.resolved_at is None
    assert world.only.state is IncidentState.REPORTED


def test_behaviour_11_a_start_far_ahead_keeps_no_episode_out(world: World, fire: Fire) -> None:
    """A sender whose clock was wrong told of one that begins in years: what fires now counts all the same."""
    world.post(0, fire(WEB, 1_000_000))
    world.post(60, fire(WEB, 60))
    assert [e.starts_at for e in world.episodes.values() if e.firing] == [world.at(60)]
    world.post(70, fire(WEB, 60, resolved=True))
    assert world.only.counts.firing == 0


def test_behaviour_11_a_lost_resolve_between_two_episodes(world: World, fire: Fire) -> None:
    """A newer start means that the earlier episode is over; its resolve, late, changes nothing."""
    world.post(0, fire(WEB, 0))
    world.post(10, fire(WEB, 9))
    assert world.only.counts.firing == 1
    world.post(11, fire(WEB, 0, resolved=True))
    assert world.only.counts.firing == 1
    world.post(12, fire(WEB, 9, resolved=True))
    assert world.only.counts.firing == 0


def test_behaviour_11_a_resolve_of_an_unknown_newer_episode_ends_the_older(world: World, fire: Fire) -> None:
    """Firing and resolved again between two deliveries: nothing of it fires any more."""
    world.post(0, fire(WEB, 0))
    world.post(10, fire(WEB, 9, resolved=True))
    assert (world.only.counts.firing, world.only.counts.episodes) == (0, 2)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_behaviour_11_any_order_ends_the_same(world: World, fire: Fire, order: tuple[int, ...]) -> None:
    """Two episodes, each firing and resolved, in any order and doubled: at the end nothing fires."""
    posts = [fire(WEB, 0), fire(WEB, 0, resolved=True), fire(WEB, 5), fire(WEB, 5, resolved=True)]
    for step, index in enumerate(order):
        world.post(6 + step / 5, posts[index], posts[index])
    assert not any(episode.firing for episode in world.episodes.values())
    assert sum(world.arrivals.values()) == 8
    assert all(incident.resolved_at for incident in world.incidents.values())


def test_a_source_that_tells_no_start_has_one_episode_at_a_time(world: World, fire: Fire) -> None:
    """Bare alerts repeat the episode that is open; resolved and fired again they begin another."""
    for minute in (0, 1, 2):
        world.post(minute, fire(WEB, None))
    world.post(3, fire(WEB, None, resolved=True))
    world.post(4, fire(WEB, None))
    assert sorted(world.arrivals.values()) == [1, 4]
    assert (world.only.counts.firing, world.only.counts.repeats) == (1, 3)
