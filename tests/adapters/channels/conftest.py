"""Channels of every kind, configured against the shipped stand-ins."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
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


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for the name localhost, not for its address, that signs itself; and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not on PATH")
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", str(key)]
    command = [openssl, *made, "-out", str(cert), *subject]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return cert, key
