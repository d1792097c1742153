"""Brings a database to this version's schema, once, however many processes start together."""

from __future__ import annotations

import threading
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from kubetriage.adapters.store.sql.connecting import Connector
from kubetriage.domain.intake.errors import SchemaTooNew

_ONE_AT_A_TIME = threading.Lock()
"""Alembic keeps what it works on in its module: two databases of one process take turns."""

VERSIONS = "kubetriage_schema"
"""The table that says which revision a database has."""


def migrate(connector: Connector, revision: str = "head") -> None:
    """Under a lock and in one transaction: a kill in the middle leaves the database as it was.

    Raises `SchemaTooNew` for a revision that this version does not know.
    """
    with _ONE_AT_A_TIME, connector.alone() as connection:
        config = _config(connection)
        scripts = _scripts(config)
        present = present_revision(connection)
        known = {script.revision for script in scripts.walk_revisions()}
        if present is not None and present not in known:
            raise SchemaTooNew(
                f"The database has schema {present}, which is newer than this version of kubetriage knows: "
                "start the version that made it, or a later one."
            )
        if present != scripts.get_current_head() or revision != "head":
            command.upgrade(config, revision)


def present_revision(connection: Connection) -> str | None:
    """None for a database that has no schema yet."""
    context = MigrationContext.configure(connection, opts={"version_table": VERSIONS})
    return context.get_current_revision()


def newest_revision() -> str | None:
    """The one that this version's code works on."""
    return _scripts(Config()).get_current_head()


def _config(connection: Connection) -> Config:
    config = Config()
    config.attributes["connection"] = connection
    return config


def _scripts(config: Config) -> ScriptDirectory:
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return ScriptDirectory.from_config(config)
