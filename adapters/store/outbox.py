"""Reports on their way out: `ports.Outbox`."""

from __future__ import annotations

from kubetriage.domain.report import Report


class MemoryOutbox:
    """Keeps what was sent, for whoever delivers it in this process, and for tests."""

    def __init__(self) -> None:
        self.sent: list[Report] = []
        """Reports in the order in which they were handed over."""

    async def send(self, report: Report) -> None:
        """See `ports.Outbox`."""
        self.sent.append(report)
