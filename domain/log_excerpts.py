"""What a report shows of a log: what was said how often, where errors rose, and the lines themselves.

Deterministic, bounded (`EXCERPT_LIMIT` characters), and made of the log's own words and of counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from kubetriage.domain.evidence import EXCERPT_LIMIT
from kubetriage.domain.excerpt_lines import bounded_lines, cut_line
from kubetriage.domain.log_digest import ErrorRise, LogDigest, LogTemplate

_TAIL = 12
"""Last lines that are shown if there is room."""
_ALL = 12
"""Lines of a log that needs no summary."""
_HEAD = 520
"""Characters of the summary at most."""
_TEMPLATE = 110
_WRONG, _OTHERS = 3, 2
"""Templates of errors and of other lines in the summary."""
_LINES = 6
"""Lines of the log in a short excerpt."""


def excerpt_of_log(
    text: str, quotes: Sequence[str] = (), digest: LogDigest | None = None, *, cut: str = "", tail: int = 0
) -> str:
    """The lines that hold a quoted value, a summary of the whole, the line before each, and the last ones.

    The last line with each value comes first of all, so that every value is seen. `cut` says what was left
    out of the answer, `tail` is how many lines were asked for.
    """
    lines = text.splitlines()
    if not lines:
        return "(empty log)"
    parts = [part for quote in quotes for part in quote.splitlines() if part]
    hits = [[i for i, line in enumerate(lines) if part in line] for part in parts]
    found = [places for places in hits if places]
    quoted = [places[-1] for places in found] + [places[0] for places in found]
    near = [i - 1 for i in quoted if i]
    near += range(len(lines) - 1, max(len(lines) - 1 - _TAIL, -1), -1)
    chosen: dict[int, str] = {}
    room = _choose(chosen, lines, quoted, parts, EXCERPT_LIMIT)
    head = bounded_lines(summary_of(digest, cut, tail), min(_HEAD, room - 2)) if digest and room > 120 else ""
    room = _choose(chosen, lines, near, parts, room - len(head) - 2 * bool(head))
    body = _with_gaps(chosen) if chosen else bounded_lines([cut_line(lines[[*quoted, *near][0]], parts)])
    return f"{head}\n\n{body}"[:EXCERPT_LIMIT] if head else body


def _choose(
    chosen: dict[int, str], lines: Sequence[str], order: Sequence[int], quotes: Sequence[str], room: int
) -> int:
    """Add the lines that fit; the room that is left."""
    for i in order:
        line = chosen.get(i) or cut_line(lines[i], quotes)
        cost = len(line) + len("\n…\n")
        if i not in chosen and cost <= room:
            chosen[i] = line
            room -= cost
    return room


def _with_gaps(chosen: Mapping[int, str]) -> str:
    out: list[str] = []
    previous = -1
    for i in sorted(chosen):
        if i != previous + 1 and out:
            out.append("…")
        out.append(chosen[i])
        previous = i
    return bounded_lines(out)


def short_excerpt(text: str, quotes: Sequence[str], digest: LogDigest | None) -> str:
    """A few lines: what went wrong most often, and the end of the excerpt."""
    lines = excerpt_of_log(text, quotes).splitlines()[-_LINES:]
    often = [t for t in digest.templates if t.error and t.count > 1][:1] if digest is not None else []
    rise = [_risen(digest.rise)] if digest is not None and digest.rise is not None else []
    return "\n".join([*rise, *map(_counted, often), *lines])


# ---- the summary


def summary_of(digest: LogDigest, cut: str = "", tail: int = 0) -> list[str]:
    """Counts of the whole log, a line each; none for a log so short that it is shown as it is."""
    if digest.lines <= _ALL:
        return []
    the_last = "the last " if tail and digest.lines >= tail else ""
    span = _span(digest.first_at, digest.last_at)
    kept = f"{digest.kept} of them kept as they are" if digest.kept is not None else ""
    aside = "; ".join(part for part in (cut, kept) if part)
    said = f"{the_last}{digest.lines} lines{span}: {_errors(digest.errors)} in {digest.records} records"
    lines = [said + (f" ({aside})" if aside else "")]
    if digest.rise is not None:
        lines.append(_risen(digest.rise))
    wrong = [t for t in digest.templates if t.error][:_WRONG]
    others = [t for t in digest.templates if not t.error][: _OTHERS if wrong else _OTHERS + 1]
    lines += map(_counted, [*wrong, *others])
    kinds = len(digest.templates) + digest.more_templates - len(wrong) - len(others)
    rest = digest.records - sum(t.count for t in (*wrong, *others))
    if kinds > 0 or digest.unlike:
        lines.append(f"and {rest} records of {kinds} other kinds" + (", or of none" if digest.unlike else ""))
    return lines


def _errors(count: int) -> str:
    return "1 error" if count == 1 else f"{count} errors"


def _counted(template: LogTemplate) -> str:
    span = _span(template.first.at, template.last.at)
    level = f" {template.level}" if template.level else ""
    words = template.template
    words = words if len(words) <= _TEMPLATE else words[: _TEMPLATE - 1] + "…"
    return f"{template.count}x{level}{span}: {words}"


def _risen(rise: ErrorRise) -> str:
    """`errors rose at 11:06:40Z: 300 in 16 min, 2 in 66 min before`."""
    if rise.seconds is not None and rise.before_seconds is not None:
        inside, before = f"in {_length(rise.seconds)}", f"in {_length(rise.before_seconds)}"
    else:
        inside, before = f"of {rise.records} records", f"of {rise.before_records}"
    at = f"at {_clock(rise.first.at)}" if rise.first.at is not None else f"from line {rise.first.line}"
    return f"errors rose {at}: {rise.errors} {inside}, {rise.before_errors} {before} before"


def _length(seconds: float) -> str:
    if seconds < 120:
        return f"{max(round(seconds), 1)} s"
    return f"{round(seconds / 60)} min" if seconds < 7200 else f"{round(seconds / 3600)} h"


def _span(first: datetime | None, last: datetime | None) -> str:
    if first is None or last is None:
        return ""
    if first.date() != last.date():
        return f" {first:%Y-%m-%dT%H:%M:%SZ} to {last:%Y-%m-%dT%H:%M:%SZ}"
    return f" {_clock(first)}" + (f" to {_clock(last)}" if _clock(first) != _clock(last) else "")


def _clock(at: datetime) -> str:
    return at.strftime("%H:%M:%SZ")
