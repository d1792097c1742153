"""How many of the report's claims code has confirmed in the evidence they cite."""

from __future__ import annotations

from kubetriage.evals.cells import Score
from kubetriage.evals.scorers.material import Material


def groundedness(material: Material) -> Score:
    """The share of root causes, contributing claims and risks that are confirmed; passed if every cause is.

    A confirmation counts only where the claim cites evidence and all that it cites is in the report. Claims
    that were dropped before the report was made count as not confirmed. A report of a strategy whose claims
    nobody checks is not judged.
    """
    report = material.report
    if "verification" not in report:
        return Score(name="groundedness", reason="Nobody has checked the report's claims.")
    ids = {str(item.get("id")) for item in report.get("evidence") or ()}
    claims = [claim for part in ("root_causes", "contributing", "risks") for claim in report.get(part) or ()]
    dropped = int((report.get("verification") or {}).get("dropped") or 0)
    if not claims and not dropped:
        return Score(name="groundedness", reason="The report claims nothing.")

    def is_grounded(claim: object) -> bool:
        cited = claim.get("evidence") or () if isinstance(claim, dict) else ()
        return (
            isinstance(claim, dict) and claim.get("confirmed") is True and bool(cited) and ids >= set(cited)
        )

    grounded = sum(is_grounded(claim) for claim in claims)
    every = len(claims) + dropped
    return Score(
        name="groundedness",
        value=grounded / every,
        passed=all(is_grounded(cause) for cause in material.causes) if material.causes else None,
        reason=f"{grounded} of {every} claims are confirmed by what they cite; {dropped} were dropped.",
    )
