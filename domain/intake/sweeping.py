"""What time alone changes; pure, like `deciding`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from kubetriage.domain.intake.absorbing import release
from kubetriage.domain.intake.decisions import Decisions, Known
from kubetriage.domain.intake.desk import Desk
from kubetriage.domain.intake.reading import EventKind
from kubetriage.domain.intake.requeuing import calm
from kubetriage.domain.intake.storms import end_of_storm, over
from kubetriage.domain.intake.values import CloseReason, Hold, Incident, IncidentState, IntakeSettings

BUSY = (IncidentState.QUEUED, IncidentState.DIAGNOSING)


class StormCount(NamedTuple):
    incidents: int
    diagnosed: int
    """Of these, those that have a report by now."""


def may_be_stale(now: datetime, listening_since: datetime, settings: IntakeSettings) -> bool:
    """Whether we have listened for a whole repeat interval: after an outage of ours, silence says nothing."""
    return now - listening_since >= timedelta(hours=settings.stale_after_hours / 2)


def may_be_silent(now: datetime, listening_since: datetime, settings: IntakeSettings) -> bool:
    return now - listening_since >= timedelta(minutes=settings.watchdog_silent_minutes)


def sweep(
    known: Known,
    storms: Mapping[int, StormCount],
    now: datetime,
    settings: IntakeSettings,
    listening_since: datetime,
) -> Decisions:
    """Known are: episodes that fire and were not heard of for `stale_after_hours`; the incidents of these;

    open incidents that are resolved, flapping, due for a reminder or of which nothing fires, with those they
    absorbed; all storms that go on, and all silences. `listening_since`: since when alerts could have reached
    us.
    """
    desk = Desk(known, now, settings)
    if may_be_stale(now, listening_since, settings):
        _stale(desk, [episode.fingerprint for episode in known.episodes])
    ids = [incident.id for incident in known.incidents]
    for id in ids:
        incident = desk.incident(id)
        if incident.open and incident.flapping_until:
            _flapping(desk, incident)
    for id in ids:
        incident = desk.incident(id)
        if incident.open and incident.resolved_at and not incident.flapping_until:
            _resolved(desk, incident)
    for id in ids:
        _given_up(desk, desk.incident(id))
    for id in ids:
        _remind(desk, desk.incident(id))
    for storm in known.storms:
        if over(desk, storm):
            end_of_storm(desk, storm, *storms.get(storm.id, StormCount(0, 0)))
    if may_be_silent(now, listening_since, settings):
        _listen(desk)
    return desk.decisions()


def _stale(desk: Desk, fingerprints: Sequence[str]) -> None:
    """8: no word for longer than a repeat could take: assumed to be over, and said so."""
    for fingerprint in dict.fromkeys(fingerprints):
        episodes = desk.episodes(fingerprint)
        for episode in [one for one in episodes.by_start.values() if one.firing]:
            episodes.end(episode, desk.now, assumed=True)
            if not episode.incident or not desk.known(episode.incident):
                continue
            desk.count(episode.incident, firing=-1)
            incident = desk.incident(episode.incident)
            if incident.open and not incident.counts.firing and incident.state not in BUSY:
                close(desk, incident, CloseReason.STALE)


def _given_up(desk: Desk, incident: Incident) -> None:
    """8: the last of its alerts went stale while it was being diagnosed: closed once that is over."""
    silent = incident.open and not incident.counts.firing and incident.resolved_at is None
    if silent and incident.state not in BUSY:
        close(desk, incident, CloseReason.STALE)


def assume_over(known: Known, id: str, now: datetime, settings: IntakeSettings) -> Decisions:
    """8: no word of it for longer than a repeat takes, and its resources are healthy: assumed to be over.

    Known are the incident, its episodes that fire, and the open incidents that it absorbed. Nothing is
    decided about one that is being diagnosed, or that nothing fires of.
    """
    desk = Desk(known, now, settings)
    incident = desk.incident(id)
    if not may_be_checked(incident):
        return Decisions()
    for episode in known.episodes:
        desk.episodes(episode.fingerprint).end(
            desk.episodes(episode.fingerprint).by_start[episode.starts_at], now, assumed=True
        )
    desk.change(id, counts=incident.counts.model_copy(update={"firing": 0}))
    close(desk, desk.incident(id), CloseReason.STALE, healthy=True)
    return desk.decisions()


def may_be_checked(incident: Incident) -> bool:
    """Whether an open incident is one that only its missing resolve keeps open."""
    settled = incident.state in (IncidentState.REPORTED, IncidentState.FAILED)
    held = incident.absorbed_by or incident.flapping_until
    return settled and incident.counts.firing > 0 and not held


def _flapping(desk: Desk, incident: Incident) -> None:
    quiet = incident.last_episode_at <= desk.ago(minutes=desk.settings.flap_window_minutes)
    if quiet or (incident.flapping_until and incident.flapping_until <= desk.now):
        calm(desk, incident)


def _resolved(desk: Desk, incident: Incident) -> None:
    """7: closed once it stayed resolved for the delay, and nothing is still to be found out about it."""
    delay = desk.ago(seconds=desk.settings.resolve_delay_seconds)
    busy = incident.state in BUSY or (incident.state is IncidentState.WAITING and incident.due_at)
    if not busy and incident.resolved_at and incident.resolved_at <= delay:
        close(desk, incident, CloseReason.ABSORBED if incident.absorbed_by else CloseReason.RESOLVED)


def close(desk: Desk, incident: Incident, reason: CloseReason, **why: bool) -> None:
    """Told only to people who were told that it was there. What it explained goes with it, or is released."""
    told = incident.noticed_at is not None and not incident.absorbed_by
    incident = desk.change(
        incident.id,
        state=IncidentState.CLOSED,
        closed_at=desk.now,
        close_reason=reason,
        due_at=None,
        hold=Hold.NONE,
        flapping_until=None,
        resolved_at=incident.resolved_at or desk.now,
    )
    desk.tell(
        EventKind.CLOSED,
        incident,
        notice=told,
        reason=reason.value,
        assumed=reason is CloseReason.STALE,
        diagnosed=incident.report_run is not None,
        **why,
    )
    for child in desk.open_ones(incident.cluster):
        if child.absorbed_by == incident.id:
            if child.counts.firing or child.state in BUSY:  # it may fire again, and nobody would be told
                release(desk, child)
            else:
                close(desk, child, CloseReason.ABSORBED)


def _remind(desk: Desk, incident: Incident) -> None:
    """1 and 9: one line now and then for what still fires and nobody acknowledged, if that is wanted."""
    hours = desk.settings.reminder_hours
    wanted = hours and incident.open and incident.counts.firing and not incident.acked_at
    held = incident.flapping_until or incident.absorbed_by
    if wanted and not held and incident.noticed_at and incident.noticed_at <= desk.ago(hours=hours):
        lasted = round((desk.now - incident.opened_at).total_seconds() / 3600, 1)
        incident = desk.change(incident.id, noticed_at=desk.now)
        desk.tell(EventKind.STILL_FIRING, incident, notice=True, hours=lasted)


def _listen(desk: Desk) -> None:
    """10: a Watchdog that was there and is no more: alerts may not reach us."""
    since = desk.ago(minutes=desk.settings.watchdog_silent_minutes)
    for silence in desk.silences():
        if silence.silent_since is None and silence.last_heard <= since:
            desk.keep_silence(silence.model_copy(update={"silent_since": desk.now}))
            last = silence.last_heard.isoformat()
            desk.tell_of_cluster(EventKind.SILENT, silence.cluster, last_heard=last)
