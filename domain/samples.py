"""What Prometheus answered: series of samples, bounded and redacted, and how their values are written.

The same for every way an answer comes in: the HTTP API, an MCP server, a recorded file. An answer is data of
others: anything may be missing or of another type, and label values are written by whoever runs a pod.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from math import isfinite, log2, nan
from typing import Any, NamedTuple

from kubetriage.domain.evidence import FailureKind, Observation
from kubetriage.domain.redaction import redact_object, redact_text

MOST_SERIES = 200
MOST_POINTS = 500
"""Points of one series; a range is asked for with far fewer."""
MOST_LABELS = 40
LONGEST_LABEL = 256
MOST_RULES = 40
LONGEST_WARNING = 160

Row = dict[str, Any]
"""A series as an observation holds it: `labels`, and `points` of [seconds, value as it was written]."""


class NoAnswer(ValueError):
    """What came back is no answer to a query; `kind` says of what kind this failure is."""

    def __init__(self, message: str, kind: FailureKind = FailureKind.BAD_ANSWER) -> None:
        super().__init__(message)
        self.kind = kind


class Rows(NamedTuple):
    """What an answer held."""

    rows: list[Row]
    cut: str
    """What was left out, or why the answer may not be whole; empty if nothing."""


def rows_of(body: Any) -> Rows:
    """The series of an answer of Prometheus' HTTP API, or of its `data` alone. Raises `NoAnswer`."""
    data, said = _data(body)
    kind, result = data.get("resultType"), data.get("result")
    if kind == "scalar" and isinstance(result, list):
        result = [{"metric": {}, "value": result}]
    elif kind not in ("vector", "matrix") or not isinstance(result, list):
        raise NoAnswer("it holds no series of samples")
    if len(result) > MOST_SERIES:
        said.append(f"{len(result) - MOST_SERIES} of {len(result)} series were left out")
    rows: list[Row] = []
    lost = 0
    for item in result[:MOST_SERIES]:
        row = _row(item)
        lost += row is None
        rows += [row] if row is not None else []
    if lost:
        said.append(f"{lost} series without plain numbers (native histograms) were left out")
    labels = redact_object([row["labels"] for row in rows])
    return Rows([{**row, "labels": kept} for row, kept in zip(rows, labels, strict=True)], "; ".join(said))


def _data(body: Any) -> tuple[dict[str, Any], list[str]]:
    """The `data` of an answer and its warnings in words. Raises `NoAnswer` for a refusal."""
    if not isinstance(body, dict):
        raise NoAnswer("it is not an answer of Prometheus' API")
    if body.get("status") == "error":
        raise NoAnswer(_short(body.get("error") or "it says that something is wrong"))
    data = body.get("data", body)
    if not isinstance(data, dict):
        raise NoAnswer("it holds no data")
    said = [f"Prometheus warns: {_short(one)}" for one in _list(body.get("warnings"))[:3]]
    if body.get("isPartial") is True:  # VictoriaMetrics
        said.append("the answer is partial: not all storage nodes answered")
    return data, said


def _row(item: Any) -> Row | None:
    """One series; None if its samples are not plain numbers."""
    if not isinstance(item, dict) or not isinstance(item.get("metric", {}), dict):
        raise NoAnswer("a series has another form")
    given = item["values"] if "values" in item else [item["value"]] if "value" in item else None
    if given is None:
        return None
    points = [_point(one) for one in _list(given)[-MOST_POINTS:]]
    pairs = sorted((str(k), str(v)) for k, v in item.get("metric", {}).items())[:MOST_LABELS]
    return {"labels": {k[:LONGEST_LABEL]: v[:LONGEST_LABEL] for k, v in pairs}, "points": points}


def _point(pair: Any) -> list[Any]:
    if not isinstance(pair, list) or len(pair) != 2 or not isinstance(pair[0], (int, float)):
        raise NoAnswer("a sample is no pair of time and value")
    try:
        at, _ = float(pair[0]), float(pair[1])
    except (TypeError, ValueError, OverflowError):
        raise NoAnswer("the value of a sample is no number") from None
    return [pair[0] if isfinite(at) else 0, str(pair[1])[:40]]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _short(value: Any) -> str:
    return redact_text(" ".join(str(value)[:2000].split()))[:LONGEST_WARNING]


# ---- rules


def rules_in(body: Any, alertname: str) -> Rows:
    """The alerting rules of a name in an answer of `/api/v1/rules`: `{query, labels, active}` each.

    `active` are the labels of the alerts that the rule has now. Raises `NoAnswer`.
    """
    data, said = _data(body)
    if not isinstance(data.get("groups"), list):
        raise NoAnswer("it holds no groups of rules")
    rules = [
        rule
        for group in data["groups"]
        if isinstance(group, dict)
        for rule in _list(group.get("rules"))
        if isinstance(rule, dict) and rule.get("type", "alerting") == "alerting"
        if rule.get("name", rule.get("alert")) == alertname and isinstance(rule.get("query"), str)
    ]
    if len(rules) > MOST_RULES:
        said.append(f"{len(rules) - MOST_RULES} of {len(rules)} rules were left out")
    return Rows(redact_object([_rule(rule) for rule in rules[:MOST_RULES]]), "; ".join(said))


def _rule(rule: Mapping[str, Any]) -> Row:
    active = [one.get("labels") for one in _list(rule.get("alerts"))[:MOST_SERIES] if isinstance(one, dict)]
    return {
        "name": rule.get("name", rule.get("alert")),
        "query": rule["query"],
        "labels": _labels(rule.get("labels")),
        "active": [_labels(labels) for labels in active],
    }


def _labels(value: Any) -> dict[str, str]:
    pairs = list(value.items())[:MOST_LABELS] if isinstance(value, dict) else []
    return {str(k)[:LONGEST_LABEL]: str(v)[:LONGEST_LABEL] for k, v in pairs}


# ---- series as rules read them


class Point(NamedTuple):
    at: datetime
    value: float
    """May be NaN or infinite: a division by nothing is a value of its own."""


class Series(NamedTuple):
    """The samples of one set of labels."""

    labels: Mapping[str, str]
    points: tuple[Point, ...]
    """Oldest first."""

    @property
    def name(self) -> str:
        return self.labels.get("__name__", "")

    @property
    def value(self) -> float:
        """The latest value; NaN without a point."""
        return self.points[-1].value if self.points else nan


class Samples(NamedTuple):
    """The answer to one query."""

    series: tuple[Series, ...]
    """None at all: asked, and there is nothing, which is not the value 0."""
    cite: str
    whole: bool
    """Whether nothing was left out, so that what is not there is absent."""

    def of(self, **labels: str) -> list[Series]:
        """The series with these labels."""
        return [s for s in self.series if all(s.labels.get(k) == v for k, v in labels.items())]


def samples_of(seen: Observation) -> Samples:
    """An observed query as rules read it, in the order of its labels whatever the order it came in."""
    made = [_series(row) for row in seen.objects]
    made.sort(key=lambda s: sorted(s.labels.items()))
    return Samples(tuple(made), seen.read.key, not seen.cut)


def _series(row: Mapping[str, Any]) -> Series:
    points = [Point(datetime.fromtimestamp(_sane(at), UTC), float(value)) for at, value in row["points"]]
    return Series(row["labels"], tuple(sorted(points, key=lambda p: p.at)))


def _sane(seconds: float) -> float:
    """A time within the calendar."""
    return min(max(float(seconds), 0.0), 2.0**37)


# ---- values as people read them


def written(value: float, unit: str) -> str:
    """A value with its unit: `bytes` as `9.6Gi`, `ratio` as `97%`, `rate` as `4.1/s`; else the number."""
    if not isfinite(value):
        return "NaN" if value != value else "+Inf" if value > 0 else "-Inf"
    if unit == "ratio":
        return f"{_number(value * 100)}%"
    if unit == "rate":
        return f"{_number(value)}/s"
    if unit != "bytes":
        return _number(value)
    power = min(int(log2(abs(value)) // 10), len(_BINARY) - 1) if abs(value) >= 1 else 0
    return _number(value / 1024**power) + _BINARY[power]


_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi")


def _number(value: float) -> str:
    """Three digits that count, no exponent for what people read."""
    if value and (abs(value) < 1e-3 or abs(value) >= 1e9):
        return f"{value:.3g}"
    digits = 0 if abs(value) >= 99.95 else 1 if abs(value) >= 9.995 else 2 if abs(value) >= 1 else 4
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def series_name(labels: Mapping[str, str]) -> str:
    """`metric{label="value", …}` as Prometheus writes it."""
    pairs = ", ".join(f'{k}="{v}"' for k, v in sorted(labels.items()) if k != "__name__")
    return labels.get("__name__", "") + (f"{{{pairs}}}" if pairs or "__name__" not in labels else "")


def lines_of(rows: Iterable[Row], unit: str) -> list[str]:
    """A line for each series: its name and value, as people read it and as it came; of a range the ends and
    the peak. Without a unit, a metric's name says whether it counts bytes."""
    made = []
    for row in rows:
        of_it = unit or ("bytes" if row["labels"].get("__name__", "").endswith("_bytes") else "")
        made.append(f"{series_name(row['labels'])} {_values(row['points'], of_it)}")
    return sorted(made)


def _values(points: Sequence[Sequence[Any]], unit: str) -> str:
    if not points:
        return "no samples"
    last = _value(points[-1][1], unit)
    if len(points) == 1:
        return last
    numbers = [float(value) for _, value in points]
    finite = [n for n in numbers if isfinite(n)]
    peak = f", highest {written(max(finite), unit)}" if finite else ""
    first, end = (datetime.fromtimestamp(_sane(points[i][0]), UTC) for i in (0, -1))
    span = f"{first:%Y-%m-%dT%H:%M:%SZ} to {end:%Y-%m-%dT%H:%M:%SZ}"
    return f"{len(points)} points from {span}: last {last}{peak}"


def _value(text: str, unit: str) -> str:
    shown = written(float(text), unit)
    return shown if shown == text else f"{shown} ({text})"
