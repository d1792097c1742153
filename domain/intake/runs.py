"""Durable runs of a graph, as rows: threads, runs on them, and what happened in each."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from kubetriage.domain.intake.values import Value


class ThreadStatus(StrEnum):
    IDLE = "idle"
    BUSY = "busy"
    INTERRUPTED = "interrupted"
    ERROR = "error"


class RunStatus(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    SUCCESS = "success"
    ERROR = "error"
    TIMEOUT = "timeout"
    INTERRUPTED = "interrupted"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        return self not in (RunStatus.PENDING, RunStatus.RUNNING)


class Thread(Value):
    """A sequence of runs that share checkpoints; its id is the checkpointer's `thread_id`."""

    id: str
    status: ThreadStatus = ThreadStatus.IDLE
    metadata: dict[str, Any] = Field(default_factory=dict)
    """`graph_id`, `assistant_id`, and what callers put there."""
    config: dict[str, Any] = Field(default_factory=dict)
    created_at: datetime
    updated_at: datetime


class Run(Value):
    """One execution of a graph on a thread."""

    id: str
    thread: str
    graph: str
    """Name of the graph: `triage_alert`, …"""
    incident: str | None = None
    attempt: int = 1
    status: RunStatus = RunStatus.PENDING
    executor: str = ""
    """The worker that runs it."""
    metadata: dict[str, Any] = Field(default_factory=dict)
    arguments: dict[str, Any] = Field(default_factory=dict)
    """What it was asked with: input, command, config, context, stream_mode, multitask_strategy, …"""
    error: str = ""
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None


class RunFilter(Value):
    """All that are given must hold."""

    statuses: tuple[RunStatus, ...] = ()
    incident: str | None = None
    on_demand: bool | None = None
    """Of no incident, or of one."""
    executor: str | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None


class RunEvent(Value):
    """Something that happened in a run, in order, for people who watch and for those who join later."""

    run: str
    seq: int
    """From 1, without gaps, within the run."""
    at: datetime
    kind: str
    """`node`, `reads`, `values`, `updates`, `custom`, `error`, `end`, …: its writer's words."""
    data: dict[str, Any] = Field(default_factory=dict)


class Executor(Value):
    """A worker process and when it last showed that it is alive."""

    id: str
    beat_at: datetime
    started_at: datetime
    data: dict[str, Any] = Field(default_factory=dict)
