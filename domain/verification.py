"""Whether each claim says only what its evidence holds: cited ids exist, quoted values occur there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from kubetriage.domain.diagnosis import Diagnosis, bounded
from kubetriage.domain.evidence import Evidence
from kubetriage.domain.finding import Finding
from kubetriage.domain.language import Language, text
from kubetriage.domain.quoting import holds, squeezed
from kubetriage.domain.report import Claim, RootCause, Verification


class Checked(NamedTuple):
    """A diagnosis with its claims marked, and what could not be confirmed."""

    diagnosis: Diagnosis
    verification: Verification
    unconfirmed: tuple[str, ...]
    """The statements that stay unconfirmed."""


def verify(
    diagnosis: Diagnosis, evidence: Sequence[Evidence], findings: Sequence[Finding], language: Language
) -> Checked:
    """Mark each root cause, contributing claim and risk as confirmed or not; nothing is dropped here."""
    haystacks = {e.id: _haystack(e) for e in evidence}
    quotes: dict[str, set[str]] = {}
    for finding in findings:
        quotes.setdefault(bounded(finding.statement.say(language)), set()).update(finding.quotes)

    def confirmed(statement: str, cited: Sequence[str]) -> bool:
        known = [haystacks[i] for i in cited if i in haystacks]
        if not known or len(known) != len(cited):
            return False
        return all(any(holds(hay, squeezed(q)) for hay in known) for q in quotes.get(statement, ()))

    roots = tuple(
        c.model_copy(update={"confirmed": confirmed(c.statement, c.evidence)}) for c in diagnosis.root_causes
    )
    contributing = tuple(
        c.model_copy(update={"confirmed": confirmed(c.statement, c.evidence)}) for c in diagnosis.contributing
    )
    risks = tuple(
        c.model_copy(update={"confirmed": confirmed(c.statement, c.evidence)}) for c in diagnosis.risks
    )
    claims: list[RootCause | Claim] = [*roots, *contributing, *risks]
    open_claims = tuple(c.statement for c in claims if not c.confirmed)
    note = text(
        "not confirmed in the cited evidence: {s}",
        "在所引证据中未能确认：{s}",
        s="; ".join(open_claims)[:300],
    )
    return Checked(
        diagnosis.model_copy(update={"root_causes": roots, "contributing": contributing, "risks": risks}),
        Verification(
            claims=len(claims),
            confirmed=len(claims) - len(open_claims),
            notes=(note.say(language),) if open_claims else (),
        ),
        open_claims,
    )


def _haystack(item: Evidence) -> str:
    """Everything an evidence shows: excerpt, the object's name and what was asked."""
    asked = json.dumps(item.arguments, ensure_ascii=False, sort_keys=True)
    return squeezed(f"{item.excerpt}\n{item.resource}\n{item.cite}\n{asked}")
