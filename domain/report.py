"""The report, `kubetriage.report/1`: the one thing that is printed, sent, stored and scored.

Field names and meanings are a fixed contract; fields may be added, never renamed. The JSON Schema
made from `Report` is committed beside the documentation and tested to be equal.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from kubetriage.domain.finding import Command, Likelihood, RemedyKind
from kubetriage.domain.language import Language

SCHEMA: Final = "kubetriage.report/1"


class Outcome(StrEnum):
    DIAGNOSED = "diagnosed"
    """A cause is shown."""
    HEALTHY = "healthy"
    """What the alert says is not true now; a past cause may still be named."""
    INCONCLUSIVE = "inconclusive"
    """The evidence does not decide; the place may still be named as culprit."""


class CheckState(StrEnum):
    NORMAL = "normal"
    ABNORMAL = "abnormal"
    ABSENT = "absent"
    UNREADABLE = "unreadable"


class Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class ReportResource(Part):
    kind: str
    namespace: str = ""
    name: str
    api_version: str | None = None
    cluster: str | None = None


class ReportAlert(Part):
    name: str
    status: str
    severity: str
    labels: dict[str, str]
    annotations: dict[str, str]
    starts_at: datetime | None
    fingerprint: str
    source: str = ""
    """The format it came in; `resource`: there is no alert, a resource was asked for by its name."""

    @property
    def asked_for(self) -> bool:
        """Whether there is no alert: neither its status nor its severity says anything."""
        return self.source == "resource"


class Impact(Part):
    """Who and what is affected, as far as it can be seen."""

    statement: str
    evidence: tuple[str, ...] = ()


class Checked(Part):
    """One object that was looked at, why, and how it was."""

    resource: ReportResource
    why: str
    state: CheckState
    findings: tuple[str, ...] = ()
    log_excerpt: str = ""
    evidence: tuple[str, ...] = ()


class RootCause(Part):
    rank: int
    category: str
    culprit: ReportResource | None
    statement: str
    likelihood: Likelihood
    confirmed: bool
    """Code found what the statement says in the evidence it cites."""
    evidence: tuple[str, ...] = ()


class Claim(Part):
    statement: str
    confirmed: bool
    evidence: tuple[str, ...] = ()


class Change(Part):
    """What changed before the alert."""

    at: datetime | None
    resource: ReportResource
    what: str
    evidence: tuple[str, ...] = ()


class Recommendation(Part):
    kind: RemedyKind
    title: str
    detail: str
    commands: tuple[Command, ...] = ()
    addresses: int | None = None
    """The rank of the root cause it is for; None when it is for none of them."""


class ReportEvidence(Part):
    id: str
    resource: ReportResource
    tool: str
    arguments: dict[str, Any]
    at: datetime
    excerpt: str


class Gap(Part):
    what: str
    why: str


class KnowledgeItem(Part):
    """A passage of the knowledge base that fits."""

    title: str
    source: str
    excerpt: str


class Verification(Part):
    """How many claims the report makes and how many of them code confirmed in the evidence."""

    claims: int = 0
    confirmed: int = 0
    dropped: int = 0
    notes: tuple[str, ...] = ()


class Usage(Part):
    """What the run cost; with `id` and `created_at` the only part that differs between equal runs."""

    model: str | None = None
    model_calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = None
    """Money, in `currency`; None without a model or where its profile has no price."""
    currency: str = ""
    cluster_reads: int = 0
    seconds: float = 0.0
    seconds_by_node: dict[str, float] = Field(default_factory=dict)


class Report(Part):
    id: str
    schema_: Literal["kubetriage.report/1"] = Field(default=SCHEMA, alias="schema")
    language: Language
    original_language: Language | None = None
    """Of the run's own report, where this one was made beside it from the rules' words; None in that one."""
    created_at: datetime
    alert: ReportAlert
    outcome: Outcome
    summary: str
    first_reading: str
    primary: ReportResource | None
    impact: Impact
    checked: tuple[Checked, ...] = ()
    root_causes: tuple[RootCause, ...] = ()
    contributing: tuple[Claim, ...] = ()
    risks: tuple[Claim, ...] = ()
    changes: tuple[Change, ...] = ()
    recommendations: tuple[Recommendation, ...] = ()
    evidence: tuple[ReportEvidence, ...] = ()
    gaps: tuple[Gap, ...] = ()
    knowledge: tuple[KnowledgeItem, ...] = ()
    verification: Verification = Verification()
    usage: Usage = Usage()

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    def to_json(self) -> dict[str, Any]:
        """The contract's JSON: aliases, RFC 3339 times in UTC."""
        return self.model_dump(mode="json", by_alias=True)
