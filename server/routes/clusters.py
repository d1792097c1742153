"""The connections to clusters, and how they are."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter
from pydantic import BaseModel

from kubetriage.server.asking import KNOWN_PARAMETERS, Parts
from kubetriage.server.parts import ClusterHealth
from kubetriage.server.problems import problems

router = APIRouter(prefix="/api/v1/clusters", tags=["clusters"], dependencies=[KNOWN_PARAMETERS])


class Clusters(BaseModel):
    """Connections, in the order of the configuration."""

    items: Sequence[ClusterHealth]


@router.get("", operation_id="listClusters", responses=problems(422))
async def clusters(parts: Parts) -> Clusters:
    """Every configured connection, tried a moment ago; one that takes long is told as unreachable."""
    return Clusters(items=await parts.clusters.health())
