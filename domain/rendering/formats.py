"""The formats a report can have, and the one call that makes each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from enum import StrEnum
from typing import assert_never

from kubetriage.domain.language import Language
from kubetriage.domain.rendering.html_page import render_html
from kubetriage.domain.rendering.markdown import render_markdown
from kubetriage.domain.rendering.reports_json import render_json
from kubetriage.domain.rendering.text import render_text
from kubetriage.domain.report import Report


class Format(StrEnum):
    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"
    HTML = "html"


def render(
    reports: Sequence[Report],
    form: Format,
    *,
    headings: Language,
    zone: tzinfo,
    colour: bool = False,
    width: int = 100,
) -> str:
    """The reports in one format, ending with a line break; colour and width are for text alone."""
    match form:
        case Format.TEXT:
            return render_text(*reports, colour=colour, width=width, headings=headings, zone=zone)
        case Format.MARKDOWN:
            return render_markdown(*reports, headings=headings, zone=zone)
        case Format.JSON:
            return render_json(*reports)
        case Format.HTML:
            return render_html(*reports, headings=headings, zone=zone)
    assert_never(form)
