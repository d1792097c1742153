"""A cluster read through its MCP server: reads become tool calls, answers become observations."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from mcp import McpError

from kubetriage.adapters.cluster.bounds import bound_log
from kubetriage.adapters.cluster.failures import failure_of, is_absent, is_no_log
from kubetriage.adapters.cluster.limits import ReadLimits
from kubetriage.adapters.cluster.questions import NoTool, Question, question_of
from kubetriage.adapters.cluster.session import Lost, McpSession, Offer, Overdue, ToolAnswer
from kubetriage.adapters.cluster.snapshot.selectors import field_matcher, label_matcher
from kubetriage.adapters.cluster.snapshot.status import ApiStatus
from kubetriage.adapters.cluster.tools import OBJECT_TOOLS, Toolbox, sort_tools, warn_of_hints
from kubetriage.adapters.cluster.top_table import rows_of, rows_of_metrics
from kubetriage.domain.errors import ClusterUnreachable
from kubetriage.domain.evidence import FailureKind, Observation, Read, ReadFailure, ReadKind, list_of
from kubetriage.domain.resource import KINDS

PAUSES = (0.25, 1.0)
"""Seconds before the second and the third try of a read whose failure may pass."""

SECRETS = ReadFailure(kind=FailureKind.DENIED, message="Secrets are never read")


_EVERYWHERE = list_of("ConfigMap", fields="metadata.name=kube-root-ca.crt")
"""An object that the control plane puts into every namespace."""


class McpCluster:
    """A `ports.Cluster` over one session."""

    def __init__(
        self,
        name: str,
        session: McpSession,
        limits: ReadLimits,
        *,
        timeout: float = 15.0,
        context: str = "",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        where: str = "",
    ) -> None:
        self._name = name
        self._session = session
        self._limits = limits
        self._timeout = timeout
        self._context = context
        self._now = now
        self._where = where or name
        self._sorted: tuple[Offer, Toolbox] | None = None
        self._warned = False
        self._only_namespace: str | None = None
        """The one namespace that lists over all of them come from; empty if from all, None if not known."""

    @property
    def name(self) -> str:
        return self._name

    def now(self) -> datetime:
        return self._now()

    async def read(self, read: Read) -> Observation:
        """Ask once, or take a shared answer of a few seconds ago. See `ports.Cluster`."""
        if read.kind == "Secret":
            return self._failed(read, SECRETS)
        if (known := self._limits.known(read.key)) is not None:
            return known
        await self.connect()
        observation = await self._tried(read)
        self._limits.remember(read.key, observation)
        return observation

    async def connect(self) -> tuple[Offer, Toolbox]:
        """What the server offers. Raises `ClusterUnreachable` unless it was reached before."""
        try:
            offer = await self._session.offer()
        except Lost as lost:
            if self._session.reached and self._sorted:
                return self._sorted
            message = f"The MCP server of cluster {self._name} ({self._where}) could not be reached: {lost}."
            raise ClusterUnreachable(message) from lost
        if self._sorted is None or self._sorted[0] is not offer:
            self._sorted = offer, sort_tools(offer.tools.values())
            if not self._warned:
                self._warned = True
                warn_of_hints(self._name, offer.server, self._sorted[1])
        return self._sorted

    async def close(self) -> None:
        """End the session and the server, if it is ours."""
        await self._session.close()

    async def _tried(self, read: Read) -> Observation:
        """Up to three tries in one deadline, which starts when the read's turn has come."""
        async with self._limits.turn():
            until = asyncio.get_running_loop().time() + self._timeout
            for pause in (*PAUSES, None):
                left = until - asyncio.get_running_loop().time()
                observation = await self._once(read, left)
                failure = observation.failure
                if failure is None or not failure.kind.retryable or pause is None or self._session.closed:
                    break
                if asyncio.get_running_loop().time() + pause >= until:
                    break
                await asyncio.sleep(pause)
            return observation

    async def _once(self, read: Read, seconds: float) -> Observation:
        _, toolbox = await self.connect()
        try:
            question = question_of(read, toolbox, self._context)
        except NoTool as missing:
            return self._failed(read, ReadFailure(kind=FailureKind.UNSUPPORTED, message=str(missing)))
        try:
            answer = await self._session.call(question.tool, question.arguments, seconds)
        except Lost as lost:
            return self._failed(read, lost.failure, question)
        except Overdue:
            message = f"no answer within {self._timeout:g} seconds"
            return self._failed(read, ReadFailure(kind=FailureKind.TIMEOUT, message=message), question)
        except McpError as error:
            return self._failed(read, failure_of(error.error.message), question)
        observation = self._observed(read, question, answer)
        if read.verb is ReadKind.LIST and not read.namespace and observation.found:
            return await self._said_how_wide(observation)
        return observation

    async def _said_how_wide(self, observation: Observation) -> Observation:
        """Where it may not list a whole cluster, the server silently lists one namespace instead."""
        info = KINDS.get(observation.read.kind)
        namespaces = {str((obj.get("metadata") or {}).get("namespace", "")) for obj in observation.objects}
        if (info and not info.namespaced) or "" in namespaces or len(namespaces) > 1:
            return observation
        if self._only_namespace is None and observation.read != _EVERYWHERE:
            roots = await self._once(_EVERYWHERE, self._timeout)
            found = {obj["metadata"].get("namespace", "") for obj in roots.objects}
            self._only_namespace = found.pop() if len(found) == 1 else ""
        if not self._only_namespace or not namespaces <= {self._only_namespace}:
            return observation
        said = f"only namespace {self._only_namespace} was listed: the server may not list the whole cluster"
        return observation.model_copy(update={"cut": "; ".join(filter(None, (observation.cut, said)))})

    # --- answers ------------------------------------------------------------------------------------

    def _observed(self, read: Read, question: Question, answer: ToolAnswer) -> Observation:
        if answer.error:
            if is_absent(answer.text, read):
                return self._made(read, question, absent=True)
            return self._failed(read, failure_of(answer.text), question)
        told = answer.structured or {}
        if "unreadable" in told:
            return self._unclear(read, question, str(told["unreadable"]))
        if read.verb is ReadKind.LOG:
            return self._log(read, question, answer.text, str(told.get("cut", "")))
        if question.tool not in OBJECT_TOOLS:
            rows = rows_of(answer.text)
            if rows is None:
                return self._unclear(read, question, "it is no table of usage")
            return self._made(read, question, objects=rows)
        objects = told.get("objects") or []
        if read.verb is ReadKind.TOP:
            return self._made(read, question, objects=rows_of_metrics(objects))
        if read.verb is ReadKind.GET:
            return self._one(read, question, objects)
        return self._listed(read, question, objects, str(told.get("cut", "")))

    def _one(self, read: Read, question: Question, objects: Sequence[dict[str, Any]]) -> Observation:
        if len(objects) != 1:
            return self._unclear(read, question, f"it holds {len(objects)} objects instead of one")
        return self._made(read, question, objects=objects)

    def _listed(
        self, read: Read, question: Question, objects: Sequence[dict[str, Any]], cut: str
    ) -> Observation:
        try:
            objects = _selected(read, question, objects)
        except ApiStatus as refusal:
            return self._failed(
                read, ReadFailure(kind=FailureKind.UNSUPPORTED, message=str(refusal)), question
            )
        return self._made(read, question, objects=objects, cut=cut)

    def _log(self, read: Read, question: Question, text: str, cut: str) -> Observation:
        empty = f"The pod {read.name} in namespace {read.namespace} has not logged any message yet"
        if is_no_log(text, read):
            return self._made(read, question, absent=True)
        text, more = bound_log("" if text == empty else text, read.tail)
        return self._made(read, question, text=text, cut="; ".join(filter(None, (cut, more))))

    def _unclear(self, read: Read, question: Question, why: str) -> Observation:
        message = f"the answer of {question.tool} cannot be used: {why}"[:300]
        return self._failed(read, ReadFailure(kind=FailureKind.BAD_ANSWER, message=message), question)

    def _failed(self, read: Read, failure: ReadFailure, question: Question | None = None) -> Observation:
        return self._made(read, question, failure=failure)

    def _made(
        self,
        read: Read,
        question: Question | None,
        *,
        absent: bool = False,
        failure: ReadFailure | None = None,
        objects: Sequence[Mapping[str, Any]] = (),
        text: str | None = None,
        cut: str = "",
    ) -> Observation:
        return Observation.model_construct(
            read=read,
            tool=question.tool if question else "",
            arguments=dict(question.arguments) if question else {},
            at=self._now(),
            absent=absent,
            failure=failure,
            objects=tuple(objects),
            text=text,
            cut=cut,
        )


def _selected(read: Read, question: Question, objects: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
    """What the selectors choose that the server's tool does not know. Raises `ApiStatus` for a bad one."""
    matchers = []
    if "labelSelector" in question.ours:
        matchers.append(label_matcher(read.label_selector))
    if "fieldSelector" in question.ours:
        group = read.api_version.rpartition("/")[0]
        matchers.append(field_matcher(group, read.kind, read.field_selector))
    return [obj for obj in objects if all(matches(obj) for matches in matchers)] if matchers else objects
