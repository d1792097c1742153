"""Keys and names of incidents."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubetriage.domain.alert import Alert
from kubetriage.domain.intake.incident_ids import incident_id
from kubetriage.domain.intake.keys import kept, look_at, object_key, parents_of, text_of

Fire = Callable[..., Alert]
AT = datetime(2025, 3, 4, 10, tzinfo=UTC)


def test_ids_are_short_and_sort_by_time() -> None:
    """`INC-` and 14 unmistakable characters; later ones are greater, those of one moment differ."""
    ids = [incident_id(AT + timedelta(milliseconds=ms), 2**28 - 1 - ms) for ms in range(2000)]
    assert ids == sorted(ids)
    assert len({incident_id(AT, seed) for seed in range(20_000)}) == 20_000
    assert all(len(id) == 18 and not set(id[4:]) & set("ILOU") for id in ids)
    assert incident_id(datetime(1970, 1, 1, tzinfo=UTC), 0) == "INC-" + "0" * 14


@pytest.mark.parametrize(
    ("text", "key", "title"),
    [
        (
            "KubePodCrashLooping cluster=a namespace=s pod=web-0",
            "workload|a|s|web",
            "KubePodCrashLooping s/web",
        ),
        ("KubeNodeNotReady cluster=a node=n1", "node|a|n1", "KubeNodeNotReady n1"),
        ("KubeAPIDown cluster=a job=apiserver", "cluster|a|", "KubeAPIDown"),
        ("Mine team=x", "lost|||Mine", "Mine"),
    ],
)
def test_a_look_at_an_alert_says_where_it_belongs(fire: Fire, text: str, key: str, title: str) -> None:
    """The workload, the node, the control plane, or the alert's own name where its object is lost."""
    look = look_at(fire(text))
    assert (look.key, look.title) == (key, title)


def test_the_key_of_an_object_is_that_of_its_alerts(fire: Fire) -> None:
    """A report's culprit finds the incident of the alerts about it."""
    pod = "web-6d9c7f8b5d-x2x7q"
    assert look_at(fire(f"KubePodNotReady namespace=s pod={pod}")).key == object_key("", "Pod", "s", pod)
    assert look_at(fire("KubeNodeNotReady node=n1")).key == object_key("", "Node", "", "n1")
    full = look_at(fire("KubePersistentVolumeErrors persistentvolume=pv-1")).key
    assert full == object_key("", "PersistentVolume", "", "pv-1")


def test_a_claim_may_belong_to_a_stateful_set(fire: Fire) -> None:
    """Claims are `<template>-<set>-<ordinal>`, and either name may have dashes."""
    look = look_at(fire("KubePersistentVolumeFillingUp namespace=s persistentvolumeclaim=my-data-my-db-0"))
    assert look.key == "workload||s|my-data-my-db"
    names = ("data-my-db", "my-db", "db")
    assert look.others == tuple(f"workload||s|{name}" for name in names)


def test_only_the_alerts_own_node_counts(fire: Fire) -> None:
    """The node that the exporter runs on is not the pod's."""
    ours = look_at(fire("KubePodNotReady namespace=s pod=web-0 node=n1"))
    assert ours.nodes == ("n1",)
    theirs = "namespace=monitoring exported_namespace=s exported_pod=web-0 pod=kube-state-metrics-0 node=n9"
    assert look_at(fire(f"KubePodNotReady {theirs} container=kube-state-metrics")).nodes == ()
    assert look_at(fire("KubeNodeNotReady node=n1")).nodes == ()


def test_what_could_explain_an_incident() -> None:
    """Its node, then its control plane; a control plane and the monitoring by nothing."""
    assert parents_of("workload|a|s|web", "a", ("n1",)) == ("node|a|n1", "cluster|a|")
    assert parents_of("node|a|n1", "a", ("n1",)) == ("cluster|a|",)
    assert parents_of("cluster|a|", "a", ()) == ()
    assert parents_of("monitoring-meta|a||X", "a", ()) == ()


@given(st.text(max_size=2000))
def test_whatever_a_text_holds_it_can_be_kept(text: str) -> None:
    """Short, without NUL, encodable, and the same again when it is kept twice."""
    once = kept(text)
    assert len(once) <= 400 and "\0" not in once
    assert once.encode().decode() == once == kept(once)


def test_long_texts_stay_different() -> None:
    """What is cut off is told apart by its digest."""
    assert kept("x" * 1000) != kept("x" * 1001)
    assert text_of(("a|b", "c")) != text_of(("a", "b|c"))
    assert kept("\ud800") == "?"
