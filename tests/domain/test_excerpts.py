"""domain.excerpts: what a report shows of one read."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from kubetriage.domain.evidence import EXCERPT_LIMIT, Observation, get, list_of
from kubetriage.domain.excerpts import excerpt_of_log, excerpt_of_object, excerpt_of_read
from kubetriage.domain.resource import resource

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_an_excerpt_holds_every_cited_value() -> None:
    """A value that a finding quotes is in the excerpt however large the object is."""
    spec = {f"field{i}": "x" * 40 for i in range(500)}
    raw = {"kind": "Pod", "metadata": {"name": "p"}, "spec": {**spec, "image": "registry/app:v9"}}
    excerpt = excerpt_of_object(raw, ["registry/app:v9"])
    assert "spec.image: registry/app:v9" in excerpt
    assert len(excerpt) <= EXCERPT_LIMIT


def test_a_logs_excerpt_holds_the_quoted_line_and_the_last_ones() -> None:
    """A quoted line from the middle of a long log is shown with a gap mark before the last lines."""
    lines = [f"line {i}" for i in range(5000)]
    lines[17] = "FATAL: no such table"
    excerpt = excerpt_of_log("\n".join(lines), ["FATAL: no such table"])
    assert "FATAL: no such table" in excerpt
    assert "…" in excerpt
    assert excerpt.endswith("line 4999")


def test_a_quoted_value_far_inside_a_long_line_is_shown() -> None:
    """Long lines are cut around the quoted value, not before it."""
    line = "a" * 5000 + " needle " + "b" * 5000
    assert "needle" in excerpt_of_log(line, ["needle"])


def test_absent_is_said() -> None:
    """ "Asked, and there is nothing" is evidence with words of its own."""
    seen = Observation(read=get(resource("ConfigMap", "a", "b")), tool="resources_get", at=NOW, absent=True)
    assert excerpt_of_read(seen) == "not found"


def test_a_list_is_told_by_count_and_names() -> None:
    """A list is one evidence: how many, and their names."""
    objects = tuple({"kind": "Pod", "metadata": {"name": f"p{i}", "namespace": "a"}} for i in range(90))
    seen = Observation(read=list_of("Pod", "a"), tool="resources_list", at=NOW, objects=objects)
    excerpt = excerpt_of_read(seen)
    assert excerpt.startswith("90 Pod objects: p0, p1")
    assert "and 50 more" in excerpt


@given(st.text(max_size=4000), st.lists(st.text(max_size=20), max_size=3))
def test_excerpts_of_any_log_are_bounded(log: str, quotes: list[str]) -> None:
    """No log makes an excerpt longer than the limit."""
    assert len(excerpt_of_log(log, quotes)) <= EXCERPT_LIMIT
