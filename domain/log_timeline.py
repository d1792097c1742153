"""When the records of a log were said: from the times of some of them, the others lie between.

Reading the time of every line would take longer than all the rest; a log is written in the order of time, so
a few hundred of them are enough to place each record to within a fraction of the log's length.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from kubetriage.domain.log_bursts import Burst, burst_of
from kubetriage.domain.log_forms import Forms

SAMPLES = 400
"""Records whose time is read."""
_NEXT = 5
"""Records after one without a time that are tried instead of it."""


class Timeline:
    """The times of a log's records, as far as its lines carry them."""

    def __init__(self, forms: Forms) -> None:
        count = len(forms.starts)
        step = max(count / SAMPLES, 1.0)
        wanted = dict.fromkeys(int(i * step) for i in range(SAMPLES) if i * step < count)
        self._places: list[int] = []
        self._times: list[float] = []
        asked = 0
        for place in [*wanted, *range(max(count - _NEXT, 0), count)]:
            if self._places and place <= self._places[-1]:
                continue
            asked += 1
            for near in range(place, min(place + _NEXT, count)):
                at = forms.time(near)
                if at is not None:
                    self._places.append(near)
                    self._times.append(max(at.timestamp(), self._times[-1] if self._times else 0.0))
                    break
        self._timed = len(self._places) * 2 >= asked and len(self._places) > 1
        self.first = forms.time(self._places[0]) if self._places else None
        self.last = forms.time(self._places[-1]) if self._places else None

    @property
    def has_times(self) -> bool:
        """Whether most records carry a time, and not all the same."""
        return self._timed and self._times[-1] > self._times[0]

    @property
    def span(self) -> tuple[float, float]:
        """The first and the last time, in seconds since 1970."""
        return self._times[0], self._times[-1]

    def at(self, place: int) -> float:
        """When a record was said, in seconds since 1970."""
        after = bisect_right(self._places, place)
        if after == 0:
            return self._times[0]
        if after == len(self._places):
            return self._times[-1]
        left, right = self._places[after - 1], self._places[after]
        share = (place - left) / (right - left)
        return self._times[after - 1] + share * (self._times[after] - self._times[after - 1])

    def place_at(self, moment: float) -> int:
        """The first record at or after a time."""
        after = bisect_right(self._times, moment)
        return self._places[min(after, len(self._places) - 1)]


class Rise(NamedTuple):
    """A burst of errors, measured."""

    burst: Burst
    seconds: float | None
    records: int
    before_seconds: float | None
    before_records: int


def rise_of(timeline: Timeline, errors: Sequence[int], count: int) -> Rise | None:
    """The burst among a log's `count` records, if there is one: by time where they carry it, else by line."""
    if timeline.has_times:
        begin, end = timeline.span
        burst = burst_of([timeline.at(place) for place in errors], begin, end)
        if burst is None:
            return None
        first = errors[burst.first]
        after = count if burst.lasting else max(timeline.place_at(burst.ends), errors[burst.last] + 1)
        return Rise(burst, burst.ends - burst.begins, after - first, burst.begins - begin, first)
    burst = burst_of([float(place) for place in errors], 0.0, float(count))
    if burst is None:
        return None
    first = errors[burst.first]
    after = count if burst.lasting else max(int(burst.ends), errors[burst.last] + 1)
    return Rise(burst, None, after - first, None, first)
