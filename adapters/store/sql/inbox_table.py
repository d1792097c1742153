"""The table of posts that wait to be sorted; on SQLite in a file of its own."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Integer, LargeBinary, MetaData, Table, false, text

from kubetriage.adapters.store.sql.column_types import Instant, Number, Words

inbox_metadata = MetaData()

inbox = Table(
    "inbox",
    inbox_metadata,
    Column("id", Number, primary_key=True),
    Column("source", Words, nullable=False, server_default=""),
    Column("received_at", Instant, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("size", Integer, nullable=False, server_default=text("0")),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("due_at", Instant),
    Column("failed", Boolean, nullable=False, server_default=false()),
    Column("why", Words, nullable=False, server_default=""),
    sqlite_autoincrement=True,
)
