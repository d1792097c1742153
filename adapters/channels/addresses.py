"""Connections to public addresses alone.

A webhook's address is set by whoever may change the settings, and a name may lead anywhere: into the cluster,
to the cloud's metadata service, to this machine. The name is looked up once, every address it has must be a
public one, and the connection goes to what was checked, so that a second look-up cannot lead elsewhere.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Callable

import httpx

from kubetriage.domain.errors import KubetriageError

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_UNICAST = ipaddress.ip_network("2000::/3")
"""All of IPv6 that is given out for hosts of the internet; the rest is reserved, or means something else."""
_WITHIN = (
    ipaddress.ip_network("192.0.0.0/24"),  # protocol assignments; a cloud's metadata service is there
    ipaddress.ip_network("168.63.129.16/32"),  # what Azure's machines ask for their metadata
)
"""IPv4 addresses that look public and lead to the network's own services."""


class AddressRefused(KubetriageError):
    """The address is not a public one."""


class PublicTransport(httpx.AsyncBaseTransport):
    """Looks names up, refuses what is not public, and connects to the address that was checked."""

    def __init__(
        self, allowed: Callable[[str], bool] | None = None, verify: ssl.SSLContext | bool = True
    ) -> None:
        self._allowed = allowed or is_public
        self._inner = httpx.AsyncHTTPTransport(
            verify=verify, limits=httpx.Limits(max_keepalive_connections=0)
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        port = request.url.port or (443 if request.url.scheme == "https" else 80)
        bounds = request.extensions.get("timeout", {})
        try:
            async with asyncio.timeout(bounds.get("connect")):  # nothing else bounds a look-up
                address = await public_address(host, port, self._allowed)
        except TimeoutError:
            raise httpx.ConnectTimeout("the name is not looked up in time") from None
        request.extensions = {**request.extensions, "sni_hostname": host}
        request.url = request.url.copy_with(host=address)  # the Host header was set from the name before
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


async def public_address(host: str, port: int, allowed: Callable[[str], bool] | None = None) -> str:
    """An address of the host. Raises `AddressRefused` if any is not public, `ConnectError` for none."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpx.ConnectError(f"no address: {error}") from error
    addresses = [str(each[4][0]) for each in found]
    if not addresses:
        raise httpx.ConnectError("no address")
    for address in addresses:
        if not (allowed or is_public)(address):
            leads = f"{host} leads to {address}, which" if host != address else host
            raise AddressRefused(f"{leads} is not a public address; allow_private = true allows it.")
    return addresses[0]


def is_public(address: str) -> bool:
    """Neither private, loopback, link-local, shared, multicast nor reserved, also as IPv4 within IPv6."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        return ip.is_global and ip in _UNICAST
    return ip.is_global and not ip.is_multicast and not any(ip in each for each in _WITHIN)
