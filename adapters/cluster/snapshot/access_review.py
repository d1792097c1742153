"""SelfSubjectAccessReviews: may the asker do this? As JSON, or protobuf as kubectl ≥ 1.32 posts it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from kubetriage.adapters.cluster.snapshot.status import USER, bad_request
from kubetriage.adapters.cluster.snapshot.store import SnapshotStore

Document = dict[str, Any]

_MAGIC = b"k8s\x00"
_RAW = 2
_SPEC = 2
_RESOURCE_ATTRIBUTES = 1
_NON_RESOURCE_ATTRIBUTES = 2
_FIELDS = {1: "namespace", 2: "verb", 3: "group", 4: "version", 5: "resource", 6: "subresource", 7: "name"}
"""Field numbers of `ResourceAttributes` (k8s.io/api/authorization/v1/generated.proto)."""


def access_review(store: SnapshotStore, body: bytes, content_type: str) -> Document:
    """The review with its status. Raises `ApiStatus` (400) for a body that cannot be read."""
    spec = _protobuf_spec(body) if "protobuf" in content_type else _json_spec(body)
    attributes = spec.get("resourceAttributes")
    allowed = _allowed(store, attributes) if attributes else _is_read(spec.get("nonResourceAttributes") or {})
    answer = {"allowed": allowed} | (
        {} if allowed else {"reason": "the snapshot's API only answers what could be read"}
    )
    return {
        "kind": "SelfSubjectAccessReview",
        "apiVersion": "authorization.k8s.io/v1",
        "metadata": {"creationTimestamp": None},
        "spec": spec,
        "status": answer,
    }


def rules_review(store: SnapshotStore, body: bytes, content_type: str) -> Document:
    """A SelfSubjectRulesReview: every kind that is readable in the namespace asked for."""
    namespace = ""
    if "protobuf" not in content_type:
        namespace = str(_json_spec(body).get("namespace") or "")
    rules = [
        {"apiGroups": [kind.group], "resources": [kind.plural], "verbs": ["get", "list", "watch"]}
        for kind in store.kinds.values()
        if store.allowed(kind, namespace)
    ]
    status = {"resourceRules": rules, "nonResourceRules": [], "incomplete": False}
    kind, version = "SelfSubjectRulesReview", "authorization.k8s.io/v1"
    return {"kind": kind, "apiVersion": version, "metadata": {}, "spec": {}, "status": status}


def self_review() -> Document:
    """A SelfSubjectReview: who asks."""
    user = {"username": USER, "groups": ["system:authenticated"]}
    kind, version = "SelfSubjectReview", "authentication.k8s.io/v1"
    return {"kind": kind, "apiVersion": version, "metadata": {}, "status": {"userInfo": user}}


def _is_read(attributes: Document) -> bool:
    return attributes.get("verb") in ("get", "list", "watch")


def _allowed(store: SnapshotStore, attributes: Document) -> bool:
    if not _is_read(attributes):
        return False
    group, plural = attributes.get("group") or "", attributes.get("resource") or ""
    namespace, name = attributes.get("namespace") or "", attributes.get("name") or ""
    kinds = [kind for kind in store.kinds.values() if kind.plural == plural and group in ("*", kind.group)]
    if not kinds:
        return not store.scope.unreadable
    if attributes.get("subresource") == "log" and store.scope.refuses_log(namespace, name):
        return False
    return all(store.allowed(kind, namespace, name) for kind in kinds)


def _json_spec(body: bytes) -> Document:
    try:
        spec = json.loads(body or b"{}").get("spec") or {}
    except (ValueError, AttributeError) as error:
        raise bad_request("the review is not a JSON object") from error
    if not isinstance(spec, dict):
        raise bad_request("the review's spec is not an object")
    return spec


def _protobuf_spec(body: bytes) -> Document:
    if not body.startswith(_MAGIC):
        raise bad_request("the body is not Kubernetes protobuf")
    try:
        spec = _message(_message(body[len(_MAGIC) :], _RAW), _SPEC)
        if not _has(spec, _RESOURCE_ATTRIBUTES):
            other = {n: v.decode() for n, v in _parts(_message(spec, _NON_RESOURCE_ATTRIBUTES))}
            return {"nonResourceAttributes": {"path": other.get(1, ""), "verb": other.get(2, "")}}
        attributes = _parts(_message(spec, _RESOURCE_ATTRIBUTES))
        return {
            "resourceAttributes": {
                _FIELDS[n]: value.decode() for n, value in attributes if n in _FIELDS and value
            }
        }
    except (IndexError, UnicodeDecodeError) as error:
        raise bad_request("the protobuf body is cut off or damaged") from error


def _has(message: bytes, field: int) -> bool:
    return any(number == field for number, _ in _parts(message))


def _message(message: bytes, field: int) -> bytes:
    for number, value in _parts(message):
        if number == field:
            return value
    raise IndexError(f"field {field} is missing")


def _parts(message: bytes) -> Iterator[tuple[int, bytes]]:
    """(field number, bytes) of the length-delimited fields of a message; others are passed over."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        wire = tag & 7
        if wire == 2:
            size, at = _varint(message, at)
            if at + size > len(message):
                raise IndexError("cut off")
            yield tag >> 3, message[at : at + size]
            at += size
        elif wire == 0:
            _, at = _varint(message, at)
        else:
            at += {1: 8, 5: 4}[wire] if wire in (1, 5) else len(message)


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
