"""Incidents that no word comes of any more, as part of the store's protocol."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from kubetriage.domain.intake.values import Incident


class Checks(Protocol):
    """Which silent incidents to look at, and what is put down about that."""

    async def silent(self, now: datetime, limit: int) -> Sequence[Incident]:
        """Diagnosed incidents without a word of what fires in them for `check_after_hours`, longest first.

        None that was looked at within the last hour, and none while we have not listened for as long.
        """

    async def check(self, id: str, now: datetime) -> bool:
        """Put down that its resources are looked at now; False if another worker does that."""

    async def assume_over(self, id: str, heard_at: datetime, now: datetime) -> Incident | None:
        """Its resources are healthy: closed as stale, unless an alert of it came after `heard_at`."""
