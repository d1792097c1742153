"""What was read from the cluster: reads, observations, evidence and gaps.

A `Read` is a question, an `Observation` its stored answer (redacted, bounded JSON), `Evidence` what a
report shows of it, and an `EvidenceGap` a question that could not be asked.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from kubetriage.domain.language import Text
from kubetriage.domain.log_digest import LogDigest
from kubetriage.domain.resource import Resource, kind_info, resource

EXCERPT_LIMIT = 1200
"""Characters of an evidence excerpt that state and report hold; the whole is in the observation."""


class ReadKind(StrEnum):
    GET = "get"
    LIST = "list"
    LOG = "log"
    TOP = "top"
    """Current usage by metrics.k8s.io; `kind` is Pod or Node."""
    QUERY = "query"
    """A PromQL expression, at one time or over a range; kind, namespace and name say whom it is about."""
    RULES = "rules"
    """The alerting rules of one name, as Prometheus has loaded them; `name` is the alert's."""


ASKS_PROMETHEUS = frozenset({ReadKind.QUERY, ReadKind.RULES})
"""Reads that a Prometheus answers and not the cluster."""


class Read(BaseModel):
    """One question to the cluster. Equal reads are asked once per run."""

    model_config = ConfigDict(frozen=True)

    verb: ReadKind
    kind: str
    api_version: str = ""
    namespace: str = ""
    name: str = ""
    label_selector: str = ""
    field_selector: str = ""
    container: str = ""
    previous: bool = False
    tail: int = 0
    """Lines of a log, counted from its end."""
    measure: str = ""
    """Of a query: which one of `domain.measures` it is."""
    expr: str = ""
    at: datetime | None = None
    """Of a query: the time that is asked about, the end of its range; UTC, whole seconds."""
    seconds: int = 0
    """Length of a query's range; 0 asks about one time."""
    step: int = 0
    """Seconds between the points of a range."""

    @property
    def key(self) -> str:
        """Canonical text of the question: the memo's key, and the citation of the read as a whole."""
        parts = [self.verb.value, self.api_version, self.kind, self.namespace, self.name]
        parts += [f"l={self.label_selector}"] if self.label_selector else []
        parts += [f"f={self.field_selector}"] if self.field_selector else []
        if self.verb is ReadKind.LOG:
            parts += [self.container, "previous" if self.previous else "current", str(self.tail)]
        if self.verb is ReadKind.QUERY:
            when = self.at.isoformat() if self.at else ""
            parts += [self.measure, when, str(self.seconds), str(self.step), self.expr]
        return "|".join(parts)

    @property
    def resource(self) -> Resource:
        """The object asked for; of a list, the kind and namespace with an empty name."""
        return resource(self.kind, self.namespace, self.name, self.api_version)


def get(ref: Resource) -> Read:
    """Read one object."""
    made = resource(ref.kind, ref.namespace, ref.name, ref.api_version)
    return Read(
        verb=ReadKind.GET,
        kind=made.kind,
        api_version=made.api_version,
        namespace=made.namespace,
        name=made.name,
    )


def list_of(
    kind: str, namespace: str = "", *, labels: str = "", fields: str = "", api_version: str = ""
) -> Read:
    """Read the objects of a kind, in one namespace or (empty) in all; selectors as kubectl writes them."""
    info = kind_info(kind, api_version)
    return Read(
        verb=ReadKind.LIST,
        kind=kind,
        api_version=api_version or (info.api_version if info else ""),
        namespace=namespace if not info or info.namespaced else "",
        label_selector=labels,
        field_selector=fields,
    )


LOG_LINES = 50_000
"""Lines of a log that may be asked for at most."""


def log_of(pod: Resource, container: str, *, previous: bool = False, tail: int = 500) -> Read:
    """Read the last lines of a container's log, of its current or its previous run.

    At most `LOG_LINES`, and 8 MiB of them, are read; what is cut is said. However much is read, the answer
    holds a bounded text (`domain.log_keeping`) and a digest of the whole.
    """
    return Read(
        verb=ReadKind.LOG,
        kind="Pod",
        api_version="v1",
        namespace=pod.namespace,
        name=pod.name,
        container=container,
        previous=previous,
        tail=min(tail, LOG_LINES),
    )


def top_of(kind: str, namespace: str = "", name: str = "") -> Read:
    """Read current CPU and memory usage of pods or nodes."""
    return Read(verb=ReadKind.TOP, kind=kind, namespace=namespace, name=name)


def query_of(
    expr: str, about: Resource, measure: str, at: datetime, *, seconds: int = 0, step: int = 0
) -> Read:
    """Ask Prometheus for an expression at a time or, with `seconds`, over the range that ends there."""
    return Read(
        verb=ReadKind.QUERY,
        kind=about.kind,
        api_version=about.api_version,
        namespace=about.namespace,
        name=about.name,
        measure=measure,
        expr=expr,
        at=at.replace(microsecond=0),
        seconds=seconds,
        step=step,
    )


def rules_of(alertname: str) -> Read:
    """Ask Prometheus for the alerting rules of a name."""
    return Read(verb=ReadKind.RULES, kind="Alert", name=alertname)


class FailureKind(StrEnum):
    """Why a question could not be asked. `retryable` answers "may I ask again?"."""

    FORBIDDEN = "forbidden"
    TIMEOUT = "timeout"
    UNAVAILABLE = "unavailable"
    """The API or the MCP server is down, or answers 5xx."""
    THROTTLED = "throttled"
    UNSUPPORTED = "unsupported"
    """The server has no such tool, or the cluster no such kind."""
    DENIED = "denied"
    """Our own rules forbid it: a tool not on the allow-list, Secret data."""
    NOT_RECORDED = "not-recorded"
    """The snapshot does not hold it, though the cluster may have had it."""
    TOO_LARGE = "too-large"
    BAD_ANSWER = "bad-answer"
    """The answer could not be understood."""

    @property
    def retryable(self) -> bool:
        return self in (FailureKind.TIMEOUT, FailureKind.UNAVAILABLE, FailureKind.THROTTLED)


class ReadFailure(BaseModel):
    """A question that could not be asked, and why, in the server's words (redacted, bounded)."""

    model_config = ConfigDict(frozen=True)

    kind: FailureKind
    message: str = ""


class Observation(BaseModel):
    """The stored answer to one read: exactly one of found, absent or failed."""

    model_config = ConfigDict(frozen=True)

    read: Read
    tool: str
    """The MCP tool that answered, or the endpoint of Prometheus."""
    arguments: dict[str, Any] = Field(default_factory=dict)
    """The arguments it was called with."""
    at: datetime
    """When the cluster was asked (the snapshot's time for a snapshot)."""
    absent: bool = False
    """Asked, and there is no such object. An empty list is found, with no objects."""
    failure: ReadFailure | None = None
    objects: tuple[dict[str, Any], ...] = ()
    """The objects of a get (one) or a list (any number), redacted; usage rows of a top; the series of a
    query (`{labels, points}`) and the rules of a name, as `domain.samples` makes them."""
    text: str | None = None
    """The lines of a log, redacted. Of a long one its end, and the lines that the digest points at."""
    digest: LogDigest | None = None
    """Of a log: what reading the whole of it told."""
    cut: str = ""
    """What was left out to stay within bounds, in words; empty if nothing."""

    @property
    def found(self) -> bool:
        return not self.absent and self.failure is None


class Evidence(BaseModel):
    """One read, or one object of a list that a finding cites, as the report shows it."""

    model_config = ConfigDict(frozen=True)

    id: str
    """`E1`, `E2`, …: stable within a run, given in sorted order."""
    cite: str
    """What findings cite: a read's key or an object's (`object_cite`)."""
    resource: Resource
    tool: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    at: datetime
    excerpt: str = ""
    absent: bool = False


class EvidenceGap(BaseModel):
    """Something that could not be looked at, and why. Never the same as nothing being there."""

    model_config = ConfigDict(frozen=True)

    what: Text
    why: Text
    read: Read | None = None
    failure: FailureKind | None = None


def object_cite(ref: Resource) -> str:
    """The citation of one object, wherever it was read."""
    return "|".join(("object", *ref.key))
