"""The database of incidents and messages, as protocols; of runs in `run_store`.

Every method is one transaction, committed when it returns; called again with the same arguments after a
failure it does no harm. Raises `StoreUnavailable` when nothing can be stored or read, `LookupError`
nowhere: what does not exist is None, False or empty. Any number of processes may use one database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from kubetriage.domain.alert import Alert
from kubetriage.domain.intake.checks import Checks
from kubetriage.domain.intake.messages import Attempt, Message, MessageState, NewMessage, Outcome
from kubetriage.domain.intake.posts import Arrival, Post
from kubetriage.domain.intake.reading import (
    Accepted,
    Due,
    EventKind,
    Feedback,
    IncidentEvent,
    IncidentFilter,
    Page,
    Paged,
    Tallies,
)
from kubetriage.domain.intake.values import AlertRow, Incident, Retention
from kubetriage.domain.language import Language
from kubetriage.domain.messages.sending import Pace
from kubetriage.domain.report import Report


class Incidents(Checks, Protocol):
    """Alerts and incidents. What becomes of them is decided by `intake.deciding`, inside the transaction."""

    async def accept(
        self, alerts: Sequence[Alert], *, source: str, body_digest: str, received_at: datetime
    ) -> Accepted:
        """Store the alerts of one request, and open, join, reopen, absorb or resolve incidents.

        On disk when it returns. The same body again is counted, never refused.
        """

    async def sort(self, arrivals: Sequence[Arrival]) -> Sequence[Accepted | None]:
        """The same for several requests, or parts of them, in the order in which they came.

        None for what is stored already: whoever dies between this and `inbox.Inbox.drop` has it done once.
        """

    async def post(self, id: int) -> Post | None:
        """A request of which something is stored by `sort`."""

    async def due(self, now: datetime, limit: int) -> Sequence[Due]:
        """Diagnoses that may start now, the most urgent first, within the budget of storms.

        `limit` is the caller's free places.
        """

    async def claim(self, incident: str, attempt: int, now: datetime) -> bool:
        """WAITING → QUEUED for this attempt. False if another was faster, or it is not due any more."""

    async def claimed(self, before: datetime) -> Sequence[Due]:
        """Claims (QUEUED or DIAGNOSING) made before that time, oldest first: to be enqueued once more.

        Enqueueing is idempotent by incident and attempt; this closes the gap between claim and enqueue.
        """

    async def started(self, incident: str, attempt: int, run: str, now: datetime) -> bool:
        """QUEUED → DIAGNOSING; True as well if this attempt has started before (after a kill).

        False if the attempt is over or not wanted any more (the incident recovered, was absorbed or closed
        meanwhile): the worker ends without a diagnosis.
        """

    async def finished(
        self,
        incident: str,
        attempt: int,
        run: str,
        report: Report,
        now: datetime,
        others: Sequence[Report] = (),
        *,
        executor: str | None = None,
    ) -> Incident | None:
        """DIAGNOSING → REPORTED with the report; a second time it changes nothing.

        Raises `NotOurs` if an executor is named and the run is another's.

        `others` are the same in other languages.

        May absorb incidents that the report explains, and requeue if more came meanwhile. Writes a notice.
        """

    async def failed(
        self,
        incident: str,
        attempt: int,
        run: str,
        why: str,
        retry_at: datetime | None,
        now: datetime,
        *,
        executor: str | None = None,
        reason: str = "",
    ) -> Incident | None:
        """The attempt failed: WAITING until `retry_at` with the next attempt, or FAILED if that is None.

        `why` is the error in a sentence, `reason` its kind, a `FailureReason` if it has one.
        FAILED writes a notice. Raises `NotOurs` if an executor is named and the run is another's.
        """

    async def incident(self, id: str) -> Incident | None: ...

    async def incidents(self, wanted: IncidentFilter, page: Page) -> Paged[Incident]:
        """Newest first."""

    async def children(self, id: str, limit: int = 1000) -> Sequence[Incident]:
        """Incidents that this one absorbed, oldest first."""

    async def timeline(self, id: str, after: int = 0, limit: int = 1000) -> Sequence[IncidentEvent]:
        """Events with a greater `seq`, oldest first."""

    async def alerts_of(self, id: str, limit: int = 1000) -> Sequence[AlertRow]:
        """Firing ones first, then by severity and start; use `AlertRow.alert()` to triage them."""

    async def report(self, run: str, language: Language | None = None) -> Report | None:
        """The run's report in that language, or its own where there is none in it, or none is asked for."""

    async def reports_of(self, id: str) -> Sequence[str]:
        """Runs that made a report on this incident, oldest first."""

    async def keep_report(
        self,
        run: str,
        report: Report,
        now: datetime,
        others: Sequence[Report] = (),
        *,
        executor: str | None = None,
    ) -> None:
        """A report that belongs to no incident: triage on demand.

        Raises `NotOurs` if an executor is named and the run is another's.
        """

    async def acknowledge(self, id: str, who: str, at: datetime) -> Incident | None:
        """Stops reminders, not the diagnosis; a new episode takes it back. The first one is kept."""

    async def unacknowledge(self, id: str, who: str, at: datetime) -> Incident | None:
        """Takes an acknowledgement back; nothing changes where there is none."""

    async def feedback(self, run: str, feedback: Feedback) -> bool:
        """Keep what a person says of a run's report; False if there is no such report."""

    async def feedback_on(self, run: str) -> Sequence[Feedback]:
        """Oldest first."""

    async def notices(self, limit: int = 100) -> Sequence[IncidentEvent]:
        """Events that people are to be told and that `Messages.dispatch` has not been called for."""

    async def sweep(self, now: datetime) -> Sequence[IncidentEvent]:
        """What time alone brings: closing after the resolve delay, stale, end of flapping and of storms,

        reminders, a silent Watchdog. Returns what it wrote. To be called every few seconds by any replica.
        """

    async def retain(self, now: datetime, keep: Retention) -> Mapping[str, int]:
        """Delete what is older than its time, a bounded number of rows a call; table → rows deleted.

        Call again until it is all zeros. Checkpoints of deleted runs are the caller's: see `Runs.expired`.
        """

    async def tallies(self, now: datetime) -> Tallies: ...

    async def happened(self, after: int | None) -> tuple[int, Mapping[EventKind, int]]:
        """The `seq` of the last event of all timelines, and how many of each kind came after that one.

        None counts nothing: it asks where to begin.
        """

    async def ping(self) -> None:
        """Returns if the database answers and can be written to, else raises `StoreUnavailable`."""


class Messages(Protocol):
    """The outbox. An attempt is stored before it is made, so that a kill leaves `unknown`, never a lie."""

    async def enqueue(self, messages: Sequence[NewMessage], now: datetime) -> Sequence[Message]:
        """Stored, or found, by key, in the given order."""

    async def dispatch(self, notice: int, messages: Sequence[NewMessage], now: datetime) -> Sequence[Message]:
        """Enqueue the messages of one notice and tick it off, in one transaction; nothing if it was."""

    async def claim_due(self, worker: str, now: datetime, budgets: Mapping[str, int]) -> Sequence[Message]:
        """PENDING and due → SENDING for this worker: at most `budgets[channel]` of each channel named there,

        oldest first. No other worker gets them.
        """

    async def attempt_started(
        self, message: int, worker: str, now: datetime, pace: Pace | None = None
    ) -> int | None:
        """The attempt's number; None if this worker does not hold the message (any more): do not send.

        Raises `NotYet` where the pace, counted over all workers, lets no attempt begin now.
        """

    async def attempt_ended(
        self,
        message: int,
        number: int,
        outcome: Outcome,
        now: datetime,
        *,
        retry_at: datetime | None = None,
        status: int | None = None,
        error: str = "",
        provider_id: str = "",
    ) -> Message | None:
        """Keep the answer. RETRY needs `retry_at` and makes it PENDING; the others are the message's end.

        A message that is already delivered stays so.
        """

    async def put_back(self, message: int, worker: str, due_at: datetime) -> bool:
        """Claimed and not tried: PENDING again (the bucket is empty)."""

    async def retry(self, message: int, due_at: datetime) -> bool:
        """UNKNOWN or DEAD → PENDING, by a person, or for a channel where twice is better than never."""

    async def digest(self, messages: Sequence[int], into: NewMessage, now: datetime) -> Message | None:
        """PENDING → DIGESTED, told by the new message; None, and nothing changed, if one of them is not."""

    async def release(
        self, now: datetime, *, worker: str = "", claimed_before: datetime | None = None, channel: str = ""
    ) -> int:
        """Claims of a worker, or claims that old of workers that do not beat: UNKNOWN if an attempt has no

        answer, else PENDING. With a channel, only those of its messages.
        """

    async def message(self, id: int) -> Message | None: ...

    async def messages(
        self,
        page: Page,
        *,
        incident: str | None = None,
        channel: str | None = None,
        states: Sequence[MessageState] = (),
    ) -> Paged[Message]:
        """Newest first."""

    async def attempts(self, message: int) -> Sequence[Attempt]:
        """In order."""

    async def attempts_since(self, channel: str, since: datetime) -> int:
        """How many attempts began, over all workers: for the channel's rate."""
