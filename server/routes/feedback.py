"""What people say of a report: right, wrong, and what it really was."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from kubetriage.domain.intake.reading import Feedback, Verdict
from kubetriage.server.asking import KNOWN_PARAMETERS, CallerOf, Line, Parts, Prose, RunId
from kubetriage.server.problems import Refused, problems
from kubetriage.server.routes.reports import report_of

router = APIRouter(prefix="/api/v1/runs", tags=["reports"], dependencies=[KNOWN_PARAMETERS])


class Judgement(BaseModel):
    """One person's word on one report."""

    model_config = ConfigDict(
        extra="forbid",  # words under a name that we don't know would be lost
        json_schema_extra={
            "example": {"verdict": "wrong", "actual": "The Secret had been rotated.", "who": "Li Wei"}
        },
    )

    verdict: Verdict
    actual: Prose = Field(
        "", description="What it really was", examples=["The Secret had been rotated, the Pod not restarted."]
    )
    who: Line = Field("", description="A person; the token's name if empty", examples=["Li Wei"])


class Judgements(BaseModel):
    """What people said, oldest first."""

    items: Sequence[Feedback]


@router.post(
    "/{run}/feedback",
    status_code=201,
    operation_id="giveFeedback",
    responses=problems(400, 404, 408, 413, 422),
)
async def give_feedback(run: RunId, body: Judgement, parts: Parts, caller: CallerOf) -> Feedback:
    """Say whether a report was right. Several may; all are kept."""
    given = Feedback(verdict=body.verdict, actual=body.actual, who=body.who or caller.name, at=parts.clock())
    if not await parts.incidents.feedback(run, given):
        raise Refused(404, "There is no report of this run.")
    return given


@router.get("/{run}/feedback", operation_id="getFeedback", responses=problems(404, 422))
async def feedback(run: RunId, parts: Parts) -> Judgements:
    """What was said of a report, oldest first."""
    await report_of(parts, run)
    return Judgements(items=await parts.incidents.feedback_on(run))
