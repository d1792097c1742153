"""Private keys in PEM, also where the first or the last line was cut off."""

from __future__ import annotations

import re
from typing import Final

from kubetriage.domain.redaction_patterns import MARK

_PEM_REACH: Final = 20_000
"""Characters within which a private key must end (RSA with 16,384 bits is 12,700 in PEM)."""
_PEM_MARK: Final = re.compile(r"-----(BEGIN|END) [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----")
_PEM_LINE: Final = re.compile(r"(?:\s|\\[nr]|[>|\"'])*+[A-Za-z0-9+/=]{1,100}(?:\s|\\[nr])*+")


def private_key(text: str, start: int) -> tuple[int, int] | None:
    """The body of the private key whose BEGIN or END line holds the word at `start`."""
    found = _PEM_MARK.match(text, max(0, text.rfind("-----", max(0, start - 50), start)))
    if found is None:
        return None
    if found[1] == "END":
        return _headless(text, found.start())
    first = found.end()
    closing = text.find("-----", first, first + _PEM_REACH)
    if closing < 0 or not text.startswith("-----END ", closing):
        closing = first
        while line := _PEM_LINE.match(text, closing, first + _PEM_REACH):
            short = len(line[0].strip()) < 40
            if short and not (closing > first and line[0].strip().endswith("=")):
                break
            closing = line.end()
    closing = first + len(text[first:closing].rstrip())
    return (first, closing) if text[first:closing].strip() not in ("", MARK) else None


def _headless(text: str, end: int) -> tuple[int, int] | None:
    """The base64 lines before an END whose BEGIN is not there."""
    first = end
    for line in reversed(text[max(0, end - _PEM_REACH) : end].splitlines(keepends=True)):
        if not _PEM_LINE.fullmatch(line):
            break
        first -= len(line)
    return (first, end) if text[first:end].strip() else None
