"""From an incident's diagnosis, by the routes, to what each platform really shows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kubetriage.adapters.channels.fake import (
    Fault,
    FaultKind,
    FeishuRobot,
    Platform,
    SlackHook,
    WeComRobot,
)
from kubetriage.bootstrap.channels import channels_of
from kubetriage.bootstrap.settings import Settings
from kubetriage.domain.alert import Alert, AlertStatus, Severity
from kubetriage.domain.fingerprint import fingerprint
from kubetriage.domain.language import Language
from kubetriage.domain.messages.notice import Notice
from kubetriage.domain.messages.settling import Policy
from kubetriage.domain.rendering.sample import sample_report
from kubetriage.server.message_rows import new_message
from kubetriage.server.telling import Teller

Outbox = Any
NIGHT = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)
"""Half past eleven at night in Shanghai, a Monday."""
MORNING = datetime(2026, 3, 3, 0, 1, tzinfo=UTC)
NOON = datetime(2026, 3, 3, 4, tzinfo=UTC)


class Oncall:
    """Three platforms, the channels that lead there, and incidents that are diagnosed."""

    def __init__(self, outbox: Outbox, **given: Any) -> None:
        self.outbox = outbox
        self.alerts: dict[str, Alert] = {}
        self.robots: dict[str, Platform] = {
            "boss": FeishuRobot(per_second=0),
            "ops": WeComRobot(),
            "team": SlackHook(per_second=0),
        }
        kinds = {"boss": "feishu", "ops": "wecom", "team": "slack"}
        own = given.pop("own", {})
        channels = {
            name: {"type": kind, "url": outbox.platforms.add(name, self.robots[name]), **own.get(name, {})}
            for name, kind in kinds.items()
        }
        self.settings = Settings.model_validate({"channels": channels, "language": "en", **given})
        outbox.channels = channels_of(self.settings)
        database = outbox.database
        self.teller = Teller(database.messages, database.incidents, self.settings, clock=outbox.clock)
        fallbacks = {name: each.fallback for name, each in self.settings.channels.items()}
        self.sender = outbox.sender(fallbacks=fallbacks, policy=Policy(max_attempts=3))

    async def diagnosed(
        self, severity: str = "warning", namespace: str = "shop", cluster: str = "prod-1", **labels: str
    ) -> None:
        now, incidents = self.outbox.clock.now, self.outbox.database.incidents
        every = {"alertname": "KubePodCrashLooping", "namespace": namespace, "cluster": cluster, **labels}
        alert = Alert(
            name="KubePodCrashLooping",
            labels=every,
            severity=Severity(severity),
            starts_at=now,
            fingerprint=fingerprint(every),
        )
        self.alerts[alert.fingerprint] = alert
        accepted = await incidents.accept([alert], source="t", body_digest=str(every), received_at=now)
        (ident,) = accepted.incidents
        await self.outbox.clock.sleep(90)
        now = self.outbox.clock.now
        assert await incidents.claim(ident, 1, now)
        assert await incidents.started(ident, 1, f"run-{ident}", now)
        report = sample_report(Language.EN)
        assert report.primary is not None
        primary = report.primary.model_copy(update={"namespace": namespace, "cluster": cluster})
        told = report.alert.model_copy(update={"labels": every})
        report = report.model_copy(update={"primary": primary, "alert": told, "id": f"run-{ident}"})
        await incidents.finished(ident, 1, f"run-{ident}", report, now)

    async def over(self) -> None:
        """Every incident's alerts have ended, and stayed so for long enough to be believed."""
        clock, incidents = self.outbox.clock, self.outbox.database.incidents
        for each in self.alerts.values():
            ended = each.model_copy(update={"status": AlertStatus.RESOLVED, "ends_at": clock.now})
            await incidents.accept([ended], source="t", body_digest="over", received_at=clock.now)
        await clock.sleep(600)
        await incidents.sweep(clock.now)

    async def again(self) -> None:
        """Every incident's alerts fire again."""
        clock, incidents = self.outbox.clock, self.outbox.database.incidents
        for each in self.alerts.values():
            back = each.model_copy(update={"starts_at": clock.now})
            await incidents.accept([back], source="t", body_digest="again", received_at=clock.now)

    async def tell(self) -> Mapping[str, int]:
        """How many messages each platform has shown by now."""
        await self.teller.once()
        while await self.sender.once():
            await self.outbox.clock.sleep(20)
        return {name: len(robot.seen) for name, robot in self.robots.items() if robot.seen}

    def shown(self, name: str) -> str:
        return "\n".join(self.robots[name].seen[-1].texts)


REST = {"channels": ["ops"]}


@pytest.mark.parametrize(
    ("route", "hits", "misses"),
    [
        ({"severities": ["critical"]}, {"severity": "critical"}, {"severity": "warning"}),
        ({"namespaces": ["pay-*"]}, {"namespace": "pay-eu"}, {"namespace": "shop"}),
        ({"clusters": ["prod-*"]}, {"cluster": "prod-7"}, {"cluster": "test-7"}),
        ({"labels": {"team": "pay*"}}, {"team": "payments"}, {"team": "search"}),
        ({"labels": {"team": "pay*"}}, {"team": "payments"}, {}),
    ],
)
async def test_a_route_decides_which_platform_shows_it(
    outbox: Outbox, route: Any, hits: Any, misses: Any
) -> None:
    """What fits a route is shown there alone; what does not is shown by the next one that fits."""
    oncall = Oncall(outbox, routes=[{"channels": ["boss"], **route}, REST])
    await oncall.diagnosed(**hits)
    assert await oncall.tell() == {"boss": 1}
    await oncall.diagnosed(**{"pod": "other", **misses})
    assert await oncall.tell() == {"boss": 1, "ops": 1}


async def test_a_route_has_its_hours(outbox: Outbox) -> None:
    """By day one channel is told and by night another, by the clock of the zone that is set."""
    day = {"channels": ["team"], "hours": ["mon-fri 09:00-18:00"], "timezone": "Asia/Shanghai"}
    oncall = Oncall(outbox, routes=[day, REST])
    outbox.clock.now = NIGHT
    await oncall.diagnosed()
    assert await oncall.tell() == {"ops": 1}
    outbox.clock.now = NOON
    await oncall.diagnosed(pod="other")
    assert await oncall.tell() == {"ops": 1, "team": 1}


async def test_quiet_hours_hold_back_what_can_wait(outbox: Outbox) -> None:
    """At night something critical is shown at once; a warning is shown at eight, after midnight."""
    quiet = {"hours": ["22:00-08:00"], "timezone": "Asia/Shanghai", "channels": ["boss"]}
    oncall = Oncall(outbox, routes=[{"channels": ["boss"]}], quiet_hours=[quiet])
    outbox.clock.now = NIGHT
    await oncall.diagnosed("warning")
    assert await oncall.tell() == {}
    await oncall.diagnosed("critical", pod="other")
    assert await oncall.tell() == {"boss": 1}
    outbox.clock.now = datetime(2026, 3, 2, 23, 59, tzinfo=UTC)
    assert await oncall.tell() == {"boss": 1}
    await outbox.clock.sleep(timedelta(minutes=2).total_seconds())
    assert await oncall.tell() == {"boss": 2}


@pytest.mark.parametrize("told_before", [False, True])
async def test_what_is_over_by_the_morning_is_told_as_over(outbox: Outbox, told_before: bool) -> None:
    """What fired and ended in quiet hours is one message that says so, with the diagnosis; where it was told
    of before, the short one that it is over."""
    quiet = {"hours": ["22:00-08:00"], "timezone": "Asia/Shanghai", "channels": ["boss"]}
    own = {"boss": {"mention": ["all"], "mention_severities": ["warning"]}}
    oncall = Oncall(outbox, routes=[{"channels": ["boss"]}], quiet_hours=[quiet], own=own)
    outbox.clock.now = NIGHT - timedelta(hours=2 if told_before else 0)
    await oncall.diagnosed("warning")
    assert await oncall.tell() == ({"boss": 1} if told_before else {})
    outbox.clock.now = NIGHT + timedelta(minutes=20)
    if told_before:  # what goes on is held back, and is over before it is told
        (first,) = await outbox.every()
        goes_on = new_message(
            Notice.model_validate({**first.body["notice"], "event": "still_firing"}), "boss", MORNING
        )
        await outbox.database.messages.enqueue([goes_on], outbox.clock.now)
    await oncall.over()
    assert await oncall.tell() == ({"boss": 1} if told_before else {})
    outbox.clock.now = MORNING
    assert await oncall.tell() == {"boss": 2 if told_before else 1}
    shown, last = oncall.shown("boss"), oncall.robots["boss"].seen[-1]
    assert "[resolved · warning]" in shown and "What it was" in shown and "firing" not in shown
    assert ("What to do" in shown) is not told_before
    assert last.pinged == []
    states = [(each.event, each.state.value) for each in await outbox.every()][told_before:]
    held = "still_firing" if told_before else "diagnosed"
    assert states == [(held, "digested"), ("resolved", "digested"), ("resolved", "delivered")]


@pytest.mark.parametrize("told_before", [False, True])
async def test_what_came_and_went_in_quiet_hours_is_told_as_it_is_by_the_morning(
    outbox: Outbox, told_before: bool
) -> None:
    """What fired, ended and fires again, and goes on, is one message that it fires again, with the diagnosis."""
    quiet = {"hours": ["22:00-08:00"], "timezone": "Asia/Shanghai", "channels": ["boss"]}
    oncall = Oncall(outbox, routes=[{"channels": ["boss"]}], quiet_hours=[quiet])
    outbox.clock.now = NIGHT - timedelta(hours=2 if told_before else 0)
    await oncall.diagnosed()
    await oncall.tell()
    outbox.clock.now = NIGHT + timedelta(minutes=20)
    for happens in (oncall.over, oncall.again):
        await happens()
        assert await oncall.tell() == ({"boss": 1} if told_before else {})
    last = (await outbox.every())[-1]
    goes_on = Notice.model_validate({**last.body["notice"], "event": "still_firing"})
    await outbox.database.messages.enqueue([new_message(goes_on, "boss", MORNING)], outbox.clock.now)
    outbox.clock.now = MORNING
    assert await oncall.tell() == {"boss": 2 if told_before else 1}
    shown = oncall.shown("boss")
    assert "[firing again · warning]" in shown and "Root cause" in shown and "What to do" in shown
    states = [(each.event, each.state.value) for each in await outbox.every()]
    first = ("diagnosed", "delivered" if told_before else "digested")
    held = [(each, "digested") for each in ("resolved", "reopened", "still_firing")]
    assert states == [first, *held, ("reopened", "delivered")]


async def test_what_flaps_by_the_morning_is_told_beside_what_it_is(outbox: Outbox) -> None:
    """It came and went all night: what it is, with the diagnosis, and that nothing more is told of it."""
    quiet = {"hours": ["22:00-08:00"], "timezone": "Asia/Shanghai", "channels": ["boss"]}
    oncall = Oncall(outbox, routes=[{"channels": ["boss"]}], quiet_hours=[quiet])
    outbox.clock.now = NIGHT
    await oncall.diagnosed()
    assert await oncall.tell() == {}
    (first,) = await outbox.every()
    for number, event in enumerate(("resolved", "reopened", "resolved", "reopened", "flapping"), 1):
        at = NIGHT + timedelta(minutes=10 * number)
        notice = Notice.model_validate({**first.body["notice"], "event": event, "at": at, "count": number})
        row = new_message(notice, "boss", MORNING, run=first.run)
        await outbox.database.messages.enqueue([row], at)
    outbox.clock.now = MORNING
    assert await oncall.tell() == {"boss": 2}
    shown = ["\n".join(each.texts) for each in oncall.robots["boss"].seen]
    assert any("[firing again · warning]" in each and "What to do" in each for each in shown)
    assert any("[flapping · warning]" in each for each in shown)


async def test_each_channel_has_its_language_and_its_mentions(outbox: Outbox) -> None:
    """One diagnosis is Chinese on one platform and English on the other; only the critical one pages."""
    own = {"boss": {"language": "zh", "mention": ["ou_1"]}, "ops": {"language": "en"}}
    oncall = Oncall(outbox, own=own, routes=[{"channels": ["boss", "ops"]}])
    await oncall.diagnosed("critical")
    assert await oncall.tell() == {"boss": 1, "ops": 1}
    assert "根因" in oncall.shown("boss") and "Root cause" in oncall.shown("ops")
    assert oncall.robots["boss"].seen[0].pinged == ["ou_1"]
    await oncall.diagnosed("warning", pod="other")
    await oncall.tell()
    assert oncall.robots["boss"].seen[1].pinged == []


async def test_a_dead_platform_has_a_stand_in(outbox: Outbox) -> None:
    """The robot was removed: people are told by the channel that is set to stand in, once."""
    oncall = Oncall(outbox, own={"boss": {"fallback": "team"}}, routes=[{"channels": ["boss"]}])
    oncall.robots["boss"]._faults = iter([Fault(FaultKind.DEAD)] * 5)
    await oncall.diagnosed()
    assert await oncall.tell() == {"team": 1}
    assert len(oncall.robots["boss"].calls) == 1
