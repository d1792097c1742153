"""What the agent says and has read, in the form of a report as far as it goes.

The same scorers read it as the product's reports, so it gets credit for everything that it has really done:
for its steps, and for every object that a tool has shown to it. Nothing confirms its claims, so there is no
`verification` and groundedness is not judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from kubetriage.evals.react import ReActRun
from kubetriage.evals.strategies.made import Task

if TYPE_CHECKING:
    from langchain_core.messages import ToolMessage

EXCERPT: Final = 1_200
"""Characters, as in the product's reports."""
MOST_OBJECTS: Final = 500
"""Objects out of lists that are written down."""
_KINDS: Final = {"pods_get": "Pod", "pods_log": "Pod", "pods_list": "Pod", "pods_list_in_namespace": "Pod",
                 "pods_top": "Pod", "nodes_top": "Node", "namespaces_list": "Namespace"}  # fmt: skip


def report_of(run: ReActRun, task: Task) -> dict[str, Any]:
    """What scorers read; inconclusive where the agent gave no verdict."""
    said: dict[str, Any] = {"schema": "kubetriage.report/1", "language": task.language.value}
    said |= run.as_report()
    shown = list(_shown(run))
    said["evidence"] = [item for item, _ in shown]
    seen: dict[tuple[str, str, str], str] = {}
    for item, objects in shown:
        for each in objects:
            seen.setdefault(each, str(item["id"]))
    said["checked"] = [
        {"resource": dict(zip(("kind", "namespace", "name"), place, strict=True)), "evidence": [id_]}
        for place, id_ in list(seen.items())[:MOST_OBJECTS]
    ]
    if run.verdict is not None:
        verdict = run.verdict.model_dump(mode="json")
        said["contributing"] = [
            {"statement": each["statement"], "confirmed": False, "evidence": []}
            for each in verdict["contributing"]
        ]
        # What a command does it does not say; so nothing is held against it but the command itself.
        said["recommendations"] = [
            {**step, "commands": [{"command": each} for each in step["commands"]]}
            for step in verdict["steps"]
        ]
    return said


def _shown(run: ReActRun) -> Iterator[tuple[dict[str, Any], list[tuple[str, str, str]]]]:
    """Each answered call as evidence, and the objects that its answer shows."""
    from langchain_core.messages import AIMessage, ToolMessage

    calls = {
        call["id"]: call for each in run.messages if isinstance(each, AIMessage) for call in each.tool_calls
    }
    number = 0
    for message in run.messages:
        if not isinstance(message, ToolMessage) or message.tool_call_id not in calls:
            continue
        number += 1
        arguments = calls[message.tool_call_id]["args"]
        tool = message.name or calls[message.tool_call_id]["name"]
        item = {
            "id": f"E{number}",
            "resource": _asked(tool, arguments),
            "tool": tool,
            "arguments": arguments,
            "excerpt": str(message.text)[:EXCERPT],
        }
        yield item, _objects(tool, message)


def _asked(tool: str, arguments: Mapping[str, Any]) -> dict[str, str]:
    kind = str(arguments.get("kind") or _KINDS.get(tool, ""))
    name, namespace = (str(arguments.get(each) or "") for each in ("name", "namespace"))
    return {"kind": kind, "namespace": namespace, "name": name}


def _objects(tool: str, message: ToolMessage) -> list[tuple[str, str, str]]:
    from kubetriage.adapters.cluster.answer_objects import Unreadable, objects_in
    from kubetriage.adapters.cluster.tools import OBJECT_TOOLS

    if tool not in OBJECT_TOOLS or message.status == "error":
        return []
    try:
        found = objects_in(str(message.text), None)
    except Unreadable:  # a table
        return []
    return [
        (
            str(each.get("kind", "")),
            str(each["metadata"].get("namespace") or ""),
            str(each["metadata"].get("name", "")),
        )
        for each in found
    ]
