"""Threads that are busy are looked for every other second."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_index("threads_by_status", "threads", ["status", "created_at"])
