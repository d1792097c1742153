"""What nodes need of the outside, as protocols; adapters implement them, bootstrap joins them.

What the server needs of its database is in `intake.stores`: a command line does without it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from kubetriage.domain.errors import UnknownModel
from kubetriage.domain.evidence import Observation, Read
from kubetriage.domain.log_digest import LogDigest
from kubetriage.domain.model import Completion, ModelLimits, Question
from kubetriage.domain.report import KnowledgeItem, Report
from kubetriage.domain.resource import Resource

Fetch = Callable[[Read], Awaitable[Observation]]


class Cluster(Protocol):
    """One cluster, read through its MCP server."""

    @property
    def name(self) -> str:
        """The connection's name, as configured."""

    def now(self) -> datetime:
        """The time that "now" means for this cluster's state: the snapshot's time for a snapshot."""

    async def read(self, read: Read) -> Observation:
        """Ask once. A read that fails is an observation with a failure, already redacted and bounded.

        Raises `ClusterUnreachable` only if the server could not be started or reached at all.
        """


class Clusters(Protocol):
    """The configured clusters."""

    def choose(self, name: str) -> Cluster:
        """The connection of that name, or the default one for an empty name; raises `UnknownCluster`."""


class MetricSource(Protocol):
    """One Prometheus, or what speaks its API, that measures a cluster."""

    async def read(self, read: Read) -> Observation:
        """Ask a `ReadKind.QUERY` or `ReadKind.RULES`; whatever goes wrong is an observation's failure."""


class Metrics(Protocol):
    """The configured Prometheus servers."""

    def of(self, cluster: str) -> MetricSource | None:
        """The one that measures the cluster of this connection, None if there is none."""


class NoMetrics:
    """No Prometheus is configured."""

    def of(self, cluster: str) -> MetricSource | None:
        return None


class Observations(Protocol):
    """Observations by run: the memo that asks each question once, and the store of the answers."""

    async def observe(self, run: str, read: Read, fetch: Fetch) -> Observation:
        """The stored answer, or `fetch`'s, asked once even if several wait; failures are not kept."""

    async def recorded(self, run: str) -> Sequence[Observation]:
        """All answers of a run, sorted by their read's key."""

    async def forget(self, run: str) -> None:
        """Drop a run's answers."""


class Knowledge(Protocol):
    """The knowledge base."""

    async def recall(self, alert_name: str, categories: Sequence[str]) -> Sequence[KnowledgeItem]:
        """Passages that fit the alert and the categories found, best first; may be empty."""


class Models(Protocol):
    """The configured language models, by profile name."""

    def limits(self, profile: str) -> ModelLimits:
        """What the prompt must keep to; raises `UnknownModel`."""

    async def ask(self, question: Question) -> Completion:
        """One completion, with whatever retries, methods and fallbacks it takes until the deadline.

        Raises `ModelFailed` if none could be had. A completion without a usable answer is returned as such:
        asking again is the caller's business, because it counts.
        """


class NoModels:
    """No model is configured."""

    def limits(self, profile: str) -> ModelLimits:
        raise UnknownModel(f"There is no model profile named {profile}.")

    async def ask(self, question: Question) -> Completion:
        raise UnknownModel(f"There is no model profile named {question.profile}.")


class LogReader(Protocol):
    """Reads a whole log, once."""

    def digest(self, text: str, *, now: datetime | None = None) -> LogDigest:
        """What the log tells: templates with counts, errors and where they rose, known failures, last words.

        `text` is redacted already; `now` gives the year to times that carry none. A plain function that
        takes up to a second for 50,000 lines: long logs are read in a thread.
        """


class PlainLogs:
    """A reader of logs without a library: messages of the same words are one template."""

    def digest(self, text: str, *, now: datetime | None = None) -> LogDigest:
        from kubetriage.domain.log_reading import PlainLogReader  # late: its patterns take a while to compile

        return PlainLogReader().digest(text, now=now)


class Outbox(Protocol):
    """Where finished reports go."""

    async def send(self, report: Report) -> None:
        """Hand a report over for delivery; delivery itself is the outbox's business."""


class Progress(Protocol):
    """Told what a run is doing, for people who wait."""

    def node(self, name: str) -> None:
        """A node begins."""

    def reads(self, done: int, planned: int, resource: Resource | None) -> None:
        """Reads of the current step that have come back, and the last of them."""


class NoProgress:
    """Nobody waits."""

    def node(self, name: str) -> None: ...

    def reads(self, done: int, planned: int, resource: Resource | None) -> None: ...


@dataclass(frozen=True)
class Services:
    """The clients that nodes are bound to when a graph is built. Never part of state or context."""

    clusters: Clusters
    observations: Observations
    knowledge: Knowledge
    outbox: Outbox
    progress: Progress
    clock: Callable[[], datetime]
    """Wall-clock time, UTC."""
    stopwatch: Callable[[], float]
    """Monotonic seconds, for durations."""
    models: Models = field(default_factory=NoModels)
    metrics: Metrics = field(default_factory=NoMetrics)
    logs: LogReader = field(default_factory=PlainLogs)
