"""What of a log is kept with its digest: all of a short one, else its end and what the digest points at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kubetriage.domain.evidence import Observation, ReadKind
from kubetriage.domain.log_cutting import without_long_lines
from kubetriage.domain.log_digest import LogDigest

WHOLE_LINES = 2500
"""Lines of a log that is kept as it is."""
WHOLE_CHARACTERS = 1024 * 1024
END_LINES = 1500
"""Lines at the end of a longer one that are kept."""
AROUND = 5
"""Lines before and after one that the digest points at."""
START_LINES = 5


def kept(text: str, digest: LogDigest) -> tuple[str, int | None]:
    """The log bounded in size, and the number of lines in it if these are not all.

    Gaps are marked by a line that says how many lines were left out. Every line stays as it is, but for the
    end of one that is very long.
    """
    if len(text) <= WHOLE_CHARACTERS and text.count("\n") <= WHOLE_LINES:
        return text, None
    lines = without_long_lines(text)[0].split("\n")
    if not lines[-1]:
        lines.pop()
    skipped = len(lines) - digest.lines
    """Lines at the beginning that were not read: the digest counts from the first one that was."""
    chosen = _fitting(lines, _wanted(digest, skipped, len(lines)))
    out: list[str] = []
    previous = -1
    for place in chosen:
        if place != previous + 1:
            out.append(f"… {place - previous - 1} lines …")
        out.append(lines[place])
        previous = place
    return "\n".join(out) + "\n", len(chosen)


def _wanted(digest: LogDigest, skipped: int, count: int) -> Iterable[range]:
    """Ranges of lines, the most telling first."""
    yield range(max(count - END_LINES // 5, 0), count)
    places = [s.last.line for s in digest.signs] + [s.first.line for s in digest.signs]
    if digest.rise is not None:
        places = [digest.rise.first.line, digest.rise.last.line, *places]
    places += [digest.orders.line] if digest.orders is not None else []
    wrong = [t for t in digest.templates if t.error]
    places += [t.last.line for t in wrong] + [t.first.line for t in wrong]
    for line in dict.fromkeys(places):
        yield range(max(line - 1 + skipped - AROUND, 0), min(line + skipped + AROUND, count))
    yield range(min(START_LINES, count))
    yield range(max(count - END_LINES, 0), count)
    for template in digest.templates:
        at = template.first.line - 1 + skipped
        yield range(max(at, 0), min(at + 1, count))


def _fitting(lines: Sequence[str], wanted: Iterable[range]) -> list[int]:
    """The places of the lines that fit, in the order of the log; of a range the last ones first."""
    room = WHOLE_CHARACTERS
    chosen: set[int] = set()
    for part in wanted:
        for place in reversed(part):
            cost = len(lines[place]) + 1
            if place not in chosen and cost <= room:
                chosen.add(place)
                room -= cost
    return sorted(chosen)


def with_digest(seen: Observation, digest: LogDigest) -> Observation:
    """The answer to a read of a log with its digest, its text bounded."""
    text, lines = kept(seen.text or "", digest)
    digest = digest.model_copy(update={"kept": lines}) if lines is not None else digest
    said = "; ".join(part for part in (seen.cut, digest.cut) if part)
    return seen.model_copy(update={"text": text, "digest": digest, "cut": said})


def is_log(seen: Observation) -> bool:
    """Whether this is a log that has not been digested yet."""
    return seen.read.verb is ReadKind.LOG and bool(seen.text) and seen.digest is None
