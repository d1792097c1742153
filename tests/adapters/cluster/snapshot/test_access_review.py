"""Access reviews, which clients post before they list everything, say what the snapshot's reader may do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.cluster.snapshot.access_review import access_review, rules_review, self_review
from kubetriage.adapters.cluster.snapshot.status import ApiStatus
from kubetriage.adapters.cluster.snapshot.store import SnapshotStore

NUMBERS = {"namespace": 1, "verb": 2, "group": 3, "version": 4, "resource": 5, "subresource": 6, "name": 7}


@pytest.fixture(scope="module")
def store(shop: Path) -> SnapshotStore:
    return SnapshotStore.load(shop)


def field(number: int, content: bytes) -> bytes:
    assert len(content) < 2**14
    size = (
        bytes([len(content)])
        if len(content) < 128
        else bytes([len(content) % 128 + 128, len(content) // 128])
    )
    return bytes([number << 3 | 2]) + size + content


def protobuf(attributes: dict[str, str]) -> bytes:
    """A review as client-go encodes it: an envelope, empty metadata, the spec, an empty status."""
    spec = field(1, b"".join(field(NUMBERS[k], v.encode()) for k, v in attributes.items()))
    raw = field(1, field(2, b"")) + field(2, spec) + field(3, b"\x08\x00")
    kind = field(1, b"authorization.k8s.io/v1") + field(2, b"SelfSubjectAccessReview")
    return b"k8s\x00" + field(1, kind) + field(2, raw) + field(3, b"") + field(4, b"")


ASKED = [
    ({"verb": "list", "resource": "pods"}, True),
    ({"verb": "get", "resource": "pods", "namespace": "shop", "name": "a", "version": "v1"}, True),
    ({"verb": "watch", "resource": "deployments", "group": "apps"}, True),
    ({"verb": "list", "resource": "persistentvolumes"}, False),
    ({"verb": "list", "resource": "configmaps"}, False),
    ({"verb": "list", "resource": "configmaps", "namespace": "kube-system"}, False),
    ({"verb": "list", "resource": "configmaps", "namespace": "shop"}, True),
    ({"verb": "get", "resource": "services", "namespace": "shop", "name": "web"}, True),
    ({"verb": "get", "resource": "services", "namespace": "kube-system", "name": "hidden"}, False),
    ({"verb": "get", "resource": "pods", "subresource": "log", "namespace": "kube-system"}, False),
    ({"verb": "get", "resource": "pods", "subresource": "log", "namespace": "shop"}, True),
    ({"verb": "delete", "resource": "pods"}, False),
    ({"verb": "*", "resource": "*", "group": "*"}, False),
]


@pytest.mark.parametrize(("attributes", "allowed"), ASKED)
@pytest.mark.parametrize("encoding", ["json", "protobuf"])
def test_reads_are_allowed_unless_refused(
    store: SnapshotStore, attributes: dict[str, str], allowed: bool, encoding: str
) -> None:
    """A read is allowed where the snapshot has no refusal of it, in both encodings; nothing else is."""
    if encoding == "json":
        body = json.dumps({"spec": {"resourceAttributes": attributes}}).encode()
        review = access_review(store, body, "application/json")
    else:
        review = access_review(store, protobuf(attributes), "application/vnd.kubernetes.protobuf")
    assert review["status"]["allowed"] is allowed
    assert review["spec"] == {"resourceAttributes": attributes}


def test_paths_that_are_no_resources(store: SnapshotStore) -> None:
    """Getting a path such as /healthz is allowed, posting to it isn't; in both encodings."""
    for verb, allowed in (("get", True), ("post", False)):
        given = {"path": "/healthz", "verb": verb}
        as_json = json.dumps({"spec": {"nonResourceAttributes": given}}).encode()
        spec = field(2, field(1, b"/healthz") + field(2, verb.encode()))
        as_protobuf = b"k8s\x00" + field(2, field(2, spec))
        for body, media in (
            (as_json, "application/json"),
            (as_protobuf, "application/vnd.kubernetes.protobuf"),
        ):
            review: dict[str, Any] = access_review(store, body, media)
            assert review["status"]["allowed"] is allowed
            assert review["spec"] == {"nonResourceAttributes": given}


@pytest.mark.parametrize(
    ("body", "media"),
    [
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b'{"spec": 3}', "application/json"),
        (b"nothing", "application/vnd.kubernetes.protobuf"),
        (protobuf({"verb": "list", "resource": "pods"})[:-30], "application/vnd.kubernetes.protobuf"),
        (b"k8s\x00\x12\xff\xff", "application/vnd.kubernetes.protobuf"),
        (b"k8s\x00\x13", "application/vnd.kubernetes.protobuf"),
    ],
)
def test_bodies_that_cannot_be_read(store: SnapshotStore, body: bytes, media: str) -> None:
    """A damaged review is a 400, never an answer."""
    with pytest.raises(ApiStatus) as refused:
        access_review(store, body, media)
    assert refused.value.code == 400


def test_rules_name_what_is_readable(store: SnapshotStore) -> None:
    """The list of rules leaves out what is refused in that namespace."""
    rules = rules_review(store, b'{"spec": {"namespace": "kube-system"}}', "application/json")["status"]
    readable = {resource for rule in rules["resourceRules"] for resource in rule["resources"]}
    assert "pods" in readable and "configmaps" not in readable


def test_whoever_asks_has_a_name() -> None:
    """The user in reviews is the user that refusals name."""
    assert self_review()["status"]["userInfo"]["username"] == "snapshot-reader"
