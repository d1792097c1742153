"""The tables as they are now; how databases of before become so is in `migrations/`."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, MetaData, Table, false, literal_column, text, true

from kubetriage.adapters.store.sql.column_types import Instant, Json, Number, Words

metadata = MetaData()


def _words(name: str) -> Column[str]:
    return Column(name, Words, nullable=False, server_default="")


def _count(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default=text("0"))


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False, server_default=false())


posts = Table(
    "posts",
    metadata,
    Column("id", Number, primary_key=True),
    _words("source"),
    _words("body_digest"),
    Column("received_at", Instant, nullable=False, index=True),
    _count("alerts"),
    _count("new"),
    _count("repeats"),
    _count("truncated"),
    Column("incidents", Json, nullable=False, server_default="[]"),
    _flag("sorted"),
    _words("why"),
    sqlite_autoincrement=True,
)

alerts = Table(
    "alerts",
    metadata,
    Column("fingerprint", Words, primary_key=True),
    Column("starts_at", Instant, primary_key=True),
    _words("cluster"),
    _words("name"),
    _words("severity"),
    _flag("firing"),
    _flag("assumed"),
    Column("labels", Json, nullable=False),
    Column("annotations", Json, nullable=False),
    Column("extra", Json, nullable=False),
    _words("generator_url"),
    _words("source"),
    Column("first_seen", Instant, nullable=False),
    Column("last_seen", Instant, nullable=False),
    _count("repeats"),
    Column("ends_at", Instant),
    Column("incident", Words, index=True),
)
Index(
    "alerts_firing",
    alerts.c.last_seen,
    sqlite_where=alerts.c.firing.is_(True),
    postgresql_where=alerts.c.firing.is_(True),
)
Index(
    "alerts_alone",
    alerts.c.last_seen,
    sqlite_where=alerts.c.incident.is_(None),
    postgresql_where=alerts.c.incident.is_(None),
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", Words, primary_key=True),
    Column("key", Words, nullable=False),
    _words("cluster"),
    _words("title"),
    _words("severity"),
    _count("severity_rank"),
    _words("state"),
    _words("hold"),
    Column("opened_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("due_at", Instant),
    _words("again"),
    Column("claimed_at", Instant),
    Column("last_diagnosed_at", Instant),
    _count("diagnosis_attempts"),
    Column("diagnosed", Json),
    _words("acked_by"),
    Column("acked_at", Instant),
    Column("flapping_until", Instant),
    Column("absorbed_by", Words, index=True),
    Column("storm", Number),
    Column("explains", Boolean, nullable=False, server_default=true()),
    Column("last_seen_at", Instant, nullable=False),
    Column("last_episode_at", Instant, nullable=False),
    Column("resolved_at", Instant),
    Column("noticed_at", Instant),
    Column("checked_at", Instant),
    Column("closed_at", Instant, index=True),
    Column("close_reason", Words),
    Column("run", Words),
    Column("report_run", Words),
    _words("failure"),
    _count("alerts"),
    _count("firing"),
    _count("episodes"),
    _count("repeats"),
    Column("names", Json, nullable=False),
    Column("nodes", Json, nullable=False),
)
is_open = incidents.c.state != literal_column("'closed'")
"""A literal: with a parameter SQLite would not know that the indexes below fit."""

Index("incidents_open_key", incidents.c.key, unique=True, sqlite_where=is_open, postgresql_where=is_open)
Index("incidents_open", incidents.c.state, incidents.c.due_at, sqlite_where=is_open, postgresql_where=is_open)
Index("incidents_key", incidents.c.key, incidents.c.closed_at)
Index("incidents_opened", incidents.c.cluster, incidents.c.opened_at)
_of_storm = incidents.c.storm.is_not(None)
Index("incidents_storm", incidents.c.storm, sqlite_where=_of_storm, postgresql_where=_of_storm)

incident_events = Table(
    "incident_events",
    metadata,
    Column("seq", Number, primary_key=True),
    Column("incident", Words),
    _words("cluster"),
    Column("at", Instant, nullable=False),
    _words("kind"),
    _flag("notice"),
    Column("dispatched_at", Instant),
    Column("data", Json, nullable=False),
    Index("incident_events_timeline", "incident", "seq"),
    sqlite_autoincrement=True,
)
to_tell = incident_events.c.notice.is_(True) & incident_events.c.dispatched_at.is_(None)
Index("incident_events_notices", incident_events.c.seq, sqlite_where=to_tell, postgresql_where=to_tell)

reports = Table(
    "reports",
    metadata,
    Column("run", Words, primary_key=True),
    Column("incident", Words, index=True),
    Column("created_at", Instant, nullable=False),
    _words("outcome"),
    Column("body", Json, nullable=False),
    Column("others", Json),
)

feedback = Table(
    "feedback",
    metadata,
    Column("id", Number, primary_key=True),
    Column("run", Words, nullable=False, index=True),
    _words("verdict"),
    _words("actual"),
    _words("who"),
    Column("at", Instant, nullable=False),
)

storms = Table(
    "storms",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=False),
    _words("cluster"),
    Column("began_at", Instant, nullable=False),
    Column("ended_at", Instant),
    _count("incidents"),
    _count("diagnosed"),
)

silences = Table(
    "silences",
    metadata,
    Column("cluster", Words, primary_key=True),
    Column("last_heard", Instant, nullable=False),
    Column("silent_since", Instant),
)

observations = Table(
    "observations",
    metadata,
    Column("run", Words, primary_key=True),
    Column("key", Words, primary_key=True),
    Column("at", Instant, nullable=False, index=True),
    Column("body", Json, nullable=False),
)

threads = Table(
    "threads",
    metadata,
    Column("id", Words, primary_key=True),
    _words("status"),
    Column("metadata", Json, nullable=False),
    Column("config", Json, nullable=False),
    Column("created_at", Instant, nullable=False, index=True),
    Column("updated_at", Instant, nullable=False),
    Index("threads_by_status", "status", "created_at"),
)

runs = Table(
    "runs",
    metadata,
    Column("id", Words, primary_key=True),
    Column("thread", Words, nullable=False, index=True),
    _words("graph"),
    Column("incident", Words, index=True),
    _count("attempt"),
    _words("status"),
    _words("executor"),
    Column("metadata", Json, nullable=False),
    Column("arguments", Json, nullable=False),
    _words("error"),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("started_at", Instant),
    Column("ended_at", Instant, index=True),
    Index("runs_created", "created_at", "id"),
)

run_events = Table(
    "run_events",
    metadata,
    Column("run", Words, primary_key=True),
    Column("seq", Number, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    _words("kind"),
    Column("data", Json, nullable=False),
)

executors = Table(
    "executors",
    metadata,
    Column("id", Words, primary_key=True),
    Column("beat_at", Instant, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("data", Json, nullable=False),
)

messages = Table(
    "messages",
    metadata,
    Column("id", Number, primary_key=True),
    Column("key", Words, nullable=False, unique=True),
    _words("channel"),
    _words("event"),
    Column("incident", Words, index=True),
    Column("run", Words),
    Column("notice", Number),
    Column("body", Json, nullable=False),
    _words("body_digest"),
    _words("state"),
    _count("attempts"),
    _words("worker"),
    Column("claimed_at", Instant),
    _words("provider_id"),
    _words("error"),
    Column("digest", Number),
    Column("due_at", Instant, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    sqlite_autoincrement=True,
)
Index(
    "messages_due",
    messages.c.channel,
    messages.c.due_at,
    sqlite_where=text("state IN ('pending', 'sending')"),
    postgresql_where=text("state IN ('pending', 'sending')"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("message", Number, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    _words("channel"),
    _words("worker"),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("outcome", Words),
    Column("status", Integer),
    _words("error"),
    _words("provider_id"),
    Index("attempts_rate", "channel", "started_at"),
)
