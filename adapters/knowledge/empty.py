"""A knowledge base without content."""

from __future__ import annotations

from collections.abc import Sequence

from kubetriage.domain.report import KnowledgeItem


class EmptyKnowledge:
    """Finds nothing: `ports.Knowledge` where none is configured."""

    async def recall(self, alert_name: str, categories: Sequence[str]) -> Sequence[KnowledgeItem]:
        """See `ports.Knowledge`."""
        return ()
