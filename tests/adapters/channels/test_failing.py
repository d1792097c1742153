"""What is said of a far side that cannot be reached tells an operator where to look."""

from __future__ import annotations

import asyncio
import importlib.util
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from kubetriage.adapters.channels.channel import ChannelBase
from kubetriage.domain.language import Language
from kubetriage.domain.messages.delivery import Delivery, Verdict
from kubetriage.domain.messages.trial import Trial, trial_notice

Make = Callable[..., ChannelBase]
SAMPLE = trial_notice(Trial.SAMPLE, Language.EN)
KEY = "canary-0123456789"


async def sent(make: Make, url: str) -> Delivery:
    return await make("wecom", url=f"{url}/{KEY}", timeout=60).send(SAMPLE, key="k")


async def test_a_refused_connection_is_said(make: Make) -> None:
    """Nobody listens there: the system's own words, and the message is tried again."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    ended = await sent(make, f"http://127.0.0.1:{port}")
    assert ended.verdict is Verdict.RETRY and ended.code == "no connection"
    assert ended.why == "127.0.0.1 could not be reached (Connection refused)."


@pytest.mark.parametrize("answer", [b"", b"220 mail.example.com\r\n"])
async def test_no_class_of_a_library_is_named(answer: bytes, make: Make) -> None:
    """Who looks at it knows no `RemoteProtocolError`: it is said in words that no answer came."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        ended = await sent(make, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    assert ended.verdict is Verdict.UNKNOWN and "took the request and gave no answer (" in ended.why
    assert "Error" not in ended.why + ended.code


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SSL_CERT_FILE", "/nonexistent/ca.pem", "certificates"),
        ("ALL_PROXY", "socks5://proxy.example:1080", "socksio"),
        ("HTTPS_PROXY", "gopher://user:pr0xy-canary@proxy.example", "HTTPS_PROXY"),
    ],
)
async def test_an_environment_that_cannot_be_used_is_said(
    name: str, value: str, words: str, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proxies and certificates of the environment are no bug of ours; what they are is not repeated."""
    if words == "socksio" and importlib.util.find_spec("socksio"):
        pytest.skip("socksio is installed")
    monkeypatch.setenv(name, value)
    channel = make("feishu", url="https://127.0.0.1:9/x")
    channel.prepare()
    delivery = await channel.send(SAMPLE, key="k")
    assert delivery.verdict is Verdict.DEAD and delivery.code == "environment"
    assert words in delivery.why and "canary" not in delivery.why


async def test_an_unknown_name_is_said(make: Make) -> None:
    """The name leads nowhere."""
    ended = await sent(make, "https://nowhere.invalid")
    assert ended.verdict is Verdict.RETRY
    assert ended.why == "nowhere.invalid could not be reached (its name is not known)."


@pytest.mark.parametrize(("secure", "said"), [(True, "its certificate is not accepted"), (False, "no TLS")])
async def test_a_broken_encryption_is_said(
    secure: bool, said: str, make: Make, certificate: tuple[Path, Path]
) -> None:
    """A certificate that nobody vouches for, and a server that speaks none of it, are told apart."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.com\r\n" * 9)
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=context if secure else None)
    async with server:
        port = server.sockets[0].getsockname()[1]
        ended = await sent(make, f"https://localhost:{port}")
    assert ended.verdict is Verdict.RETRY and said in ended.why and KEY not in ended.why
