"""Reports as JSON: the contract itself, `kubetriage.report/1`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from kubetriage.domain.report import Report


def reports_json(reports: Sequence[Report]) -> dict[str, Any]:
    """The reports of one body with several alerts."""
    return {"reports": [report.to_json() for report in reports]}


def render_json(*reports: Report) -> str:
    """One report as itself, several as `{"reports": […]}`; UTF-8 as it is, indented."""
    content = reports[0].to_json() if len(reports) == 1 else reports_json(reports)
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"
