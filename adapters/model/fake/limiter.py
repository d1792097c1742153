"""Requests and tokens a minute, for each API key: token buckets that start full."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Literal

from kubetriage.adapters.model.fake.settings import Limits

MOST_KEYS = 1_000


@dataclass
class _Bucket:
    level: float
    at: float


@dataclass(frozen=True)
class Refusal:
    what: Literal["RPM", "TPM"]
    seconds: float
    """Until there is enough again."""


class Limiter:
    """Takes a request and its prompt from the buckets of its key, or says what is missing."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._buckets: OrderedDict[tuple[str, str], _Bucket] = OrderedDict()

    def take(self, key: str, tokens: int, now: float) -> Refusal | None:
        """`now` in seconds of any clock that does not go back. Nothing is taken from a refused request."""
        wanted: list[tuple[_Bucket, float]] = []
        for what, limit, amount in (("RPM", self._limits.rpm, 1.0), ("TPM", self._limits.tpm, float(tokens))):
            if limit is None:
                continue
            bucket = self._bucket(key, what, limit, now)
            # A request above the limit itself would wait for ever: it needs a full bucket.
            needed = min(amount, limit)
            if bucket.level < needed:
                return Refusal("RPM" if what == "RPM" else "TPM", (needed - bucket.level) * 60 / limit)
            wanted.append((bucket, amount))
        for bucket, amount in wanted:
            bucket.level -= amount
        return None

    def spend(self, key: str, tokens: int, now: float) -> None:
        """Tokens of an answer count too, after they were made."""
        if self._limits.tpm is not None:
            self._bucket(key, "TPM", self._limits.tpm, now).level -= tokens

    def _bucket(self, key: str, what: str, limit: int, now: float) -> _Bucket:
        bucket = self._buckets.setdefault((key, what), _Bucket(limit, now))
        self._buckets.move_to_end((key, what))
        while len(self._buckets) > MOST_KEYS:
            self._buckets.popitem(last=False)
        bucket.level = min(bucket.level + (now - bucket.at) * limit / 60, limit)
        bucket.at = now
        return bucket
