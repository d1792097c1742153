"""Contents as models wrote them, each with the calls in it.

A vector has `format`, `content`, `expected` and `policy`: must and must_not hold always, should in nine of ten, may
is welcome. `reported.jsonl` is written after public reports, named in `source`: the shape is theirs, not the words.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.model.tool_calls import recover_tool_calls

HERE = Path(__file__).parent
EXTERNAL = "KUBETRIAGE_TEST_TOOLCALL_VECTORS"
Tools = Mapping[str, Mapping[str, Any]]
Vector = dict[str, Any]


def loaded(path: Path) -> list[Vector]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


OWN = loaded(HERE / "vectors.jsonl")
REPORTED = loaded(HERE / "reported.jsonl")


def passes(vector: Vector, tools: Tools) -> bool:
    got = recover_tool_calls(vector["content"], tools, vector.get("finish_reason", "stop"))
    calls = [{"name": call.name, "args": call.args} for call in got.calls]
    same = json.dumps(calls, sort_keys=True) == json.dumps(vector["expected"], sort_keys=True)
    return same and ("unknown" not in vector or got.unknown == vector["unknown"])


def failures(vectors: Iterable[tuple[Vector, Tools]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for vector, tools in vectors:
        found.setdefault(vector["policy"], [])
        if not passes(vector, tools):
            found[vector["policy"]].append(vector["id"])
    return found


@pytest.mark.parametrize("vector", OWN, ids=[vector["id"] for vector in OWN])
def test_a_vector(vector: Vector, tools: Tools) -> None:
    """The calls of a content are recovered, and nothing else is taken for one."""
    assert passes(vector, tools), vector["note"]


def test_reported_leaks(tools: Tools) -> None:
    """Of what public reports describe everything is recovered but three forms of which none is sure."""
    found = failures((vector, tools) for vector in REPORTED)
    assert found == {
        "must": [],
        "must_not": [],
        "should": [],
        "may": ["reported-09", "reported-18", "reported-50"],
    }


def test_there_are_enough_vectors_of_every_kind() -> None:
    """At least 150 vectors of 20 formats, 50 of them without a call."""
    assert len(OWN) >= 150
    assert len({vector["format"] for vector in OWN}) >= 20
    assert Counter(vector["policy"] for vector in OWN)["must_not"] >= 50


def test_vectors_given_from_outside() -> None:
    """Any file of vectors can be held against the parser; the tools stand in toolcall_tools.json beside it."""
    given = os.environ.get(EXTERNAL)
    if not given:
        pytest.skip(f"no vectors from outside: name a file of them in {EXTERNAL}")
    vectors = loaded(Path(given))
    schemas = json.loads(Path(given).with_name("toolcall_tools.json").read_text(encoding="utf-8"))
    found = failures((one, {name: schemas[name] for name in one["tools"]}) for one in vectors)
    should = sum(one["policy"] == "should" for one in vectors)
    assert not found.get("must") and not found.get("must_not"), found
    assert len(found.get("should", [])) <= should / 10, found
