"""One step a file: file = function = node name, and the first docstring line says `in → out`."""

from __future__ import annotations

import ast
import re
from pathlib import PurePosixPath

import pytest


def wrong_node(path: str, text: str) -> list[str]:
    """What keeps a file of nodes/ from being one node; package files are not nodes."""
    name = PurePosixPath(path).stem
    if not path.startswith("nodes/") or name == "__init__":
        return []
    public = [
        node
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_")
    ]
    if [node.name for node in public] != [name]:
        return [f"{path} must have one public function, {name}; it has {[node.name for node in public]}"]
    first = (ast.get_docstring(public[0]) or "").split("\n")[0]
    if not re.fullmatch(r"\S.* (->|→) .*\S", first):
        return [f"{path} {name}: the first docstring line is not `in → out`: {first!r}"]
    return []


def wrong_names(text: str, nodes: set[str]) -> list[str]:
    """What keeps the names in a graph file from being the names of files in nodes/."""
    tree = ast.parse(text)
    found = [
        f"{item.module} is imported as {alias.asname or alias.name}"
        for item in ast.walk(tree)
        if isinstance(item, ast.ImportFrom) and (item.module or "").startswith("kubetriage.nodes")
        for alias in item.names
        if alias.asname or item.module != f"kubetriage.nodes.{alias.name}"
    ]
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            continue
        if call.func.attr == "add_node" and not named_by_its_function(call, nodes):
            found.append(f"line {call.lineno}: the node's name is not its function's")
        elif call.func.attr in {"add_edge", "add_conditional_edges"}:
            ends = [end for end in destinations(call) if end not in nodes]
            found += [f"line {call.lineno}: there is no node {end}" for end in ends]
    return found


def named_by_its_function(call: ast.Call, nodes: set[str]) -> bool:
    """Whether the first argument is `function.__name__` or a written name of a node."""
    first = call.args[0] if call.args else None
    if isinstance(first, ast.Constant):
        return first.value in nodes
    return isinstance(first, ast.Attribute) and first.attr == "__name__"


def destinations(call: ast.Call) -> list[str]:
    """The node names that an edge starts from or leads to, the values of a path map included."""
    mapped = [value for arg in call.args if isinstance(arg, ast.Dict) for value in arg.values]
    return [str(arg.value) for arg in [*call.args, *mapped] if isinstance(arg, ast.Constant)]


def without_path_map(text: str) -> list[int]:
    """Lines of branches without an explicit path map, where an unknown answer ends a run silently."""
    return [
        call.lineno
        for call in ast.walk(ast.parse(text))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "add_conditional_edges"
        and not any(
            isinstance(arg, ast.Dict) for arg in [*call.args, *(word.value for word in call.keywords)]
        )
    ]


def test_every_file_of_nodes_is_one_node(sources: dict[str, str]) -> None:
    """A file in nodes/ holds one public function of the file's name, documented as `in → out`."""
    found = [line for path, text in sources.items() for line in wrong_node(path, text)]
    assert not found, "\n".join(found)


def test_graphs_name_their_nodes_by_file(sources: dict[str, str]) -> None:
    """A node's name is its function's and its file's; edges lead to nodes; every node is in a graph."""
    nodes = {PurePosixPath(path).stem for path in sources if path.startswith("nodes/")} - {"__init__"}
    graphs = {path: text for path, text in sources.items() if path.startswith("graphs/")}
    found = [f"{path} {line}" for path, text in graphs.items() for line in wrong_names(text, nodes)]
    assert not found, "\n".join(found)
    assert [
        name for name in nodes if not any(f"kubetriage.nodes.{name} import" in t for t in graphs.values())
    ] == []


def test_every_branch_has_a_path_map(sources: dict[str, str]) -> None:
    """Conditional edges list where they lead."""
    graphs = {path: text for path, text in sources.items() if path.startswith("graphs/")}
    assert graphs
    found = [f"{path}:{line}" for path, text in graphs.items() for line in without_path_map(text)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "text",
    [
        "def other():\n    '''alert -> subject'''",
        "def read():\n    '''alert -> subject'''\n\n\ndef more():\n    '''alert -> subject'''",
        "def read():\n    '''Reads things.'''",
        "def read():\n    '''Reads.\n\n    alert -> subject'''",
        "async def read():\n    return 1",
        "class Read:\n    '''alert -> subject'''",
    ],
)
def test_a_wrong_node_is_seen(text: str) -> None:
    """Another name, a second public function, another docstring or none, and no function are reported."""
    assert len(wrong_node("nodes/read.py", text)) == 1


def test_a_right_node_is_not_reported() -> None:
    """A node may be async, have private helpers beside it, and say more below the first line."""
    text = "def _part():\n    pass\n\n\nasync def read():\n    '''alert -> subject\n\n    More.'''"
    assert wrong_node("nodes/read.py", text) == []


@pytest.mark.parametrize(
    "text",
    [
        "from kubetriage.nodes.read import read as other",
        "from kubetriage.nodes import read",
        "graph.add_node('other', read)",
        "graph.add_node(name, read)",
        "graph.add_edge('read', 'other')",
        "graph.add_conditional_edges('read', f, {'a': 'write', 'b': 'other'})",
    ],
)
def test_a_wrong_name_in_a_graph_is_seen(text: str) -> None:
    """An alias, a name that is not the node's, a computed name and an edge to nowhere are reported."""
    assert len(wrong_names(text, {"read", "write"})) == 1


def test_right_names_in_a_graph_are_not_reported() -> None:
    """Written names and `function.__name__` are both fine, and so are START and END."""
    text = (
        "from kubetriage.nodes.read import read\n"
        "graph.add_node(read.__name__, read)\n"
        "graph.add_node('write', write)\n"
        "graph.add_edge(START, 'read')\n"
        "graph.add_conditional_edges('read', f, {'more': 'write', 'done': END})\n"
    )
    assert wrong_names(text, {"read", "write"}) == []
    assert without_path_map(text) == []


def test_a_branch_without_path_map_is_seen() -> None:
    """`add_conditional_edges` with a function alone is reported."""
    assert without_path_map("graph.add_conditional_edges('read', f)") == [1]
