"""Importing the product: one place, and no heavy library before it is needed."""

from __future__ import annotations

import subprocess
import sys

import kubetriage

HEAVY = {"langchain_core", "langchain_mcp_adapters", "langgraph", "langsmith", "mcp", "openai", "yaml"}


def loaded_by(statement: str) -> set[str]:
    """The top-level modules that a fresh interpreter holds after the statement."""
    program = f"import sys\n{statement}\nprint(' '.join({{name.split('.')[0] for name in sys.modules}}))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=True
    )
    return set(done.stdout.split())


def test_the_namespace_is_one_place() -> None:
    """`kubetriage` is found in one folder only, so no stale copy can stand in for a part of it."""
    assert len(set(kubetriage.__path__)) == 1


def test_the_command_line_starts_light() -> None:
    """`import kubetriage.cli` loads no graph, MCP, model or YAML library."""
    assert loaded_by("import kubetriage.cli") & HEAVY == set()


def test_a_heavy_import_is_seen() -> None:
    """The check above reports what a statement loads."""
    assert loaded_by("import yaml") & HEAVY == {"yaml"}
