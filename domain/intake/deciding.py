"""What arriving alerts change: pure, and linear in their number.

The behaviours, by number, that users are promised; each has a test named after it:

1. An episode that arrives again is counted. 2. Alerts of one workload or node are one incident, diagnosed
once, after a wait. 3. Nodes and control planes absorb what they explain. 4. Storms have a budget. 5. Flapping
is recognised and waited out. 6. A young diagnosis is used again. 7. Resolved before, during or after the
diagnosis. 8. What is never resolved goes stale. 9. An acknowledgement holds until a new episode. 10. A silent
Watchdog is told. 11. Order and doubles do not matter. 12. All of it is stored before the sender is answered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from kubetriage.domain.alert import Alert, AlertStatus
from kubetriage.domain.intake.absorbing import absorb_if_explained, absorb_what_they_explain
from kubetriage.domain.intake.decisions import Decisions, Fate, Known
from kubetriage.domain.intake.desk import AlertEpisodes, Desk, Episode, worst
from kubetriage.domain.intake.keys import WATCHDOGS, Look, kept, look_at
from kubetriage.domain.intake.reading import EventKind, Silence
from kubetriage.domain.intake.requeuing import flap_if_it_does, reconsider, recover, wait
from kubetriage.domain.intake.storms import note_opened
from kubetriage.domain.intake.values import Hold, Incident, IncidentState, IntakeSettings

LookAt = Callable[[Alert], Look]

MOST_NAMES = 50
"""Names of alerts, and nodes, that an incident itself keeps."""
_LATE = timedelta(seconds=50)
"""By which what was on its way before a resolve has arrived. An Alertmanager's next word of a group comes a
group_interval later, mostly one minute or five; the one after that is the repeat, in hours."""
_FUTURE = timedelta(hours=1)
"""A start further ahead is of a clock that is wrong, and keeps no later episode out."""


def decide(
    known: Known, arrived: Sequence[Alert], now: datetime, settings: IntakeSettings, look: LookAt = look_at
) -> Decisions:
    """What the alerts of one or several requests change, in the order of their arrival.

    `look` may be a memo of `look_at`. Nothing is asked and nothing is written here.
    """
    desk = Desk(known, now, settings)
    fates = [_arrive(desk, alert, look) for alert in arrived]
    absorb_what_they_explain(desk, {fate.incident for fate in fates if fate.incident and fate.new})
    for id in desk.new:
        note_opened(desk, desk.incident(id))
    return desk.decisions(fates)


def _arrive(desk: Desk, alert: Alert, look: LookAt) -> Fate:
    episodes = desk.episodes(alert.fingerprint)
    starts_at = alert.starts_at or _start_of(desk, episodes, alert)
    episode = episodes.by_start.get(starts_at)
    if episode:
        _again(desk, alert, look, episode, episodes)
        return Fate(False, episode.incident)
    looked = look(alert)
    episode = Episode(alert.fingerprint, starts_at, firing=False, alert=alert, arrivals=1)
    episode.cluster = looked.cluster
    current = episodes.current
    late = current is not None and starts_at < current.starts_at <= desk.now + _FUTURE
    if late or alert.status is AlertStatus.RESOLVED:
        _closed_already(desk, looked, episode, episodes)
    else:
        episode.firing = True
        if looked.skipped:
            _hear(desk, alert, looked.cluster)
        else:
            episode.incident = _join(desk, alert, looked, episode, episodes)
        if current:
            _superseded(desk, current, episodes, starts_at)
    episodes.add(episode)
    return Fate(True, episode.incident)


def _start_of(desk: Desk, episodes: AlertEpisodes, alert: Alert) -> datetime:
    """For a source that does not say: the episode that goes on, or, resolved, the last there was."""
    if episodes.current:
        return episodes.current.starts_at
    resolved = alert.status is AlertStatus.RESOLVED
    return max(episodes.by_start) if episodes.by_start and resolved else desk.now


def _again(desk: Desk, alert: Alert, look: LookAt, episode: Episode, episodes: AlertEpisodes) -> None:
    """1 and 11: what is known is counted; only a resolved one still changes something."""
    episode.arrivals += 1
    id = episode.incident if desk.known(episode.incident) else None
    if id:
        desk.count(id, repeats=1)
        desk.see(id)
    if alert.status is AlertStatus.RESOLVED:
        was_firing = episode.firing
        if was_firing or episode.assumed:
            episodes.end(episode, alert.ends_at or desk.now, assumed=False)
        if was_firing and id:
            _one_less(desk, id)
        return
    if episode.incident is None:
        _hear(desk, alert, episode.cluster)
    over = episode.assumed or (id is not None and _came_back(desk, episode, episodes))
    if over and episodes.current is None:  # 8: it was held to be over, and is not
        episode.firing, episode.assumed, episode.changed = True, False, True
        episodes.current = episode
        if id:
            episode.incident = _go_on(desk, alert, look(alert), episode, episodes)
            episode.moved = episode.incident != id


def _came_back(desk: Desk, episode: Episode, episodes: AlertEpisodes) -> bool:
    """Whether the last episode of an alert, resolved, fires after all, and this is no word that came late.

    An Alertmanager that does not hear of an alert from Prometheus for some minutes says that it is resolved;
    once it hears of it again it says that the same episode fires.
    """
    newest = episode.starts_at == max(episodes.by_start)
    since = episode.seen_at
    return newest and not episode.firing and since is not None and desk.now - since >= _LATE


def _closed_already(desk: Desk, looked: Look, episode: Episode, episodes: AlertEpisodes) -> None:
    """11: an episode that was over when it was first heard of is kept and opens nothing."""
    alert, current = episode.alert, episodes.current
    assert alert
    resolved = alert.status is AlertStatus.RESOLVED
    episode.assumed = not resolved
    if resolved:
        episode.ends_at = alert.ends_at or desk.now
    elif current:
        episode.ends_at = current.starts_at
    if current and resolved and episode.starts_at > current.starts_at:
        _superseded(desk, current, episodes, episode.starts_at)  # its own word got lost
    incident = None if looked.skipped else _open_one(desk, looked)
    id = current.incident if current and desk.known(current.incident) else incident and incident.id
    if id:
        desk.count(id, episodes=1, alerts=id not in episodes.incidents)
        episode.incident = id


def _superseded(desk: Desk, current: Episode, episodes: AlertEpisodes, at: datetime) -> None:
    """A later episode of the same alert is there, so the earlier one is over, though nobody said so."""
    episodes.end(current, at, assumed=True)
    if current.incident and desk.known(current.incident):
        _one_less(desk, current.incident)


def _one_less(desk: Desk, id: str) -> None:
    """7: an alert of the incident is over; with the last of them, so is the incident, after a delay."""
    desk.count(id, firing=-1)
    incident = desk.incident(id)
    if incident.open and not incident.counts.firing and incident.resolved_at is None:
        incident = desk.change(id, resolved_at=desk.now)
        desk.tell(EventKind.RESOLVED, incident)
        recover(desk, incident)


def _go_on(desk: Desk, alert: Alert, looked: Look, episode: Episode, episodes: AlertEpisodes) -> str:
    """An episode that had been given up fires: no new one, so no new diagnosis if there is one."""
    assert episode.incident
    incident = desk.incident(episode.incident)
    other = desk.of_key(incident.key)
    if not incident.open and other and other.open:  # its workload has got another incident meanwhile
        return _add(desk, alert, looked, other, episode, episodes, joins=True)
    desk.count(incident.id, firing=1)
    if not incident.open:
        _reopen(desk, incident)
    incident = desk.incident(incident.id)
    if incident.resolved_at:
        incident = desk.change(incident.id, resolved_at=None)
    if incident.hold is Hold.RECOVERED:
        wait(desk, incident)
    return incident.id


def _join(desk: Desk, alert: Alert, looked: Look, episode: Episode, episodes: AlertEpisodes) -> str:
    """2: a new episode belongs to the incident of its workload or node, which is opened if need be."""
    incident = _open_one(desk, looked) or _recent_one(desk, looked)
    joins = incident is not None
    if incident is None:
        incident = _open(desk, alert, looked)
    elif not incident.open:
        incident = _reopen(desk, incident)
    return _add(desk, alert, looked, incident, episode, episodes, joins=joins)


def _add(
    desk: Desk,
    alert: Alert,
    looked: Look,
    incident: Incident,
    episode: Episode,
    episodes: AlertEpisodes,
    *,
    joins: bool,
) -> str:
    """An episode of an open incident, which it joins if it did not open it."""
    id = incident.id
    desk.count(id, episodes=1, firing=1, alerts=id not in episodes.incidents)
    episodes.incidents.add(id)
    name = kept(alert.name)
    names = incident.names
    incident = desk.change(
        id,
        severity=worst(incident.severity, alert.severity),
        names=names if name in names or len(names) >= MOST_NAMES else (*names, name),
        nodes=tuple(dict.fromkeys((*incident.nodes, *looked.nodes)))[:MOST_NAMES],
        last_seen_at=desk.now,
        last_episode_at=desk.now,
        resolved_at=None,
    )
    if joins:
        desk.joined(id, name)
        incident = _unacknowledged(desk, incident)
    incident = flap_if_it_does(desk, incident, episode, episodes)
    incident = absorb_if_explained(desk, incident)
    reconsider(desk, incident)
    return id


def _open_one(desk: Desk, looked: Look) -> Incident | None:
    """The open incident of this key, or of a StatefulSet whose claim this is, the longest name first."""
    for key in (looked.key, *looked.others):
        incident = desk.of_key(key)
        if incident and incident.open:
            return incident
    return None


def _recent_one(desk: Desk, looked: Look) -> Incident | None:
    """The incident of this key that was closed so recently that this is the same one."""
    incident = desk.of_key(looked.key)
    if incident is None or incident.closed_at is None:
        return None
    settings = desk.settings
    span = max(settings.window_minutes, settings.flap_window_minutes)
    diagnosed = incident.last_diagnosed_at
    young = diagnosed is not None and diagnosed >= desk.ago(minutes=settings.cooldown_minutes)
    return incident if young or incident.closed_at >= desk.ago(minutes=span) else None


def _open(desk: Desk, alert: Alert, looked: Look) -> Incident:
    incident = Incident(
        id=desk.new_id(),
        key=looked.key,
        cluster=looked.cluster,
        title=looked.title,
        severity=alert.severity,
        opened_at=desk.now,
        updated_at=desk.now,
        last_seen_at=desk.now,
        last_episode_at=desk.now,
        due_at=desk.later(seconds=desk.settings.wait_seconds),
    )
    desk.put(incident)
    desk.tell(EventKind.OPENED, incident, name=alert.name, severity=alert.severity.value)
    return incident


def _reopen(desk: Desk, incident: Incident) -> Incident:
    """It is back. People who were told that it is over are told, unless a new report will tell them."""
    reported = incident.report_run is not None
    told = incident.noticed_at is not None and not incident.flapping_until
    incident = desk.change(
        incident.id,
        state=IncidentState.REPORTED if reported else IncidentState.WAITING,
        hold=Hold.NONE,
        due_at=None if reported else desk.later(seconds=desk.settings.wait_seconds),
        closed_at=None,
        close_reason=None,
        absorbed_by=None,
        resolved_at=None,
        storm=None,
        explains=True,
    )
    desk.tell(EventKind.REOPENED, incident, notice=told)
    return incident


def _unacknowledged(desk: Desk, incident: Incident) -> Incident:
    """9: a new episode takes the acknowledgement back; the timeline keeps who gave it."""
    if incident.acked_at is None:
        return incident
    desk.tell(EventKind.REOPENED, incident, acknowledged_by=incident.acked_by)
    return desk.change(incident.id, acked_by="", acked_at=None)


def _hear(desk: Desk, alert: Alert, cluster: str) -> None:
    """10: the Watchdog was heard."""
    if alert.name not in WATCHDOGS:
        return
    silence = desk.silence(cluster)
    if silence and silence.silent_since:
        since = silence.silent_since.isoformat()
        desk.tell_of_cluster(EventKind.HEARD, cluster, name=alert.name, silent_since=since)
    desk.keep_silence(Silence(cluster=cluster, last_heard=desk.now))
