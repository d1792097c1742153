"""Which of a server's tools may be called, and with which arguments."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Protocol

logger = logging.getLogger("kubetriage.cluster")

OBJECT_TOOLS = frozenset(
    {"resources_get", "resources_list", "pods_get", "pods_list", "pods_list_in_namespace", "namespaces_list"}
)
"""Tools that answer with Kubernetes objects."""
READ_TOOLS = OBJECT_TOOLS | {"pods_log", "pods_top", "nodes_top"}
"""The allow-list: no other tool is ever called, whatever a server offers and whoever asks."""
NEEDED_TOOLS = ("resources_get", "resources_list", "pods_log")
"""Without these a triage has gaps."""


class OfferedTool(Protocol):
    """What we look at of a tool as langchain-mcp-adapters loads it."""

    name: str
    metadata: dict[str, Any] | None
    args_schema: Any


class CallableTool(OfferedTool, Protocol):
    """What we use of it besides."""

    async def ainvoke(self, input: Any) -> Any:
        """Call it; a call in the form of a model's comes back as a message with content and artifact."""


class Toolbox(NamedTuple):
    """A server's tools, sorted by what we make of them."""

    usable: Mapping[str, frozenset[str]]
    """Arguments by name, of tools on the allow-list."""
    refused: Mapping[str, str]
    """Tools on the allow-list that are marked as writing, and the mark."""
    others: tuple[str, ...]
    """Tools that are not on the allow-list."""
    unhinted: tuple[str, ...]
    """Usable tools that don't say whether they write."""

    @property
    def missing(self) -> tuple[str, ...]:
        """Tools that a triage needs and the server lacks."""
        return tuple(name for name in NEEDED_TOOLS if name not in self.usable)

    def has(self, tool: str, *arguments: str) -> bool:
        """Is the tool usable, and does it take these arguments?"""
        return set(arguments) <= self.usable.get(tool, frozenset()) if tool in self.usable else False

    def fitted(self, tool: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments that are not empty and that the offered schema knows."""
        known = self.usable[tool]
        return {name: value for name, value in arguments.items() if name in known and value not in ("", None)}


def sort_tools(tools: Iterable[OfferedTool], allowed: frozenset[str] = READ_TOOLS) -> Toolbox:
    """Sort an offer by an allow-list and the hints (`readOnlyHint`, `destructiveHint`)."""
    usable: dict[str, frozenset[str]] = {}
    refused: dict[str, str] = {}
    others: list[str] = []
    unhinted: list[str] = []
    for tool in sorted(tools, key=lambda tool: tool.name):
        hints = tool.metadata or {}
        if tool.name not in allowed:
            others.append(tool.name)
        elif hints.get("readOnlyHint") is False:
            refused[tool.name] = "readOnlyHint is false"
        elif hints.get("destructiveHint") is True:
            refused[tool.name] = "destructiveHint is true"
        else:
            usable[tool.name] = _arguments(tool.args_schema)
            if hints.get("readOnlyHint") is None:
                unhinted.append(tool.name)
    return Toolbox(usable, refused, tuple(others), tuple(unhinted))


def _arguments(schema: Any) -> frozenset[str]:
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    return frozenset(properties) if isinstance(properties, Mapping) else frozenset()


def warn_of_hints(cluster: str, server: str, toolbox: Toolbox) -> None:
    """Say which hints are missing, and which tools of ours a server marks as writing."""
    if toolbox.unhinted:
        logger.warning(
            "%s: %s does not say which tools write (versions before 0.0.35 don't); only %s are called.",
            cluster, server, ", ".join(toolbox.unhinted),
        )  # fmt: skip
    for tool, mark in toolbox.refused.items():
        logger.warning(
            "%s: %s is not called, because %s marks it as writing (%s).", cluster, tool, server, mark
        )
