"""The three endpoints of Prometheus' HTTP API that are called, and nothing else of it; answers are bounded.

Redirects are not followed: credentials would go to another host, and a login page is no answer.
"""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
from collections.abc import Mapping
from typing import Any, Literal

import httpx

from kubetriage.adapters.metrics.connection import PrometheusConnection
from kubetriage.adapters.metrics.failures import Refused, of_answer, of_transport
from kubetriage.domain.errors import BadSettings

for _library, _least in (("httpx", logging.WARNING), ("httpcore", logging.INFO)):
    logging.getLogger(_library).setLevel(_least)  # they log addresses and headers

Endpoint = Literal["query", "query_range", "rules"]
LARGEST = 4 * 1024 * 1024
"""Bytes of one answer; the rules of all groups may come where a server does not filter them."""
_LONGEST_GET = 1_500
"""Characters of parameters that are sent in the address; more go as a form, which all servers take."""
_PAUSE = 0.3
"""Seconds before the one retry of a request whose failure may pass."""


class HttpApi:
    """A client of one server; `get` raises `Refused` for whatever is no answer."""

    def __init__(self, connection: PrometheusConnection) -> None:
        """Raises `BadSettings` for a file of certificates that cannot be used."""
        self._connection = connection
        self._slots = asyncio.Semaphore(connection.concurrency)
        self._trusted = _trusted(connection)
        self._opened: httpx.AsyncClient | None = None

    @property
    def _client(self) -> httpx.AsyncClient:
        """Made when it is first used: reading the system's certificates takes its time."""
        if self._opened is None:
            given = self._connection
            headers = {name: value.get_secret_value() for name, value in given.headers.items()}
            headers["Accept-Encoding"] = "identity"  # so that what is counted is what is held
            if given.token is not None:
                headers["Authorization"] = f"Bearer {given.token.get_secret_value()}"
            password = given.password.get_secret_value() if given.password is not None else ""
            self._opened = httpx.AsyncClient(
                headers=headers,
                auth=httpx.BasicAuth(given.username, password) if given.username else None,
                timeout=httpx.Timeout(given.timeout),
                verify=self._trusted,
                follow_redirects=False,
            )
        return self._opened

    async def get(self, endpoint: Endpoint, parameters: Mapping[str, str]) -> Any:
        """The answer's JSON, within the connection's timeout; one retry for what may pass."""
        try:
            async with self._slots, asyncio.timeout(self._connection.timeout):
                try:
                    return await self._once(endpoint, parameters)
                except Refused as refused:
                    if not refused.passing:
                        raise
                await asyncio.sleep(_PAUSE)
                return await self._once(endpoint, parameters)
        except TimeoutError:
            raise Refused.overdue(self._connection.timeout) from None

    async def _once(self, endpoint: Endpoint, parameters: Mapping[str, str]) -> Any:
        request = self._request(f"{self._connection.base}/api/v1/{endpoint}", endpoint, parameters)
        try:
            response = await self._client.send(request, stream=True)
            try:
                body = await _body(response)
            finally:
                await response.aclose()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise of_transport(error, self._connection.timeout) from error
        return of_answer(response.status_code, response.headers, _json(body), body)

    def _request(self, url: str, endpoint: Endpoint, parameters: Mapping[str, str]) -> httpx.Request:
        long = sum(map(len, parameters.values())) > _LONGEST_GET
        if long and endpoint != "rules":
            return self._client.build_request("POST", url, data=dict(parameters))
        return self._client.build_request("GET", url, params=dict(parameters))

    async def close(self) -> None:
        """Let go of all connections."""
        if self._opened is not None:
            await self._opened.aclose()


async def _body(response: httpx.Response) -> bytes:
    """The body as it comes over the wire. Raises `Refused` for more than `LARGEST` bytes."""
    kept = bytearray()
    async for part in response.aiter_raw():
        kept += part
        if len(kept) > LARGEST:
            raise Refused.too_large(LARGEST)
    return bytes(kept)


def _json(body: bytes) -> Any:
    """The body as JSON, None if it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _trusted(connection: PrometheusConnection) -> ssl.SSLContext | bool:
    if not connection.ca_file:
        return True
    try:
        return ssl.create_default_context(cafile=connection.ca_file)
    except (OSError, ssl.SSLError) as error:
        why = getattr(error, "strerror", None) or "it holds no certificate"
        setting = f"clusters.{connection.name}.prometheus.ca_file"
        raise BadSettings(f"{setting}: {connection.ca_file} cannot be used: {why}.") from error
