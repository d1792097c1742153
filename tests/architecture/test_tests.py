"""The tests themselves: each says the requirement it checks."""

from __future__ import annotations

import ast


def without_requirement(path: str, text: str) -> list[str]:
    return [
        f"{path}:{node.lineno} {node.name} has no docstring"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
        and not any(ast.unparse(mark).startswith("pytest.fixture") for mark in node.decorator_list)
    ]


def without_check(path: str, text: str) -> list[str]:
    """Tests with no assert, no `pytest.raises` and no call of a `check…`, `assert…` or `expect…` function."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or not node.name.startswith("test_"):
            continue
        if any(ast.unparse(mark).startswith("pytest.fixture") for mark in node.decorator_list):
            continue
        asserts = any(isinstance(inner, ast.Assert) for inner in ast.walk(node))
        calls = [ast.unparse(inner.func) for inner in ast.walk(node) if isinstance(inner, ast.Call)]
        words = ("raises", "warns", "fail", "check", "assert", "expect")
        if not asserts and not any(call.split(".")[-1].lstrip("_").startswith(words) for call in calls):
            found.append(f"{path}:{node.lineno} {node.name} checks nothing")
    return found


def test_every_test_says_its_requirement(test_sources: dict[str, str]) -> None:
    """Every test function has a docstring: the requirement that it checks."""
    found = [line for path, text in test_sources.items() for line in without_requirement(path, text)]
    assert not found, "\n".join(found)


def test_every_test_checks_something(test_sources: dict[str, str]) -> None:
    """No test runs code and asserts nothing."""
    found = [line for path, text in test_sources.items() for line in without_check(path, text)]
    assert not found, "\n".join(found)


def test_test_folders_are_not_packages(test_sources: dict[str, str]) -> None:
    """Test folders have no `__init__.py`: tests of one name in two folders stay apart."""
    assert [path for path in test_sources if path.endswith("__init__.py")] == []


def test_a_test_without_docstring_is_seen() -> None:
    """Sync, async and nested-in-class tests without a docstring are reported, other functions are not."""
    text = (
        "def test_a():\n    assert f()\n"
        "class T:\n    async def test_b(self):\n        assert f()\n"
        "def help():\n    f()\n"
    )
    assert [line.split()[1] for line in without_requirement("tests/x.py", text)] == ["test_a", "test_b"]


def test_a_test_that_checks_nothing_is_seen() -> None:
    """A test without an assertion is reported; `pytest.raises` and a checking function count as one."""
    text = (
        "def test_a():\n    '''x'''\n    f()\n"
        "def test_b():\n    with pytest.raises(E):\n        f()\n"
        "def test_c():\n    _check_it()\n"
    )
    assert [line.split()[1] for line in without_check("tests/x.py", text)] == ["test_a"]
