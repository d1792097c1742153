"""In which form a report is given: by `?format=`, else by `Accept`."""

from __future__ import annotations

import re
from datetime import tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kubetriage.domain.rendering.formats import Format
from kubetriage.server.problems import Refused

MEDIA_TYPES: Final = {
    Format.JSON: "application/json",
    Format.HTML: "text/html",
    Format.MARKDOWN: "text/markdown",
    Format.TEXT: "text/plain",
}
"""The first is preferred where the other side does not care."""
_QUALITY = re.compile(r"q\s*=\s*(\d(?:\.\d{0,3})?)")
_ZONE = re.compile(r"[A-Za-z0-9_+/-]{1,64}")


def chosen_format(accept: str) -> Format:
    """The best of the formats for an `Accept` header (RFC 9110); raises `Refused` (406) if it takes none."""
    wanted = list(_ranges(accept)) or [("*/*", 1.0)]
    ranked = [
        (_quality(media, wanted), -place, form) for place, (form, media) in enumerate(MEDIA_TYPES.items())
    ]
    quality, _, best = max(ranked)
    if quality <= 0:
        raise Refused(406, f"A report can be had as {', '.join(MEDIA_TYPES.values())}.")
    return best


def _ranges(accept: str) -> list[tuple[str, float]]:
    found = []
    for part in accept[:2000].split(","):
        media, _, parameters = part.partition(";")
        if media.strip():
            quality = _QUALITY.search(parameters)
            found.append((media.strip().lower(), min(1.0, float(quality[1])) if quality else 1.0))
    return found


def _quality(media: str, wanted: list[tuple[str, float]]) -> float:
    """That of the most particular range that holds the type; 0 if none does."""
    kind = media.partition("/")[0]
    for name in (media, f"{kind}/*", "*/*"):
        given = [quality for found, quality in wanted if found == name]
        if given:
            return max(given)
    return 0.0


def zone_named(name: str) -> tzinfo:
    """The time zone of that IANA name; raises `Refused` (422)."""
    try:
        if _ZONE.fullmatch(name):
            return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: `Europe` is a folder
        pass
    raise Refused(422, "There is no time zone of that name, such as Asia/Shanghai.")
