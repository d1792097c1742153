"""Reports, of an incident or of a run, in every format."""

from __future__ import annotations

import asyncio
from datetime import tzinfo
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from kubetriage.domain.language import SPOKEN, Language, spoken
from kubetriage.domain.rendering.formats import Format, render
from kubetriage.domain.rendering.html_style import POLICY
from kubetriage.domain.rendering.sample import sample_report
from kubetriage.domain.report import Report
from kubetriage.server.asking import KNOWN_PARAMETERS, IncidentId, Parts, RunId
from kubetriage.server.negotiation import MEDIA_TYPES, chosen_format, zone_named
from kubetriage.server.parts import ServerParts
from kubetriage.server.problems import Refused, problems

router = APIRouter(tags=["reports"], dependencies=[KNOWN_PARAMETERS])


class Style:
    """How a report is written, as the request asks for it."""

    def __init__(
        self,
        request: Request,
        parts: Parts,
        format: Annotated[Format | None, Query(description="Instead of the `Accept` header")] = None,
        language: Annotated[
            Language | None,
            Query(
                description="Of the report, where it is kept in it (else `Content-Language` says which it is "
                "in), and of its headings; `both` is for headings. The run's own if left out"
            ),
        ] = None,
        zone: Annotated[
            str | None, Query(description="IANA name, of times", examples=["Asia/Shanghai"])
        ] = None,
    ) -> None:
        self.format = format or chosen_format(request.headers.get("accept", ""))
        self.values = language if language in SPOKEN else None
        """The language asked for; None for the run's own."""
        self.language = language or parts.settings.language
        self.zone: tzinfo = zone_named(zone) if zone else parts.settings.zone


StyleOf = Annotated[Style, Depends()]

_TEXT = {"schema": {"type": "string"}}
_DESCRIBED: dict[str, Any] = {
    "response_class": Response,
    "responses": {
        200: {
            "description": "The report: by `?format=`, else by `Accept`.",
            "model": Report,
            "content": {
                "application/json": {"example": sample_report(Language.EN).to_json()},
                **{media: _TEXT for form, media in MEDIA_TYPES.items() if form is not Format.JSON},
            },
        },
        **problems(404, 406, 422),
    },
}


@router.get("/api/v1/incidents/{incident}/report", operation_id="getIncidentReport", **_DESCRIBED)
async def incident_report(incident: IncidentId, style: StyleOf, parts: Parts) -> Response:
    """The last report on an incident."""
    found = await parts.incidents.incident(incident)
    if found is None:
        raise Refused(404, "There is no incident of that id.")
    if found.report_run is None:
        raise Refused(404, "There is no report on this incident yet.")
    return await written(await report_of(parts, found.report_run, style.values), style)


@router.get("/api/v1/runs/{run}/report", operation_id="getRunReport", **_DESCRIBED)
async def run_report(run: RunId, style: StyleOf, parts: Parts) -> Response:
    """The report that a run made."""
    return await written(await report_of(parts, run, style.values), style)


async def report_of(parts: ServerParts, run: str, language: Language | None = None) -> Report:
    """In that language, or in the run's own where there is none in it. Raises `Refused` (404)."""
    report = await parts.incidents.report(run, language)
    if report is None:
        raise Refused(404, "There is no report of this run.")
    return report


async def written(report: Report, style: Style) -> Response:
    text = await asyncio.to_thread(render, [report], style.format, headings=style.language, zone=style.zone)
    headers = {"Vary": "Accept", "Content-Language": spoken(report.language).value}
    if style.format is Format.HTML:
        headers["Content-Security-Policy"] = POLICY
    return Response(text, media_type=MEDIA_TYPES[style.format], headers=headers)
