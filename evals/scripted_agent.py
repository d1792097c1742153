"""What a scripted model says when an agent runs it: one read after the other, and in the end its answer.

It takes a fixed course whatever the tools show, so that what an agent costs can be measured without a model;
whether a model would find the cause that way is not shown by it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from kubetriage.adapters.model.fake import Oracle

Call = tuple[str, dict[str, Any]]
"""A tool's name and its arguments."""

THOUGHT = (
    "What I have seen so far does not explain the alert fully yet. I expect {tool} to show whether {about} is"
    " in the state that it should be in, or whether the fault comes from what it depends on: I read it next."
)
"""Said before each call; about fifty tokens with the names in it."""


class Course(NamedTuple):
    """What the model does of one case."""

    calls: tuple[Call, ...]
    answer: Mapping[str, Any]
    """Written as JSON after the last call."""
    at_once: int = 1
    """Calls in one turn."""


def course_of(
    report: Mapping[str, Any],
    turns: int,
    answer: Mapping[str, Any],
    *,
    offered: Collection[str],
    at_once: int = 1,
) -> Course:
    """A course of so many turns with calls, over what a triage of the alert read with the tools `offered`.

    That is the primary resource first, then what was looked at from there, then the rest; an agent that goes
    on after that reads again what it has read, as such agents do. Nothing else is read, so no turn is spent
    on what has nothing to do with the alert.
    """
    reads = [call for call in reads_of(report) if call[0] in offered]
    calls = islice(cycle(reads), turns * at_once) if reads else ()
    return Course(tuple(calls), answer, at_once)


def reads_of(report: Mapping[str, Any]) -> Iterable[Call]:
    """The tool calls behind a report's evidence, each once, in the order in which its rows cite them."""
    by_id = {item["id"]: item for item in report["evidence"]}
    order = [id_ for row in report["checked"] for id_ in row["evidence"]]
    seen: set[str] = set()
    for id_ in dict.fromkeys([*order, *by_id]):
        tool, arguments = by_id[id_]["tool"], dict(by_id[id_]["arguments"])
        key = json.dumps([tool, arguments], sort_keys=True)
        if tool and key not in seen:
            seen.add(key)
            yield tool, arguments


def agent_oracle(courses: Mapping[str, Course]) -> Oracle:
    """An oracle by case name: the next calls of the case's course, or its answer when they are all made.

    How far it is it reads off the transcript alone.
    """
    from kubetriage.adapters.model.fake import ChatRequest, Reply, ToolCall

    def reply(request: ChatRequest) -> Reply | None:
        course = courses.get(request.key.case)
        if course is None:
            return None
        made = len(request.tool_results)
        following = course.calls[made : made + course.at_once]
        if not following:
            return Reply(text=json.dumps(course.answer, ensure_ascii=False))
        tool, arguments = following[0]
        about = arguments.get("name") or arguments.get("kind") or arguments.get("namespace") or "the cluster"
        return Reply(
            text=THOUGHT.format(tool=tool, about=about),
            tool_calls=tuple(ToolCall(name=name, arguments=given) for name, given in following),
        )

    return reply
