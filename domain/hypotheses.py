"""The rules' findings as a model is shown them: numbered, what explains most first."""

from __future__ import annotations

from typing import NamedTuple

from kubetriage.domain.causes import explain
from kubetriage.domain.diagnosing import Case
from kubetriage.domain.evidence_index import ids_of
from kubetriage.domain.finding import Finding, Role

MAX_HYPOTHESES = 16


class Hypothesis(NamedTuple):
    """A rule's finding with the id that the model calls it by."""

    id: str
    """`F1`, `F2`, …"""
    finding: Finding
    evidence: tuple[str, ...]


def hypotheses_of(case: Case) -> tuple[Hypothesis, ...]:
    """Root causes, open symptoms, links of the chain, then hints; the same findings give the same ids."""
    joined = explain(case.view, case.findings)
    hints = [f for f in case.findings if f.role in (Role.HINT, Role.HEALTHY, Role.RISK)]
    ordered = [*joined.roots, *joined.open_symptoms, *joined.contributing, *hints]
    return tuple(
        Hypothesis(f"F{number}", finding, ids_of(case.evidence, finding.cites))
        for number, finding in enumerate(ordered[:MAX_HYPOTHESES], 1)
    )
