"""A storm is told when it begins, and summed up when it is over."""

from __future__ import annotations

from typing import Any

from kubetriage.adapters.channels.fake import FeishuRobot, SlackHook
from kubetriage.bootstrap.settings import Settings
from kubetriage.domain.alert import Alert, Severity
from kubetriage.domain.fingerprint import fingerprint
from kubetriage.domain.language import Language
from kubetriage.domain.rendering.sample import sample_report
from kubetriage.server.telling import Teller

Outbox = Any
INCIDENTS = 40


def alert(outbox: Outbox, number: int) -> Alert:
    labels = {
        "alertname": "KubePodCrashLooping",
        "cluster": "prod",
        "namespace": "shop",
        "pod": f"app{number}-0",
    }
    return Alert(
        name="KubePodCrashLooping",
        labels=labels,
        severity=Severity.WARNING,
        starts_at=outbox.clock.now,
        fingerprint=fingerprint(labels),
    )


async def test_a_storm_and_its_end_are_told(outbox: Outbox) -> None:
    """The beginning lists what is hit; those who were told of it hear at the end how many had a report."""
    incidents = outbox.database.incidents
    zh, en = FeishuRobot(per_second=0), SlackHook(per_second=0)
    urls = {"zh": outbox.platforms.add("zh", zh), "en": outbox.platforms.add("en", en)}
    channels = {"zh": {"type": "feishu", "url": urls["zh"]}, "en": {"type": "slack", "url": urls["en"]}}
    routes = [{"channels": ["zh", "en"], "events": ["storm"], "severities": ["critical"]}]
    notify = {"overview_url": "https://triage.example.com/incidents", "incident_url": "https://x/{incident}"}
    settings = Settings.model_validate({"channels": channels, "routes": routes, "notify": notify})
    teller = Teller(outbox.database.messages, incidents, settings, clock=outbox.clock)
    outbox.channel("zh", "feishu", url=urls["zh"], mention=["all"])
    outbox.channel("en", "slack", url=urls["en"])

    alerts = [alert(outbox, number) for number in range(INCIDENTS)]
    accepted = await incidents.accept(alerts, source="t", body_digest="d", received_at=outbox.clock.now)
    await teller.once()
    await outbox.clock.sleep(60)
    first = accepted.incidents[0]
    assert await incidents.claim(first, 1, outbox.clock.now)
    assert await incidents.started(first, 1, "run-1", outbox.clock.now)
    await incidents.finished(first, 1, "run-1", sample_report(Language.EN), outbox.clock.now)
    await outbox.clock.sleep(3600)
    await incidents.sweep(outbox.clock.now)
    await teller.once()
    await outbox.drain(outbox.sender())

    assert [each.event for each in await outbox.every()] == ["storm"] * 4
    begun, over = en.seen
    for each in en.seen:  # a storm has no report, and leads to the list of incidents
        assert "<https://triage.example.com/incidents|Details>" in "\n".join(each.texts)
    assert any("[alert storm] " in text for text in begun.texts)
    (listed,) = [text for text in begun.texts if "KubePodCrashLooping shop/app" in text]
    assert listed.count("INC-") == 20 and "10 more" in listed
    assert any(
        f"[alert storm over] {INCIDENTS} incidents, 1 of them diagnosed" in text for text in over.texts
    )
    assert [each.pinged for each in zh.seen] == [["all"], []]
    assert zh.seen[1].raw["card"]["header"]["template"] == "green"
