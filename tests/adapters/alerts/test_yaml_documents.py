"""YAML that people write by hand, and YAML that is meant to do harm."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.adapters.alerts.yaml_documents import BrokenYaml, yaml_documents
from kubetriage.domain.errors import BadAlert

SCALARS: list[tuple[str, Any]] = [
    ("2026-11-23T03:13:28Z", "2026-11-23T03:13:28Z"),
    ("2026-11-23", "2026-11-23"),
    ("1.10", "1.10"),
    ("0777", "0777"),
    ("0x1f", "0x1f"),
    ("1_000", "1_000"),
    ("12:30:45", "12:30:45"),
    ("1e3", "1e3"),
    ("no", "no"),
    ("on", "on"),
    ("-0", "-0"),
    ("7", 7),
    ("-7", -7),
    ("true", True),
    ("False", False),
    ("null", None),
    ("~", None),
    ("", None),
    ('"7"', "7"),
    ("'true'", "true"),
    ("!!str 7", "7"),
    ("|\n  a\n  b\n", "a\nb\n"),
    ('"\\x41\\U0001f600"', "A😀"),
]


@pytest.mark.parametrize(("written", "value"), SCALARS)
def test_scalars(written: str, value: Any) -> None:
    """Only null, true, false and plain integers get a type; all else is the text that was written."""
    (document,) = yaml_documents(f"a: {written}")
    assert document == {"a": value}
    assert type(document["a"]) is type(value)


def test_names_are_text() -> None:
    """Names that YAML reads as numbers, truth values or null are text, as in JSON."""
    assert yaml_documents("{7: a, true: b, ~: c}") == [{"7": "a", "true": "b", "": "c"}]


def test_aliases() -> None:
    """Anchors and aliases work within a document and not beyond it."""
    assert yaml_documents("a: &x {p: [1]}\nb: *x\n") == [{"a": {"p": [1]}, "b": {"p": [1]}}]
    with pytest.raises(BrokenYaml, match=r"line 3, column 4: .*\*x"):
        yaml_documents("a: &x 1\n---\nb: *x\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("&x [*x]", "no anchor"),
        ("? [a]\n: b\n", "name cannot be a list"),
        ("a: &x {b: c}\nd:\n  <<: *x\n", "line 3, column 3: merge keys"),
        ("a: !!binary aGk=", "tag !!binary"),
        ("a: !!timestamp 2026-11-23", "tag !!timestamp"),
        ("a: !mine {}", "tag !mine"),
        ("a: [b", "line 2, column 1"),
        ("a: \x07", "control characters"),
        ("\ta: b", "line 1, column 1"),
    ],
)
def test_refused(text: str, expected: str) -> None:
    """Cycles, merge keys, structured names, foreign tags and broken YAML are refused with the place."""
    with pytest.raises(BrokenYaml, match=expected):
        yaml_documents(text)


def test_a_bomb_of_aliases() -> None:
    """A few lines that stand for billions of values are refused before they are built."""
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    for before, name in zip("abcdefghi", "bcdefghij", strict=True):
        lines.append(f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]")
    with pytest.raises(BadAlert, match="aliases"):
        yaml_documents("\n".join(lines))


def test_nesting_is_bounded() -> None:
    """A hundred levels are read, one more is refused; PyYAML's own composer would crash on many."""
    assert len(yaml_documents("[" * 100 + "]" * 100)) == 1
    with pytest.raises(BadAlert, match="levels deep"):
        yaml_documents("[" * 101 + "]" * 101)
