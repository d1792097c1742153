"""The table of what was spent on models."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Double, Table, false

from kubetriage.adapters.store.sql.column_types import Instant, Number, Words
from kubetriage.adapters.store.sql.tables import metadata

spent = Table(
    "spent",
    metadata,
    Column("id", Number, primary_key=True),
    Column("day", Words, nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("run", Words, nullable=False, index=True),
    Column("profile", Words, nullable=False),
    Column("prompt", Number, nullable=False),
    Column("cached", Number, nullable=False),
    Column("completion", Number, nullable=False),
    Column("cost", Double),
    Column("currency", Words, nullable=False, server_default=""),
    Column("open", Boolean, nullable=False, server_default=false()),
    sqlite_autoincrement=True,
)
