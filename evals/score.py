"""Scoring a report against the answer of its scenario."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from kubetriage.domain.report import Outcome
from kubetriage.evals.ownership import NOTHING_KNOWN, Ownership, Place, read_ownership
from kubetriage.evals.scenario import Expected, Named, Scenario

Report = Mapping[str, Any]
"""A report in the JSON of `kubetriage.report/1`."""
NO_PATTERNS: Final = "The answer has no patterns for a report in this language: what it says is not judged."


class Check(BaseModel):
    """One thing that was looked at."""

    model_config = ConfigDict(frozen=True)

    name: str
    """outcome, culprit, must_mention, must_not_claim, or category (which a verdict does not need)."""
    passed: bool
    reason: str
    """A sentence: what was expected and what was there."""


class Verdict(BaseModel):
    """What a report is worth."""

    model_config = ConfigDict(frozen=True)

    checks: tuple[Check, ...]
    category: Check
    """Whether the first root cause's category is the expected one; shown, not required."""
    wrong_with_confidence: bool
    """A wrong culprit or statement with likelihood high, or wrongly healthy: worse than inconclusive."""

    @property
    def passed(self) -> bool:
        return all(check.passed for check in self.checks)


def score(report: Report, answer: Scenario | Expected, ownership: Ownership | None = None) -> Verdict:
    """The verdict on a report.

    With a `Scenario`, a workload and what it owns in the snapshot are the same culprit; with an `Expected`
    alone, names decide that. `ownership` is the snapshot's, where it has been read already. Raises
    `BadSnapshot` when the scenario's snapshot cannot be read.
    """
    if isinstance(answer, Scenario):
        expected, ownership = answer.expected, ownership or read_ownership(answer.snapshot)
    else:
        expected, ownership = answer, ownership or NOTHING_KNOWN
    expected = expected.in_language(str(report.get("language") or ""))
    mentioned = _missing(expected, report)
    checks = (
        _outcome(expected, report),
        _culprit(expected, report, ownership),
        _must_mention(expected, mentioned),
        _must_not_claim(expected, report),
    )
    wrong = _wrong_with_confidence(expected, report, checks, mentioned)
    return Verdict(checks=checks, category=_category(expected, report), wrong_with_confidence=wrong)


def _causes(report: Report) -> list[dict[str, Any]]:
    return list(report.get("root_causes") or [])


def _outcome(expected: Expected, report: Report) -> Check:
    right = " or ".join(expected.outcome)
    given = str(report.get("outcome", ""))
    return Check(
        name="outcome", passed=given in expected.outcome, reason=f"{right} is right, the report says {given}."
    )


def _culprit(expected: Expected, report: Report, ownership: Ownership) -> Check:
    causes = _causes(report)
    given = _place(causes[0].get("culprit")) if causes else None
    outcome = report.get("outcome")
    wanted = " or ".join(str(one) for one in expected.culprits) or "none"
    said = f"{given[0]} {f'{given[1]}/' if given[1] else ''}{given[2]}" if given else "none"
    reason = f"The right culprit is {wanted}, the report names {said}."
    if not expected.culprits:
        return Check(
            name="culprit", passed=_nothing_blamed(expected, report, given, ownership), reason=reason
        )
    if given is None:
        undecided = outcome == Outcome.INCONCLUSIVE and Outcome.INCONCLUSIVE in expected.outcome
        return Check(name="culprit", passed=undecided, reason=reason)
    right = any(ownership.same(given, _key(one)) for one in expected.culprits)
    return Check(name="culprit", passed=right, reason=reason)


def _nothing_blamed(expected: Expected, report: Report, given: Place | None, ownership: Ownership) -> bool:
    """Where there is no culprit, only a past cause or the alert's own object may be named."""
    if given is None or report.get("outcome") == Outcome.HEALTHY:
        return True
    return expected.primary is not None and ownership.same(given, _key(expected.primary))


def _missing(expected: Expected, report: Report) -> list[str]:
    text = "\n".join(
        [str(report.get("summary", "")), *(str(one.get("statement", "")) for one in _causes(report))]
    )
    return [one for one in expected.must_mention if not _found(one, text)]


def _must_mention(expected: Expected, missing: list[str]) -> Check:
    reason = f"All {len(expected.must_mention)} patterns are in the summary or a statement."
    if not expected.must_mention:
        reason = NO_PATTERNS
    if missing:
        reason = f"Neither the summary nor a statement holds {' nor '.join(missing)}."
    return Check(name="must_mention", passed=not missing, reason=reason)


def _must_not_claim(expected: Expected, report: Report) -> Check:
    first = [str(one.get("statement", "")) for one in _causes(report)[:1]]
    text = "\n".join([str(report.get("summary", "")), *first])
    claimed = [one for one in expected.must_not_claim if _found(one, text)]
    reason = "Nothing is claimed that must not be."
    if claimed:
        reason = f"The summary or the first statement claims {' and '.join(claimed)}."
    return Check(name="must_not_claim", passed=not claimed, reason=reason)


def _category(expected: Expected, report: Report) -> Check:
    causes = _causes(report)
    given = str(causes[0].get("category", "")) if causes else ""
    reason = f"The category is {expected.category}, the report says {given or 'none'}."
    return Check(name="category", passed=given == expected.category, reason=reason)


def _wrong_with_confidence(
    expected: Expected, report: Report, checks: tuple[Check, ...], missing: list[str]
) -> bool:
    outcome, culprit, _, claims = checks
    if report.get("outcome") == Outcome.HEALTHY and not outcome.passed:
        return True
    causes = _causes(report)
    if not causes or causes[0].get("likelihood") != "high" or report.get("outcome") != Outcome.DIAGNOSED:
        return False
    beside_the_point = 2 * len(missing) > len(expected.must_mention)
    return not (outcome.passed and culprit.passed and claims.passed) or beside_the_point


def _found(pattern: str, text: str) -> bool:
    return re.search(pattern, text, re.IGNORECASE) is not None


def _key(named: Named) -> Place:
    return (named.kind, named.namespace, named.name)


def _place(resource: Any) -> Place | None:
    if not resource:
        return None
    return (
        str(resource.get("kind", "")),
        str(resource.get("namespace") or ""),
        str(resource.get("name", "")),
    )
