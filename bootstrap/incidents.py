"""From the bytes of an alert body to incidents."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from kubetriage.domain.alert import Alert


class Incidents(NamedTuple):
    """The incidents of one body, each with its leading alert first."""

    groups: tuple[Sequence[Alert], ...]
    several: bool
    """Whether the body held more than one alert."""


def incidents_in(body: bytes) -> Incidents:
    """Decode, parse and group; raises `BadAlert` for what a person must mend."""
    from kubetriage.adapters.alerts.decode import decode
    from kubetriage.domain.alert_formats import alerts_from
    from kubetriage.domain.incidents import group_incidents

    parsed = alerts_from(decode(body, strict=True), received_at=datetime.now(UTC))
    return Incidents(tuple(group_incidents(parsed.alerts)), len(parsed.alerts) > 1)
