"""The database's threads, runs and workers, as a protocol. See `stores` for what holds for all methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from kubetriage.domain.intake.reading import Page, Paged
from kubetriage.domain.intake.runs import Executor, Run, RunEvent, RunFilter, RunStatus, Thread, ThreadStatus


class Runs(Protocol):
    """Threads, runs and their events."""

    async def create_thread(self, thread: Thread) -> bool:
        """False if there is one of that id; it is not changed."""

    async def thread(self, id: str) -> Thread | None: ...

    async def threads(
        self, metadata: Mapping[str, Any], page: Page, status: ThreadStatus | None = None
    ) -> Paged[Thread]:
        """Those whose metadata holds all of these, most recently created first."""

    async def update_thread(
        self,
        id: str,
        now: datetime,
        *,
        metadata: Mapping[str, Any] | None = None,
        status: ThreadStatus | None = None,
    ) -> Thread | None:
        """Merge the metadata (a None removes the key), set the status."""

    async def delete_thread(self, id: str) -> bool:
        """With its runs and their events."""

    async def create_run(self, run: Run, *, unless_busy: bool = False) -> bool:
        """Creates its thread too if there is none. False, and nothing changed, if a run of that id exists,

        or, with `unless_busy`, if another run of the thread is pending or running.
        """

    async def run(self, id: str) -> Run | None: ...

    async def runs(self, thread: str, page: Page, status: RunStatus | None = None) -> Paged[Run]:
        """Newest first."""

    async def search(self, wanted: RunFilter, page: Page) -> Paged[Run]:
        """Runs of all threads, newest first. Their `arguments` and `metadata` are left out."""

    async def take_run(self, id: str, executor: str, now: datetime) -> bool:
        """RUNNING, and this worker's until another takes it.

        False, and nothing changed, if it has ended, or if the others hold this worker for dead: it does not
        beat, or was forgotten. What it held is theirs then, whatever it has not heard of yet.
        """

    async def run_status(self, id: str, status: RunStatus, now: datetime, *, error: str = "") -> bool:
        """Set it, and the thread's. False if the run is unknown or has ended already: its status stays."""

    async def end_run(
        self,
        id: str,
        status: RunStatus,
        data: Mapping[str, Any],
        now: datetime,
        *,
        executor: str,
        error: str = "",
    ) -> bool:
        """The same with its last event: `error` if there is one, else `end`.

        Raises `NotOurs` if the run is not this executor's.
        """

    async def delete_run(self, id: str) -> bool:
        """With its events and observations."""

    async def record_event(
        self, run: str, kind: str, data: Mapping[str, Any], at: datetime, *, executor: str | None = None
    ) -> int:
        """The event's `seq`. Data are JSON values. Raises `NotOurs` as `Incidents.finished` does."""

    async def run_events(self, run: str, after: int = 0, limit: int = 1000) -> Sequence[RunEvent]:
        """Events with a greater `seq`, in order. Other processes' events are seen as soon as committed."""

    async def beat(
        self, executor: str, now: datetime, data: Mapping[str, Any] | None = None, *, again: bool = False
    ) -> bool:
        """This worker is alive. Where it was seen before (`again`): False, and still forgotten, if it was."""

    async def executors(self) -> Sequence[Executor]:
        """All that ever beat and were not forgotten, the most recent beat first."""

    async def forget_executor(self, executor: str) -> None: ...

    async def expired(self, before: datetime, limit: int = 100) -> Sequence[str]:
        """Ids of threads all of whose runs ended before that time: delete checkpoints, then the thread."""
