"""The identity of an alert: Alertmanager's fingerprint of its labels."""

from __future__ import annotations

import re
from collections.abc import Mapping

FNV_OFFSET = 0xCBF29CE484222325
FNV_PRIME = 0x100000001B3
SEPARATOR = b"\xff"
"""A byte that valid UTF-8 never holds, so that `a=bc` and `ab=c` differ."""

_FINGERPRINT = re.compile(r"[0-9a-f]{16}")


def fnv1a_64(data: bytes) -> int:
    """FNV-1a, 64 bit (Fowler, Noll, Vo)."""
    digest = FNV_OFFSET
    for byte in data:
        digest = ((digest ^ byte) * FNV_PRIME) & 0xFFFFFFFFFFFFFFFF
    return digest


def fingerprint(labels: Mapping[str, str]) -> str:
    """16 lower-case hex digits, equal to what Alertmanager and Prometheus compute for these labels.

    FNV-1a 64 over every label name and value, sorted by name as bytes, each followed by 0xff
    (prometheus/common, `model.LabelSet.Fingerprint`).
    """
    parts: list[bytes] = []
    # Go sorts strings by their UTF-8 bytes; Python's order by code points is the same order.
    for name in sorted(labels):
        parts += [name.encode(), SEPARATOR, labels[name].encode(), SEPARATOR]
    return f"{fnv1a_64(b''.join(parts)):016x}"


def text_fingerprint(text: str) -> str:
    """The identity of an alert that has no labels, only text; runs of white space count as one space."""
    return f"{fnv1a_64(' '.join(text.split()).encode()):016x}"


def is_fingerprint(value: str) -> bool:
    """Whether a source's own fingerprint has Alertmanager's form and can be taken over."""
    return bool(_FINGERPRINT.fullmatch(value))
