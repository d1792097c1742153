"""domain.verdict: a model's answer is read as it is meant, or refused in one sentence."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from kubetriage.domain.finding import Likelihood, RemedyKind
from kubetriage.domain.report import Outcome
from kubetriage.domain.verdict import (
    ANSWER_SCHEMA,
    MAX_ITEMS,
    MAX_WORDS,
    READS_SCHEMA,
    Verdict,
    read_requests,
    read_verdict,
)


def read(**given: Any) -> Verdict:
    made = read_verdict({"outcome": "diagnosed", "summary": "It fails.", **given})
    assert isinstance(made, Verdict), made
    return made


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Deployment/web", ("Deployment", "", "web")),
        ("shop/Deployment/web", ("Deployment", "shop", "web")),
        ("Deployment shop/web", ("Deployment", "shop", "web")),
        ({"kind": "Deployment", "name": "web", "extra": 1}, ("Deployment", "", "web")),
        ("web", None),
        (None, None),
    ],
)
def test_a_culprit_in_the_usual_spellings(said: Any, meant: tuple[str, str, str] | None) -> None:
    """An object, or `Kind/name`, `ns/Kind/name`, `Kind ns/name`; a bare name names nothing."""
    culprit = read(root_causes=[{"statement": "s", "culprit": said}]).root_causes[0].culprit
    assert (culprit and (culprit.kind, culprit.namespace, culprit.name)) == meant


@pytest.mark.parametrize("said", [["E1", "E12"], "E1, E12", ["[E1]", "(E12)"], [{"id": "E1"}, {"id": "E12"}]])
def test_evidence_in_the_usual_spellings(said: Any) -> None:
    """A list of ids, a string of them, ids in brackets, or objects with an id."""
    assert read(contributing=[{"statement": "s", "evidence": said}]).contributing[0].evidence == ("E1", "E12")


def test_small_slips_are_forgiven() -> None:
    """Capitals, `null` for nothing, one object instead of a list, a claim as a bare sentence, more keys."""
    made = read(
        outcome=" Diagnosed ", root_causes={"statement": "s", "likelihood": "HIGH"}, risks=None,
        contributing="The pod restarts (E3)", steps=[{"kind": "Check", "title": "Look"}], confidence=0.9,
    )  # fmt: skip
    assert made.outcome is Outcome.DIAGNOSED
    assert made.root_causes[0].likelihood is Likelihood.HIGH
    assert made.contributing[0].evidence == ("E3",)
    assert made.steps[0].kind is RemedyKind.CHECK and made.risks == ()
    assert read_verdict({"diagnosis": {"outcome": "healthy", "summary": "Fine."}}) == read(
        outcome="healthy", summary="Fine."
    )


@pytest.mark.parametrize(
    ("answer", "named"),
    [
        ({}, "outcome"),
        ({"outcome": "maybe", "summary": "s"}, "outcome"),
        ({"outcome": "healthy", "summary": "  "}, "summary"),
        ({"outcome": "healthy", "summary": "s", "root_causes": [{"culprit": None}]}, "root_causes.0.statement"),
        ({"outcome": "healthy", "summary": ["s"]}, "summary"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named(answer: dict[str, Any], named: str) -> None:
    """The sentence says which key is wrong, for the re-ask."""
    problem = read_verdict(answer)
    assert isinstance(problem, str) and named in problem and "\n" not in problem


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from([*ANSWER_SCHEMA["properties"], "diagnosis"]), _ANY))
def test_any_json_gives_a_verdict_or_a_sentence(answer: dict[str, Any]) -> None:
    """Never another error, and nothing without bounds."""
    made = read_verdict(answer)
    if isinstance(made, Verdict):
        assert len(made.summary) <= MAX_WORDS
        assert all(len(part) <= MAX_ITEMS for part in (made.root_causes, made.reads, made.steps))
    else:
        assert made


def test_the_schema_is_strict_and_fits_what_is_read() -> None:
    """Every key is required and no other allowed, as strict endpoints demand; a filled form is a verdict."""

    def strict(part: Any) -> None:
        if isinstance(part, dict):
            if part.get("type") == "object":
                assert part["additionalProperties"] is False
                assert part["required"] == list(part["properties"])
            for inner in part.values():
                strict(inner)
        elif isinstance(part, list):
            for inner in part:
                strict(inner)

    strict(ANSWER_SCHEMA)
    strict(READS_SCHEMA)
    object_, claim = {"kind": "Pod", "namespace": "a", "name": "b"}, {"statement": "s", "evidence": ["E1"]}
    filled = {
        "outcome": "diagnosed", "summary": "s", "contributing": [claim], "risks": [claim],
        "root_causes": [{"finding": "F1", "category": "c", "culprit": object_, "likelihood": "high", **claim}],
        "refuted": [{"finding": "F2", "why": "w", "evidence": ["E2"]}],
        "steps": [{"kind": "check", "title": "t", "detail": "d", "commands": ["kubectl get pods"]}],
        "reads": [{"what": "log", "kind": "Pod", "namespace": "a", "name": "b", "container": "c",
                   "previous": True, "lines": 10, "why": "w"}],
    }  # fmt: skip
    Draft202012Validator(ANSWER_SCHEMA).validate(filled)
    assert isinstance(read_verdict(filled), Verdict)


def test_requests_in_no_known_form_are_left_out() -> None:
    """Of the arguments of a call the readable requests are kept."""
    good = {"what": "object", "kind": "Pod", "name": "a"}
    assert len(read_requests({"reads": [good, {"what": "shell", "name": "rm"}, "x", None]})) == 1
    assert read_requests({}) == ()
