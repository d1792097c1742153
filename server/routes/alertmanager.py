"""`/api/v2/alerts`: Alertmanager's own address, so that Prometheus and vmalert can post straight here."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from kubetriage.server.asking import Parts
from kubetriage.server.examples import PROMETHEUS
from kubetriage.server.posted import Source
from kubetriage.server.problems import problems
from kubetriage.server.routes.alerts import body_of_alerts, taken

router = APIRouter(tags=["alerts"])


@router.post(
    "/api/v2/alerts",
    operation_id="postAlertmanagerAlerts",
    response_class=Response,
    responses={200: {"description": "The alerts are on disk."}, **problems(400, 408, 413, 415)},
    openapi_extra=body_of_alerts(prometheus=PROMETHEUS),
)
async def post_alertmanager_alerts(request: Request, parts: Parts) -> Any:
    """Take what Prometheus sends to an Alertmanager: a list of alerts, the firing ones again and again."""
    answer = await taken(request, parts, Source.PROMETHEUS)
    return Response(status_code=200) if answer.status_code == 202 else answer
