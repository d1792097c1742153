"""Requests and tokens a minute, for each key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import openai
import pytest

from kubetriage.adapters.model.fake import ScriptedServer
from kubetriage.adapters.model.fake.limiter import Limiter
from kubetriage.adapters.model.fake.settings import Limits

Serve = Callable[..., ScriptedServer]
Ask = Callable[..., Any]


def test_requests_a_minute() -> None:
    """A full bucket gives its requests at once, then one for every share of the minute."""
    limiter = Limiter(Limits(rpm=6))
    assert [limiter.take("a", 1, 0.0) for _ in range(6)] == [None] * 6
    refused = limiter.take("a", 1, 0.0)
    assert refused is not None and (refused.what, refused.seconds) == ("RPM", 10)
    assert limiter.take("b", 1, 0.0) is None, "another key has its own bucket"
    assert limiter.take("a", 1, 10.0) is None and limiter.take("a", 1, 10.0) is not None


def test_tokens_a_minute() -> None:
    """Prompt tokens are taken at the start and answer tokens after it; a refused request takes nothing."""
    limiter = Limiter(Limits(tpm=600))
    assert limiter.take("a", 400, 0.0) is None
    refused = limiter.take("a", 300, 0.0)
    assert refused is not None and (refused.what, refused.seconds) == ("TPM", 10)
    assert limiter.take("a", 200, 0.0) is None
    limiter.spend("a", 100, 0.0)
    refused = limiter.take("a", 100, 0.0)
    assert refused is not None and refused.seconds == 20
    assert limiter.take("a", 100, 20.0) is None


def test_a_request_above_the_limit_needs_a_full_bucket() -> None:
    """A prompt larger than the limit is not refused for ever."""
    limiter = Limiter(Limits(tpm=60))
    assert limiter.take("a", 1000, 0.0) is None
    assert limiter.take("a", 1, 100.0) is not None and limiter.take("a", 1, 1001.0) is None


def test_a_refusal_is_the_clients_rate_limit_error(serve: Serve, ask: Ask) -> None:
    """The client sees RateLimitError with the limit in words and the time to wait in the header."""
    server = serve(["fine"], limits={"rpm": 2})
    assert [ask(server).choices[0].message.content for _ in range(2)] == ["fine", "fine"]
    with pytest.raises(openai.RateLimitError, match="RPM") as caught:
        ask(server)
    assert 0 < float(caught.value.response.headers["retry-after"]) <= 30
    assert server.journal()[-1]["faults"] == ["limit_RPM"]
