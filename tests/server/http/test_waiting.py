"""Senders that wait for their posts to be sorted."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from typing import Any

import pytest

from kubetriage.server.routes import alerts


class NeverSorted:
    """Incidents of which nobody hears what became of a post."""

    async def post(self, id: int) -> None:
        return None


def test_only_so_many_answers_wait(
    serve: Callable[..., Any],
    with_parts: Callable[..., Any],
    make_alert: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each that waits asks the database again and again: beyond a bound the answer comes at once, and is a 202."""
    monkeypatch.setattr(alerts, "MOST_WAITING", 1)
    with serve(changed=with_parts(incidents=NeverSorted())) as served, ThreadPoolExecutor(3) as senders:
        posting = [
            senders.submit(served.client.post, "/api/v1/alerts?wait=5", json=make_alert()) for _ in range(3)
        ]
        first, others = wait(posting, return_when=FIRST_COMPLETED)
        second, waiting = wait(others, return_when=FIRST_COMPLETED)
        assert (len(first | second), len(waiting)) == (2, 1)
        answers = [each.result() for each in posting]
    assert [(each.status_code, each.json()["state"]) for each in answers] == [(202, "waiting")] * 3
