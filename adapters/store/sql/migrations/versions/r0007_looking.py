"""Runs are listed newest first, over all threads; when an incident's resource was last looked at."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_index("runs_created", "runs", ["created_at", "id"])
    op.add_column("incidents", sa.Column("checked_at", sa.BigInteger()))
