"""From a read to the tool and the arguments that ask it, by what the server offers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from kubetriage.adapters.cluster.tools import Toolbox
from kubetriage.domain.evidence import Read, ReadKind
from kubetriage.domain.resource import KINDS

METRICS_API = "metrics.k8s.io/v1beta1"
DEFAULT_TAIL = 500


class Question(NamedTuple):
    """One tool call."""

    tool: str
    arguments: Mapping[str, Any]
    ours: tuple[str, ...] = ()
    """Selectors (`labelSelector`, `fieldSelector`) that the tool lacks, so that we select from its answer."""


class NoTool(Exception):
    """The server offers no tool that could answer; `str()` says which is missing."""


def question_of(read: Read, toolbox: Toolbox, context: str = "") -> Question:
    """The call that answers a read. Raises `NoTool`."""
    asked = _BY_VERB[read.verb](read, toolbox)
    arguments = toolbox.fitted(asked.tool, {**asked.arguments, "context": context})
    wanted = {"labelSelector": read.label_selector, "fieldSelector": read.field_selector}
    ours = tuple(
        name
        for name, value in wanted.items()
        if value and read.verb is ReadKind.LIST and name not in arguments
    )
    return Question(asked.tool, arguments, ours)


def _get(read: Read, toolbox: Toolbox) -> Question:
    place = {"namespace": read.namespace, "name": read.name}
    if toolbox.has("resources_get", "apiVersion", "kind", "name"):
        return Question("resources_get", {"apiVersion": _api_version(read), "kind": read.kind, **place})
    if read.kind == "Pod" and toolbox.has("pods_get", "name"):
        return Question("pods_get", place)
    raise NoTool("the server offers no tool resources_get")


def _list(read: Read, toolbox: Toolbox) -> Question:
    selectors = {"labelSelector": read.label_selector, "fieldSelector": read.field_selector}
    if toolbox.has("resources_list", "apiVersion", "kind"):
        kind = {"apiVersion": _api_version(read), "kind": read.kind, "namespace": read.namespace}
        return Question("resources_list", kind | selectors)
    if read.kind == "Pod":
        tool = "pods_list_in_namespace" if read.namespace else "pods_list"
        if toolbox.has(tool):
            return Question(tool, {"namespace": read.namespace} | selectors)
    if read.kind == "Namespace" and toolbox.has("namespaces_list"):
        return Question("namespaces_list", selectors)
    raise NoTool("the server offers no tool resources_list")


def _log(read: Read, toolbox: Toolbox) -> Question:
    if not toolbox.has("pods_log", "name"):
        raise NoTool("the server offers no tool pods_log")
    if read.previous and not toolbox.has("pods_log", "previous"):
        raise NoTool("the server's tool pods_log cannot read the log of a container's previous run")
    place = {"namespace": read.namespace, "name": read.name, "container": read.container}
    return Question(
        "pods_log", place | {"previous": read.previous or None, "tail": read.tail or DEFAULT_TAIL}
    )


def _top(read: Read, toolbox: Toolbox) -> Question:
    if read.kind == "Node" and toolbox.has("nodes_top"):
        return Question("nodes_top", {"name": read.name})
    if read.kind == "Pod" and toolbox.has("pods_top"):
        everywhere = {"all_namespaces": not read.namespace}
        return Question("pods_top", everywhere | {"namespace": read.namespace, "name": read.name})
    metrics = read.model_copy(update={"kind": f"{read.kind}Metrics", "api_version": METRICS_API})
    return _get(metrics, toolbox) if read.name else _list(metrics, toolbox)


_BY_VERB: Mapping[ReadKind, Callable[[Read, Toolbox], Question]] = {
    ReadKind.GET: _get,
    ReadKind.LIST: _list,
    ReadKind.LOG: _log,
    ReadKind.TOP: _top,
}


def _api_version(read: Read) -> str:
    info = KINDS.get(read.kind)
    version = read.api_version or (info.api_version if info else "")
    if not version:
        raise NoTool(f"the API group of {read.kind} is not known")
    return version
