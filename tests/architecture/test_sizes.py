"""Files and functions stay small enough to be read in one go."""

from __future__ import annotations

import ast

import pytest

MODULE = 300
NODE = 80
GRAPH = 65
FUNCTION = 50
RULE = 60
TABLE_FUNCTION = 100
TEST_MODULE = 400

LONGER_MODULES = {
    "domain/custom_kinds.py": "the table of well-known custom resources and their conditions",
    "domain/log_patterns.py": "the table of what log lines say, by fault",
}
"""Modules that may be longer, each with the reason: data tables, nothing else."""

WRITTEN_OUT = "evals/builders/"
"""Objects and scenarios written out in full, as the API server returns them: data in the form of calls."""


def limit(path: str) -> int:
    """Lines that a file may have; package files of nodes and graphs are modules like others."""
    if path.startswith("tests/"):
        return TEST_MODULE
    if path.endswith("/__init__.py"):
        return MODULE
    return {"nodes": NODE, "graphs": GRAPH}.get(path.split("/")[0], MODULE)


def too_long(path: str, text: str) -> list[str]:
    most = RULE if path.startswith(("domain/rules/", "tests/")) else FUNCTION
    most = TABLE_FUNCTION if path.startswith(WRITTEN_OUT) else most
    found = [
        f"{path}:{node.lineno} {node.name} has {lines} lines, the limit is {most}"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > most
    ]
    lines = len(text.splitlines())
    written_out = path in LONGER_MODULES or path.startswith(WRITTEN_OUT)
    if not written_out and lines > limit(path):
        found.append(f"{path} has {lines} lines, the limit is {limit(path)}")
    return found


def function_of(lines: int) -> str:
    return "def work() -> None:\n" + "    print()\n" * (lines - 1)


def test_every_file_and_function_is_short(sources: dict[str, str], test_sources: dict[str, str]) -> None:
    """A graph has at most 65 lines, a node 80, a module 300, one of tests 400; a function 50, a rule 60."""
    every = {**sources, **test_sources}
    found = [line for path, text in every.items() for line in too_long(path, text)]
    assert not found, "\n".join(found)


def test_longer_modules_are_still_there_and_still_long(sources: dict[str, str]) -> None:
    """A module is on the list of long ones only while it exists and needs to be on it."""
    stale = [path for path in LONGER_MODULES if len(sources.get(path, "").splitlines()) <= limit(path)]
    assert stale == []


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("graphs/triage_alert.py", GRAPH),
        ("nodes/parse_alert.py", NODE),
        ("domain/alert.py", MODULE),
        ("adapters/cluster/snapshot/store.py", MODULE),
    ],
)
def test_a_long_file_is_seen(path: str, most: int) -> None:
    """One line more than the limit of its folder is reported, the limit itself is not."""
    assert too_long(path, "x = 1\n" * most) == []
    assert too_long(path, "x = 1\n" * (most + 1)) == [f"{path} has {most + 1} lines, the limit is {most}"]


@pytest.mark.parametrize(("path", "most"), [("domain/alert.py", FUNCTION), ("domain/rules/image.py", RULE)])
def test_a_long_function_is_seen(path: str, most: int) -> None:
    """A function, sync or async, one line over its limit is reported with its place."""
    assert too_long(path, function_of(most)) == []
    over = function_of(most + 1)
    assert too_long(path, over) == [f"{path}:1 work has {most + 1} lines, the limit is {most}"]
    assert len(too_long(path, "async " + over)) == 1
