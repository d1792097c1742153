"""What an agent gets credit for: its steps, and every object that a tool has shown to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from kubetriage.bootstrap.settings import Settings
from kubetriage.domain.language import Language
from kubetriage.evals.cells import CellKey, CellOutcome, Strategy
from kubetriage.evals.react import ReActRun, verdict_of
from kubetriage.evals.scenario import load
from kubetriage.evals.scorers.every import judge
from kubetriage.evals.scorers.material import Spent
from kubetriage.evals.strategies.made import Task
from kubetriage.evals.strategies.react_report import report_of

SCENARIO = load(Path(__file__).resolve().parents[3] / "evals" / "scenarios" / "crash-oom-killed")
CULPRIT = {"kind": "Deployment", "namespace": "reports", "name": "renderer"}
SUMMARY = "Container renderer of Deployment renderer is OOMKilled: it needs more than its limit of 256Mi."
RIGHT: dict[str, Any] = {
    "outcome": "diagnosed",
    "summary": SUMMARY,
    "root_causes": [
        {"category": "oom-killed", "culprit": CULPRIT, "statement": SUMMARY, "likelihood": "high"}
    ],
    "steps": [
        {"kind": "change", "title": "Raise it", "detail": "",
         "commands": ["kubectl set resources deployment/renderer -n reports --limits=memory=512Mi"]}
    ],
}  # fmt: skip
LISTED = (
    "- apiVersion: apps/v1\n  kind: Deployment\n  metadata:\n    name: renderer\n    namespace: reports\n"
)


def run_of(answer: dict[str, Any], *reads: tuple[str, dict[str, Any], str]) -> ReActRun:
    messages: list[Any] = [HumanMessage("alert")]
    for place, (tool, arguments, shown) in enumerate(reads):
        messages.append(AIMessage("", tool_calls=[{"name": tool, "args": arguments, "id": str(place)}]))
        messages.append(ToolMessage(shown, tool_call_id=str(place), name=tool))
    text = json.dumps(answer)
    return ReActRun(text, verdict_of(text), "", 2, len(reads), 0, 0, 0, 0, 1.0, tuple(messages))


def task() -> Task:
    key = CellKey(scenario=SCENARIO.name, strategy=Strategy.REACT, model="m")
    return Task(key, SCENARIO, Settings(), Language.EN, 60, [])


def test_what_was_asked_and_what_lists_showed_is_evidence() -> None:
    """A pod asked for by name and a Deployment in a list both count as seen."""
    pod = SCENARIO.expected.primary
    assert pod is not None
    named = ("pods_get", {"namespace": pod.namespace, "name": pod.name}, "kind: Pod\n")
    listed = ("resources_list", {"apiVersion": "apps/v1", "kind": "Deployment"}, LISTED)
    report = report_of(run_of(RIGHT, named, listed), task())
    judged = judge(report, SCENARIO, Spent())
    assert judged.outcome is CellOutcome.PASS, judged.why
    assert judged.scores["evidence_recall"].passed is True
    assert judged.scores["remedies"].passed is True
    assert judged.scores["groundedness"].passed is None


def test_an_agent_that_read_nothing_has_seen_nothing() -> None:
    """A right answer out of nothing is right, and its evidence is missing."""
    judged = judge(report_of(run_of(RIGHT), task()), SCENARIO, Spent())
    assert judged.outcome is CellOutcome.PASS
    assert judged.scores["evidence_recall"].passed is False


def test_an_answer_in_no_form_is_inconclusive() -> None:
    """It fails where there is something to diagnose, and nothing is held to be confident."""
    run = run_of(RIGHT)._replace(answer="I give up.", verdict=None)
    judged = judge(report_of(run, task()), SCENARIO, Spent())
    assert judged.outcome is CellOutcome.FAIL and not judged.wrong_with_confidence
