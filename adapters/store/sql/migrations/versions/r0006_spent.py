"""What is spent on models is kept here, where all servers on one database share a budget."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "spent",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("prompt", _NUMBER, nullable=False),
        sa.Column("cached", _NUMBER, nullable=False),
        sa.Column("completion", _NUMBER, nullable=False),
        sa.Column("cost", sa.Double()),
        sa.Column("currency", sa.Text(), nullable=False, server_default=""),
        sa.Column("open", sa.Boolean(), nullable=False, server_default=sa.false()),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_spent_day", "spent", ["day"])
    op.create_index("ix_spent_run", "spent", ["run"])
