"""domain.verification: a claim is confirmed only by what its evidence holds."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kubetriage.domain.diagnosis import Diagnosis
from kubetriage.domain.evidence import Evidence
from kubetriage.domain.finding import Finding, Likelihood, Role
from kubetriage.domain.language import Language, Text
from kubetriage.domain.report import Claim, Impact, Outcome, RootCause
from kubetriage.domain.resource import resource
from kubetriage.domain.verification import verify

CLAIM = resource("PersistentVolumeClaim", "a", "data")
SAID = Text(en="Claim data asks for 5Gi.", zh="claim data 请求 5Gi。")


def evidence(excerpt: str) -> Evidence:
    return Evidence(
        id="E1",
        cite="c",
        resource=CLAIM,
        tool="resources_get",
        at=datetime(2026, 1, 1, tzinfo=UTC),
        excerpt=excerpt,
    )


def finding(*quotes: str) -> Finding:
    return Finding(
        rule="r", category="pvc-unbound", role=Role.CAUSE, subject=CLAIM, statement=SAID, quotes=quotes
    )


def diagnosis(*cited: str) -> Diagnosis:
    return Diagnosis(
        outcome=Outcome.DIAGNOSED,
        summary=SAID.en,
        first_reading="",
        impact=Impact(statement=""),
        root_causes=(
            RootCause(
                rank=1,
                category="pvc-unbound",
                culprit=None,
                statement=SAID.en,
                likelihood=Likelihood.HIGH,
                confirmed=False,
                evidence=cited,
            ),
        ),
        contributing=(Claim(statement="and so on", confirmed=False, evidence=("E1",)),),
    )


@pytest.mark.parametrize(
    ("excerpt", "quotes", "cited", "confirmed"),
    [
        ("storage: 5Gi", ("5Gi",), ("E1",), True),
        ("storage: 50Gi of 5 Gi", ("5Gi",), ("E1",), False),
        ("storage: 15Gi", ("5Gi",), ("E1",), False),
        ("storage: 5Gi", ("5Gi", "10Gi"), ("E1",), False),
        ("storage: 5Gi", ("5Gi",), ("E2",), False),
        ("storage: 5Gi", ("5Gi",), (), False),
        ("a  line\nbroken", ("a line broken",), ("E1",), True),
    ],
)
def test_a_claim_needs_cited_evidence_that_holds_every_quote(
    excerpt: str, quotes: tuple[str, ...], cited: tuple[str, ...], confirmed: bool
) -> None:
    """All quoted values must occur in what is cited, and every cited id must exist."""
    checked = verify(diagnosis(*cited), [evidence(excerpt)], [finding(*quotes)], Language.EN)
    assert checked.diagnosis.root_causes[0].confirmed is confirmed
    assert (SAID.en in checked.unconfirmed) is not confirmed


def test_the_counts_cover_every_claim() -> None:
    """Root causes, contributing claims and risks are counted, and what is open is noted."""
    checked = verify(diagnosis("E1"), [evidence("nothing")], [finding("5Gi")], Language.EN)
    assert (checked.verification.claims, checked.verification.confirmed) == (2, 1)
    assert SAID.en in checked.verification.notes[0]
