"""The tools of the embedded MCP server: kubernetes-mcp-server's names and arguments (0.0.67)."""

from __future__ import annotations

from typing import Any

from mcp.types import Tool, ToolAnnotations

_LABELS = r"^([/_.\-A-Za-z0-9=, ()!])+$"
_FIELDS = r"^[.\-A-Za-z0-9]+([=!,]{1,2}[./\-A-Za-z0-9]+)+$"

Argument = dict[str, Any]


def _text(description: str, pattern: str = "") -> Argument:
    return {"type": "string", "description": description} | ({"pattern": pattern} if pattern else {})


def _labels(description: str = "Only objects whose labels match, as `kubectl -l` takes it") -> Argument:
    return _text(description, _LABELS)


def _fields(
    description: str = "Only objects whose fields match, as `kubectl --field-selector` takes it",
) -> Argument:
    return _text(description, _FIELDS)


def _flag(description: str, default: bool | None = None) -> Argument:
    return {"type": "boolean", "description": description} | ({} if default is None else {"default": default})


def _lines(description: str) -> Argument:
    return {"type": "integer", "description": description, "default": 100, "minimum": 0}


def _tool(
    name: str,
    title: str,
    description: str,
    arguments: dict[str, Argument],
    *required: str,
    repeatable: bool = False,
) -> Tool:
    schema: dict[str, Any] = {"type": "object", "properties": arguments}
    hints = ToolAnnotations(
        title=title, readOnlyHint=True, destructiveHint=False, idempotentHint=repeatable, openWorldHint=True
    )
    return Tool(
        name=name,
        title=title,
        description=description,
        inputSchema=schema | ({"required": list(required)} if required else {}),
        annotations=hints,
    )


_GROUP_KIND = {
    "apiVersion": _text("Group and version, such as v1 or apps/v1"),
    "kind": _text("Kind, such as Pod or Deployment"),
}
_ONE_NAMESPACE = _text("Namespace; `default` if left out")

TOOLS: tuple[Tool, ...] = (
    _tool(
        "events_list",
        "Events: List",
        "Events of one namespace, or of all of them",
        {"namespace": _text("Namespace; all of them if left out"), "fieldSelector": _fields()},
    ),
    _tool(
        "namespaces_list",
        "Namespaces: List",
        "The namespaces of the recorded cluster",
        {"fieldSelector": _fields()},
    ),
    _tool(
        "nodes_log",
        "Node: Log",
        "Logs of a node's own services, by way of its kubelet",
        {
            "name": _text("Name of the node"),
            "query": _text("Service or file whose log is wanted, such as kubelet"),
            "tailLines": _lines("Lines from the end; 0 for all of them"),
        },
        "name",
        "query",
    ),
    _tool(
        "nodes_stats_summary",
        "Node: Stats Summary",
        "The kubelet's summary of a node's and its pods' usage",
        {"name": _text("Name of the node")},
        "name",
    ),
    _tool(
        "nodes_top",
        "Nodes: Top",
        "CPU and memory in use on nodes, where a metrics server recorded it",
        {"name": _text("Name of one node"), "label_selector": _labels()},
        repeatable=True,
    ),
    _tool(
        "pods_get",
        "Pods: Get",
        "One pod",
        {"name": _text("Name of the pod"), "namespace": _ONE_NAMESPACE},
        "name",
    ),
    _tool(
        "pods_list",
        "Pods: List",
        "Pods of all namespaces",
        {"labelSelector": _labels(), "fieldSelector": _fields()},
    ),
    _tool(
        "pods_list_in_namespace",
        "Pods: List in Namespace",
        "Pods of one namespace",
        {"namespace": _text("Namespace"), "labelSelector": _labels(), "fieldSelector": _fields()},
        "namespace",
    ),
    _tool(
        "pods_log",
        "Pods: Log",
        "The last lines that a container of a pod wrote",
        {
            "name": _text("Name of the pod"),
            "namespace": _ONE_NAMESPACE,
            "container": _text("Name of the container; the pod's default one if left out"),
            "tail": _lines("Lines from the end"),
            "previous": _flag("The run before the last restart"),
        },
        "name",
    ),
    _tool(
        "pods_top",
        "Pods: Top",
        "CPU and memory in use by pods, where a metrics server recorded it",
        {
            "all_namespaces": _flag("Pods of all namespaces", default=True),
            "namespace": _text("Only pods of this namespace"),
            "name": _text("Name of one pod"),
            "label_selector": _labels(),
        },
        repeatable=True,
    ),
    _tool(
        "resources_get",
        "Resources: Get",
        "One object of any kind",
        {**_GROUP_KIND, "namespace": _ONE_NAMESPACE, "name": _text("Name of the object")},
        "apiVersion",
        "kind",
        "name",
    ),
    _tool(
        "resources_list",
        "Resources: List",
        "Objects of one kind, in one namespace or in all of them",
        {
            **_GROUP_KIND,
            "namespace": _text("Namespace; all of them if left out"),
            "labelSelector": _labels(),
            "fieldSelector": _fields(),
        },
        "apiVersion",
        "kind",
    ),
)
