"""Triage on demand: a run of no incident, stored for the workers to find."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from kubetriage.bootstrap.serving import GRAPH
from kubetriage.bootstrap.settings import Settings
from kubetriage.domain.intake.runs import Run, Thread

if TYPE_CHECKING:
    from kubetriage.domain.intake.run_store import Runs
    from kubetriage.server.parts import Asked

ON_DEMAND = {"asked_by": "demand"}
"""What the threads of such runs are found by."""


class Desk:
    """`parts.TriageDesk`: the run is durable when its id is returned, and a worker begins it soon."""

    def __init__(
        self, runs: Runs, settings: Settings, clock: Callable[[], datetime], *, any_cluster: bool = False
    ) -> None:
        """`any_cluster`: a recorded cluster answers to every name."""
        self._runs = runs
        self._settings = settings
        self._clock = clock
        self._any_cluster = any_cluster

    async def submit(self, asked: Asked) -> str:
        """See `parts.TriageDesk`."""
        if asked.cluster and not self._any_cluster:
            self._settings.require_cluster(asked.cluster)
        self._settings.require_model(asked.model)
        now, run = self._clock(), str(uuid.uuid4())
        about = {"graph_id": GRAPH, **ON_DEMAND}
        await self._runs.create_thread(Thread(id=run, metadata=about, created_at=now, updated_at=now))
        await self._runs.create_run(
            Run(
                id=run, thread=run, graph=GRAPH, metadata=about,
                arguments={"asked": asked.model_dump(mode="json")}, created_at=now, updated_at=now,
            )
        )  # fmt: skip
        return run
