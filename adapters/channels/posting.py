"""One HTTP request, one answer: no redirects, no second try, no connection kept, answers bounded.

A connection is never used twice: a robot's server that closes an idle one makes it impossible to know whether
the request on it was seen.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kubetriage.adapters.channels.answers import Answer
from kubetriage.adapters.failing import cause_of
from kubetriage.domain.messages.delivery import Delivery, dead, retry, unknown

if TYPE_CHECKING:
    import httpx

LARGEST_ANSWER = 64 * 1024


class NotAnswered(Exception):
    """There is no answer; `delivery` says what that means for the message."""

    def __init__(self, delivery: Delivery) -> None:
        super().__init__(delivery.why)
        self.delivery = delivery


class Poster:
    """Posts; with `public_only` to public addresses alone."""

    def __init__(self, *, timeout: float, public_only: bool = False) -> None:
        self._timeout = timeout
        self._public_only = public_only
        self._opened: httpx.AsyncClient | None = None

    def prepare(self) -> None:
        """Load the libraries and certificates, which takes longer than a message."""
        with suppress(NotAnswered):  # the first message says so
            self._client()

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Raises `NotAnswered`. What is said in it never holds the address, which holds the key."""
        import httpx

        from kubetriage.adapters.channels.addresses import AddressRefused

        host = urlsplit(url).hostname or "?"
        try:
            request = self._client().build_request("POST", url, content=body, headers=dict(headers))
            async with asyncio.timeout(self._timeout * 3):  # httpx has one for each single byte
                response = await self._client().send(request, stream=True)
                try:
                    content = await _bounded(response)
                finally:
                    await response.aclose()
        except AddressRefused as error:
            raise NotAnswered(dead(str(error), code="address")) from None
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeEncodeError):
            raise NotAnswered(dead("The address or a header cannot be used.", code="address")) from None
        except (httpx.ReadTimeout, httpx.ReadError, httpx.RemoteProtocolError, httpx.DecodingError) as error:
            cause = cause_of(error)
            why = f"{host} took the request and gave no answer ({cause}): the message may be there or not."
            raise NotAnswered(unknown(why, code="none")) from None
        except TimeoutError:
            why = f"{host} took too long over its answer: the message may be there or not."
            raise NotAnswered(unknown(why, code="timeout")) from None
        except httpx.LocalProtocolError:
            raise NotAnswered(dead("The address or a header cannot be used.", code="address")) from None
        except httpx.TransportError as error:
            why = f"{host} could not be reached ({cause_of(error)})."
            raise NotAnswered(retry(why, code="no connection")) from None
        lower = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, lower, content)

    def _client(self) -> httpx.AsyncClient:
        """Made when it is first used: reading the system's certificates takes its time."""
        if self._opened is None:
            import httpx

            from kubetriage.adapters.channels.addresses import PublicTransport

            for library in ("httpx", "httpcore"):  # they log addresses, and a robot's address is its key
                logging.getLogger(library).setLevel(logging.WARNING)
            try:
                self._opened = httpx.AsyncClient(
                    timeout=httpx.Timeout(self._timeout),
                    follow_redirects=False,
                    transport=PublicTransport() if self._public_only else None,
                    limits=httpx.Limits(max_keepalive_connections=0),
                    headers={"User-Agent": "kubetriage", "Accept-Encoding": "identity"},
                )
            except (ImportError, OSError, ValueError) as error:
                raise NotAnswered(dead(_environment(error), code="environment")) from None
        return self._opened

    async def aclose(self) -> None:
        if self._opened is not None:
            await self._opened.aclose()
            self._opened = None


def _environment(error: Exception) -> str:
    """Why no client can be made: only what the environment says of proxies and certificates can be wrong."""
    if isinstance(error, ImportError):
        return "The environment names a SOCKS proxy, for which the package socksio is needed."
    if isinstance(error, OSError):
        return f"The certificates that the environment names cannot be read ({cause_of(error)})."
    return "The environment's proxy (HTTPS_PROXY, ALL_PROXY, NO_PROXY) is no address that can be used."


async def _bounded(response: httpx.Response) -> bytes:
    """The answer's beginning; what is longer is no answer of a robot anyway."""
    kept = bytearray()
    async for part in response.aiter_raw():
        kept += part
        if len(kept) >= LARGEST_ANSWER:
            break
    return bytes(kept[:LARGEST_ANSWER])
