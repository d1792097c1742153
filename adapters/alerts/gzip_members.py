"""Bodies packed with gzip, unpacked in bounded memory and in a time that is linear in their length."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from enum import Enum, auto

GZIP = b"\x1f\x8b"
"""What a packed body begins with; a header that says so is often not true."""
MEMBERS = 10_000
"""Members that a body may have one after the other; senders make one."""
_STEP = 16 * 1024
"""Bytes that are unpacked at a time, and that they may become."""


class Fault(Enum):
    """Why a body cannot be unpacked."""

    TOO_LARGE = auto()
    TOO_MANY_MEMBERS = auto()
    DAMAGED = auto()
    CUT = auto()


class NotUnpacked(Exception):
    """The body is not whole, or becomes more than is allowed."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.name)
        self.fault = fault


def unpacked(body: bytes, most: int) -> bytes:
    """What is in all members; raises `NotUnpacked`, as soon as it is above `most` bytes."""
    try:
        return b"".join(_parts(body, most))
    except zlib.error:
        raise NotUnpacked(Fault.DAMAGED) from None


def _parts(body: bytes, most: int) -> Iterator[bytes]:
    at = members = 0
    while body.startswith(GZIP, at):
        members += 1
        if members > MEMBERS:
            raise NotUnpacked(Fault.TOO_MANY_MEMBERS)
        unpacker = zlib.decompressobj(wbits=31)
        while not unpacker.eof:
            given = body[at : at + _STEP]
            part = unpacker.decompress(given, _STEP)
            # At its end a member's rest can stand in both.
            at += len(given) - len(unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail)
            most -= len(part)
            if most < 0:
                raise NotUnpacked(Fault.TOO_LARGE)
            if not part and not given:
                raise NotUnpacked(Fault.CUT)
            yield part
