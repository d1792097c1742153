"""Channels of every kind, configured against the shipped stand-ins."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC
from typing import Any

import pytest_asyncio
from pydantic import TypeAdapter

from kubetriage.adapters.channels.building import build_channel
from kubetriage.adapters.channels.channel import ChannelBase, Look
from kubetriage.adapters.channels.fake import FakePlatforms, fake_platforms
from kubetriage.adapters.channels.options import AnyOptions
from kubetriage.domain.language import Language

OPTIONS: TypeAdapter[Any] = TypeAdapter(AnyOptions)
Make = Callable[..., ChannelBase]


def make_channel(
    kind: str,
    *,
    language: Language = Language.EN,
    template: str = "",
    primary: Language = Language.EN,
    **given: Any,
) -> ChannelBase:
    """`make_channel("feishu", url=…, secret=…)`."""
    options = OPTIONS.validate_python({"type": kind, **given})
    return build_channel("ops", options, Look(language, UTC, primary, template))


@pytest_asyncio.fixture
async def platforms() -> AsyncIterator[FakePlatforms]:
    async with fake_platforms() as running:
        yield running


@pytest_asyncio.fixture
async def make() -> AsyncIterator[Make]:
    """Makes channels and closes them."""
    made: list[ChannelBase] = []

    def build(kind: str, **given: Any) -> ChannelBase:
        made.append(make_channel(kind, **given))
        return made[-1]

    yield build
    for channel in made:
        await channel.aclose()
