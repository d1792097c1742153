"""Reports to the screen or a file, in the format asked for."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from kubetriage.domain.errors import BadInput
from kubetriage.domain.language import Language
from kubetriage.domain.report import Report


class Style(NamedTuple):
    """How reports are written down."""

    format: str
    """text, markdown, json or html."""
    headings: Language
    colour: bool
    several: bool
    """Whether the body held several alerts, so that JSON is `{"reports": […]}`."""


def rendered(reports: Sequence[Report], style: Style) -> str:
    """All reports in one text."""
    if style.format == "json":
        made = [report.to_json() for report in reports]
        whole = {"reports": made} if style.several else made[0]
        return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"
    from datetime import datetime

    from kubetriage.domain.rendering.formats import Format, render

    zone = datetime.now().astimezone().tzinfo
    assert zone is not None
    width = min(shutil.get_terminal_size((100, 24)).columns, 120)
    return render(
        reports, Format(style.format), headings=style.headings, zone=zone, colour=style.colour, width=width
    )


def write(text: str, path: str | None) -> None:
    """Print, or replace a file as a whole: a reader of it never sees half a report."""
    if path is None:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    target = Path(path)
    try:
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(temporary, 0o644)
        os.replace(temporary, target)
    except OSError as error:
        raise BadInput(f"{path}: cannot be written ({error.strerror})") from error
