"""The whole way: an incident's diagnosis is told on a channel while the worker runs."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kubetriage.adapters.channels.fake import Fault, FaultKind, FeishuRobot
from kubetriage.bootstrap.settings import Settings
from kubetriage.domain.alert import Alert, Severity
from kubetriage.domain.fingerprint import fingerprint
from kubetriage.domain.intake.messages import MessageState
from kubetriage.domain.language import Language
from kubetriage.domain.rendering.sample import sample_report
from kubetriage.server import delivering
from kubetriage.server.delivering import deliver_messages

Outbox = Any


async def reported(outbox: Outbox) -> None:
    labels = {"alertname": "KubePodCrashLooping", "namespace": "shop", "pod": "web-0"}
    now = datetime.now(UTC)
    given = Alert(
        name="A", labels=labels, severity=Severity.WARNING, starts_at=now, fingerprint=fingerprint(labels)
    )
    incidents = outbox.database.incidents
    before = now - timedelta(minutes=2)
    accepted = await incidents.accept([given], source="t", body_digest="d", received_at=before)
    (ident,) = accepted.incidents
    assert await incidents.claim(ident, 1, now)
    assert await incidents.started(ident, 1, "run-1", now)
    await incidents.finished(ident, 1, "run-1", sample_report(Language.EN), now)


def settings(url: str, timeout: float) -> Settings:
    return Settings.model_validate({"channels": {"ops": {"type": "feishu", "url": url, "timeout": timeout}}})


async def running(
    outbox: Outbox,
    url: str,
    stopping: asyncio.Event,
    counted: list[tuple[str, str]] | None = None,
    timeout: float = 60.0,
) -> None:
    database = outbox.database
    told = [] if counted is None else counted
    await deliver_messages(
        database.messages,
        database.incidents,
        settings(url, timeout),
        worker="w1",
        stopping=stopping,
        ended=lambda channel, outcome: told.append((channel, outcome)),
    )


async def test_a_diagnosis_reaches_people(outbox: Outbox) -> None:
    """The event becomes a message and the message is sent; then the work ends when it is told to."""
    robot = FeishuRobot()
    stopping = asyncio.Event()
    await reported(outbox)
    counted: list[tuple[str, str]] = []
    url = outbox.platforms.add("ops", robot)
    work = asyncio.ensure_future(running(outbox, url, stopping, counted))
    async with asyncio.timeout(60):
        while not await outbox.count(MessageState.DELIVERED):  # noqa: ASYNC110 - the database tells nobody
            await asyncio.sleep(0.05)
    stopping.set()
    await asyncio.wait_for(work, 60)
    assert len(robot.seen) == 1
    assert counted == [("ops", "delivered")]


@pytest.mark.parametrize("cancelled", [True, False])
async def test_what_is_being_sent_is_sent_to_its_end(outbox: Outbox, cancelled: bool) -> None:
    """Stopped or cancelled while an answer is awaited, the attempt has its answer before the work ends."""
    robot = FeishuRobot(faults=[Fault(FaultKind.SILENT)])
    stopping = asyncio.Event()
    await reported(outbox)
    work = asyncio.ensure_future(running(outbox, outbox.platforms.add("ops", robot), stopping, timeout=1.0))
    async with asyncio.timeout(60):
        while not robot.calls:  # noqa: ASYNC110 - nor does the robot
            await asyncio.sleep(0.02)
    if cancelled:
        work.cancel()
    else:
        stopping.set()
    await asyncio.wait([work], timeout=60)
    assert work.done() and work.cancelled() is cancelled
    (message,) = await outbox.every()
    assert message.state is MessageState.UNKNOWN
    (attempt,) = await outbox.database.messages.attempts(message.id)
    assert attempt.ended_at is not None and "no answer" in attempt.error


async def test_what_cannot_be_waited_for_is_let_go(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that takes longer than a stop may is `unknown` at once, not when the claim is old."""
    monkeypatch.setattr(delivering, "GRACE_SECONDS", 0.1)
    robot = FeishuRobot(faults=[Fault(FaultKind.SILENT)])
    stopping = asyncio.Event()
    await reported(outbox)
    work = asyncio.ensure_future(running(outbox, outbox.platforms.add("ops", robot), stopping))
    async with asyncio.timeout(60):
        while not robot.calls:  # noqa: ASYNC110 - nor does the robot
            await asyncio.sleep(0.02)
    stopping.set()
    await asyncio.wait_for(work, 30)
    (message,) = await outbox.every()
    assert message.state is MessageState.UNKNOWN
    (attempt,) = await outbox.database.messages.attempts(message.id)
    assert attempt.ended_at is None
