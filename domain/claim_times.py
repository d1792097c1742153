"""Moments and durations in a claim: as the evidence writes them, or counted from what it writes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final

from kubetriage.domain.claim_ground import Ground
from kubetriage.domain.claim_values import Meant, Value, fits, meant
from kubetriage.domain.kube import when

_UNITS: Final = {
    "d": 86_400.0, "day": 86_400.0, "days": 86_400.0, "天": 86_400.0, "h": 3_600.0, "hr": 3_600.0,
    "hrs": 3_600.0, "hour": 3_600.0, "hours": 3_600.0, "小时": 3_600.0, "min": 60.0, "mins": 60.0,
    "minute": 60.0, "minutes": 60.0, "m": 60.0, "分钟": 60.0, "分": 60.0, "s": 1.0, "sec": 1.0, "secs": 1.0,
    "second": 1.0, "seconds": 1.0, "秒": 1.0, "秒钟": 1.0, "ms": 1e-3, "millisecond": 1e-3,
    "milliseconds": 1e-3, "毫秒": 1e-3, "week": 604_800.0, "weeks": 604_800.0, "周": 604_800.0,
}  # fmt: skip
_UNIT: Final = "|".join(sorted(_UNITS, key=len, reverse=True))
_PART: Final = re.compile(rf"(\d{{1,9}}(?:\.\d{{1,6}})?)[ -]?({_UNIT})(?![A-Za-z])")
_ONE: Final = rf"\d{{1,9}}(?:\.\d{{1,6}})?[ -]?(?:{_UNIT})"
_SPAN: Final = re.compile(rf"(?<![\w.:/=#+-]){_ONE}(?:(?: | and |零|又)?{_ONE}){{0,3}}(?![A-Za-z0-9])")
_WRITTEN: Final = re.compile(rf"(?<![\w.]){_ONE}(?: ?{_ONE}){{0,3}}(?![a-z0-9])")
_CLOCK: Final = re.compile(
    r"(?<![\d:.])(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,]\d{1,9})?)?( ?[ap]\.?m\.?(?![a-z]))?"
    r"(?=$|[^\d:.\w]|\.(?!\d)|Z|[一-鿿])",
    re.IGNORECASE,
)
_SPOKEN: Final = re.compile(r"(?<!\d)(\d{1,2}) ?[点时] ?(\d{1,2}) ?分(?!钟)")
_DATE: Final = re.compile(
    r"(?<![\d-])(?:(\d{4})(?:[-/]| ?年 ?))?(\d{1,2})(?:[-/]| ?月 ?)(\d{1,2})(?: ?日|(?![\d/-]))"
    r"(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|\+\d\d:?\d\d)?)?"
)
_SPELLED: Final = re.compile(
    r"(?:(\d{1,2})(?:st|nd|rd|th)? (?:of )?)?"
    r"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.? "
    r"(\d{1,2})?(?:st|nd|rd|th)?(?:,? (\d{4}))?(?!\d)"
)
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MOMENT: Final = re.compile(
    r"\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"
)
_BEFORE_ALERT: Final = re.compile(
    r" ?(?:before|prior to|after) (?:the )?(?:alert|it fired)|后[^，。]{0,6}(?:告警|报警)", re.IGNORECASE
)
_TO_ALERT: Final = re.compile(r"(?:告警|报警)(?:触发|开始)?[前后] ?$")
_TO_NOW: Final = re.compile(r"(?:至今|距今)(?:已(?:经|有)?)? ?$")
_AGO: Final = re.compile(r" ?(?:ago\b|前(?!的?(?:告警|报警)))")
_EACH: Final = re.compile(r"(?:\bevery|\beach|每隔?) ?$", re.IGNORECASE)
MAX_TIMES = 400
"""Moments that ages are counted from."""


class Times:
    """The moments that a ground holds, and what can be counted from them."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground

    @cached_property
    def moments(self) -> tuple[datetime, ...]:
        """Every moment of the cited objects, the first and last of each text, the alert's beginning."""
        words = [
            leaf.value for leaf in self.ground.leaves if isinstance(leaf.value, str) and "T" in leaf.value
        ]
        found = {moment for word in words[:MAX_TIMES] if (moment := _moment(word))}
        for text in self.ground.sentences:
            written = _MOMENT.findall(text[:20_000]) + _MOMENT.findall(text[-20_000:])
            found |= {moment for word in (*written[:20], *written[-20:]) if (moment := _moment(word))}
        start = self.ground.view.alert.starts_at
        return tuple(sorted(found | ({start} if start else set())))[-MAX_TIMES:]

    def ends(self, alert: object) -> list[datetime]:
        """Where a duration may end: at the alert's beginning if that is spoken of, else now or then."""
        view = self.ground.view
        began = [view.alert.starts_at] if view.alert.starts_at is not None else []
        return began if alert and began else [view.now, *began]

    @cached_property
    def stretches(self) -> tuple[float, ...]:
        """Seconds from one moment to the next of the same thing: a run's, an event's, a line's."""
        found: list[float] = []
        for obj in self.ground.objects:
            pairs = [(obj.at("firstTimestamp"), obj.at("lastTimestamp"))]
            pairs += [
                (state.get("startedAt"), state.get("finishedAt"))
                for status in (
                    *obj.items("status", "containerStatuses"),
                    *obj.items("status", "initContainerStatuses"),
                )
                for held in (status.get("state"), status.get("lastState"))
                if isinstance(held, dict)
                for state in held.values()
                if isinstance(state, dict)
            ]
            pairs.append((obj.at("status", "startTime"), obj.at("status", "completionTime")))
            made = [(when(first), when(last)) for first, last in pairs]
            found += [(last - first).total_seconds() for first, last in made if first and last]
        return (*found, *self._of_logs())

    def _of_logs(self) -> Iterator[float]:
        """How long what a log tells of went on."""
        for digest in (seen.digest for seen in self.ground.seen):
            if digest is None:
                continue
            places = [(digest.first_at, digest.last_at)]
            places += [(each.first.at, each.last.at) for each in digest.templates]
            places += [(each.first.at, each.last.at) for each in digest.signs]
            if digest.rise is not None:
                places.append((digest.rise.first.at, digest.rise.last.at))
                yield from (s for s in (digest.rise.seconds, digest.rise.before_seconds) if s is not None)
            yield from ((last - first).total_seconds() for first, last in places if first and last)

    @cached_property
    def intervals(self) -> tuple[float, ...]:
        """Seconds from one line of a log to the next that says the same, on average."""
        each = [t for seen in self.ground.seen if seen.digest is not None for t in seen.digest.templates]
        ends = [(t.first.at, t.last.at, t.count) for t in each if t.count > 2]
        return tuple((last - first).total_seconds() / (n - 1) for first, last, n in ends if first and last)

    @cached_property
    def written(self) -> frozenset[float]:
        """Seconds of every duration that is written, fields that are named for seconds included."""
        found = {_seconds(text)[0] for text in _WRITTEN.findall(self.ground.hay)}
        for leaf in self.ground.leaves:
            named = leaf.key.lower().endswith("seconds") and leaf.key != "expirationSeconds"  # of tokens
            if named and isinstance(leaf.value, (int, float, str)) and str(leaf.value).isdecimal():
                found.add(float(leaf.value))
            if leaf.key == "schedule":
                found |= set(_every(str(leaf.value)))
        return frozenset(found)

    def has_clock(self, hour: int, minute: str, second: str | None, after_noon: bool | None) -> bool:
        """Whether a time of day stands somewhere."""
        if after_noon is not None:
            hour = hour % 12 + (12 if after_noon else 0)
        said = f"{hour:02}:{minute}" + (f":{second}" if second is not None else "")
        forms = {said, said.removeprefix("0")}
        if any(re.search(rf"(?<![\d:.]){form}(?!\d)", self.ground.hay) for form in forms):
            return True
        if second is not None:
            return False
        rounded = (moment + timedelta(seconds=30) for moment in (*self.moments, *self.ends(None)))
        return any((m.hour, m.minute) == (hour, int(minute)) for m in rounded)

    def has_date(self, year: str | None, month: int, day: int) -> bool:
        forms = [f"{month:02}-{day:02}", f"{month:02}/{day:02}"]
        start = rf"{year}[-/]" if year else ""
        return any(
            re.search(rf"(?<!\d){start}{re.escape(form)}(?!\d)", self.ground.hay) for form in forms
        ) or any((m.month, m.day) == (month, day) and year in (None, str(m.year)) for m in self.moments)


def dates_of(statement: str, times: Times) -> Iterator[Value]:
    """Days, with the time of day behind them if there is one."""
    for match in _DATE.finditer(statement):
        if 1 <= int(match[2]) <= 12 and 1 <= int(match[3]) <= 31 and (match[1] or _is_date(match)):
            yield Value(match[0], *match.span(), _holds_date(match, times))
    for match in _SPELLED.finditer(statement):
        day = match[1] or match[3]
        if day:
            month = _MONTHS.index(match[2][:3].lower()) + 1
            yield Value(match[0], *match.span(), times.has_date(match[4], month, int(day)))


def clocks_of(statement: str, times: Times) -> Iterator[Value]:
    """Times of day."""
    for match in _SPOKEN.finditer(statement):
        yield Value(
            match[0], *match.span(), times.has_clock(int(match[1]), f"{int(match[2]):02}", None, None)
        )
    for match in _clocks(statement):
        half = match[4].strip().lower()[0] == "p" if match[4] else None
        held = times.has_clock(int(match[1]), match[2], match[3], half)
        fraction = re.search(r"[.,]\d+$", match[0])
        if fraction is not None:
            held = held and match[0].lower() in times.ground.hay
        yield Value(match[0], *match.span(), held)


def _clocks(statement: str) -> list[re.Match[str]]:
    return list(_CLOCK.finditer(statement))


def spans_of(statement: str, times: Times, whole: str) -> Iterator[Value]:
    """Durations; `whole` is the statement before its times of day were taken out."""
    clocks = _clocks(whole)
    for match in _SPAN.finditer(statement):
        yield Value(match[0], *match.span(), _holds_span(match, times, clocks))


def _is_date(match: re.Match[str]) -> bool:
    """`03-20 18:00` and `7月8日` are dates, `1/2` is none."""
    return (
        len(match[0]) > 7 or "月" in match[0] or bool(re.match(r" ?\d\d:\d\d", match.string[match.end() :]))
    )


def _holds_date(match: re.Match[str], times: Times) -> bool:
    held = times.has_date(match[1], int(match[2]), int(match[3]))
    clock = re.search(r"(\d\d):(\d\d)(?::(\d\d))?", match[0])
    if clock is None:
        return held
    return held and times.has_clock(int(clock[1]), clock[2], clock[3], None)


def _holds_span(match: re.Match[str], times: Times, clocks: list[re.Match[str]]) -> bool:
    """A duration that is written somewhere, or the age of a moment, rounded as it is said.

    Beside a time of day it is the age of that time and of no other.
    """
    said, smallest = _seconds(match[0])
    how = meant(match.string[: match.start()])
    slack = smallest * (0.5 if "." in match[0] or smallest >= 60 else 1e-3)
    if fits(said, times.written, slack, how):
        return True
    if _EACH.search(match.string[: match.start()]) and fits(said, times.intervals, 0.5 * smallest, how):
        return True
    after = match.string[match.end() : match.end() + 24]
    to_alert = _TO_ALERT.search(match.string[: match.start()]) or _BEFORE_ALERT.match(after)
    to_now = _TO_NOW.search(match.string[: match.start()]) or _AGO.match(after)
    reach = 90 if to_alert else 30
    near = [c for c in clocks if match.start() - c.end() < reach and c.start() - match.end() < 30]
    moments = [m for m in times.moments if any(_is_at(m, clock) for clock in near)]
    told = [_second_of_day(clock) for clock in clocks]
    between = [abs(a - b) for number, a in enumerate(told) for b in told[:number]]
    ends = times.ends(to_alert) if to_alert or not to_now else [times.ground.view.now]
    stretches = between if to_alert or to_now else (*between, *times.stretches)
    ages = [abs((end - moment).total_seconds()) for moment in moments or times.moments for end in ends]
    if how is not Meant.EXACTLY:
        return fits(said, (*ages, *stretches), smallest, how)
    return said > 0 and any(-0.5 * smallest <= age - said < smallest for age in (*ages, *stretches))


def _second_of_day(clock: re.Match[str]) -> float:
    return int(clock[1]) * 3_600.0 + int(clock[2]) * 60.0 + int(clock[3] or 0)


def _is_at(moment: datetime, clock: re.Match[str]) -> bool:
    same = (moment.hour, moment.minute) == (int(clock[1]), int(clock[2]))
    return same and (clock[3] is None or moment.second == int(clock[3]))


def _seconds(words: str) -> tuple[float, float]:
    """How long a duration is, and the unit that it is told to."""
    total, smallest = 0.0, 604_800.0
    for number, unit in _PART.findall(words) or re.findall(
        rf"(\d{{1,9}}(?:\.\d{{1,6}})?)[ -]?({_UNIT})", words
    ):
        size = _UNITS[unit] * 10.0 ** -len(number.partition(".")[2])
        total += float(number) * _UNITS[unit]
        smallest = min(smallest, size)
    return total, smallest


def _every(schedule: str) -> Iterator[float]:
    """Seconds from one start of a cron schedule to the next, where it is told by its steps."""
    fields = schedule.split()
    if len(fields) != 5:
        return
    for field, size in zip(fields[:3], (60.0, 3_600.0, 86_400.0), strict=True):
        if field.startswith("*/") and field[2:].isdecimal():
            yield float(field[2:]) * size
    if fields[0].isdecimal():
        yield 3_600.0 if fields[1] == "*" else 86_400.0


def _moment(word: str) -> datetime | None:
    made = word.replace("/", "-").replace(" ", "T", 1).replace(",", ".")
    zoned = made[-1:] == "Z" or re.search(r"[+-]\d\d:?\d\d$", made[10:])
    return when(made if zoned else made + "Z")
