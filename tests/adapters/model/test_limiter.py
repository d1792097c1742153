"""Requests and tokens per minute, without waiting for minutes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kubetriage.adapters.model.limiter import Limiter, TooBusy
from kubetriage.domain.errors import ModelUnavailable

FAR = 10_000.0


class Watch:
    """A stopwatch that stands still but for those who sleep by it."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds

    def limiter(self, requests: int, tokens: int) -> Limiter:
        return Limiter(requests, tokens, self, self.sleep)


@pytest.fixture
def watch() -> Watch:
    return Watch()


async def test_so_many_requests_a_minute(watch: Watch) -> None:
    """The one too many waits until the first has left the window."""
    limiter = watch.limiter(2, 0)
    assert [await limiter.take(1, FAR) for _ in range(2)] == [0.0, 0.0]
    watch.now += 20
    assert await limiter.take(1, FAR) == pytest.approx(40)
    assert await limiter.take(1, FAR) == pytest.approx(0)


async def test_so_many_tokens_a_minute(watch: Watch) -> None:
    """Waits until enough have left; what a call really took corrects what was reckoned."""
    limiter = watch.limiter(0, 1000)
    await limiter.take(600, FAR)
    watch.now += 10
    await limiter.take(300, FAR)
    limiter.correct(300, -200)
    assert await limiter.take(300, FAR) == pytest.approx(0)
    assert await limiter.take(500, FAR) == pytest.approx(50)


async def test_a_request_above_the_whole_limit_is_made_alone(watch: Watch) -> None:
    """It could never fit: the server shall say what it thinks of it."""
    limiter = watch.limiter(0, 100)
    assert await limiter.take(500, FAR) == 0.0
    assert await limiter.take(500, FAR) == pytest.approx(60)


async def test_no_room_before_the_deadline_is_said_at_once(watch: Watch) -> None:
    """Nobody waits for nothing."""
    limiter = watch.limiter(1, 0)
    await limiter.take(1, FAR)
    with pytest.raises(TooBusy) as caught:
        await limiter.take(1, watch.now + 30)
    assert caught.value.seconds == pytest.approx(60)
    assert watch.now == 100.0


async def test_a_pause_holds_for_all(watch: Watch) -> None:
    """After a 429 nobody asks until it is over."""
    limiter = watch.limiter(0, 0)
    limiter.pause(7)
    assert await limiter.take(1, FAR) == pytest.approx(7)


async def test_a_question_waits_or_is_refused_by_the_limit(
    wire: Any, models: Callable[..., Any], profile: Callable[..., Any], question: Callable[..., Any]
) -> None:
    """The limit is the key's: two profiles of one address and key share it."""
    wire.answers(wire.said({"cause": "x", "rank": 1}))
    first, second = profile(requests_per_minute=1), profile(name="other", model="n", requests_per_minute=1)
    asked = models(first, second)
    await asked.ask(question())
    with pytest.raises(ModelUnavailable, match="rate limit of other leaves no room"):
        await asked.ask(question(profile="other"))
    assert len(wire.requests) == 1
