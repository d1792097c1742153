"""How long anything in a message may be, and how it is named there."""

from __future__ import annotations

import re

from kubetriage.domain.rendering.document import Content, Mark, Span
from kubetriage.domain.rendering.visible import clip, one_line
from kubetriage.domain.report import ReportResource

TITLE_LIMIT = 100
"""Characters of a title that come from outside; platforms allow 128 to 150 together with our own words."""
NAME_LIMIT = 90
"""Characters of a name: a Pod's is at most 63 where a controller made it."""
SENTENCE_LIMIT = 300
"""Characters of a report's sentence, which is what a report promises."""
SHORT_SENTENCE = 120
SHORTEST_SENTENCE = 60
LINE_LIMIT = 180
"""Characters of a line that is quoted from outside."""
COMMAND_LIMIT = 400
"""Characters of a command; a longer one is not shown at all, because part of a command is another one."""
ADDRESS_LIMIT = 600
"""Characters of an address; a longer one is not shown at all."""

_ADDRESS = re.compile(
    r"https?://[A-Za-z0-9][A-Za-z0-9.\-]*(?::\d{1,5})?(?:[/?#][A-Za-z0-9\-._~:/?#@!$&'*+,;=%]*)?"
)
"""RFC 3986 characters only, and no brackets: it can stand between the marks of a link in any markup."""
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z\u3400-\u9fff])|(?<=[。！？])")


_BLANKS = 20
"""Characters of a text that are looked at for each that is shown: the others may be blanks and marks."""


def short(text: str, limit: int) -> str:
    """The beginning of a text on one visible line."""
    return clip(one_line(text[: limit * _BLANKS]), limit)


def named(name: str) -> str:
    return short(name, NAME_LIMIT)


def said(it: ReportResource) -> Content:
    """`Kind namespace/name`, as people write it."""
    place = f"{named(it.namespace)}/" if it.namespace else ""
    return (Span(f"{named(it.kind)} {place}{named(it.name) or '*'}", Mark.VERBATIM),)


def sentences(text: str, most: int, limit: int = SENTENCE_LIMIT) -> str:
    """The first sentences of a text, at most `limit` characters of them."""
    parts = [each for each in _SENTENCE_END.split(one_line(text[: SENTENCE_LIMIT * most * _BLANKS])) if each]
    joined = ""
    for part in parts[:most]:
        between = " " if joined and joined[-1] in ".!?" else ""
        joined += between + part
    return clip(joined, limit)


def address(url: str) -> str:
    """The address with brackets and quotes percent-encoded, empty if it is none that can be shown."""
    url = url.strip()
    for mark, code in (("(", "%28"), (")", "%29"), ("[", "%5B"), ("]", "%5D"), ("'", "%27"), ("*", "%2A")):
        url = url.replace(mark, code)
    return url if len(url) <= ADDRESS_LIMIT and _ADDRESS.fullmatch(url) else ""
