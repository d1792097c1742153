"""Whether an incident explains others is decided by its diagnosis."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("incidents", sa.Column("explains", sa.Boolean(), nullable=False, server_default=sa.true()))
