"""The diagnosis: what a report concludes, in the report's language, before it is checked and assembled."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from kubetriage.domain.report import Change, Claim, Impact, Outcome, Recommendation, RootCause

STATEMENT_LIMIT = 300
"""Characters of a summary or a statement."""


class Diagnosis(BaseModel):
    """Written by rules or by a model; every claim cites evidence ids, and `confirmed` is set by code only."""

    model_config = ConfigDict(frozen=True)

    outcome: Outcome
    summary: str
    first_reading: str
    impact: Impact
    root_causes: tuple[RootCause, ...] = ()
    contributing: tuple[Claim, ...] = ()
    risks: tuple[Claim, ...] = ()
    changes: tuple[Change, ...] = ()
    recommendations: tuple[Recommendation, ...] = ()


def bounded(statement: str, limit: int = STATEMENT_LIMIT) -> str:
    """The statement in at most `limit` (≥ 3) characters, cut at the end of words, open quotes closed."""
    if len(statement) <= limit:
        return statement
    cut = statement[: max(limit - len("…”`"), 0)]
    for mark in ("。", ". ", "；", "; ", "，", ", ", " "):
        place = cut.rfind(mark)
        if place > limit * 2 // 3:
            cut = cut[:place].rstrip(" ,;，；。.")
            break
    quote = "”" if cut.count("“") > cut.count("”") else ""
    return cut + "…" + quote + ("`" if cut.count("`") % 2 else "")
