"""What a rule says about an object, and what it wants to have read next."""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum, StrEnum

from pydantic import BaseModel, ConfigDict

from kubetriage.domain.evidence import Read
from kubetriage.domain.language import Text
from kubetriage.domain.resource import Resource


class Likelihood(StrEnum):
    HIGH = "high"
    """The evidence states the cause or excludes the others."""
    MEDIUM = "medium"
    """One alternative is still open."""
    LOW = "low"
    """A hint."""

    @property
    def order(self) -> int:
        """0 for the most likely."""
        return list(Likelihood).index(self)


class Role(StrEnum):
    """What part a finding can play in a diagnosis."""

    CAUSE = "cause"
    """States a reason: may become a root cause."""
    SYMPTOM = "symptom"
    """States that something is wrong without a reason: explained by causes, a root only if there is none."""
    RISK = "risk"
    """Will fail next, though it has not yet."""
    CHANGE = "change"
    """Something that was changed before the alert."""
    HEALTHY = "healthy"
    """The object is well now; what the alert says is not true."""
    HINT = "hint"
    """A fact that helps the reader but decides nothing (other claims' sizes, suspicious log lines)."""


class Effect(StrEnum):
    """What a command does to the cluster."""

    READ = "read"
    CHANGE = "change"
    DESTRUCTIVE = "destructive"


class Command(BaseModel):
    """A shell command that names real objects."""

    model_config = ConfigDict(frozen=True)

    command: str
    effect: Effect = Effect.READ


class RemedyKind(StrEnum):
    CHECK = "check"
    CHANGE = "change"
    ESCALATE = "escalate"


class Remedy(BaseModel):
    """One thing to do: what, why, and the commands that do it."""

    model_config = ConfigDict(frozen=True)

    kind: RemedyKind
    title: Text
    detail: Text
    commands: tuple[Command, ...] = ()


class Specificity(IntEnum):
    """How closely a cause names what has to be changed; breaks ties between causes of one symptom."""

    GENERAL = 0
    """The kind of failure (crash loop with an exit code)."""
    NAMED = 1
    """The failing part (this image, this key, this taint)."""
    EXACT = 2
    """The value that is wrong and the one that is right."""


class Finding(BaseModel):
    """What one rule found. Findings form a causal graph: `domain.causes` says how they are joined."""

    model_config = ConfigDict(frozen=True)

    rule: str
    """The rule's slug, `family.what`, unique per kind of statement."""
    category: str
    """The fault's category, a word of the fault table (`image-pull`, `quota`, …)."""
    role: Role
    subject: Resource
    """The object that shows it."""
    culprit: Resource | None = None
    """The object whose change ends it."""
    statement: Text
    """At most 300 characters, written for people, with the concrete values in it."""
    likelihood: Likelihood = Likelihood.HIGH
    specificity: Specificity = Specificity.NAMED
    explains: tuple[Resource, ...] = ()
    """Objects whose findings (causes too) this one explains, beyond what owns or uses `subject`."""
    waits_on: tuple[Resource, ...] = ()
    """Objects whose trouble would explain this finding (the claim a pod waits for, a host it calls)."""
    cites: tuple[str, ...] = ()
    """Citations (a read's key or `object_cite`) that show it; at least one."""
    quotes: tuple[str, ...] = ()
    """Values of the statement that must be seen in an excerpt of what is cited."""
    since: datetime | None = None
    """When it began, as far as the evidence says."""
    remedies: tuple[Remedy, ...] = ()

    @property
    def key(self) -> str:
        """Identity within a run, and the sort order of findings."""
        return f"{self.rule}|{self.subject.kind}|{self.subject.namespace}|{self.subject.name}"


class Want(BaseModel):
    """An object, list or log to read next, whose it is, and why a reader would look there."""

    model_config = ConfigDict(frozen=True)

    read: Read
    about: Resource
    """The object that is being looked at by this read (a log is about its Pod)."""
    why: Text
    """Why that object was looked at, shown beside it in the report."""
