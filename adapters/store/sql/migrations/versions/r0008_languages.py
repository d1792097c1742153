"""A run's report is kept in every language that it was made in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("reports", sa.Column("others", sa.Text()))
