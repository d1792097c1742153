"""Senders that wait for their posts to be sorted."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
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
            senders.submit(served.client.post, "/api/v1/alerts?wait=10", json=make_alert()) for _ in range(3)
        ]
        ended = as_completed(posting)
        at_once = [next(ended), next(ended)]
        assert [each.done() for each in posting if each not in at_once] == [False]
        answers = [each.result() for each in posting]
    assert [(each.status_code, each.json()["state"]) for each in answers] == [(202, "waiting")] * 3
