"""PromQL as text: values quoted so that they stay values, and what an alert's own expression reads.

Label values come from alerts and clusters and may hold anything; none of them may become a part of a query.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from kubetriage.domain.redaction_patterns import MARK

LONGEST = 4_000
"""Characters of an expression that is run; longer ones are generated, and cut somewhere on their way."""
MOST_METRICS = 12

_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SPECIAL = re.compile(r"[\\.+*?()|\[\]{}^$]")
"""What RE2 does not take as itself outside a character class."""


def quoted(value: str) -> str:
    """A string literal: JSON's escapes are all among those of PromQL."""
    # A lone surrogate cannot be sent, and its substitute only as an escape: Prometheus takes it for a fault.
    sent = value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return json.dumps(sent, ensure_ascii=False).replace("\ufffd", "\\ufffd")


def literally(value: str) -> str:
    """A regular expression (RE2) that matches this value and no other; not yet quoted."""
    return _SPECIAL.sub(r"\\\g<0>", value)


def equals(label: str, value: str) -> str:
    """A matcher for one value. Raises `ValueError` for what is no label name."""
    return f"{_label(label)}={quoted(value)}"


def matches(label: str, pattern: str) -> str:
    """A matcher by regular expression, whole values; parts of it that are values need `literally`."""
    return f"{_label(label)}=~{quoted(pattern)}"


def one_of(label: str, values: Iterable[str]) -> str:
    """A matcher for any of these values; of one value by equality, which Prometheus answers fastest."""
    known = sorted(set(values))
    return equals(label, known[0]) if len(known) == 1 else matches(label, "|".join(map(literally, known)))


def _label(name: str) -> str:
    if not _LABEL.fullmatch(name):
        raise ValueError(f"{name!r} is no label name")
    return name


# ---- an alert's own expression


_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")


def expression_in(generator_url: str) -> str:
    """The expression that Prometheus, Thanos and Mimir put into an alert's `generatorURL`; empty without one.

    Empty too if it is longer than `LONGEST` or if something in it was masked.
    """
    _, found, rest = generator_url.partition("g0.expr=")
    if not found:
        return ""
    raw = re.split("[&#]", rest, maxsplit=1)[0].replace("+", " ").encode("utf-8", "replace")
    expr = _PERCENT.sub(lambda hit: bytes([int(hit[1], 16)]), raw).decode("utf-8", "replace").strip()
    return expr if is_usable(expr) else ""


def is_usable(expr: str) -> bool:
    """Whether an expression of an alert can be run as it stands."""
    return bool(expr) and len(expr) <= LONGEST and MARK not in expr and "\ufffd" not in expr


_TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*)
    |(?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`)
    |(?P<number>\d[\w.]*)
    |(?P<name>[A-Za-z_:][A-Za-z0-9_:]*)
    |(?P<mark>=~|!~|!=|==|\S)""",
    re.VERBOSE | re.DOTALL,
)
_WORDS_OF_THE_LANGUAGE = """
    and or unless by without on ignoring group_left group_right bool offset start end inf nan atan2
    sum min max avg group stddev stdvar count count_values bottomk topk quantile limitk limit_ratio
    default if ifnot keep_metric_names limit
"""
_WORDS = frozenset(_WORDS_OF_THE_LANGUAGE.split())
"""Operators, modifiers and aggregations, MetricsQL's too; functions have a parenthesis behind them."""
_LISTS = frozenset({"by", "without", "on", "ignoring", "group_left", "group_right"})
"""Words with a list of labels behind them."""


def metrics_in(expr: str) -> list[str]:
    """The names of the metrics that an expression reads, sorted; at most `MOST_METRICS`."""
    return sorted(set(_metrics(_TOKEN.finditer(expr))))[:MOST_METRICS]


def _metrics(found: Iterator[re.Match[str]]) -> Iterator[str]:
    tokens = [hit for hit in found if hit.lastgroup != "comment"]
    words = [hit[0] for hit in tokens]
    inside = ""  # "{" within a selector, "[" within a span, "(" within a list of labels
    for i, hit in enumerate(tokens):
        word, behind = words[i], words[i + 1] if i + 1 < len(words) else ""
        if inside:
            before = words[i - 2 : i]
            if inside == "{" and hit.lastgroup == "string" and before == ["__name__", "="]:
                yield word[1:-1]
            inside = "" if word == {"{": "}", "[": "]", "(": ")"}[inside] else inside
        elif word in ("{", "[") or (word == "(" and i and words[i - 1].lower() in _LISTS):
            inside = word
        elif hit.lastgroup == "name" and behind != "(" and word.lower() not in _WORDS:
            yield word
