"""Alerts, incidents and runs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _posts()
    _alerts()
    _incidents()
    _incident_events()
    _reports()
    _feedback()
    _storms()
    _silences()
    _observations()
    _threads()
    _runs()
    _run_events()
    _executors()


def _posts() -> None:
    op.create_table(
        "posts",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("source", sa.Text(), nullable=False, server_default=""),
        sa.Column("body_digest", sa.Text(), nullable=False, server_default=""),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("alerts", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_posts_received_at", "posts", ["received_at"])


def _alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("fingerprint", sa.Text(), primary_key=True),
        sa.Column("starts_at", sa.BigInteger(), primary_key=True),
        sa.Column("cluster", sa.Text(), nullable=False, server_default=""),
        sa.Column("name", sa.Text(), nullable=False, server_default=""),
        sa.Column("severity", sa.Text(), nullable=False, server_default=""),
        sa.Column("firing", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("assumed", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.Column("annotations", sa.Text(), nullable=False),
        sa.Column("extra", sa.Text(), nullable=False),
        sa.Column("generator_url", sa.Text(), nullable=False, server_default=""),
        sa.Column("source", sa.Text(), nullable=False, server_default=""),
        sa.Column("first_seen", sa.BigInteger(), nullable=False),
        sa.Column("last_seen", sa.BigInteger(), nullable=False),
        sa.Column("repeats", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("ends_at", sa.BigInteger()),
        sa.Column("incident", sa.Text()),
    )
    _partial("alerts_alone", "alerts", ["last_seen"], sa.text("incident IS NULL"))
    _partial("alerts_firing", "alerts", ["last_seen"], sa.column("firing", sa.Boolean()).is_(True))
    op.create_index("ix_alerts_incident", "alerts", ["incident"])


def _incidents() -> None:
    op.create_table(
        "incidents",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("cluster", sa.Text(), nullable=False, server_default=""),
        sa.Column("title", sa.Text(), nullable=False, server_default=""),
        sa.Column("severity", sa.Text(), nullable=False, server_default=""),
        sa.Column("severity_rank", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("state", sa.Text(), nullable=False, server_default=""),
        sa.Column("hold", sa.Text(), nullable=False, server_default=""),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("again", sa.Text(), nullable=False, server_default=""),
        sa.Column("claimed_at", sa.BigInteger()),
        sa.Column("last_diagnosed_at", sa.BigInteger()),
        sa.Column("diagnosis_attempts", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("diagnosed", sa.Text()),
        sa.Column("acked_by", sa.Text(), nullable=False, server_default=""),
        sa.Column("acked_at", sa.BigInteger()),
        sa.Column("flapping_until", sa.BigInteger()),
        sa.Column("absorbed_by", sa.Text()),
        sa.Column("storm", NUMBER),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("last_episode_at", sa.BigInteger(), nullable=False),
        sa.Column("resolved_at", sa.BigInteger()),
        sa.Column("noticed_at", sa.BigInteger()),
        sa.Column("closed_at", sa.BigInteger()),
        sa.Column("close_reason", sa.Text()),
        sa.Column("run", sa.Text()),
        sa.Column("report_run", sa.Text()),
        sa.Column("failure", sa.Text(), nullable=False, server_default=""),
        sa.Column("alerts", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("firing", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("episodes", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("repeats", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("names", sa.Text(), nullable=False),
        sa.Column("nodes", sa.Text(), nullable=False),
    )
    op.create_index("incidents_key", "incidents", ["key", "closed_at"])
    _partial("incidents_open", "incidents", ["state", "due_at"], sa.text("state != 'closed'"))
    _partial("incidents_open_key", "incidents", ["key"], sa.text("state != 'closed'"), unique=True)
    op.create_index("incidents_opened", "incidents", ["cluster", "opened_at"])
    _partial("incidents_storm", "incidents", ["storm"], sa.text("storm IS NOT NULL"))
    op.create_index("ix_incidents_absorbed_by", "incidents", ["absorbed_by"])
    op.create_index("ix_incidents_closed_at", "incidents", ["closed_at"])


def _incident_events() -> None:
    op.create_table(
        "incident_events",
        sa.Column("seq", NUMBER, primary_key=True),
        sa.Column("incident", sa.Text()),
        sa.Column("cluster", sa.Text(), nullable=False, server_default=""),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, server_default=""),
        sa.Column("notice", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("dispatched_at", sa.BigInteger()),
        sa.Column("data", sa.Text(), nullable=False),
        sqlite_autoincrement=True,
    )
    _partial(
        "incident_events_notices",
        "incident_events",
        ["seq"],
        sa.and_(sa.column("notice", sa.Boolean()).is_(True), sa.text("dispatched_at IS NULL")),
    )
    op.create_index("incident_events_timeline", "incident_events", ["incident", "seq"])


def _reports() -> None:
    op.create_table(
        "reports",
        sa.Column("run", sa.Text(), primary_key=True),
        sa.Column("incident", sa.Text()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False, server_default=""),
        sa.Column("body", sa.Text(), nullable=False),
    )
    op.create_index("ix_reports_incident", "reports", ["incident"])


def _feedback() -> None:
    op.create_table(
        "feedback",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False, server_default=""),
        sa.Column("actual", sa.Text(), nullable=False, server_default=""),
        sa.Column("who", sa.Text(), nullable=False, server_default=""),
        sa.Column("at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_feedback_run", "feedback", ["run"])


def _storms() -> None:
    op.create_table(
        "storms",
        sa.Column("id", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("cluster", sa.Text(), nullable=False, server_default=""),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("incidents", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("diagnosed", sa.Integer(), nullable=False, server_default=sa.text("0")),
    )


def _silences() -> None:
    op.create_table(
        "silences",
        sa.Column("cluster", sa.Text(), primary_key=True),
        sa.Column("last_heard", sa.BigInteger(), nullable=False),
        sa.Column("silent_since", sa.BigInteger()),
    )


def _observations() -> None:
    op.create_table(
        "observations",
        sa.Column("run", sa.Text(), primary_key=True),
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
    )
    op.create_index("ix_observations_at", "observations", ["at"])


def _threads() -> None:
    op.create_table(
        "threads",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("status", sa.Text(), nullable=False, server_default=""),
        sa.Column("metadata", sa.Text(), nullable=False),
        sa.Column("config", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_threads_created_at", "threads", ["created_at"])


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("thread", sa.Text(), nullable=False),
        sa.Column("graph", sa.Text(), nullable=False, server_default=""),
        sa.Column("incident", sa.Text()),
        sa.Column("attempt", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("status", sa.Text(), nullable=False, server_default=""),
        sa.Column("executor", sa.Text(), nullable=False, server_default=""),
        sa.Column("metadata", sa.Text(), nullable=False),
        sa.Column("arguments", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False, server_default=""),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger()),
        sa.Column("ended_at", sa.BigInteger()),
    )
    op.create_index("ix_runs_ended_at", "runs", ["ended_at"])
    op.create_index("ix_runs_incident", "runs", ["incident"])
    op.create_index("ix_runs_thread", "runs", ["thread"])


def _run_events() -> None:
    op.create_table(
        "run_events",
        sa.Column("run", sa.Text(), primary_key=True),
        sa.Column("seq", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, server_default=""),
        sa.Column("data", sa.Text(), nullable=False),
    )


def _executors() -> None:
    op.create_table(
        "executors",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("beat_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
    )


def _partial(
    name: str,
    table: str,
    columns: list[str],
    where: sa.ColumnElement[bool] | sa.TextClause,
    unique: bool = False,
) -> None:
    op.create_index(name, table, columns, unique=unique, sqlite_where=where, postgresql_where=where)
