"""Habits that the design forbids: hidden inputs, broad excepts, relative and bare imports."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

import pytest

Check = Callable[[str, str], list[str]]

BROAD = {"Exception", "BaseException"}
BROAD_ALLOWED = {
    "evals/runs/attempt.py attempt": "a bug in one cell is told as that cell's end; the others go on",
    "cli/app.py run": "the last line of defence: a bug of ours ends as one sentence and exit status 1",
    "server/sorting.py _arrivals": "a post that a bug stumbles over is tried again, then kept and told; others go on",
    "server/sorting.py _stored": "the same for its alerts",
    "server/checking.py _healthy": "a bug ends one look, is logged whole and counted; the incident stays open",
    "adapters/channels/channel.py send": "a message that a bug keeps from being written is dead, with its trace",
    "server/attempting.py sent": "a bug in a channel ends one attempt as unknown, with its trace; others send",
    "server/outbox.py _tend": "a bug ends one channel's round of sending, is logged whole; the next one begins",
    "server/telling.py _rows": "a bug costs the messages of one event, is logged whole; later events are told",
    "server/running.py _made": "a bug ends one attempt, is logged whole and told by its run; the worker goes on",
}
"""Functions that may catch everything without raising it again, each with the reason."""

IMPURE_MODULES = {"os", "random", "secrets", "socket", "subprocess", "time", "urllib", "uuid"}
"""What the domain does not import: the clock, chance, and the outside world."""
BARE = {
    *("adapters", "bootstrap", "cli", "domain", "evals", "graphs", "nodes", "prompts", "server", "state"),
    *("tests", "tools"),
}
"""Folders that are never imported by their bare name."""
CLOCKS = {"now", "today", "utcnow"}


def dotted(node: ast.AST) -> str:
    """`a.b.c` of a name or an attribute, empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (left := dotted(node.value)):
        return f"{left}.{node.attr}"
    return ""


def imported(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and full name of everything imported, at any depth of the file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = "." * node.level + (node.module or "")
            yield from ((node.lineno, f"{start}.{alias.name}") for alias in node.names)


def relative_or_bare(path: str, text: str) -> list[str]:
    return [
        f"{path}:{line} imports {name}: say kubetriage.…"
        for line, name in imported(ast.parse(text))
        if name.startswith(".") or name.split(".")[0] in BARE
    ]


def environment_outside_bootstrap(path: str, text: str) -> list[str]:
    if path.startswith("bootstrap/"):
        return []
    tree = ast.parse(text)
    names = {"os.environ", "os.environb", "os.getenv", "os.getenvb", "os.putenv", "os.path.expandvars"}
    found = [(line, name) for line, name in imported(tree) if name in names]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and dotted(node) in names:
            found.append((node.lineno, dotted(node)))
        elif isinstance(node, ast.keyword) and node.arg in {"envvar", "auto_envvar_prefix"}:
            found.append((node.value.lineno, node.arg))
    return [f"{path}:{line} reads the environment ({name})" for line, name in found]


def state_graph_outside_graphs(path: str, text: str) -> list[str]:
    if path.startswith("graphs/"):
        return []
    tree = ast.parse(text)
    return [
        f"{path}:{line} imports {name}: only graphs/ builds a graph"
        for line, name in imported(tree)
        if name.split(".")[-1] in {"StateGraph", "MessageGraph"}
        or name in {"langgraph.graph", "langgraph.func"}
    ]


def impure_domain(path: str, text: str) -> list[str]:
    if not path.startswith("domain/"):
        return []
    tree = ast.parse(text)
    found = [(line, name) for line, name in imported(tree) if name.split(".")[0] in IMPURE_MODULES]
    found += [
        (node.lineno, dotted(node))
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in CLOCKS
        and dotted(node.value).split(".")[-1] in {"date", "datetime"}
    ]
    return [f"{path}:{line} uses {name}" for line, name in found]


def names_of(kind: ast.expr | None) -> set[str]:
    if kind is None:
        return {"BaseException"}
    parts = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return {dotted(part).split(".")[-1] for part in parts}


def swallows(node: ast.AST) -> str:
    """What a node does with every error alike, empty if it does nothing of the kind or raises again."""
    if isinstance(node, ast.ExceptHandler) and names_of(node.type) & BROAD:
        raises = any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
        return "" if raises else "catches everything"
    if isinstance(node, ast.Call) and dotted(node.func).split(".")[-1] == "suppress":
        return "suppresses everything" if any(names_of(arg) & BROAD for arg in node.args) else ""
    return ""


def swallowed(path: str, text: str) -> list[str]:
    """Handlers of everything that don't raise again, and `suppress` of everything."""
    found: list[str] = []

    def look(node: ast.AST, function: str) -> None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            function = node.name
        if (what := swallows(node)) and f"{path} {function}" not in BROAD_ALLOWED:
            found.append(f"{path}:{getattr(node, 'lineno', 0)} {function} {what} and does not raise it again")
        for child in ast.iter_child_nodes(node):
            look(child, function)

    look(ast.parse(text), "")
    return found


CHECKS: list[Check] = [
    relative_or_bare,
    environment_outside_bootstrap,
    state_graph_outside_graphs,
    impure_domain,
    swallowed,
]


@pytest.mark.parametrize("check", CHECKS)
def test_the_product_keeps_to_it(check: Check, sources: dict[str, str]) -> None:
    """Absolute imports, environment in bootstrap, StateGraph in graphs, pure domain, no bug swallowed."""
    found = [line for path, text in sources.items() for line in check(path, text)]
    assert not found, "\n".join(found)


def test_tests_import_the_product_by_its_full_name(test_sources: dict[str, str]) -> None:
    """Tests too say kubetriage.x and never x, so that they test what is installed."""
    found = [line for path, text in test_sources.items() for line in relative_or_bare(path, text)]
    assert not found, "\n".join(found)


PLANTS: list[tuple[Check, str, str]] = [
    (relative_or_bare, "nodes/x.py", "from . import y"),
    (relative_or_bare, "nodes/x.py", "from ..domain import alert"),
    (relative_or_bare, "nodes/x.py", "from domain.alert import Alert"),
    (relative_or_bare, "nodes/x.py", "def f():\n    import state"),
    (environment_outside_bootstrap, "nodes/x.py", "import os\nos.environ['A']"),
    (environment_outside_bootstrap, "nodes/x.py", "import os\nos.getenv('A')"),
    (environment_outside_bootstrap, "adapters/x.py", "from os import environ"),
    (environment_outside_bootstrap, "cli/x.py", "click.option('--a', envvar='A')"),
    (state_graph_outside_graphs, "nodes/x.py", "from langgraph.graph import StateGraph"),
    (state_graph_outside_graphs, "bootstrap/x.py", "from langgraph.graph.state import StateGraph as S"),
    (state_graph_outside_graphs, "bootstrap/x.py", "import langgraph.graph"),
    (impure_domain, "domain/rules/x.py", "from datetime import datetime\ndatetime.now()"),
    (impure_domain, "domain/x.py", "import datetime\ndatetime.datetime.utcnow()"),
    (impure_domain, "domain/x.py", "import datetime\nf = datetime.date.today"),
    (impure_domain, "domain/x.py", "from time import time"),
    (impure_domain, "domain/x.py", "import os.path"),
    (swallowed, "nodes/x.py", "try:\n    f()\nexcept Exception:\n    pass"),
    (swallowed, "nodes/x.py", "try:\n    f()\nexcept:\n    g()"),
    (swallowed, "nodes/x.py", "try:\n    f()\nexcept (ValueError, BaseException) as e:\n    g(e)"),
    (swallowed, "nodes/x.py", "import contextlib\nwith contextlib.suppress(Exception):\n    f()"),
    (
        swallowed,
        "cli/__init__.py",
        "def other():\n    try:\n        f()\n    except Exception:\n        pass",
    ),
]


@pytest.mark.parametrize(("check", "path", "text"), PLANTS)
def test_a_planted_violation_is_seen(check: Check, path: str, text: str) -> None:
    """Each check reports exactly the one violation that was planted."""
    assert len(check(path, text)) == 1


FINE: list[tuple[Check, str, str]] = [
    (relative_or_bare, "nodes/x.py", "from kubetriage.domain.alert import Alert\nimport statistics"),
    (environment_outside_bootstrap, "bootstrap/x.py", "import os\nos.environ['A']"),
    (environment_outside_bootstrap, "nodes/x.py", "import os\nos.path.join('a', 'b')"),
    (state_graph_outside_graphs, "graphs/x.py", "from langgraph.graph import StateGraph"),
    (state_graph_outside_graphs, "state/x.py", "from langgraph.graph.message import add_messages"),
    (impure_domain, "adapters/x.py", "from time import time"),
    (impure_domain, "domain/x.py", "def f(view):\n    return view.now"),
    (swallowed, "nodes/x.py", "try:\n    f()\nexcept Exception as e:\n    raise Other from e"),
    (swallowed, "nodes/x.py", "try:\n    f()\nexcept (ValueError, KeyError):\n    pass"),
    (swallowed, "cli/app.py", "def run():\n    try:\n        f()\n    except Exception:\n        pass"),
]


@pytest.mark.parametrize(("check", "path", "text"), FINE)
def test_what_is_allowed_is_not_reported(check: Check, path: str, text: str) -> None:
    """The checks leave alone what the design allows."""
    assert check(path, text) == []
