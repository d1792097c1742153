"""What lies outside a snapshot's scope is a gap; what its reader was refused is forbidden."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.cluster.snapshot.status import NOT_RECORDED, ApiStatus
from kubetriage.adapters.cluster.snapshot.store import SnapshotStore
from kubetriage.domain.errors import BadSnapshot


def obj(kind: str, name: str, namespace: str = "shop", api_version: str = "v1") -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": namespace}}


OBJECTS = [
    obj("Pod", "a"),
    obj("Pod", "b", "other"),
    obj("ConfigMap", "c"),
    obj("Event", "e"),
    obj("Node", "n"),
]


@pytest.fixture
def with_scope(tmp_path: Path, write_snapshot: Any) -> Any:
    def load(**scope: Any) -> SnapshotStore:
        return SnapshotStore.load(write_snapshot(tmp_path / "s", OBJECTS, scope=scope))

    return load


def refusal(store: SnapshotStore, verb: str, *args: str) -> ApiStatus:
    with pytest.raises(ApiStatus) as refused:
        getattr(store, verb)(*args)
    return refused.value


def test_other_namespaces_are_gaps(with_scope: Any) -> None:
    """With namespaces given, reads of others, and of all, are not recorded; those given are complete."""
    store = with_scope(namespaces=["shop"])
    for read in [
        ("get", "v1", "Pod", "other", "x"),
        ("list", "v1", "Pod", "other"),
        ("list", "v1", "Pod", ""),
    ]:
        refused = refusal(store, *read)
        assert (refused.code, refused.reason) == (501, "NotRecorded")
        assert NOT_RECORDED in refused.message and "shop" in refused.message
    assert refusal(store, "get", "v1", "Pod", "shop", "x").code == 404
    assert len(store.list("v1", "Pod", "shop")) == 1


def test_cluster_scoped_kinds_are_in_every_scope_of_namespaces(with_scope: Any) -> None:
    """Namespaces limit namespaced kinds, and Namespaces themselves, nothing else."""
    store = with_scope(namespaces=["shop"])
    assert len(store.list("v1", "Node")) == 1
    assert refusal(store, "get", "v1", "Namespace", "", "elsewhere").code == 501
    assert refusal(store, "list", "v1", "Namespace").code == 501


def test_some_kinds_can_be_recorded_everywhere(with_scope: Any) -> None:
    """`all_namespaces` names kinds that are complete although namespaces are limited."""
    store = with_scope(namespaces=["shop"], all_namespaces=["Pod"])
    assert [pod["metadata"]["name"] for pod in store.list("v1", "Pod")] == ["b", "a"]
    assert refusal(store, "list", "v1", "ConfigMap").code == 501


def test_other_kinds_are_gaps(with_scope: Any) -> None:
    """With kinds given, the others are not recorded; one with its apiVersion is served without any object."""
    store = with_scope(kinds=["Pod", "rollouts.test/v1/Rollout"])
    assert len(store.list("v1", "Pod")) == 2
    assert refusal(store, "list", "apps/v1", "Deployment").code == 501
    assert store.list("rollouts.test/v1", "Rollout", "shop") == []


FORBIDDEN = [
    (["Pod"], ("get", "v1", "Pod", "shop", "a")),
    (["Pod"], ("list", "v1", "Pod", "")),
    (["Pod"], ("log", "shop", "a")),
    (["Pod/shop"], ("get", "v1", "Pod", "shop", "a")),
    (["Pod/shop"], ("list", "v1", "Pod", "shop")),
    (["Pod/shop"], ("list", "v1", "Pod", "")),
    (["Pod/shop/a"], ("get", "v1", "Pod", "shop", "a")),
    (["Pod/shop/a"], ("list", "v1", "Pod", "shop")),
    (["*/shop"], ("list", "v1", "ConfigMap", "shop")),
    (["Node"], ("list", "v1", "Node", "")),
    (["Node/n"], ("get", "v1", "Node", "", "n")),
    (["pods/log"], ("log", "other", "b")),
    (["pods/log/shop"], ("log", "shop", "a")),
    (["pods/log/shop/a"], ("log", "shop", "a")),
]
ALLOWED = [
    (["Pod/shop"], ("get", "v1", "Pod", "other", "b")),
    (["Pod/shop"], ("list", "v1", "Pod", "other")),
    (["Pod/other/b"], ("get", "v1", "Pod", "shop", "a")),
    (["*/shop"], ("list", "v1", "Node", "")),
    (["*/shop"], ("list", "v1", "Pod", "other")),
    (["Node/x"], ("get", "v1", "Node", "", "n")),
    (["pods/log"], ("get", "v1", "Pod", "shop", "a")),
]


@pytest.mark.parametrize(("unreadable", "read"), FORBIDDEN)
def test_unreadable_is_forbidden(with_scope: Any, unreadable: list[str], read: tuple[str, ...]) -> None:
    """Every form of an entry refuses what it names, and lists of where that is."""
    assert refusal(with_scope(unreadable=unreadable), *read).code == 403


@pytest.mark.parametrize(("unreadable", "read"), ALLOWED)
def test_the_rest_stays_readable(with_scope: Any, unreadable: list[str], read: tuple[str, ...]) -> None:
    """An entry refuses nothing that it doesn't name."""
    verb, *args = read
    assert getattr(with_scope(unreadable=unreadable), verb)(*args)


@pytest.mark.parametrize(
    ("read", "words"),
    [
        (
            ("get", "apps/v1", "Deployment", "shop", "web"),
            'deployments.apps "web" is forbidden: User "snapshot-reader" cannot get resource "deployments" '
            'in API group "apps" in the namespace "shop"',
        ),
        (
            ("list", "apps/v1", "Deployment", ""),
            'deployments.apps is forbidden: User "snapshot-reader" cannot list resource "deployments" '
            'in API group "apps" at the cluster scope',
        ),
    ],
)
def test_words_of_a_refusal(with_scope: Any, read: tuple[str, ...], words: str) -> None:
    """A 403 reads as the API server writes it."""
    assert refusal(with_scope(unreadable=["Deployment"]), *read).message == words


def test_refused_comes_before_not_recorded(with_scope: Any) -> None:
    """What was refused is forbidden even where the scope leaves it out."""
    assert refusal(with_scope(kinds=["Pod"], unreadable=["Secret"]), "list", "v1", "Secret", "").code == 403


@pytest.mark.parametrize(
    "scope",
    [
        {"namespaces": "shop"},
        {"kinds": [1]},
        {"unreadable": ["Pod/a/b/c"]},
        {"unreadable": ["Pod//a"]},
        {"unreadable": [""]},
    ],
)
def test_a_wrong_scope_is_refused(with_scope: Any, scope: dict[str, Any]) -> None:
    """Entries of the wrong type or form are bad input, with the entry named."""
    with pytest.raises(BadSnapshot, match="scope"):
        with_scope(**scope)


def test_kinds_that_are_partly_recorded_are_gaps_but_for_what_is_there(with_scope: Any) -> None:
    """What is recorded is served; what is not, and lists, may be missing, except where all is recorded."""
    store = with_scope(partial={"Pod": ["shop"], "Node": [], "ConfigMap": []})
    assert len(store.list("v1", "Pod", "shop")) == 1
    assert refusal(store, "get", "v1", "Pod", "shop", "x").code == 404
    assert store.get("v1", "Pod", "other", "b") and store.get("v1", "Node", "", "n")
    for read in [
        ("get", "v1", "Pod", "other", "x"),
        ("list", "v1", "Pod", "other"),
        ("list", "v1", "Pod", ""),
        ("get", "v1", "Node", "", "x"),
        ("list", "v1", "Node", ""),
        ("list", "v1", "ConfigMap", "shop"),
    ]:
        refused = refusal(store, *read)
        assert refused.code == 501 and read[2] in refused.message


def test_questions_that_were_answered_have_their_answer(with_scope: Any) -> None:
    """An object that was asked for and not there is absent, a list is what it was; others stay gaps."""
    answered = [
        {"kind": "ConfigMap", "namespace": "shop", "name": "gone"},
        {"kind": "Pod", "namespace": "shop", "labels": "app=web"},
        {"kind": "Service", "namespace": "shop", "name": "gone"},
    ]
    store = with_scope(kinds=["Pod", "ConfigMap"], partial={"Pod": [], "ConfigMap": []}, answered=answered)
    assert refusal(store, "get", "v1", "ConfigMap", "shop", "gone").code == 404
    assert refusal(store, "get", "v1", "Service", "shop", "gone").code == 404
    assert store.list("v1", "Pod", "shop", "app=web") == []
    for read in [
        ("get", "v1", "ConfigMap", "shop", "other"),
        ("get", "v1", "Service", "shop", "other"),
        ("list", "v1", "Pod", "shop"),
        ("list", "v1", "Pod", "shop", "app=db"),
        ("list", "v1", "Pod", "other", "app=web"),
    ]:
        assert refusal(store, *read).code == 501


@pytest.mark.parametrize(
    "scope",
    [
        {"partial": ["Pod"]},
        {"partial": {"Pod": "shop"}},
        {"answered": "Pod"},
        {"answered": [{"name": "x"}]},
        {"answered": [{"kind": "Pod", "name": 3}]},
    ],
)
def test_parts_of_another_form_are_refused(with_scope: Any, scope: Any) -> None:
    """A sentence names the field."""
    with pytest.raises(BadSnapshot, match=rf"snapshot.yaml: scope\.{next(iter(scope))}"):
        with_scope(**scope)


def test_a_custom_kind_named_in_the_scope_is_as_its_objects_are(with_scope: Any, tmp_path: Path) -> None:
    """Named with its apiVersion it is served; cluster-scoped if what is recorded of it has no namespace."""
    pool = {"apiVersion": "x.io/v1", "kind": "Pool", "metadata": {"name": "p"}}
    folder = tmp_path / "s"
    with_scope(kinds=["x.io/v1/Pool", "Pod"])
    (folder / "pool.json").write_text(json.dumps(pool), encoding="utf-8")
    assert len(SnapshotStore.load(folder).list("x.io/v1", "Pool")) == 1
    assert SnapshotStore.load(folder).get("x.io/v1", "Pool", "", "p")


def test_a_kind_that_nobody_recorded_may_exist(with_scope: Any) -> None:
    """With kinds given a custom kind is a gap, unless all definitions are recorded and it has none."""
    read = ("list", "x.io/v1", "Pool", "")
    assert refusal(with_scope(kinds=["Pod"]), *read).code == 501
    assert refusal(with_scope(kinds=["CustomResourceDefinition"]), *read).code == 404
    some = with_scope(kinds=["CustomResourceDefinition"], partial={"CustomResourceDefinition": []})
    assert refusal(some, *read).code == 501
    assert refusal(with_scope(namespaces=["shop"]), *read).code == 404
