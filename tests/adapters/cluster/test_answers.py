"""Objects and usage in whatever form a server gives them; tools sorted; questions fitted to them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from kubetriage.adapters.cluster.answer_objects import Unreadable, objects_in
from kubetriage.adapters.cluster.questions import NoTool, question_of
from kubetriage.adapters.cluster.tools import Toolbox, sort_tools
from kubetriage.adapters.cluster.top_table import rows_of
from kubetriage.domain.evidence import get, list_of, log_of, top_of
from kubetriage.domain.resource import resource

POD = resource("Pod", "shop", "web")


@pytest.mark.parametrize(
    ("text", "structured"),
    [
        ("", {"items": [{"metadata": {"name": "a"}}]}),
        ("", {"metadata": {"name": "a"}}),
        ("- metadata:\n    name: a\n", None),
        ("metadata:\n  name: a\n", None),
        ('{"items": [{"metadata": {"name": "a"}}]}', None),
        ('[{"metadata": {"name": "a"}}]', None),
    ],
)
def test_objects_in_every_form(text: str, structured: Any) -> None:
    """Structured content, YAML and JSON, one object and a list."""
    assert objects_in(text, structured) == [{"metadata": {"name": "a"}}]


def test_an_empty_list_holds_nothing() -> None:
    """An empty list is an answer."""
    assert objects_in("[]\n", None) == []
    assert objects_in("", {"items": []}) == []


def test_yaml_values_are_what_the_api_has() -> None:
    """Times stay text, also without quotes."""
    (found,) = objects_in("metadata: {name: a}\nspec: {at: 2025-03-04T10:00:00Z, day: 2025-03-04}\n", None)
    assert found["spec"] == {"at": "2025-03-04T10:00:00Z", "day": "2025-03-04"}


@pytest.mark.parametrize(
    ("text", "structured"),
    [
        ("NAMESPACE   NAME   STATUS\nshop        web    Running\n", None),
        ("", {"items": [{"Name": "web", "Namespace": "shop", "Status": "Running"}]}),
        ("", None),
        ("a: [", None),
        ("just words", None),
        ("[" * 5000, None),
        ("a: " + "[" * 100_000, None),
        ("- " * 100_000, None),
        ("{a: " * 100_000, None),
    ],
)
def test_what_holds_no_objects_is_said_so(text: str, structured: Any) -> None:
    """A table, nothing, broken YAML, words: never taken for an empty list."""
    with pytest.raises(Unreadable):
        objects_in(text, structured)


def test_usage_tables() -> None:
    """Rows by their columns; totals and unknown values are left out; no rows is an answer."""
    pods = (
        "NAMESPACE   POD     NAME    CPU(cores)   MEMORY(bytes)   SWAP(bytes)   \n"
        "shop        web-1   app     12m          34Mi            0Mi           \n"
        "                            ________     ________        \n"
        "                            12m          34Mi            0Mi   \n"
    )
    row = {"namespace": "shop", "name": "web-1", "container": "app", "cpu": "12m", "memory": "34Mi"}
    assert rows_of(pods) == [row]
    nodes = (
        "NAME   CPU(cores)   CPU(%)      MEMORY(bytes)   MEMORY(%)   \n"
        "n1     250m         6%          1024Mi          12%         \n"
        "n2     <unknown>    <unknown>   <unknown>       <unknown>   \n"
    )
    node = {"name": "n1", "cpu": "250m", "cpu_percent": "6%", "memory": "1024Mi", "memory_percent": "12%"}
    assert rows_of(nodes) == [node]
    assert rows_of("") == []
    assert rows_of("no such thing") is None


def offered(name: str, *arguments: str, **hints: Any) -> Any:
    schema = {"type": "object", "properties": {key: {} for key in arguments}}
    return SimpleNamespace(name=name, metadata=hints or None, args_schema=schema)


def test_tools_are_sorted_by_the_allow_list_and_the_hints() -> None:
    """Only tools on the list are usable, none that is marked as writing, whatever else is offered."""
    box = sort_tools(
        [
            offered("resources_get", "kind", "name", readOnlyHint=True),
            offered("pods_log", "name", readOnlyHint=False),
            offered("resources_list", "kind", readOnlyHint=True, destructiveHint=True),
            offered("pods_top"),
            offered("pods_delete", readOnlyHint=True),
            offered("configuration_view", readOnlyHint=True),
        ]
    )
    assert set(box.usable) == {"resources_get", "pods_top"}
    assert set(box.refused) == {"pods_log", "resources_list"}
    assert box.others == ("configuration_view", "pods_delete")
    assert box.unhinted == ("pods_top",)
    assert box.missing == ("resources_list", "pods_log")


def box(**tools: str) -> Toolbox:
    return sort_tools(
        [offered(name, *arguments.split(), readOnlyHint=True) for name, arguments in tools.items()]
    )


NEW = box(
    resources_get="apiVersion kind name namespace context",
    resources_list="apiVersion kind namespace labelSelector fieldSelector context",
    pods_log="name namespace container previous tail context",
    pods_top="all_namespaces namespace name",
    nodes_top="name",
)
OLD = box(
    pods_get="name namespace", pods_list="", pods_list_in_namespace="namespace", pods_log="name namespace"
)


def test_questions_name_only_what_the_schema_knows() -> None:
    """Arguments that are empty, or that the tool does not know, are not sent."""
    asked = question_of(log_of(POD, "app", tail=7), NEW)
    assert asked.arguments == {"name": "web", "namespace": "shop", "container": "app", "tail": 7}
    assert question_of(log_of(POD, "app", tail=7), OLD).arguments == {"name": "web", "namespace": "shop"}
    assert question_of(top_of("Pod"), NEW).arguments == {"all_namespaces": True}
    assert question_of(top_of("Pod", "shop"), NEW).arguments == {"all_namespaces": False, "namespace": "shop"}


def test_the_context_is_named_where_the_server_has_several() -> None:
    """A connection's context goes along with each call whose tool takes one."""
    assert question_of(get(POD), NEW, "prod").arguments["context"] == "prod"
    assert "context" not in question_of(get(POD), OLD, "prod").arguments


def test_pods_are_read_without_the_tools_for_any_kind() -> None:
    """A server with pod tools only still answers for pods; selectors are then ours to apply."""
    assert question_of(get(POD), OLD).tool == "pods_get"
    asked = question_of(list_of("Pod", "shop", labels="app=web"), OLD)
    assert (asked.tool, asked.ours) == ("pods_list_in_namespace", ("labelSelector",))
    assert question_of(list_of("Pod"), OLD).tool == "pods_list"


@pytest.mark.parametrize(
    ("read", "tools"),
    [
        (get(resource("Node", "", "n1")), OLD),
        (list_of("Service", "shop"), OLD),
        (log_of(POD, "app", previous=True), OLD),
        (top_of("Node"), OLD),
        (log_of(POD, "app"), box(resources_get="name")),
        (get(resource("Widget", "shop", "blue")), NEW),
    ],
)
def test_a_missing_tool_is_said(read: Any, tools: Toolbox) -> None:
    """What no tool can answer is not asked in a way that would answer something else."""
    with pytest.raises(NoTool):
        question_of(read, tools)


@pytest.mark.parametrize(
    "text",
    [
        "metadata: {name: a}\nspec: &a {b: *a}\n",
        "metadata: {name: a}\nx0: &x0 [a, a]\n"
        + "".join(f"x{i}: &x{i} [{', '.join([f'*x{i - 1}'] * 10)}]\n" for i in range(1, 12)),
        "metadata: {name: a}\nx0: &x0 {a: {}}\n"
        + "".join(f"x{i}: &x{i} {{<<: [{', '.join([f'*x{i - 1}'] * 10)}]}}\n" for i in range(1, 12)),
    ],
    ids=["of itself", "multiplied", "merged"],
)
def test_yaml_that_has_no_end(text: str) -> None:
    """Aliases, which can stand for more than there is memory, are refused at once."""
    with pytest.raises(Unreadable, match="aliases"):
        objects_in(text, None)
