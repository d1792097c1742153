"""Names of incidents: short, sorted by time, safe in a URL and readable over the telephone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U."""

_FROM = datetime(2020, 1, 1, tzinfo=UTC)
_TIME_BITS, _SEED_BITS = 42, 28
_DIGITS = (_TIME_BITS + _SEED_BITS) // 5


def incident_id(at: datetime, seed: int) -> str:
    """`INC-` and 14 characters: milliseconds since 2020, then the seed, which is cut to 28 bits.

    Different seeds of one millisecond give different ids; times before 2020 count as 2020.
    """
    milliseconds = max((at - _FROM) // timedelta(milliseconds=1), 0) % (1 << _TIME_BITS)
    number = milliseconds << _SEED_BITS | seed % (1 << _SEED_BITS)
    digits = [_ALPHABET[number >> 5 * place & 31] for place in reversed(range(_DIGITS))]
    return "INC-" + "".join(digits)
