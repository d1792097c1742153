"""prompts: bounded, stable, versioned, and harmless whatever the evidence says."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubetriage.domain.alert import Alert
from kubetriage.domain.evidence import Evidence
from kubetriage.domain.evidence_digest import Digest, digest_of
from kubetriage.domain.language import Language
from kubetriage.domain.naming import asked_for
from kubetriage.domain.resource import resource
from kubetriage.domain.verdict import ANSWER_SCHEMA, AskedRead, Verdict
from kubetriage.prompts import PROMPT_VERSION, correct_form, repair_claims, write_diagnosis
from kubetriage.prompts.describe_case import CaseForModel, harmless, render, timeless

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
FORMS = list(product((Language.EN, Language.ZH), (True, False), (True, False)))
WORDING = {"1": "ed729cc554e07293", "2": "be025f289ad128f6"}
"""The digest of every wording by version: a change of wording needs a new version, for caches and evals."""


def every_wording() -> str:
    parts = [write_diagnosis.render(language=a, fixed_schema=b, native_tools=c) for a, b, c in FORMS]
    parts += [correct_form.render(answer="a", problem="p", language=a) for a, *_ in FORMS]
    parts += [repair_claims.render(answer="a", problems=["p"], language=a) for a, *_ in FORMS]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


@pytest.mark.parametrize(("language", "fixed", "native"), FORMS)
def test_the_fixed_part_has_at_most_6000_characters(language: Language, fixed: bool, native: bool) -> None:
    """Instructions and form together, in either language."""
    assert len(write_diagnosis.render(language=language, fixed_schema=fixed, native_tools=native)) <= 6_000


def test_a_change_of_wording_needs_a_new_version() -> None:
    """Cached answers and evals are told apart by the version."""
    assert every_wording() == WORDING[PROMPT_VERSION]


@pytest.mark.parametrize("language", [Language.EN, Language.ZH])
def test_the_form_shown_is_the_schemas(language: Language) -> None:
    """Where the endpoint does not enforce the schema, the prompt names every key of it."""
    shown = write_diagnosis.render(language=language, fixed_schema=False, native_tools=False)
    assert [key for key in ANSWER_SCHEMA["properties"] if f'"{key}"' not in shown] == []
    assert set(ANSWER_SCHEMA["properties"]) == set(Verdict.model_fields)
    assert "|".join(AskedRead) in shown


@given(st.text(alphabet=st.sampled_from("⟦⟧E1<|>｜im_startend/[]INSThink "), max_size=60))
def test_no_fence_and_no_control_token_survives(words: str) -> None:
    """Neither our fence nor a chat template's control token can come out of the evidence."""
    clean = harmless(words)
    for token in ("⟦", "⟧", "<|", "|>", "<｜", "｜>", "[INST]", "<think>", "</think>", "<s>"):
        assert token not in clean


def evidence(count: int, size: int = 1_000) -> list[Evidence]:
    return [
        Evidence(id=f"E{i}", cite=f"object|Pod|shop|p{i}", resource=resource("Pod", "shop", f"p{i}"), tool="pods_get",
                 at=AT + timedelta(minutes=i), excerpt=f"{i}" + "x" * size)
        for i in range(1, count + 1)
    ]  # fmt: skip


@given(st.integers(1, 120), st.integers(0, 1_200), st.integers(500, 24_000))
def test_evidence_keeps_to_its_budget(count: int, size: int, room: int) -> None:
    """What is shown and what is only named together stay within the room, frames counted."""
    made = digest_of(evidence(count, size), room, decisive=[], cited=[], primary=None)
    used = sum(len(e.excerpt) + 120 for e in made.shown) + sum(len(line) + 2 for line in made.brief)
    assert used <= room + 20


def test_what_decides_is_shown_before_the_rest() -> None:
    """When not all fits: the first findings' evidence, then the alert's resource; the rest is named."""
    made = digest_of(
        evidence(40), 6_000, decisive=["E40"], cited=["E39"], primary=resource("Pod", "shop", "p38")
    )
    assert {"E40", "E39", "E38"} <= {e.id for e in made.shown}
    assert [e.id for e in made.shown] == sorted((e.id for e in made.shown), key=lambda i: int(i[1:]))
    assert any("Pod shop/p" in line for line in made.brief)
    many = digest_of(evidence(400), 6_000, decisive=[], cited=[], primary=None)
    assert many.brief[-1] == f"+{400 - len(many.shown) - len(many.brief) + 1}"


def test_no_alert_is_made_up_for_a_resource_that_was_asked_for() -> None:
    """The model is not told of a state, a severity or a beginning that nobody has reported."""
    asked = asked_for("deploy", "web", "shop")
    case = CaseForModel(asked, (), None, "", (), (), (), (), digest=Digest((), ()), asked_before=())
    said = render(case, language=Language.EN)
    assert "Deployment web | no alert: asked for by name" in said
    assert "firing" not in said and "severity" not in said


def test_equal_evidence_read_at_another_time_is_the_same_case() -> None:
    """So that a cache can answer it: a live cluster is read at another second each time."""

    def case(minutes: int, excerpt: str = "OOMKilled") -> CaseForModel:
        at = AT + timedelta(minutes=minutes)
        (item,) = evidence(1)
        shown = Digest((item.model_copy(update={"at": at, "excerpt": excerpt}),), ())
        return CaseForModel(
            Alert(name="PodDown", fingerprint="f"),
            (),
            None,
            at.isoformat(),
            (),
            (),
            (),
            (),
            digest=shown,
            asked_before=(),
        )

    def told(made: CaseForModel) -> str:
        return render(timeless(made), language=Language.EN)

    assert render(case(0), language=Language.EN) != render(case(5), language=Language.EN)
    assert told(case(0)) == told(case(5)) != told(case(5, "Completed"))
