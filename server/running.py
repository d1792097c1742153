"""One attempt at a diagnosis: the graph, from its last checkpoint on, with what happens put on record.

A node's `began` is on record before it does anything, its `finished` only after its checkpoint is: so the
record never says that a node is done which would have to run again.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from kubetriage.bootstrap.databases import away
from kubetriage.bootstrap.serving import GRAPH, Diagnosis
from kubetriage.bootstrap.settings import Settings
from kubetriage.bootstrap.tracing import traced
from kubetriage.domain.alert import Alert
from kubetriage.domain.errors import BadInput, KubetriageError
from kubetriage.domain.incidents import group_incidents
from kubetriage.domain.intake.errors import NotOurs
from kubetriage.domain.intake.failing import FailureReason, reason_of
from kubetriage.domain.intake.runs import Run, RunStatus
from kubetriage.domain.intake.values import Incident
from kubetriage.domain.language import others_than
from kubetriage.domain.report import Report
from kubetriage.server.engine import workflow_id
from kubetriage.server.logging import bound
from kubetriage.server.parts import Asked
from kubetriage.server.progress import told_to
from kubetriage.server.recording import Recorder
from kubetriage.state.triage_alert import TriageContext

if TYPE_CHECKING:
    from kubetriage.server.metrics import ServerMetrics

log = logging.getLogger(__name__)

SECONDS_BEYOND = 60.0
"""A run that is still not over this long after its deadline hangs, and has failed."""
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0

Alerts = Callable[[], Awaitable[Mapping[str, Any]]]
"""The graph's input."""
Reports = Sequence[Report]
"""Of one run: its own, then the same in other languages."""


class Failure(NamedTuple):
    """An attempt that came to nothing."""

    why: str
    """In a sentence."""
    reason: FailureReason | None
    """What kind of error it was, if it is one that has a name."""
    lasts: bool
    """Whether the next attempt would come to the same: a cluster or a model that nobody has configured."""


class Runner:
    """Runs attempts; safe to be called again for the same one, in this process or another."""

    def __init__(self, parts: Diagnosis, settings: Settings, executor: str, metrics: ServerMetrics) -> None:
        self._parts = parts
        self._settings = settings
        self._executor = executor
        self._metrics = metrics
        self._away: tuple[type[BaseException], ...] = away()
        self._let_through: tuple[type[BaseException], ...] = (asyncio.CancelledError, NotOurs, *self._away)
        self.on_end: Callable[[], None] = lambda: None
        """Called when an attempt is over, whatever came of it."""

    async def diagnose(self, incident: str, attempt: int) -> None:
        """Bring the attempt to its end: a report or a failure in the store, or nothing if it is not wanted.

        Attempt 0 is a run on demand, by its id. While the database is away this waits. Cancelled, it leaves
        the attempt to whoever runs it next.
        """
        run = workflow_id(incident, attempt)
        pause = FIRST_PAUSE
        while True:
            try:
                with bound(run=run, **({"incident": incident} if attempt else {})):
                    await (self._attempt(incident, attempt, run) if attempt else self._asked(run))
            except self._away as error:
                log.warning("the database is away, %s waits: %s", run, error)
                await asyncio.sleep(pause * random.uniform(0.7, 1.3))
                pause = min(LONGEST_PAUSE, pause * 2)
            except NotOurs:
                log.warning("%s was taken over by another worker", run)
                raise asyncio.CancelledError from None
            else:
                self.on_end()
                return

    # ---- of an incident

    async def _attempt(self, incident: str, attempt: int, run: str) -> None:
        known = await self._begin(incident, attempt, run)
        if known is None:
            return
        made = await self._made(run, lambda: self._parts.context, lambda: self._alerts_of(incident))
        if not isinstance(made, Failure):
            report, *others = made
            await self._parts.incidents.finished(
                incident, attempt, run, report, self._now(), others, executor=self._executor
            )
            await self._reported(run, report)
            return
        now, tried = self._now(), self._settings.server
        pause = timedelta(seconds=tried.retry_seconds * 2 ** (attempt - 1))
        retry_at = now + pause if attempt < tried.attempts and not made.lasts else None
        await self._parts.incidents.failed(
            incident, attempt, run, made.why, retry_at, now,
            executor=self._executor, reason=made.reason or "",
        )  # fmt: skip
        await self._end(run, RunStatus.ERROR, {"message": made.why}, made.why)

    async def _begin(self, incident: str, attempt: int, run: str) -> Incident | None:
        """The incident, with the run on record; None if there is nothing to do any more."""
        store, now = self._parts, self._now()
        known = await store.incidents.incident(incident)
        begun = await store.runs.run(run)
        if known is None or (begun is not None and begun.status.ended):
            return None
        if not await store.incidents.started(incident, attempt, run, now):
            if begun is not None:  # killed between the report and the end of the run, or not wanted any more
                await self._take(run, now)
                await self._close(run)
            return None
        if begun is None:
            made = Run(
                id=run, thread=run, graph=GRAPH, incident=incident, attempt=attempt,
                metadata={"graph_id": GRAPH, "incident": incident}, created_at=now, updated_at=now,
            )  # fmt: skip
            await store.runs.create_run(made)
        await self._take(run, now)
        return known

    async def _take(self, run: str, now: datetime) -> None:
        """From here on what the run comes to is written by this worker only. Raises `NotOurs`."""
        if not await self._parts.runs.take_run(run, self._executor, now):
            raise NotOurs(f"{run} has ended, or {self._executor} is held for dead.")

    async def _close(self, run: str) -> None:
        report = await self._parts.incidents.report(run)
        if report is not None:
            await self._reported(run, report)
        else:
            await self._end(run, RunStatus.CANCELLED, {})

    async def _alerts_of(self, incident: str) -> Mapping[str, Any]:
        rows = await self._parts.incidents.alerts_of(incident)
        leading, *companions = in_order([row.alert() for row in rows])
        return {"alert": leading, "companions": companions}

    # ---- on demand

    async def _asked(self, run: str) -> None:
        row = await self._parts.runs.run(run)
        if row is None or row.status.ended:
            return
        asked = Asked.model_validate(row.arguments["asked"])
        await self._take(run, self._now())
        leading, *companions = asked.alerts

        async def given() -> Mapping[str, Any]:
            return {"alert": leading, "companions": companions}

        made = await self._made(run, lambda: self._context_of(asked), given)
        if not isinstance(made, Failure):
            report, *others = made
            await self._parts.incidents.keep_report(run, report, self._now(), others, executor=self._executor)
            await self._reported(run, report)
        else:
            await self._end(run, RunStatus.ERROR, {"message": made.why}, made.why)

    def _context_of(self, asked: Asked) -> TriageContext:
        usual = self._parts.context
        language = self._settings.languages(asked.language)[0] if asked.language else usual.language
        return usual.model_copy(
            update={
                "cluster": asked.cluster,
                "language": language,
                "other_languages": others_than(language),
                "model": self._settings.chosen_model(asked.model) if asked.model else usual.model,
                "deadline": asked.seconds or usual.deadline,
            }
        )

    # ---- both

    async def _made(
        self, run: str, context: Callable[[], TriageContext], alerts: Alerts
    ) -> Reports | Failure:
        """The reports, or why there are none."""
        began = time.monotonic()
        self._metrics.diagnosis_started()
        try:
            made = await self._reports(run, context(), alerts)
        except self._let_through:
            self._metrics.diagnosis_left()
            raise
        except Exception as error:  # a bug of ours ends this attempt, and says so
            ours = not isinstance(error, KubetriageError)
            log.error("the diagnosis %s failed: %s", run, _sentence(error), exc_info=ours)
            self._metrics.diagnosis_failed(time.monotonic() - began)
            return Failure(_sentence(error), reason_of(error), isinstance(error, BadInput))
        seconds = time.monotonic() - began
        log.info("diagnosed: %s", made[0].outcome.value, extra={"seconds": round(seconds, 3)})
        self._metrics.diagnosis_ended(made[0], seconds)
        return made

    async def _reports(self, run: str, context: TriageContext, alerts: Alerts) -> Reports:
        """The graph's reports, from the last checkpoint on if there is one, else from `await alerts()` on."""
        recorder = Recorder(self._parts.runs, run, self._executor, self._now)
        limit = context.deadline + SECONDS_BEYOND
        async with asyncio.timeout(limit), self._parts.checkpoints.saver(self._executor) as saver, traced():
            graph = self._parts.graph.copy(update={"checkpointer": saver})
            state = await graph.aget_state(_config(run))
            values: Mapping[str, Any] = state.values
            if "report" in values and not state.tasks:
                return _reports_in(values)
            given = await alerts() if state.created_at is None else None
            if state.next:
                await self._extend(graph, run, context, values.get("deadline_at"))
            options = {"context": context.model_copy(update={"run": run}), "durability": "sync"}
            with told_to(recorder.tell):
                async for mode, part in graph.astream(
                    given, _config(run), stream_mode=["tasks", "values"], **options
                ):
                    if mode == "values":
                        values = part
                    else:
                        await recorder.task(part)
            await recorder.flush()
        return _reports_in(values)

    async def _extend(self, graph: Any, run: str, context: TriageContext, until: datetime | None) -> None:
        """A run that lay still must not find its time gone."""
        whole = timedelta(seconds=context.deadline)
        if until is not None and until - self._now() < whole / 2:
            await graph.aupdate_state(_config(run), {"deadline_at": self._now() + whole})

    async def _reported(self, run: str, report: Report) -> None:
        await self._end(run, RunStatus.SUCCESS, {"outcome": report.outcome.value, "report": report.id})
        await self._parts.checkpoints.trim(run)

    async def _end(self, run: str, status: RunStatus, data: Mapping[str, Any], error: str = "") -> None:
        """The terminal status with the last event: who sees one can rely on the other. A run ends once."""
        await self._parts.runs.end_run(run, status, data, self._now(), executor=self._executor, error=error)

    def _now(self) -> datetime:
        return self._parts.services.clock()


def in_order(alerts: Sequence[Alert]) -> list[Alert]:
    """All alerts of an incident, the one to triage first."""
    return [alert for group in group_incidents(alerts) for alert in group]


def _config(run: str) -> Any:
    from kubetriage.graphs.triage_alert import RECURSION_LIMIT

    return {"configurable": {"thread_id": run}, "recursion_limit": RECURSION_LIMIT}


def _reports_in(values: Mapping[str, Any]) -> Reports:
    return [values["report"], *values.get("other_reports", [])]


def _sentence(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "The diagnosis hung: it was not over long after its deadline."
    if isinstance(error, KubetriageError):
        return str(error)
    return f"This is a bug in kubetriage ({type(error).__name__}: {str(error)[:300]})."
