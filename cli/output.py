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


def check_writable(path: str | None) -> None:
    """Say before the run, not after it, that its report could not be written."""
    if path is None:
        return
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise BadInput(f"{path}: cannot be written (it is a folder)")
    if not target.parent.is_dir():
        raise BadInput(f"{path}: cannot be written (there is no folder {target.parent})")
    if not os.access(target.parent if not target.exists() else target, os.W_OK):
        raise BadInput(f"{path}: cannot be written (permission denied)")


def write(text: str, path: str | None) -> None:
    """Print, or replace a file as a whole: a reader of it never sees half a report."""
    if path is None:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    target = Path(os.path.realpath(path))  # of a link, what it points to is replaced
    try:
        if target.exists() and not target.is_file():  # a pipe, a terminal, /dev/null: nothing to replace
            target.write_text(text, encoding="utf-8", errors="backslashreplace")
        else:
            _replace(target, text)
    except OSError as error:
        raise BadInput(f"{path}: cannot be written ({error.strerror})") from error


def _replace(target: Path, text: str) -> None:
    mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:100]}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
        os.chmod(temporary, mode)
        os.replace(temporary, target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
