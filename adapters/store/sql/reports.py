"""The reports of runs, each in the language of the run and in what others it was made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select

from kubetriage.adapters.store.sql.tables import feedback, incident_events, reports
from kubetriage.adapters.store.sql.writing import insert_once
from kubetriage.domain.intake.reading import EventKind, Feedback
from kubetriage.domain.language import Language
from kubetriage.domain.report import Report


def keep_report(
    connection: Connection,
    run: str,
    report: Report,
    others: Sequence[Report],
    now: datetime,
    incident: str | None = None,
) -> bool:
    """False if there is a report of this run."""
    row = {
        "run": run,
        "incident": incident,
        "created_at": now,
        "outcome": report.outcome.value,
        "body": report.to_json(),
        "others": {each.language.value: each.to_json() for each in others} or None,
    }
    return insert_once(connection, reports, row)


def report_of(connection: Connection, run: str, language: Language | None) -> Report | None:
    """In that language, or the run's own where there is none in it: older versions kept no other."""
    c = reports.c
    if language is not None:
        others = connection.execute(select(c.others).where(c.run == run)).scalar_one_or_none() or {}
        if language.value in others:
            return Report.model_validate(others[language.value])
    body = connection.execute(select(c.body).where(c.run == run)).scalar_one_or_none()
    return Report.model_validate(body) if body is not None else None


def keep_feedback(connection: Connection, run: str, said: Feedback) -> bool:
    """False if there is no report of this run."""
    found = connection.execute(select(reports.c.incident).where(reports.c.run == run)).one_or_none()
    if found is None:
        return False
    connection.execute(insert(feedback), {"run": run, **said.model_dump()})
    event = {"kind": EventKind.FEEDBACK, "incident": found.incident, "at": said.at}
    data = {"run": run, "verdict": said.verdict.value, "who": said.who}
    if found.incident:
        connection.execute(insert(incident_events), {**event, "data": data})
    return True
