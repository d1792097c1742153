"""domain.promql: values that stay values, and what an alert's own expression reads."""

from __future__ import annotations

import re
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubetriage.domain import promql
from kubetriage.domain.promql import (
    equals,
    expression_in,
    is_usable,
    literally,
    matches,
    metrics_in,
    one_of,
    quoted,
)
from kubetriage.domain.redaction_patterns import MARK

LITERAL = re.compile(r'"(?:\\(?:["\\/bfnrt]|u[0-9a-f]{4})|[^"\\\n\x00-\x1f])*"')
"""A double-quoted string with escapes that PromQL knows, nothing before or after."""


@given(st.text())
def test_a_value_is_one_string_literal(value: str) -> None:
    """No value ends the quotes that it stands in."""
    assert LITERAL.fullmatch(quoted(value))
    assert re.fullmatch(rf"pod=~?{LITERAL.pattern}", one_of("pod", [value, value + "x"]))


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])), st.text())
def test_a_pattern_of_a_value_matches_that_value_alone(value: str, other: str) -> None:
    """Nothing in a value is an operator of regular expressions."""
    pattern = re.compile(literally(value), re.DOTALL)
    assert pattern.fullmatch(value)
    assert bool(pattern.fullmatch(other)) is (other == value)


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (equals("pod", 'a"b\\'), r'pod="a\"b\\"'),
        (matches("pod", "a-.*"), 'pod=~"a-.*"'),
        (one_of("pod", ["a"]), 'pod="a"'),
        (one_of("pod", ["b.c", "a", "a"]), r'pod=~"a|b\\.c"'),
        (equals("pod", "a\nb"), r'pod="a\nb"'),
        (equals("pod", "名"), 'pod="名"'),
        (equals("pod", "\ud800"), r'pod="\ufffd\ufffd\ufffd"'),
    ],
)
def test_matchers(made: str, text: str) -> None:
    """Matchers as Prometheus reads them."""
    assert made == text


@pytest.mark.parametrize("name", ["", "1a", "a-b", 'a="x"} or up{b', "a b", "ä"])
def test_what_is_no_label_name(name: str) -> None:
    """Names of labels are never taken from outside unless they are names."""
    with pytest.raises(ValueError, match="no label name"):
        equals(name, "x")


@pytest.mark.parametrize(
    ("expr", "metrics"),
    [
        ("up == 0", ["up"]),
        ('sum by (namespace) (rate(http_total{code=~"5.."}[5m])) / sum by(namespace)(rate(all_total[5m])) > 0.05',
         ["all_total", "http_total"]),
        ('a{b="c"} / on (x, y) group_left (z) d < 0.03 and e > bool 0 unless on (q) f == 1', ["a", "d", "e", "f"]),
        ('max_over_time({__name__="ns:m:rate5m", a="b"}[5m] offset 1h) >= 1 # not_this', ["ns:m:rate5m"]),
        ('absent(up{job="x", a=\'{y}\'} == 1)', ["up"]),
        ("histogram_quantile(0.99, sum(rate(a_bucket[5m])) by (le)) > 1e-3", ["a_bucket"]),
        ("SUM(a) BY (b) > inf", ["a"]),
        ("quantile_over_time(0.9, a[1h:5m] @ end()) > -Inf or vector(1)", ["a"]),
        ("count_values(\"v\", build_info) > 1", ["build_info"]),
        ("time() - start_time > 0x1F", ["start_time"]),
        ("vector(1)", []),
        ("", []),
        ('"a" == `b` {', []),
    ],
)  # fmt: skip
def test_the_metrics_of_an_expression(expr: str, metrics: list[str]) -> None:
    """Names of metrics, not those of functions, labels, aggregations, strings and comments."""
    assert metrics_in(expr) == metrics


@given(st.text())
def test_any_text_can_be_looked_through(expr: str) -> None:
    """What is no PromQL has some names or none, and never an error."""
    assert len(metrics_in(expr)) <= promql.MOST_METRICS


EXPR = 'rate(x{a="b c",d=~"e+|f%"}[5m]) > 0 and y & z'


@pytest.mark.parametrize(
    "url",
    [
        f"http://p:9090/graph?g0.expr={quote_plus(EXPR)}&g0.tab=1",
        f"https://thanos.example.com/prefix/graph?g0.tab=1&g0.expr={quote(EXPR, safe='')}#x",
    ],
)
def test_the_expression_in_an_address(url: str) -> None:
    """Decoded as it was encoded, whatever stands around it."""
    assert expression_in(url) == EXPR


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://p:9090/graph?g0.expr=&g0.tab=1",
        "https://grafana.example.com/alerting/grafana/abc/view?orgId=1",
        f"http://p/graph?g0.expr={'x' * 5000}",
        f"http://p/graph?g0.expr=a%7Btoken%3D%22{quote(MARK)}%22%7D",
        "http://p/graph?g0.expr=%ff%fe",
        "http://p/graph?g0.expr=+%0A",
    ],
)
def test_no_expression_in_an_address(url: str) -> None:
    """Empty, another tool's, cut, masked or broken: nothing is run then."""
    assert expression_in(url) == ""


def test_usable_expressions() -> None:
    """What was masked would be another expression."""
    assert is_usable("up == 0")
    assert not is_usable("") and not is_usable(f'a{{b="{MARK}"}}')
