"""The texts of servers and API servers, sorted into absent and the kinds of failure."""

from __future__ import annotations

import pytest

from kubetriage.adapters.cluster.failures import failure_of, is_absent, is_no_log
from kubetriage.domain.evidence import FailureKind, Read, get, list_of, log_of
from kubetriage.domain.resource import resource

POD = get(resource("Pod", "shop", "web"))
LOG = log_of(resource("Pod", "shop", "web"), "app")

K = FailureKind
TEXTS = [
    ('pods "web" is forbidden: User "u" cannot get resource "pods" in API group ""', K.FORBIDDEN),
    ("failed to get resource: Unauthorized", K.FORBIDDEN),
    ("the server has asked for the client to provide credentials", K.FORBIDDEN),
    ('Get "https://a/api/v1/secrets/x": resource not allowed: /v1, Kind=Secret', K.DENIED),
    ("failed to get resource: too many requests, please try again later", K.THROTTLED),
    ("client rate limiter Wait returned an error: context deadline exceeded", K.THROTTLED),
    ('no matches for kind "Bar" in version "foo/v1"', K.UNSUPPORTED),
    ("the server could not find the requested resource", K.UNSUPPORTED),
    ('unknown tool "pods_top"', K.UNSUPPORTED),
    ("failed to get pods top: metrics API is not available", K.UNSUPPORTED),
    ('field label not supported: "spec.x"', K.UNSUPPORTED),
    ('Get "https://10.0.0.1:443/api?timeout=10s": dial tcp 10.0.0.1:443: i/o timeout', K.TIMEOUT),
    ("context deadline exceeded", K.TIMEOUT),
    ("Internal error occurred: etcdserver: request timed out", K.TIMEOUT),
    ('Get "http://h/api?timeout=10s": dial tcp 127.0.0.1:80: connect: connection refused', K.UNAVAILABLE),
    ("the server is currently unable to handle the request", K.UNAVAILABLE),
    ("Internal error occurred: admission failed", K.UNAVAILABLE),
    ("tls: failed to verify certificate: x509: certificate signed by unknown authority", K.UNAVAILABLE),
    ('not recorded in this snapshot: pods "web" (its scope holds only the kinds Node)', K.NOT_RECORDED),
    ("something quite new", K.BAD_ANSWER),
    ('pods "forbidden-timeout-x509" had an odd day', K.BAD_ANSWER),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind"), TEXTS)
def test_texts_are_sorted_by_what_they_say(text: str, kind: FailureKind) -> None:
    """Each text has its kind; what stands in quotes may be any name and counts for nothing."""
    assert failure_of(text).kind is kind


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ('failed to get resource: pods "web" not found', POD),
        ('failed to get resource: namespaces "shop" not found', POD),
        ('failed to get pod web log in namespace shop: pods "web" not found', LOG),
        ('previous terminated container "app" in pod "web" not found', LOG),
        ('container "app" in pod "web" is waiting to start: ContainerCreating', LOG),
        ("container app is not valid for pod web", LOG),
    ],
)
def test_what_is_not_there_is_absent(text: str, read: Read) -> None:
    """The very thing asked for is missing: an absence, not a failure."""
    assert is_absent(text, read)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ('pods "other" not found', POD),
        ('shop "pods" not found', list_of("Pod", "shop")),
        ("the server could not find the requested resource", POD),
        ('pods "web" is forbidden: User "u" cannot get: clusterroles "web" not found', POD),
        ('nodes "web-1" not found', POD),
    ],
)
def test_what_could_not_be_asked_is_not_absent(text: str, read: Read) -> None:
    """Another thing is missing, or the rights are: nothing is known of what was asked for."""
    assert not is_absent(text, read)


def test_the_kubelets_word_is_no_log() -> None:
    """A rotated log comes as one line in the kubelet's words; the same words inside a log are a log."""
    assert is_no_log("unable to retrieve container logs for containerd://0a1b", LOG)
    assert not is_no_log("start\nunable to retrieve container logs for containerd://0a1b\n", LOG)


def test_messages_are_short_and_masked() -> None:
    """A failure's message is at most 300 characters of one line, with secrets masked."""
    failure = failure_of("password=hunter2 \n" + "x" * 500)
    assert failure.message.startswith("password=[redacted] x")
    assert len(failure.message) == 300
