"""Bytes that strangers send → text: UTF-8, marked UTF-16 or UTF-32, or the GBK of older senders in China."""

from __future__ import annotations

import codecs
import re

from kubetriage.domain.errors import BadAlert

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 64 * 1024
"""Bytes by which an encoding is told."""
_SHOWN = 1024 * 1024
"""Bytes of a body whose wrong ones are written out."""
_HIGH = bytes(range(128, 256))
_FIRST_HIGH = re.compile(rb"[\x80-\xff]")
_COMMON_PAIR = re.compile(rb"[\xa1-\xa9\xb0-\xf7][\xa1-\xfe]")
"""Punctuation and the 6,763 characters of GB 2312, of which nearly all Chinese text consists."""
_BEYOND_ASCII = re.compile("[^\x00-\x7f\ufffd]")
_COMMON_SHARE = 0.75


def text_of(body: bytes, *, strict: bool = False) -> str:
    """The body as text. Bytes that are none are kept as `\\xNN`; with `strict` they raise BadAlert.

    In a body above a megabyte they become U+FFFD: writing out 16 MB of them takes 5 s.
    """
    encoding = next((name for mark, name in _MARKS if body.startswith(mark)), "utf-8")
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        chinese = _chinese(body) if encoding == "utf-8" else None
        if chinese is not None:
            text = chinese
        elif strict:
            wrong = (
                f"byte 0x{body[error.start]:02x} at position {error.start} is not {encoding[:6].rstrip('-')}"
            )
            raise BadAlert(f"The alert is not text: {wrong}.") from error
        else:
            shown = encoding.startswith("utf-8") and len(body) <= _SHOWN
            text = body.decode(encoding, "backslashreplace" if shown else "replace")
    if "\0" in text:
        if strict:
            raise BadAlert("The alert is binary data, not JSON, YAML or text.")
        text = text.replace("\0", "\\x00")
    return text


def _chinese(body: bytes) -> str | None:
    """Bytes that are not UTF-8, as GB 18030 (GBK is a part of it); None if they are not that either.

    What a header says of the encoding is often not true. UTF-8 that was cut off or damaged has more right
    than wrong characters; Latin text has letters beyond ASCII one by one, Chinese text has them in pairs.
    """
    found = _FIRST_HIGH.search(body)
    start = found.start() if found else 0
    sample = body[start : start + _SAMPLE]
    as_utf8 = sample.decode("utf-8", "replace")
    if len(_BEYOND_ASCII.findall(as_utf8)) > as_utf8.count("\ufffd"):
        return None
    high = len(sample) - len(sample.translate(None, _HIGH))
    if 2 * len(_COMMON_PAIR.findall(sample)) < _COMMON_SHARE * high:
        return None
    try:
        return body.decode("gb18030")
    except UnicodeDecodeError:
        return None
