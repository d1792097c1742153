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
    """The statement in at most `limit` characters, cut at a sentence's or a word's end."""
    if len(statement) <= limit:
        return statement
    cut = statement[: limit - 1]
    for mark in ("。", ". ", "；", "; ", "，", ", ", " "):
        place = cut.rfind(mark)
        if place > limit * 2 // 3:
            return cut[:place].rstrip(" ,;，；。.") + "…"
    return cut + "…"
