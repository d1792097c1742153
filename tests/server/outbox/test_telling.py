"""From an alert's incident to rows in the outbox."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from kubetriage.adapters.store.sql.tables import reports
from kubetriage.bootstrap.settings import Settings
from kubetriage.domain.alert import Alert, AlertStatus, Severity
from kubetriage.domain.fingerprint import fingerprint
from kubetriage.domain.intake.failing import FailureReason
from kubetriage.domain.intake.messages import NewMessage
from kubetriage.domain.intake.reading import IncidentEvent
from kubetriage.domain.language import Language
from kubetriage.domain.messages.notice import Notice
from kubetriage.domain.rendering.sample import sample_report
from kubetriage.server.telling import Teller

Outbox = Any
LABELS = {"alertname": "KubePodCrashLooping", "namespace": "shop", "pod": "web-0", "severity": "warning"}


def alert(outbox: Outbox, status: AlertStatus = AlertStatus.FIRING) -> Alert:
    return Alert(
        name="KubePodCrashLooping",
        labels=LABELS,
        severity=Severity.WARNING,
        starts_at=outbox.clock.now if status is AlertStatus.FIRING else None,
        status=status,
        fingerprint=fingerprint(LABELS),
    )


def settings(**given: Any) -> Settings:
    channels = {"ops": {"type": "stdout"}, "boss": {"type": "stdout"}}
    notify = {"incident_url": "https://t.example.com/i/{incident}"}
    return Settings.model_validate({"channels": channels, "notify": notify, **given})


async def diagnosed(outbox: Outbox) -> str:
    """An incident whose diagnosis has ended."""
    incidents = outbox.database.incidents
    accepted = await incidents.accept(
        [alert(outbox)], source="t", body_digest="d", received_at=outbox.clock.now
    )
    (ident,) = accepted.incidents
    await outbox.clock.sleep(60)
    assert await incidents.claim(ident, 1, outbox.clock.now)
    assert await incidents.started(ident, 1, "run-1", outbox.clock.now)
    await incidents.finished(ident, 1, "run-1", sample_report(Language.EN), outbox.clock.now)
    return str(ident)


def teller(outbox: Outbox, given: Settings) -> Teller:
    return Teller(outbox.database.messages, outbox.database.incidents, given, clock=outbox.clock)


async def test_a_diagnosis_becomes_messages(outbox: Outbox) -> None:
    """Each channel gets a row with the incident, its address and its run; the event is ticked off."""
    ident = await diagnosed(outbox)
    one = teller(outbox, settings())
    assert await one.once() == 1 and await one.once() == 0
    rows = await outbox.every()
    assert [(each.channel, each.event, each.incident, each.run) for each in rows] == [
        ("ops", "diagnosed", ident, "run-1"),
        ("boss", "diagnosed", ident, "run-1"),
    ]
    notice = Notice.model_validate(rows[0].body["notice"])
    assert notice.links.report == f"https://t.example.com/i/{ident}"
    assert notice.severity == "warning" and notice.namespace == "aiops"


async def test_routes_decide_who_is_told(outbox: Outbox) -> None:
    """A route for what is severe does not tell of a warning."""
    await diagnosed(outbox)
    routes = [{"channels": ["boss"], "severities": ["critical"]}, {"channels": ["ops"]}]
    await teller(outbox, settings(routes=routes)).once()
    assert [each.channel for each in await outbox.every()] == ["ops"]


async def test_a_failure_is_told_where_a_diagnosis_would_be(outbox: Outbox) -> None:
    """Routes by label take it too, and it leads to the alert's runbook, which is needed most without a report."""
    incidents = outbox.database.incidents
    labels = {**LABELS, "team": "payments"}
    runbook = "https://runbooks.example.com/crash"
    failing = alert(outbox).model_copy(
        update={"labels": labels, "annotations": {"runbook_url": runbook}, "fingerprint": fingerprint(labels)}
    )
    now = outbox.clock.now
    (ident,) = (await incidents.accept([failing], source="t", body_digest="d", received_at=now)).incidents
    await outbox.clock.sleep(60)
    assert await incidents.claim(ident, 1, outbox.clock.now)
    why, reason = "The MCP server could not be reached.", FailureReason.CLUSTER_UNREACHABLE
    await incidents.failed(ident, 1, "run-1", why, None, outbox.clock.now, reason=reason)
    routes = [{"channels": ["boss"], "labels": {"team": "payments"}}, {"channels": ["ops"]}]
    await teller(outbox, settings(routes=routes)).once()
    (row,) = await outbox.every()
    notice = Notice.model_validate(row.body["notice"])
    assert (row.channel, row.event) == ("boss", "failed")
    assert (notice.failure, notice.lines, notice.links.runbook) == (reason, (why,), runbook)


async def test_the_end_is_told_to_those_who_were_told_of_the_beginning(outbox: Outbox) -> None:
    """The recovery goes where the diagnosis went, and nowhere else."""
    ident = await diagnosed(outbox)
    only_ops = [
        {"channels": ["ops"], "events": ["diagnosed"]},
        {"channels": ["ops", "boss"], "events": ["resolved"]},
    ]
    one = teller(outbox, settings(routes=only_ops))
    await one.once()
    incidents = outbox.database.incidents
    over = alert(outbox, AlertStatus.RESOLVED)
    await incidents.accept([over], source="t", body_digest="e", received_at=outbox.clock.now)
    await outbox.clock.sleep(timedelta(hours=9).total_seconds())
    await incidents.sweep(outbox.clock.now)
    await one.once()
    told = [(each.channel, each.event, each.incident) for each in await outbox.every()]
    assert told == [("ops", "diagnosed", ident), ("ops", "resolved", ident)]


async def test_two_tellers_tell_once(outbox: Outbox) -> None:
    """Workers that see the same event make the same rows."""
    await diagnosed(outbox)
    first, second = teller(outbox, settings()), teller(outbox, settings())
    events = await outbox.database.incidents.notices()
    await first.once()
    for event in events:
        await outbox.database.messages.dispatch(event.seq, await second._of(event), outbox.clock.now)
    assert len(await outbox.every()) == 2


async def test_a_report_that_cannot_be_read_holds_no_event_up(outbox: Outbox) -> None:
    """Of an incident whose report is another version's, people are told without it."""
    ident = await diagnosed(outbox)
    broken = update(reports).values(body={"schema": "x/9"})
    await outbox.database._connector.write(lambda connection: connection.execute(broken))
    assert await teller(outbox, settings()).once() == 1
    rows = await outbox.every()
    assert [(each.channel, each.incident, each.run) for each in rows] == [
        ("ops", ident, None),
        ("boss", ident, None),
    ]
    assert Notice.model_validate(rows[0].body["notice"]).severity == "warning"


async def test_an_event_that_nobody_can_tell_is_ticked_off(
    outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    """A bug costs the messages of one event, and is logged: it does not come back with every look."""
    await diagnosed(outbox)

    class Buggy(Teller):
        async def _of(self, event: IncidentEvent) -> list[NewMessage]:
            raise KeyError("incident")

    one = Buggy(outbox.database.messages, outbox.database.incidents, settings(), clock=outbox.clock)
    assert await one.once() == 1
    assert await outbox.every() == []
    assert await one.once() == 0
    assert "a bug keeps people from being told" in caplog.text
