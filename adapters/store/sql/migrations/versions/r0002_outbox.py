"""Messages on their way to people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _messages()
    _attempts()


def _messages() -> None:
    op.create_table(
        "messages",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False, server_default=""),
        sa.Column("event", sa.Text(), nullable=False, server_default=""),
        sa.Column("incident", sa.Text()),
        sa.Column("run", sa.Text()),
        sa.Column("notice", NUMBER),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("body_digest", sa.Text(), nullable=False, server_default=""),
        sa.Column("state", sa.Text(), nullable=False, server_default=""),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("worker", sa.Text(), nullable=False, server_default=""),
        sa.Column("claimed_at", sa.BigInteger()),
        sa.Column("provider_id", sa.Text(), nullable=False, server_default=""),
        sa.Column("error", sa.Text(), nullable=False, server_default=""),
        sa.Column("digest", NUMBER),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_messages_incident", "messages", ["incident"])
    _partial("messages_due", "messages", ["channel", "due_at"], sa.text("state IN ('pending', 'sending')"))


def _attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("message", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("channel", sa.Text(), nullable=False, server_default=""),
        sa.Column("worker", sa.Text(), nullable=False, server_default=""),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("outcome", sa.Text()),
        sa.Column("status", sa.Integer()),
        sa.Column("error", sa.Text(), nullable=False, server_default=""),
        sa.Column("provider_id", sa.Text(), nullable=False, server_default=""),
    )
    op.create_index("attempts_rate", "attempts", ["channel", "started_at"])


def _partial(
    name: str,
    table: str,
    columns: list[str],
    where: sa.ColumnElement[bool] | sa.TextClause,
    unique: bool = False,
) -> None:
    op.create_index(name, table, columns, unique=unique, sqlite_where=where, postgresql_where=where)
