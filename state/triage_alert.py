"""State, update and context of the main graph."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from kubetriage.domain.alert import Alert, Subject
from kubetriage.domain.diagnosis import Diagnosis
from kubetriage.domain.evidence import Evidence, EvidenceGap, Observation
from kubetriage.domain.finding import Finding, Want
from kubetriage.domain.language import Language, Text
from kubetriage.domain.model_use import ModelUse
from kubetriage.domain.report import KnowledgeItem, Report, Verification
from kubetriage.domain.resource import Resource
from kubetriage.domain.verdict import Verdict

MAX_STEPS = 8
"""Steps by which one visit to check_related widens."""
MAX_VISITS = 4
"""Visits to check_related: the first, and those that rules or a model ask for."""
MAX_READS = 160
"""Reads of one run."""
MAX_READS_A_STEP = 40
MAX_MODEL_CALLS = 3
MAX_REPAIRS = 1


class TriageContext(BaseModel):
    """The options of a run: JSON only, all with defaults."""

    model_config = ConfigDict(frozen=True)

    cluster: str = ""
    """The connection's name; empty takes the alert's cluster label, else the default."""
    language: Language = Language.EN
    """The language of the report's values."""
    other_languages: tuple[Language, ...] = ()
    """Further languages that the report is made in as well, from the rules' words and without a model."""
    model: str = ""
    """The model profile; empty writes from findings alone."""
    deadline: float = Field(default=120.0, gt=0)
    """Seconds after which reading stops and the report is made of what there is."""
    run: str = ""
    """The run's id, which becomes the report's; made when empty."""


def merged(left: dict[str, float], right: dict[str, float]) -> dict[str, float]:
    """Seconds by node, added up over visits."""
    return left | {name: left.get(name, 0.0) + seconds for name, seconds in right.items()}


class TriageState(TypedDict, total=False):
    """What a run knows. Domain values only, so that a checkpoint brings them back equal."""

    document: dict[str, Any]
    """Input: one incident's alert in any accepted format, decoded."""
    run: str
    cluster: str
    language: Language
    deadline_at: datetime
    now: datetime
    """The time that the cluster's state is from."""
    measured: bool
    """Whether there is a Prometheus that measures the cluster."""
    alert: Alert
    companions: list[Alert]
    """Other alerts of the same incident."""
    subject: Subject
    primary: Resource | None
    looked: list[Want]
    """What was asked for and why, in the order of asking."""
    wanted: list[Want]
    """What rules or a model want read next."""
    failures: list[Observation]
    """Reads that failed; answers are in the store of observations."""
    visits: int
    """Times that check_related ran."""
    bounds_hit: list[str]
    """Names of the bounds that cut the run short; each is said in the report."""
    findings: list[Finding]
    evidence: list[Evidence]
    gaps: list[EvidenceGap]
    knowledge: list[KnowledgeItem]
    diagnosis: Diagnosis
    model: str
    """The profile that writes; empty for none."""
    verdict: Verdict | None
    """The model's answer, not yet checked."""
    model_use: ModelUse
    model_calls: int
    """`model_use.calls`: what branches count."""
    refused: list[str]
    """What became of the reads that the model asked for, a sentence each."""
    repairs: int
    unconfirmed: list[str]
    """What verification could not confirm and a repair may mend, a sentence each."""
    disagreements: list[Text]
    """Where a model and the rules disagree, a sentence each; said in `verification`, too."""
    verification: Verification
    report: Report
    other_reports: list[Report]
    """The same in the context's `other_languages`."""
    seconds: Annotated[dict[str, float], merged]


class TriageUpdate(TypedDict, total=False):
    """What a node may return; the keys of `TriageState`, checked by a test."""

    document: dict[str, Any]
    run: str
    cluster: str
    language: Language
    deadline_at: datetime
    now: datetime
    measured: bool
    alert: Alert
    companions: list[Alert]
    subject: Subject
    primary: Resource | None
    looked: list[Want]
    wanted: list[Want]
    failures: list[Observation]
    visits: int
    bounds_hit: list[str]
    findings: list[Finding]
    evidence: list[Evidence]
    gaps: list[EvidenceGap]
    knowledge: list[KnowledgeItem]
    diagnosis: Diagnosis
    model: str
    verdict: Verdict | None
    model_use: ModelUse
    model_calls: int
    refused: list[str]
    repairs: int
    unconfirmed: list[str]
    disagreements: list[Text]
    verification: Verification
    report: Report
    other_reports: list[Report]
    seconds: dict[str, float]
