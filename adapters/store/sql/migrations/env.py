"""Alembic runs this file: on the connection, and in the transaction, that it is given."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from kubetriage.adapters.store.sql.migrating import VERSIONS


def run(connection: Connection) -> None:
    context.configure(connection=connection, version_table=VERSIONS, transaction_per_migration=False)
    context.run_migrations()


run(context.config.attributes["connection"])
