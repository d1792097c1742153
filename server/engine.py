"""Durable work: a queue of diagnoses that outlives the process. The only module that knows DBOS.

One workflow is one attempt at one incident, and its id says so: enqueueing it again changes nothing. What a
workflow does has to be safe to run again from the start, because after a kill it is: the graph goes on from
its checkpoint, and what was finished says so in the store.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kubetriage.server.logging import Thinned

if TYPE_CHECKING:
    import sqlalchemy
    from dbos import WorkflowStatus

APPLICATION = "kubetriage"
VERSION = "1"
"""Raised only when the steps of a workflow change shape: another version's pending work is not taken up."""
QUEUE = "diagnoses"
DIAGNOSE, TAKE_OVER = "diagnose", "take_over"
POLL_SECONDS = 0.2
LOWEST_PRIORITY = 1_000_000
_LIVE = ("ENQUEUED", "PENDING")
_THREADS = 32
_PAGE = 500

Work = Callable[[str, int], Awaitable[None]]
"""`(incident, attempt)`: one attempt at a diagnosis, safe to be called again. Attempts count from 1;
with 0, the first is the id of a run that belongs to no incident."""


def workflow_id(incident: str, attempt: int) -> str:
    """The name of an attempt, of its run, and of its thread of checkpoints."""
    return f"{incident}-{attempt}" if attempt else incident


class Engine:
    """One replica's share of the queue. A process has at most one that is started: DBOS is a singleton."""

    def __init__(self, database: sqlalchemy.Engine, work: Work, *, executor: str, concurrency: int) -> None:
        """`executor` names this process and no other, ever; `concurrency` is how many run here at once."""
        self._database = database
        self._work = work
        self.executor = executor
        self._concurrency = concurrency
        self._running: dict[str, asyncio.Task[None]] = {}
        self._started = False
        self._accepting = False
        self._ended = asyncio.Event()

    async def start(self) -> None:
        """Migrate the engine's tables and listen to the queue; work runs on the loop that awaits this."""
        from dbos import DBOS

        logger = logging.getLogger("dbos")
        if not logger.handlers:  # else it would write to stderr in a form of its own
            logger.addHandler(logging.NullHandler())
            logger.addFilter(Thinned())

        async def diagnose(incident: str, attempt: int) -> None:
            await self._diagnose(incident, attempt)

        DBOS.workflow(name=DIAGNOSE, max_recovery_attempts=None)(diagnose)
        DBOS.workflow(name=TAKE_OVER, max_recovery_attempts=None)(_take_over)
        self._started = self._accepting = True
        try:
            DBOS(config=self._config())
            DBOS.launch()  # here and not in a thread: it adopts the running loop
            await DBOS.register_queue_async(
                QUEUE,
                worker_concurrency=self._concurrency,
                polling_interval_sec=POLL_SECONDS,
                on_conflict="always_update",
            )
        except BaseException:
            await self._apart(lambda: DBOS.destroy(destroy_registry=True))
            raise

    def _config(self) -> Any:
        return {
            "name": APPLICATION,
            "system_database_url": self._database.url.render_as_string(hide_password=False),
            "system_database_engine": self._database,
            "application_version": VERSION,
            "executor_id": self.executor,
            "log_level": "WARNING",
            "max_executor_threads": _THREADS,
            "use_listen_notify": False,  # nothing here waits for an event of another workflow
            "notification_listener_polling_interval_sec": POLL_SECONDS,  # ending waits for it
        }

    async def stop(self, grace: float) -> None:
        """Begin nothing more, wait at most `grace` seconds for what runs, then stop it where it is.

        What was stopped is put back on the queue, for any replica or for this one when it is back.
        """
        if not self._started:
            return
        self._accepting = False
        if self._running:
            await asyncio.wait(self._running.values(), timeout=grace)
        await self.abandon()
        self._ended.set()
        await self._apart(self._destroy)

    async def _apart(self, end: Callable[[], None]) -> None:
        """DBOS is ended in a thread of its own: its threads are what it ends."""
        loop = asyncio.get_running_loop()
        self._started = False
        loop.set_default_executor(ThreadPoolExecutor())  # DBOS had put its own there, which it shuts down
        with ThreadPoolExecutor(1) as apart:
            await loop.run_in_executor(apart, end)

    def _destroy(self) -> None:
        from dbos import DBOS, DBOSClient

        DBOS.destroy(destroy_registry=True)
        client = DBOSClient(system_database_engine=self._database)
        try:
            left = client.list_workflows(
                status="PENDING", executor_id=self.executor, load_input=False, load_output=False
            )
            if left:
                client.resume_workflows([each.workflow_id for each in left], queue_name=QUEUE)
        finally:
            client.destroy()

    async def abandon(self) -> Sequence[str]:
        """Stop what runs here, without an outcome: whoever owns it next goes on. Says what was stopped."""
        stopped = dict(self._running)
        for task in stopped.values():
            task.cancel()
        if stopped:
            await asyncio.wait(stopped.values(), timeout=5.0)
        return list(stopped)

    async def enqueue(self, incident: str, attempt: int, priority: int = LOWEST_PRIORITY) -> None:
        """Put an attempt on the queue unless it was put there before; 1 is the most urgent priority."""
        from dbos import DBOS

        await DBOS.enqueue_workflow_with_options_async(
            {
                "workflow_name": DIAGNOSE,
                "queue_name": QUEUE,
                "workflow_id": workflow_id(incident, attempt),
                "priority": max(1, min(priority, LOWEST_PRIORITY)),
                "app_version": VERSION,
            },
            incident,
            attempt,
        )

    def running(self) -> Sequence[str]:
        """Workflows that run in this process."""
        return list(self._running)

    async def live(self) -> Mapping[str, str]:
        """Diagnoses of all replicas that wait or run, each with the executor that runs it, else ""."""
        from dbos import DBOS

        found = await DBOS.list_workflows_async(
            status=list(_LIVE), name=DIAGNOSE, load_input=False, load_output=False
        )
        return {w.workflow_id: w.executor_id or "" if w.status == "PENDING" else "" for w in found}

    async def cancel(self, incident: str, attempt: int) -> None:
        """Take an attempt off the queue, or stop it where it runs here. Nothing happens to a finished one."""
        from dbos import DBOS

        name = workflow_id(incident, attempt)
        await DBOS.cancel_workflows_async([name])
        if task := self._running.get(name):
            task.cancel()

    async def over(self, name: str) -> bool:
        """Whether a workflow has ended, however it did."""
        from dbos import DBOS

        status = await DBOS.get_workflow_status_async(name)
        return status is not None and status.status not in _LIVE

    async def adopt(self, executor: str, only: str | None = None) -> Sequence[str]:
        """Put a dead executor's work back on the queue; several replicas may do so at the same time.

        Moving one claimed workflow is a workflow itself, named by that claim, and so is done once.
        """
        from dbos import DBOS, SetWorkflowID

        left = await DBOS.list_workflows_async(
            workflow_ids=[only] if only else None,
            status="PENDING",
            executor_id=executor,
            load_input=False,
            load_output=False,
        )
        for each in left:
            with SetWorkflowID(f"{TAKE_OVER}:{each.workflow_id}:{_claim(each)}"):
                moving = await DBOS.start_workflow_async(_take_over, each.workflow_id, executor, _claim(each))
            await moving.get_result(polling_interval_sec=POLL_SECONDS)
        return [each.workflow_id for each in left]

    async def forget(self, before: datetime) -> None:
        """Drop what is kept of workflows that ended before that time."""
        from dbos import DBOS

        while True:
            found = await DBOS.list_workflows_async(
                completed_before=before.isoformat(), limit=_PAGE, load_input=False, load_output=False
            )
            if not found:
                return
            await DBOS.delete_workflows_async([each.workflow_id for each in found])

    async def _diagnose(self, incident: str, attempt: int) -> None:
        name = workflow_id(incident, attempt)
        if not self._accepting:  # waiting keeps the place taken, so that not more and more are claimed
            await self._ended.wait()
            raise asyncio.CancelledError
        while name in self._running:
            await asyncio.wait([self._running[name]])
        task = self._running[name] = asyncio.ensure_future(self._work(incident, attempt))
        try:
            await asyncio.wait([task])
        finally:
            self._running.pop(name, None)
        task.result()  # a cancelled one raises past DBOS, which then keeps no outcome


def _claim(workflow: WorkflowStatus) -> int:
    """When a workflow was last claimed, in milliseconds."""
    return workflow.dequeued_at or workflow.created_at or 0


async def _take_over(name: str, executor: str, claim: int) -> None:
    from dbos import DBOS

    found = await DBOS.list_workflows_async(workflow_ids=[name], load_input=False, load_output=False)
    if [(w.status, w.executor_id, _claim(w)) for w in found] == [("PENDING", executor, claim)]:
        await DBOS.resume_workflows_async([name], queue_name=QUEUE)
