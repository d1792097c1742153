"""What is remembered of incidents, storms and Watchdogs over any number of restarts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from kubetriage.adapters.store.sql.database import Database
from kubetriage.domain.alert import Alert, Severity
from kubetriage.domain.intake.reading import EventKind
from kubetriage.domain.intake.values import IntakeSettings

SETTINGS = IntakeSettings(storm_incidents=4, storm_window_minutes=5, watchdog_silent_minutes=10)


async def test_behaviour_12_what_behaviours_remember_survives_a_restart(
    url: str, make_alert: Callable[..., Alert], now: datetime
) -> None:
    """Counted towards flapping and storms, acknowledged, absorbed, silent: a restart after each step changes nothing."""
    minute = 0.0

    async def then(minutes: float, *alerts: Alert, acknowledged: str = "") -> list[str]:
        nonlocal minute
        minute += minutes
        at = now + timedelta(minutes=minute)
        database = await Database.open(url, SETTINGS)
        if acknowledged:
            await database.incidents.acknowledge(acknowledged, "anna", at)
            await database.close()
            return []
        done = await database.incidents.accept(alerts, source="t", body_digest="d", received_at=at)
        await database.close()
        return list(done.incidents)

    async def swept(minutes: float) -> list[str]:
        """What two looks say that are so far apart; from the first on there is somebody who listens."""
        nonlocal minute
        database = await Database.open(url, SETTINGS)
        said = await database.incidents.sweep(now + timedelta(minutes=minute))
        minute += minutes
        said = [*said, *await database.incidents.sweep(now + timedelta(minutes=minute))]
        await database.close()
        return [event.kind.value for event in said]

    await then(0, make_alert("Watchdog", cluster="a", severity=Severity.NONE))
    web = {"cluster": "a", "namespace": "shop", "pod": "web-0"}
    (shop,) = await then(0.5, make_alert(**web))
    await then(0.5, acknowledged=shop)
    (node,) = await then(0.5, make_alert("KubeNodeNotReady", cluster="a", node="n1"))
    (pod,) = await then(0.5, make_alert("KubePodNotReady", cluster="a", namespace="x", pod="y-0", node="n1"))
    await then(1, make_alert(**web, minutes=3))
    await then(3, make_alert(**web, minutes=6))
    for number in range(4):
        await then(0.1, make_alert(cluster="b", namespace=f"n{number}", pod="p-0"))
    assert await swept(12) == ["storm-ended", "silent"]
    assert await swept(12) == []
    await then(1, make_alert("Watchdog", cluster="a", severity=Severity.NONE))
    database = await Database.open(url, SETTINGS)
    store = database.incidents
    kinds = [event.kind.value for event in await store.timeline(shop)]
    assert [kind for kind in kinds if kind != "joined"] == ["opened", "acknowledged", "reopened", "flapping"]
    absorbed = await store.incident(pod)
    assert absorbed and absorbed.absorbed_by == node
    _, counted = await store.happened(0)
    assert [counted.get(kind) for kind in (EventKind.STORM_BEGAN, EventKind.HEARD)] == [1, 1]
    await database.close()
