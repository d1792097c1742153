"""domain.excerpts: what a report shows of one read."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from kubetriage.domain.evidence import EXCERPT_LIMIT, Observation, get, list_of
from kubetriage.domain.excerpts import excerpt_of_object, excerpt_of_read
from kubetriage.domain.log_excerpts import excerpt_of_log
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


def test_a_short_value_does_not_crowd_out_another() -> None:
    """A quoted `1` stands in many lines; one of them is shown, and the other quotes have their room."""
    fields = {f"field{i:03}": f"1 of {i} " + "y" * 50 for i in range(100)}
    raw = {"kind": "Pod", "metadata": {"name": "p"}, "status": {**fields, "restartCount": 1, "z": "needle"}}
    excerpt = excerpt_of_object(raw, ["1", "needle"])
    assert "status.restartCount: 1" in excerpt
    assert "status.z: needle" in excerpt


def test_several_values_in_one_long_line_are_all_shown() -> None:
    """A scheduler's message of a thousand characters is cut around each quoted part."""
    message = (
        "0/90 nodes are available: " + "a" * 500 + " Insufficient cpu, " + "b" * 500 + " untolerated taint"
    )
    raw = {"kind": "Pod", "status": {"message": message}}
    quotes = ["0/90 nodes", "Insufficient cpu", "untolerated taint"]
    excerpt = excerpt_of_object(raw, quotes)
    assert all(quote in excerpt for quote in quotes)
    assert len(excerpt) < 700


def test_every_quoted_line_of_a_log_is_shown_before_its_surroundings() -> None:
    """Long lines around one quotation leave no other one out."""
    lines = [f"line {i} " + "x" * 300 for i in range(60)]
    for i, word in ((10, "first needle"), (20, "second needle"), (30, "third needle")):
        lines[i] = word
    excerpt = excerpt_of_log("\n".join(lines), ["first needle", "second needle", "third needle"])
    assert [word for word in ("first", "second", "third") if f"{word} needle" in excerpt] == [
        "first", "second", "third",
    ]  # fmt: skip


def test_a_quotation_of_several_lines_is_shown_whole() -> None:
    """A stack trace that a finding quotes stands in the excerpt line by line."""
    quote = "Traceback:\n  File a\nKeyError: 'x'"
    excerpt = excerpt_of_log(f"start\n{quote}\n" + "noise\n" * 50, [quote])
    assert quote in excerpt


def test_quoted_names_of_a_list_come_first() -> None:
    """A name beyond the ones that are listed is shown when a finding quotes it."""
    objects = tuple({"kind": "Pod", "metadata": {"name": f"p{i}", "namespace": "a"}} for i in range(90))
    seen = Observation(read=list_of("Pod", "a"), tool="resources_list", at=NOW, objects=objects)
    assert excerpt_of_read(seen, ["p88"]).startswith("90 Pod objects: p88, p0, p1")
    everywhere = seen.model_copy(update={"read": list_of("Pod")})
    assert excerpt_of_read(everywhere, ["p88"]).startswith("90 Pod objects: a/p88, a/p0")


@given(st.lists(st.text(min_size=1, max_size=40), min_size=1, max_size=6))
def test_excerpts_of_objects_hold_every_value_that_is_quoted(values: list[str]) -> None:
    """Any few values of an object, quoted, are in its excerpt."""
    noise = {f"n{i}": "z" * 100 for i in range(50)}
    raw = {"kind": "Pod", "spec": {**noise, **{f"v{i}": value for i, value in enumerate(values)}}}
    excerpt = excerpt_of_object(raw, values)
    assert all(value in excerpt for value in values)
    assert len(excerpt) <= EXCERPT_LIMIT
