"""The part of a log that `tailLines`, `sinceSeconds`, `sinceTime` and `limitBytes` ask for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from kubetriage.adapters.cluster.snapshot.scope import parse_time
from kubetriage.adapters.cluster.snapshot.status import bad_request


def log_window(text: str, query: Mapping[str, str], now: datetime) -> str:
    """Raises `ApiStatus` (400) for options that are no numbers or times.

    A recorded line has no time of its own but what the application wrote: `since…` goes by that, and
    leaves a log that has none as it is.
    """
    since = _since(query, now)
    if since is not None:
        text = _newer(text, since)
    tail = _number(query, "tailLines")
    if tail is not None:
        text = last_lines(text, tail)
    limit = _number(query, "limitBytes")
    return text if limit is None else text.encode()[:limit].decode("utf-8", "ignore")


def last_lines(text: str, count: int) -> str:
    """The last lines with their line ends, as a kubelet cuts a log by `tailLines`."""
    if count <= 0:
        return ""
    at = len(text) - 1 if text.endswith("\n") else len(text)
    for _ in range(count):
        at = text.rfind("\n", 0, at)
        if at < 0:
            return text
    return text[at + 1 :]


def _number(query: Mapping[str, str], key: str) -> int | None:
    value = query.get(key, "")
    if not value:
        return None
    if not value.isdecimal():
        raise bad_request(f'{key}: invalid value "{value}": must be a number that is not negative')
    return int(value)


def _since(query: Mapping[str, str], now: datetime) -> datetime | None:
    seconds, time = _number(query, "sinceSeconds"), query.get("sinceTime", "")
    if seconds is not None and time:
        raise bad_request("at most one of `sinceTime` or `sinceSeconds` may be specified")
    if seconds is not None:
        return now - timedelta(seconds=min(seconds, 10**9))
    if not time:
        return None
    parsed = parse_time(time)
    if parsed is None:
        raise bad_request(f'sinceTime: invalid value "{time}": must be RFC 3339')
    return parsed


def _newer(text: str, since: datetime) -> str:
    """Lines that say a time at or after `since`; a line without one goes with the line before it."""
    kept: list[str] = []
    keep, timed = True, False
    for line in text.splitlines(keepends=True):
        time = parse_time(line.split(maxsplit=1)[0] if line.strip() else "")
        if time is not None:
            if not timed:
                kept, timed = [], True
            keep = time >= since
        if keep:
            kept.append(line)
    return "".join(kept)
