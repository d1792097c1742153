"""How often each known failure stands in a log, counted without reading every record.

Records of one form state the same failure; only the values in them (host, port, key) can differ. So one of
them is read, and of the others it is enough that the same values stand in them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, NamedTuple

from kubetriage.domain.log_masks import holds_value
from kubetriage.domain.logs import Record

if TYPE_CHECKING:
    from kubetriage.domain.log_patterns import Sign
    from kubetriage.domain.log_signs import Seen

READS = 400
"""Records of a log that are read; more are unlike only in a log that is made to be."""
_READ_AGAIN = 40
"""Failures whose latest record is read, to say what it says."""
MOST_VALUES = 8
"""Different values of one form that are told apart."""


class Counted(NamedTuple):
    """One failure with the values that it names."""

    seen: Seen
    times: int
    first: int
    """The place of the first record that states it."""
    last: int


class Tally:
    """The failures found so far.

    Records are known by their place; best they are added from the end of the log on, so that what it ends
    with is read for certain.
    """

    def __init__(
        self,
        read: Callable[[Record], Seen | None],
        record: Callable[[int], Record],
        words: Callable[[int], str],
    ) -> None:
        """`read` finds the failure that a record states; `record` and `words` give what is at a place."""
        self._read = read
        self._record = record
        self._words = words
        self._left = READS
        self._known: dict[Hashable, list[Seen]] = {}
        self._found: dict[tuple[Sign, str, str], Counted] = {}

    def add(self, form: Hashable, place: int) -> None:
        """Count the record at a place; those of equal form say the same."""
        known = self._known.get(form)
        if known is None:
            known = self._known[form] = []
            seen = self._look(known, place)
        elif not known:
            return
        else:
            seen = known[0] if not known[0].values else self._of_these_values(known, place)
        if seen is not None:
            key = (seen.sign, seen.values.get("host", ""), seen.values.get("key", ""))
            one = self._found.get(key) or Counted(seen, 0, place, place)
            seen = seen if place > one.last else one.seen
            self._found[key] = Counted(seen, one.times + 1, min(one.first, place), max(one.last, place))

    def _look(self, known: list[Seen], place: int) -> Seen | None:
        if self._left <= 0:
            return None
        self._left -= 1
        seen = self._read(self._record(place))
        if seen is not None:
            known.append(seen)
        return seen

    def _of_these_values(self, known: list[Seen], place: int) -> Seen | None:
        words = self._words(place)
        for seen in known:
            if all(holds_value(words, value) for value in seen.values.values()):
                return seen
        if len(known) < MOST_VALUES and self._left > 0:
            return self._look(known, place)
        return known[0]._replace(values={})

    def counted(self) -> list[Counted]:
        """Each failure, the more frequent ones as their latest record states them; the most frequent first,
        of equals the one that came first."""
        found = sorted(self._found.values(), key=lambda one: (-one.times, one.first))
        return [*map(self._latest, found[:_READ_AGAIN]), *found[_READ_AGAIN:]]

    def _latest(self, one: Counted) -> Counted:
        latest = self._read(self._record(one.last)) if one.times > 1 else None
        if latest is None or latest.sign is not one.seen.sign:
            return one
        if not one.seen.values:  # counted for others that have too many values to tell apart
            latest = latest._replace(values={})
        return one._replace(seen=latest)
