"""The spans of one run: itself and each of its nodes, as they begin and end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from langchain_core.callbacks import AsyncCallbackHandler

from kubetriage.adapters.model.spans import INTERNAL, OtlpSpans, Place, Span, here, span_id, trace_id
from kubetriage.domain.report import Report

WORKFLOW = "triage_alert"


class _Open(NamedTuple):
    """A span that has not ended."""

    name: str
    id: str
    began: int


class RunSpans(AsyncCallbackHandler):
    """A callback that turns one run of a graph into spans; what else runs within nodes is left out.

    It is called in the node's own context, so that calls of models find the node that they belong to.
    """

    run_inline = True

    def __init__(self, spans: OtlpSpans) -> None:
        self._spans = spans
        self._trace = trace_id()
        self._root: UUID | None = None
        self._open: dict[UUID, _Open] = {}

    async def on_chain_start(
        self,
        serialized: dict[str, Any] | None,
        inputs: Any,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        metadata: dict[str, Any] | None = None,
        **given: Any,
    ) -> None:
        name = str(given.get("name") or "")
        if parent_run_id is None:
            self._root = run_id
            name = f"invoke_workflow {WORKFLOW}"
        elif parent_run_id != self._root or name != (metadata or {}).get("langgraph_node"):
            return
        self._open[run_id] = _Open(name, span_id(), time.time_ns())
        here.set(Place(self._trace, self._open[run_id].id, self._spans))

    async def on_chain_end(self, outputs: Any, *, run_id: UUID, **given: Any) -> None:
        if run_id in self._open:
            self._end(run_id, _of_report(outputs) if run_id == self._root else {})

    async def on_chain_error(self, error: BaseException, *, run_id: UUID, **given: Any) -> None:
        if run_id in self._open:
            self._end(run_id, {}, type(error).__name__)

    def _end(self, run_id: UUID, told: Mapping[str, Any], error: str = "") -> None:
        opened = self._open.pop(run_id)
        if run_id == self._root:
            parent = ""
            told = {"gen_ai.operation.name": "invoke_workflow", "gen_ai.workflow.name": WORKFLOW, **told}
        else:
            parent = self._open[self._root].id if self._root in self._open else ""
            told = {"kubetriage.node": opened.name, **told}
        self._spans.add(
            Span(
                opened.name,
                INTERNAL,
                self._trace,
                opened.id,
                parent,
                opened.began,
                time.time_ns(),
                told,
                error,
            )
        )


def _of_report(outputs: Any) -> dict[str, Any]:
    """Names and counts of what a run ended with."""
    report = outputs.get("report") if isinstance(outputs, dict) else None
    if not isinstance(report, Report):
        return {}
    usage = report.usage
    return {
        "gen_ai.conversation.id": report.id,
        "gen_ai.usage.input_tokens": usage.prompt_tokens,
        "gen_ai.usage.output_tokens": usage.completion_tokens,
        "kubetriage.alert": report.alert.name,
        "kubetriage.outcome": report.outcome.value,
        "kubetriage.category": report.root_causes[0].category if report.root_causes else "",
        "kubetriage.model_calls": usage.model_calls,
        "kubetriage.cluster_reads": usage.cluster_reads,
        "kubetriage.profile": usage.model or "",
    }
