"""Where posts wait between their arrival and their alerts' becoming incidents, as a protocol."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from kubetriage.domain.intake.posts import Backlog, KeptBody, Post


class Inbox(Protocol):
    """Bodies of posts, durable before they are answered, until their alerts are sorted into incidents.

    Raises `StoreUnavailable` when nothing can be stored or read.
    """

    async def keep(self, body: bytes, *, source: str, received_at: datetime) -> int:
        """On disk when it returns; the number of the post, which grows."""

    async def oldest(self, now: datetime, size: int) -> Sequence[KeptBody]:
        """What came first, as many as have so many bytes together, one at least; without what is to wait."""

    async def retry(self, post: int, at: datetime, why: str, tries: int = 1) -> int:
        """Sorting it failed, or may end this process: count that, and try again then. How often so far.

        A time that is further away than any of ours comes of a clock that was set back, and holds nothing up.
        """

    async def advanced(self, post: int) -> None:
        """A part of it is sorted: what was counted against it is forgotten."""

    async def fail(self, post: int, why: str) -> None:
        """Give it up; it is kept as it came."""

    async def drop(self, posts: Sequence[int]) -> None:
        """They are sorted. After a power cut they may be there again: see `stores.Incidents.sort`."""

    async def post(self, id: int) -> Post | None: ...

    async def backlog(self) -> Backlog: ...

    async def retain(self, before: datetime) -> int:
        """Delete what failed and came before that time; how many."""

    async def ping(self) -> None:
        """Returns if posts can be kept now, else raises `StoreUnavailable`."""
