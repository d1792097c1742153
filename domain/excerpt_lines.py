"""Lines of an excerpt: cut around what is quoted, and as many as there is room for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kubetriage.domain.evidence import EXCERPT_LIMIT

_LINE = 320
_AROUND = 60


def cut_line(line: str, quotes: Sequence[str]) -> str:
    """A long line cut down to what stands around the quoted values it holds, else to its beginning."""
    if len(line) <= _LINE:
        return line
    windows: list[tuple[int, int]] = []
    for start, end in sorted((line.find(q), line.find(q) + len(q)) for q in quotes if q and q in line):
        first, last = max(0, start - _AROUND), min(len(line), end + _AROUND)
        if windows and first <= windows[-1][1]:
            windows[-1] = (windows[-1][0], max(last, windows[-1][1]))
        else:
            windows.append((first, last))
    windows = windows or [(0, 0)]
    rest = _LINE - 2 - sum(last - first for first, last in windows)
    windows[-1] = (windows[-1][0], min(len(line), windows[-1][1] + max(rest, 0)))
    shown = "…".join(line[first:last] for first, last in windows)[: 3 * _LINE]
    return ("…" if windows[0][0] else "") + shown + ("…" if windows[-1][1] < len(line) else "")


def bounded_lines(lines: Iterable[str], limit: int = EXCERPT_LIMIT) -> str:
    """As many of the lines as fit, the last one cut."""
    kept: list[str] = []
    room = limit
    for line in lines:
        if len(line) + 1 > room:
            kept.append(line[: max(room - 2, 0)] + "…")
            break
        kept.append(line)
        room -= len(line) + 1
    return "\n".join(kept)[:limit]
