"""Webhooks go to public addresses alone, and never where a redirect or a second look-up leads."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubetriage.adapters.channels.addresses import AddressRefused, PublicTransport, is_public, public_address
from kubetriage.adapters.channels.channel import ChannelBase
from kubetriage.adapters.channels.fake import FakePlatforms, Fault, FaultKind, WebhookReceiver
from kubetriage.domain.language import Language
from kubetriage.domain.messages.delivery import Verdict
from kubetriage.domain.messages.trial import Trial, trial_notice

Make = Callable[..., ChannelBase]
SAMPLE = trial_notice(Trial.SAMPLE, Language.EN)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2001:4860:4860::8888", True),
        ("127.0.0.1", False),
        ("10.0.0.1", False),
        ("172.16.5.4", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("100.100.100.200", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("::127.0.0.1", False),
        ("::ffff:0:127.0.0.1", False),
        ("64:ff9b:1::7f00:1", False),
        ("fec0::1", False),
        ("4000::1", False),
        ("192.0.0.192", False),
        ("168.63.129.16", False),
        ("::ffff:168.63.129.16", False),
    ],
)
def test_only_public_addresses_are_public(address: str, public: bool) -> None:
    """Private, loopback, link-local (the metadata services), shared and multicast ones are not, in any form."""
    assert is_public(address) is public


@given(st.ip_addresses(v=4, network="10.0.0.0/8"))
def test_no_form_of_a_private_address_gets_through(address: object) -> None:
    """Mapped into IPv6, a private address stays private."""
    assert not is_public(str(address))
    assert not is_public(f"::ffff:{address}")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "0x7f000001", "2130706433", "127.1"])
async def test_a_name_that_leads_here_is_refused(host: str) -> None:
    """A name is judged by what it leads to, whatever way it is written."""
    with pytest.raises(AddressRefused, match="not a public address"):
        await public_address(host, 80)


async def test_a_private_webhook_is_refused_until_it_is_allowed(platforms: FakePlatforms, make: Make) -> None:
    """The receiver on this machine is never called without allow_private, and the sentence names it."""
    receiver = WebhookReceiver()
    url = platforms.add("hook", receiver)
    delivery = await make("webhook", url=url).send(SAMPLE, key="k1")
    assert delivery.verdict is Verdict.DEAD
    assert "allow_private" in delivery.why
    assert receiver.calls == []
    allowed = await make("webhook", url=url, allow_private=True).send(SAMPLE, key="k1")
    assert allowed.verdict is Verdict.DELIVERED


async def test_redirects_are_not_followed(platforms: FakePlatforms, make: Make) -> None:
    """A redirect to a private address ends the message, and nothing is sent there."""
    inner = WebhookReceiver()
    location = platforms.add("inner", inner)
    outer = WebhookReceiver(faults=[Fault(FaultKind.STATUS, 307, {"Location": location})])
    channel = make("webhook", url=platforms.add("outer", outer), allow_private=True)
    delivery = await channel.send(SAMPLE, key="k1")
    assert delivery.verdict is Verdict.DEAD and "redirect" in delivery.why
    assert inner.calls == []


async def test_the_connection_goes_to_what_was_checked(certificate: tuple[Path, Path]) -> None:
    """The name is looked up once; the certificate is still checked for the name, and Host says it."""
    heard: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 204 X\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    served = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    served.load_cert_chain(*map(str, certificate))
    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=served)
    port = server.sockets[0].getsockname()[1]
    checked: list[str] = []

    def allowed(address: str) -> bool:
        checked.append(address)
        return True

    trusted = ssl.create_default_context(cafile=str(certificate[0]))
    async with httpx.AsyncClient(transport=PublicTransport(allowed, trusted)) as client:
        answered = await client.post(f"https://localhost:{port}/hook", content=b"{}")
        assert answered.status_code == 204
        assert f"host: localhost:{port}".encode() in heard[0].lower()
        with pytest.raises(httpx.ConnectError):
            await client.post(f"https://127.0.0.1:{port}/hook", content=b"{}")
    assert "127.0.0.1" in checked
    server.close()
