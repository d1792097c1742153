"""What a server's error text means: asked and nothing there, or not asked at all, and why."""

from __future__ import annotations

import re

from kubetriage.adapters.cluster.snapshot.status import NOT_RECORDED
from kubetriage.domain.evidence import FailureKind, Read, ReadFailure, ReadKind
from kubetriage.domain.redaction import redact_text

LONGEST = 300
"""Characters of a failure's message."""

_QUOTED = re.compile(r'"[^"\n]*"')

_TEXTS: tuple[tuple[FailureKind, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        (FailureKind.NOT_RECORDED, re.escape(NOT_RECORDED)),
        (FailureKind.DENIED, r"resource not allowed:|is denied by configuration"),
        (
            FailureKind.FORBIDDEN,
            r"\bis forbidden\b|\bforbidden:|^forbidden$|\bunauthorized\b|must be logged in"
            r"|does not have permission|\baccess denied\b|asked for the client to provide credentials",
        ),
        (FailureKind.THROTTLED, r"too many requests|rate limiter|\b429\b"),
        (
            FailureKind.UNSUPPORTED,
            r"no matches for kind|could not find the requested resource|doesn't have a resource type"
            r"|does not exist in the cluster|unknown tool|tool .{0,80}not found|metrics api is not available"
            r"|field label not supported|is not a known field selector|unable to parse requirement"
            r"|missing argument|invalid argument|method not allowed|does not allow this method",
        ),
        (FailureKind.TIMEOUT, r"deadline exceeded|timed out|timeout"),
        (
            FailureKind.UNAVAILABLE,
            r"connection refused|connection reset|no such host|no route to host|network is unreachable"
            r"|broken pipe|unable to handle the request|internal error|internal server error"
            r"|service unavailable|bad gateway|\beof\b|x509|tls:|certificate|server misbehaving"
            r"|an error on the server|context .{0,80}does not exist|unable to connect|dial tcp"
            r"|http2: client connection lost|invalid configuration",
        ),
    )
)
"""Tried in this order on the text without what stands in quotes, which may be any name."""

_NO_LOG = re.compile(
    r"previous terminated container .* not found|is not valid for pod|is waiting to start"
    r"|container .* not found|has no containers|container not found in pod",
    re.IGNORECASE,
)
_LOG_GONE = re.compile(
    r"(?:unable to retrieve container logs for \S+|failed to try resolving symlinks in path \S+: .{0,300}"
    r"|failed to (?:create fsnotify watcher|open log file).{0,300})\s*",
    re.IGNORECASE,
)


def is_absent(text: str, read: Read) -> bool:
    """Does an error text say that the very thing asked for isn't there?"""
    name = re.escape(read.name)
    if read.verb is ReadKind.LIST or not read.name or " is forbidden" in text:
        return False
    if re.search(rf'(?:^|[\s:])[\w.-]+ "?{name}"? not found', text):
        return True
    if read.namespace and f'namespaces "{read.namespace}" not found' in text:
        return True
    return read.verb is ReadKind.LOG and _NO_LOG.search(text) is not None


def is_no_log(text: str, read: Read) -> bool:
    """Is what came as a log the kubelet's word that there is none any more?"""
    return read.verb is ReadKind.LOG and _LOG_GONE.fullmatch(text) is not None


def failure_of(text: str) -> ReadFailure:
    """The failure that an error text tells of."""
    message = redact_text(" ".join(text.split()))[:LONGEST]
    bare = _QUOTED.sub('""', text)
    for kind, pattern in _TEXTS:
        if pattern.search(bare):
            return ReadFailure(kind=kind, message=message)
    return ReadFailure(kind=FailureKind.BAD_ANSWER, message=message)
