"""Whether the summary and the statements say what they must, and nothing that they must not."""

from __future__ import annotations

import re

from kubetriage.evals.cells import Score
from kubetriage.evals.score import NO_PATTERNS
from kubetriage.evals.scorers.material import Material


def statement(material: Material) -> Score:
    """The value is the share of what must be mentioned; 0 where something is claimed that must not be."""
    said = [str(material.report.get("summary", ""))]
    said += [str(cause.get("statement", "")) for cause in material.causes]
    text = "\n".join(said)
    wanted = material.expected.must_mention
    if not wanted:
        return Score(name="statement", reason=NO_PATTERNS)
    found = [one for one in wanted if re.search(one, text, re.IGNORECASE)]
    mention, claim = material.check("must_mention"), material.check("must_not_claim")
    failed = [each.reason for each in (mention, claim) if not each.passed]
    return Score(
        name="statement",
        value=len(found) / len(wanted) if claim.passed else 0.0,
        passed=not failed,
        reason=" ".join(failed) or mention.reason,
    )
