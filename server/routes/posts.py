"""`/api/v1/posts`: what became of what was sent."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path

from kubetriage.server.asking import Parts
from kubetriage.server.problems import Refused, problems
from kubetriage.server.routes.alerts import Receipt, found_post

router = APIRouter(tags=["alerts"])
NumberOf = Annotated[int, Path(ge=1, le=2**62, description="Number of the post, from its receipt")]


@router.get(
    "/api/v1/posts/{post}", operation_id="getPost", response_model=Receipt, responses=problems(404, 422)
)
async def get_post(post: NumberOf, parts: Parts) -> Any:
    """What became of a post: whether its alerts are sorted, and the incidents that they belong to."""
    found = await found_post(parts, post)
    if found is None:
        raise Refused(404, "There is no such post.")
    return Receipt.of(found)
