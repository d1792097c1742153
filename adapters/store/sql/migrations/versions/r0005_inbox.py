"""Posts wait in an inbox until their alerts are sorted, and say what became of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    for name in ("new", "repeats", "truncated"):
        op.add_column("posts", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    op.add_column("posts", sa.Column("incidents", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("posts", sa.Column("sorted", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("posts", sa.Column("why", sa.Text(), nullable=False, server_default=""))
    op.execute("UPDATE posts SET sorted = true")
    if op.get_bind().dialect.name == "postgresql":  # SQLite has it in a file of its own
        _inbox()


def _inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("source", sa.Text(), nullable=False, server_default=""),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("failed", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("why", sa.Text(), nullable=False, server_default=""),
    )
    # Bodies live for a second: compressing them would cost more time than their bytes.
    op.execute("ALTER TABLE inbox ALTER COLUMN body SET STORAGE EXTERNAL")
    op.execute(
        "SELECT setval(pg_get_serial_sequence('inbox', 'id'), (SELECT coalesce(max(id), 0) + 1 FROM posts))"
    )
