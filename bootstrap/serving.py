"""What the server's processes need: the database, and everything that a diagnosis runs with."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kubetriage.bootstrap.server_settings import database_url
from kubetriage.bootstrap.settings import Settings
from kubetriage.domain.errors import BadSettings
from kubetriage.domain.language import others_than
from kubetriage.domain.ports import Models, Observations, Progress, Services
from kubetriage.domain.report import Report
from kubetriage.state.triage_alert import TriageContext

if TYPE_CHECKING:
    from kubetriage.adapters.model.ledger import Ledger
    from kubetriage.adapters.store.sql.database import Database
    from kubetriage.bootstrap.checkpoints import Checkpoints
    from kubetriage.domain.intake.inbox import Inbox
    from kubetriage.domain.intake.run_store import Runs
    from kubetriage.domain.intake.stores import Incidents, Messages

GRAPH = "triage_alert"
MISSING = (
    "The server and its database need more packages ({name} is missing): pip install 'kubetriage[server]'."
)
PACKAGES = ("dbos", "sqlalchemy", "psycopg", "alembic", "fastapi", "uvicorn", "prometheus_client")


@dataclass(frozen=True)
class Diagnosis:
    """What diagnoses run with, on one event loop."""

    inbox: Inbox
    incidents: Incidents
    runs: Runs
    messages: Messages
    observations: Observations
    checkpoints: Checkpoints
    services: Services
    graph: Any
    """The compiled main graph; a copy with a saver runs."""
    context: TriageContext
    """The options of a run that says nothing else."""


@dataclass(frozen=True)
class Outside:
    """What diagnoses take from the process that they run in."""

    clock: Callable[[], datetime]
    progress: Progress
    snapshot: Path | None = None
    """A recorded cluster to read instead of the configured ones."""


class KeptReports:
    """`ports.Outbox` of the server: reports are stored, and messages made of what was stored."""

    async def send(self, report: Report) -> None:
        """Nothing: the run's end stores the report."""


def require_server() -> None:
    """Raises `BadSettings` if the packages of the `server` extra are not there."""
    from importlib.util import find_spec

    for name in PACKAGES:
        if find_spec(name) is None:
            raise BadSettings(MISSING.format(name=name))


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """The store, migrated; raises `BadSettings`, `SchemaTooNew`, `StoreUnavailable`."""
    from kubetriage.adapters.store.sql.database import Database

    database = await Database.open(database_url(settings.database), settings.intake)
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def _shared_models(settings: Settings, database: Database) -> AsyncIterator[Models | None]:
    """Models under the budgets of all servers on the database; on SQLite the user's ledger is all of them."""
    if not database.spending.shared:
        yield None
        return
    from kubetriage.bootstrap.models import ConfiguredModels

    def book() -> Ledger:
        from kubetriage.bootstrap.spending import SharedLedger

        return SharedLedger(database.spending, settings.budget, lambda: datetime.now(UTC))

    models = ConfiguredModels(settings, book)
    try:
        yield models
    finally:
        await models.aclose()


@asynccontextmanager
async def build_diagnosis(
    settings: Settings, database: Database, outside: Outside
) -> AsyncIterator[Diagnosis]:
    """Everything that diagnoses need, closed when this ends. Raises as `build_services` does."""
    from kubetriage.bootstrap.checkpoints import open_checkpoints
    from kubetriage.bootstrap.services import build_services
    from kubetriage.graphs.triage_alert import build_triage_alert

    url = database_url(settings.database)
    async with (
        build_services(settings, snapshot=outside.snapshot, progress=outside.progress) as services,
        open_checkpoints(url, settings.intake.max_running) as checkpoints,
        _shared_models(settings, database) as models,
    ):
        language = settings.languages(None)[0]
        bound = replace(
            services, observations=database.observations, outbox=KeptReports(), clock=outside.clock,
            models=models or services.models,
        )  # fmt: skip
        yield Diagnosis(
            inbox=database.inbox,
            incidents=database.incidents,
            runs=database.runs,
            messages=database.messages,
            observations=database.observations,
            checkpoints=checkpoints,
            services=bound,
            graph=build_triage_alert(bound).compile(),
            context=TriageContext(
                language=language,
                other_languages=others_than(language),
                model=settings.chosen_model(None),
                deadline=settings.server.diagnosis_seconds,
            ),
        )
