"""What the HTTP application is made of; whoever starts the server fills it in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Protocol

from pydantic import BaseModel, ConfigDict, Field

from kubetriage.domain.alert import Alert
from kubetriage.domain.language import Language

if TYPE_CHECKING:
    from kubetriage.domain.intake.inbox import Inbox
    from kubetriage.domain.intake.run_store import Runs
    from kubetriage.domain.intake.stores import Incidents, Messages
    from kubetriage.server.auth import Gate
    from kubetriage.server.metrics import ServerMetrics


class Asked(BaseModel):
    """A triage on demand: one incident's alerts, the leading one first, and how to look at them."""

    model_config = ConfigDict(frozen=True)

    alerts: tuple[Alert, ...] = Field(min_length=1)
    cluster: str = ""
    """The connection to read; empty takes the alert's cluster label, else the default."""
    language: Language | None = None
    model: str | None = None
    """The profile that writes; None as configured, `none` for no model."""
    seconds: float | None = Field(default=None, gt=0)
    """After this the report so far is given; None as configured."""
    who: str = ""
    """Name of the token that asked."""


class TriageDesk(Protocol):
    """Where triage on demand is asked for."""

    async def submit(self, asked: Asked) -> str:
        """Begin, or queue, a run that belongs to no incident; returns the run's id, its row is stored.

        The report comes through `Incidents.keep_report`, progress through `Runs.record_event`. Raises
        `UnknownCluster`, `UnknownModel`, and `StoreUnavailable`; waits for nothing else.
        """


class ClusterHealth(BaseModel):
    """One connection to a cluster, as it was found a moment ago."""

    model_config = ConfigDict(frozen=True)

    name: str
    default: bool = False
    reachable: bool
    detail: str = ""
    """Why it is not reachable, or what it lacks; empty if all is well."""
    transport: str = ""
    where: str = ""
    """Command or address, nothing secret in it."""
    server: str = ""
    """The MCP server's name and version."""
    tools: int = 0
    """Tools that a triage can use."""
    forbidden: tuple[str, ...] = ()
    """Kinds of objects that it may not read."""
    prometheus: bool | None = None
    """Whether its Prometheus answers; None where none is configured."""
    checked_at: datetime


class ClusterWatch(Protocol):
    """Knows how the connections are."""

    async def health(self) -> Sequence[ClusterHealth]:
        """Every configured connection, within seconds: one that is slow to answer is told as such."""


class HttpSettings(BaseModel):
    """Bounds of the HTTP application."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    accept_seconds: float = Field(default=8.0, gt=0)
    """Writing a post may take this long before its answer is 503. Alertmanager gives up after its
    group_interval, or 10 s if that is less."""
    body_seconds: float = Field(default=30.0, gt=0)
    """A body must have arrived after this."""
    bodies_bytes: int = Field(default=64 * 1024 * 1024, ge=1)
    """Bodies of all requests under way together; further ones wait for their turn."""
    sort_wait_seconds: float = Field(default=0.0, ge=0)
    """How long an answer to a post waits for its alerts to be sorted, if the sender does not say."""
    busy_seconds: float = Field(default=5.0, gt=0)
    """How long a body waits for its turn before it is answered with 503."""
    heartbeat_seconds: float = Field(default=5.0, gt=0)
    """Silence on an event stream after which a comment is sent."""
    poll_seconds: float = Field(default=0.3, gt=0)
    """How often an event stream looks for what is new."""
    streams: int = Field(default=200, ge=1)
    """Event streams open at the same time."""
    wait_seconds: float = Field(default=120.0, ge=0)
    """Longest wait that a synchronous triage may ask for."""
    language: Language = Language.EN
    """Of a report's headings where the request names none."""
    zone: tzinfo = UTC
    """Of times in reports where the request names none."""


@dataclass(frozen=True)
class ServerParts:
    """Everything that routes use."""

    inbox: Inbox
    incidents: Incidents
    runs: Runs
    messages: Messages
    triage: TriageDesk
    clusters: ClusterWatch
    gate: Gate
    metrics: ServerMetrics
    name: str = ""
    """This process among all that share the database, for metrics."""
    settings: HttpSettings = field(default_factory=HttpSettings)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the server is asked to end: event streams end, `/readyz` says no."""
    ready: Callable[[], Awaitable[bool]] | None = None
    """Whether this process does its work, beside the database: the engine has started."""
