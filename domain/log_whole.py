"""A log as rules see it: the text that was kept of it, with the counts of the whole.

Of a long log the kept text holds every known failure at least once, but not as often as it was logged; how
often, and where it was last, stands in the digest.
"""

from __future__ import annotations

from kubetriage.domain.log_signs import Seen, signs
from kubetriage.domain.logs import records
from kubetriage.domain.observed import LogText


def signs_of(log: LogText) -> list[Seen]:
    """Every distinct failure that a log states, with how often it was seen, the most frequent first."""
    found = list(signs(log.text))
    if log.digest is None or log.digest.kept is None:
        return found
    digest = log.digest
    counted = [
        seen._replace(
            times=max(
                seen.times,
                digest.times(seen.sign, seen.values.get("host", ""), seen.values.get("key", "")),
            )
        )
        for seen in found
    ]
    return sorted(counted, key=lambda seen: -seen.times)


def said_in(log: LogText) -> int:
    """How many things were said in a log: a stack trace is one."""
    whole = log.digest is not None and log.digest.kept is not None
    return log.digest.records if log.digest is not None and whole else len(records(log.text))


def in_later_half(log: LogText, seen: Seen) -> bool:
    """Whether a failure was last stated in the later half of a log."""
    if log.digest is not None and log.digest.kept is not None:
        host = seen.values.get("host", "")
        of_it = (s for s in log.digest.signs if s.sign is seen.sign)
        last = [s.last.line for s in of_it if s.values.get("host", "") == host]
        if last:
            return max(last) * 2 >= log.digest.lines
    return log.text.rfind(seen.record.raw) >= len(log.text) // 2
