"""The behaviours that users are promised, one after the other, each under its number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kubetriage.domain.alert import Alert, Severity
from kubetriage.domain.intake.reading import EventKind
from kubetriage.domain.intake.values import CloseReason, Hold, IncidentState
from kubetriage.domain.report import Report

World = Any  # conftest's
Fire = Callable[..., Alert]
MakeReport = Callable[..., Report]
MakeWorld = Callable[..., World]

WEB = "KubePodCrashLooping namespace=shop pod=web-6d9c7f8b5d-x2x7q container=web"


def test_behaviour_01_a_repeat_is_counted_and_told_to_nobody(
    world: World, fire: Fire, report: MakeReport
) -> None:
    """The same episode again, also hours later, updates what is known: no new diagnosis, no message."""
    world.post(0, fire(WEB))
    id = world.only.id
    world.diagnose(1, id, report())
    for minute in (5, 240, 480):
        decisions = world.post(minute, fire(WEB))
        assert list(decisions.events) == []
        assert world.only.state is IncidentState.REPORTED
    assert world.only.counts.repeats == 3
    assert world.only.counts.episodes == 1
    assert world.only.last_seen_at == world.at(480)
    assert world.notices == ["reported"]


def test_behaviour_01_reminders_only_if_wanted(make_world: MakeWorld, fire: Fire, report: MakeReport) -> None:
    """With `reminder_hours`, one line per so many hours while it fires; without, none at all."""
    for hours, expected in ((0, []), (4, ["still-firing", "still-firing"])):
        world = make_world(reminder_hours=hours)
        world.post(0, fire(WEB))
        world.diagnose(1, world.only.id, report())
        told: list[str] = []
        for minute in range(60, 601, 60):
            world.post(minute - 1, fire(WEB))
            told += world.sweep(minute)
        assert told == expected


def test_behaviour_02_companions_are_one_incident_and_one_diagnosis(world: World, fire: Fire) -> None:
    """Symptoms of one Deployment become one incident, which waits for all of them before it is diagnosed."""
    world.post(0, fire(WEB))
    world.post(0.1, fire("KubePodNotReady namespace=shop pod=web-6d9c7f8b5d-x2x7q"))
    world.post(0.2, fire("KubeDeploymentReplicasMismatch namespace=shop deployment=web"))
    world.post(0.3, fire("KubeHpaMaxedOut namespace=shop horizontalpodautoscaler=web-hpa"))
    assert world.due() == []
    world.minute = 25 / 60
    assert world.due() == [world.only.id]
    assert (world.only.counts.alerts, len(world.only.names)) == (4, 4)
    assert world.only.key == "workload||shop|web"


def test_behaviour_02_others_are_incidents_of_their_own(world: World, fire: Fire) -> None:
    """Another workload, namespace or cluster is another incident; a claim joins its open StatefulSet."""
    world.post(0, fire(WEB), fire(WEB + " cluster=b"), fire(WEB.replace("shop", "pay")))
    assert len(world.incidents) == 3
    world.post(1, fire("KubeStatefulSetReplicasMismatch namespace=shop statefulset=db"))
    world.post(1, fire("KubePersistentVolumeFillingUp namespace=shop persistentvolumeclaim=data-db-0"))
    assert len(world.incidents) == 4
    assert world.incidents[max(world.incidents)].counts.alerts == 2


def test_behaviour_03_a_node_absorbs_the_alerts_of_its_pods(world: World, fire: Fire) -> None:
    """Pods whose labels name the node are listed with its incident and not diagnosed, whichever came first."""
    world.post(0, fire(WEB + " node=worker-2"), fire(WEB.replace("web", "api") + " node=worker-1"))
    world.post(0.1, fire("KubeNodeNotReady node=worker-2", severity=Severity.WARNING))
    world.post(0.2, fire(WEB.replace("web", "db") + " node=worker-2"))
    node = next(i for i in world.incidents.values() if i.key.startswith("node"))
    children = sorted(i.title for i in world.incidents.values() if i.absorbed_by == node.id)
    assert children == ["KubePodCrashLooping shop/db", "KubePodCrashLooping shop/web"]
    world.minute = 1
    assert sorted(world.incidents[id].title for id in world.due()) == [
        "KubeNodeNotReady worker-2",
        "KubePodCrashLooping shop/api",
    ]


def test_behaviour_03_a_control_plane_absorbs_the_rest_of_its_cluster(world: World, fire: Fire) -> None:
    """What began within the window of an API server's trouble is its child; other clusters, and the

    monitoring's own alerts, are not."""
    world.post(0, fire(WEB + " cluster=a"), fire(WEB + " cluster=b"))
    world.post(0.1, fire("AlertmanagerFailedToSendAlerts cluster=a integration=webhook job=alertmanager"))
    world.post(1, fire("KubeAPIDown cluster=a job=apiserver", severity=Severity.CRITICAL))
    world.post(2, fire("KubeNodeNotReady cluster=a node=worker-1"))
    world.post(30, fire("KubeJobFailed cluster=a namespace=shop job_name=report job=kube-state-metrics"))
    api = next(i for i in world.incidents.values() if i.names == ("KubeAPIDown",))
    absorbed = {i.names[0] + i.cluster for i in world.incidents.values() if i.absorbed_by == api.id}
    assert absorbed == {"KubePodCrashLoopinga", "KubeNodeNotReadya"}


def test_behaviour_03_what_only_looks_like_a_control_planes_trouble_releases_the_rest(
    world: World, fire: Fire, report: MakeReport
) -> None:
    """No scheduler explains no crash. An API server that is not scraped is no cause either: as soon as its

    own diagnosis shows none, its children are diagnosed, and later ones are not absorbed any more."""
    down = [fire(f"Kube{part}Down", severity=Severity.CRITICAL) for part in ("Scheduler", "Proxy")]
    world.post(0, *down, fire(WEB))
    assert [i.absorbed_by for i in world.incidents.values()] == [None, None]
    world.post(0.1, fire("KubeAPIDown", severity=Severity.CRITICAL))
    plane = next(i for i in world.incidents.values() if i.key.startswith("cluster"))
    web = next(i for i in world.incidents.values() if "web" in i.key)
    assert web.absorbed_by == plane.id
    world.diagnose(1, plane.id, report("inconclusive"))
    assert world.incidents[web.id].absorbed_by is None
    world.post(2, fire(WEB.replace("web", "api")))
    world.minute = 3
    assert sorted(world.incidents[id].key for id in world.due()) == [
        "workload||shop|api",
        "workload||shop|web",
    ]


def test_behaviour_03_what_still_fires_is_released(world: World, fire: Fire, report: MakeReport) -> None:
    """When the node is back, its children close with it; one that still fires gets its own diagnosis."""
    pods = [fire(WEB.replace("web", name) + " node=worker-2") for name in ("web", "api")]
    node = fire("KubeNodeNotReady node=worker-2")
    world.post(0, node, *pods)
    parent = next(i for i in world.incidents.values() if i.key.startswith("node"))
    world.diagnose(1, parent.id, report(culprit=("Node", "", "worker-2")))
    over = [fire("KubeNodeNotReady node=worker-2", resolved=True)]
    over += [fire(WEB + " node=worker-2", resolved=True)]
    world.post(10, *over)
    world.sweep(12)
    api = next(i for i in world.incidents.values() if "api" in i.key)
    web = next(i for i in world.incidents.values() if "web" in i.key)
    assert (web.state, web.close_reason) == (IncidentState.CLOSED, CloseReason.ABSORBED)
    assert (api.absorbed_by, api.state) == (None, IncidentState.WAITING)
    world.minute = 13
    assert world.due() == [api.id]
    assert world.notices == ["reported", "closed"]


def test_behaviour_03_what_is_diagnosed_while_its_node_recovers_is_released(
    world: World, fire: Fire, report: MakeReport
) -> None:
    """Nothing stays with an incident that is closed: when it fires again it is told like any other."""
    pod = "KubePodNotReady namespace=shop pod=db-0 node=worker-1"
    world.post(0, fire(pod))
    [id] = world.incidents
    attempt = world.begin(1, id)
    world.post(2, fire("KubeNodeNotReady node=worker-1"))
    assert world.incidents[id].absorbed_by
    world.post(3, fire(pod, resolved=True))
    [node] = [each for each in world.incidents.values() if each.id != id]
    world.diagnose(3, node.id, report())
    world.post(4, fire("KubeNodeNotReady node=worker-1", resolved=True))
    assert world.sweep(6) == ["closed", "released"]
    world.finish(7, id, attempt, report())
    world.post(8, fire(pod, 8))
    again = world.incidents[id]
    assert (again.absorbed_by, again.counts.firing) == (None, 1)


def test_behaviour_03_a_report_explains_other_incidents(world: World, fire: Fire, report: MakeReport) -> None:
    """A pod whose report names the node as culprit becomes the node's child, though no label said so."""
    world.post(0, fire(WEB), fire("KubeNodeNotReady node=worker-2"))
    web = next(i for i in world.incidents.values() if "web" in i.key)
    node = next(i for i in world.incidents.values() if i.key.startswith("node"))
    world.diagnose(1, web.id, report(culprit=("Node", "", "worker-2")))
    assert world.incidents[web.id].absorbed_by == node.id
    world.diagnose(2, node.id, report("healthy"))
    assert world.incidents[web.id].absorbed_by is None


def test_behaviour_03_a_nodes_report_takes_in_what_was_abnormal_on_it(
    world: World, fire: Fire, report: MakeReport
) -> None:
    """Pods that the node's diagnosis found broken become its children; those that it did not look at do not."""
    pods = [fire(WEB.replace("web", name)) for name in ("web", "api", "db")]
    world.post(0, fire("KubeNodeNotReady node=worker-2"), *pods)
    node = next(i for i in world.incidents.values() if i.key.startswith("node"))
    abnormal = [("Pod", "shop", f"{name}-6d9c7f8b5d-x2x7q") for name in ("web", "api")]
    world.diagnose(1, node.id, report(culprit=("Node", "", "worker-2"), abnormal=abnormal))
    assert {i.key for i in world.incidents.values() if i.absorbed_by == node.id} == {
        "workload||shop|web",
        "workload||shop|api",
    }
    world.minute = 2
    assert [world.incidents[id].key for id in world.due()] == ["workload||shop|db"]


def test_behaviour_04_a_storm_is_told_once(make_world: MakeWorld, fire: Fire) -> None:
    """Very many incidents of one cluster are one message; the end of it says how many were not diagnosed."""
    world = make_world(storm_incidents=10)
    for number in range(40):
        world.post(number / 20, fire(WEB.replace("web", f"app{number}") + " cluster=a"))
    assert world.notices == ["storm-began"]
    [storm] = world.storms.values()
    assert len([i for i in world.incidents.values() if i.storm == storm.id]) == 40
    assert world.sweep(4) == []
    assert world.sweep(10) == ["storm-ended"]
    assert world.events[-1].data["not_diagnosed"] == 40
    world.post(11, fire(WEB + " cluster=a"))
    assert world.incidents[max(world.incidents)].storm is None


def test_behaviour_04_what_a_node_explains_makes_no_storm(make_world: MakeWorld, fire: Fire) -> None:
    """A hundred pods of a node that is gone are one diagnosis, in one request as in many."""
    world = make_world(storm_incidents=10)
    pods = [fire(WEB.replace("web", f"app{n}") + " node=worker-2") for n in range(100)]
    world.post(0, *pods, fire("KubeNodeNotReady node=worker-2"))
    world.minute = 1
    assert [world.incidents[id].key for id in world.due()] == ["node||worker-2"]
    assert world.notices == []


def flap(world: World, fire: Fire, minutes: list[float]) -> None:
    for minute in minutes:
        world.post(minute, fire(WEB, minute))
        world.post(minute + 0.5, fire(WEB, minute, resolved=True))


def test_behaviour_05_flapping_is_told_once_and_waited_out(
    world: World, fire: Fire, report: MakeReport
) -> None:
    """The third episode within half an hour: one message, and no diagnosis until it is stable."""
    flap(world, fire, [0, 5, 10, 12, 15])
    assert world.notices == ["flapping"]
    flapping = next(event for event in world.events if event.kind is EventKind.FLAPPING)
    assert len(flapping.data["episodes"]) == 3
    world.post(20, fire(WEB, 20))
    world.minute = 49
    assert world.due() == []
    assert world.only.hold is Hold.FLAPPING
    assert world.sweep(51) == ["stable", "requeued"]
    world.minute = 52
    assert world.due() == [world.only.id]


def test_behaviour_05_flapping_in_a_storm_is_no_message_of_its_own(make_world: MakeWorld, fire: Fire) -> None:
    """However many of a storm's alerts flap, people get the storm's one message."""
    world = make_world(storm_incidents=10)
    pods = [WEB.replace("web", f"app{number}") for number in range(20)]
    for minute in (0, 2, 4):
        world.post(minute, *(fire(pod, minute) for pod in pods))
        world.post(minute + 0.5, *(fire(pod, minute, resolved=True) for pod in pods))
    assert world.notices == ["storm-began"]
    assert sum(event.kind is EventKind.FLAPPING for event in world.events) == 20


def test_behaviour_05_flapping_ends_after_two_hours_at_the_latest(world: World, fire: Fire) -> None:
    """What goes on flapping is diagnosed after all; what is over by then is closed, and that is told."""
    flap(world, fire, [float(minute) for minute in range(0, 130, 5)])
    assert world.sweep(129) == []
    assert world.sweep(131) == ["stable", "closed"]
    assert world.notices == ["flapping", "closed"]


def test_behaviour_05_two_prometheus_servers_do_not_flap(world: World, fire: Fire) -> None:
    """Twins that start the same episode seconds apart, in turn, make neither flapping nor incidents."""
    for minute in (0, 10, 20, 30):
        world.post(minute, fire(WEB, 0), fire(WEB, 0.2))
    assert world.notices == []
    assert (world.only.counts.alerts, world.only.counts.firing) == (1, 1)


def test_behaviour_06_a_young_diagnosis_is_used_again(world: World, fire: Fire, report: MakeReport) -> None:
    """A new episode within half an hour of the diagnosis starts no other one; a later one does."""
    world.post(0, fire(WEB))
    world.diagnose(1, world.only.id, report())
    world.post(5, fire(WEB, 0, resolved=True))
    world.post(20, fire(WEB, 20))
    assert world.only.state is IncidentState.REPORTED
    world.post(22, fire(WEB, 20, resolved=True))
    world.post(40, fire(WEB, 40))
    assert world.only.due_at == world.at(40 + 25 / 60)


@pytest.mark.parametrize(
    ("joins", "reason"),
    [
        ([("KubePodNotReady namespace=shop pod=web-6d9c7f8b5d-x2x7q", "warning")], "KubePodNotReady joined"),
        ([(WEB.replace("x2x7q", "abcde"), "critical")], "its severity rose to critical"),
        ([(WEB.replace("x2x7q", "bcdfg"), "warning")], "it grew from 1 to 2 alerts"),
    ],
)
def test_behaviour_06_what_changes_the_picture_is_diagnosed_again(
    world: World, fire: Fire, report: MakeReport, joins: list[tuple[str, str]], reason: str
) -> None:
    """A new alert name, a higher severity or twice the resources make the young diagnosis old."""
    world.post(0, fire(WEB))
    world.diagnose(1, world.only.id, report())
    world.post(3, *(fire(text, 3, severity=Severity(severity)) for text, severity in joins))
    assert world.only.state is IncidentState.WAITING
    assert [e.data["reason"] for e in world.events if e.kind is EventKind.REQUEUED] == [reason]


def test_behaviour_06_what_joins_a_running_diagnosis_follows_it(
    world: World, fire: Fire, report: MakeReport
) -> None:
    """The running one ends with its report, then comes the next: never two at a time."""
    world.post(0, fire(WEB))
    id = world.only.id
    attempt = world.begin(1, id)
    world.post(1.5, fire("KubePodNotReady namespace=shop pod=web-6d9c7f8b5d-x2x7q", 1.5))
    assert world.only.state is IncidentState.DIAGNOSING
    world.finish(2, id, attempt, report())
    assert (world.only.state, world.only.report_run) == (IncidentState.WAITING, f"{id}-1")
    world.diagnose(3, id, report())
    assert (world.only.state, world.only.diagnosis_attempts) == (IncidentState.REPORTED, 2)
