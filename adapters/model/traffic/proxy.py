"""Between the product and its endpoints: every request goes on as it came, and what comes back is kept."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import httpx2

from kubetriage.adapters.model.fake.loopback import listening
from kubetriage.adapters.model.traffic import request as hop
from kubetriage.adapters.model.traffic.answers import NO_ANSWER, read_answer
from kubetriage.adapters.model.traffic.naming import HEADER
from kubetriage.adapters.model.traffic.questions import read_question
from kubetriage.adapters.model.traffic.recording import Recorder
from kubetriage.domain.errors import BadInput

if TYPE_CHECKING:
    from kubetriage.adapters.model.profile import ModelProfile

MOST_ANSWER: Final = 16 * 2**20
"""Bytes that are kept of an answer; what comes after goes on and is not kept."""
_LEFT_OUT: Final = frozenset(
    {"host", "content-length", "connection", "transfer-encoding", "accept-encoding", "expect", HEADER}
)
"""Headers of a request that are this hop's own."""
_PASSED: Final = ("content-type", "retry-after", "retry-after-ms", "x-should-retry", "date")
"""Headers of an answer that go on."""


class Proxy:
    """The application; one for all models, told apart by the path."""

    def __init__(
        self, profiles: Mapping[str, ModelProfile], recorder: Recorder, http: httpx2.AsyncClient
    ) -> None:
        self._profiles = profiles
        self._recorder = recorder
        self._http = http

    async def __call__(self, scope: hop.Scope, receive: hop.Receive, send: hop.Send) -> None:
        came = await hop.incoming(scope, receive)
        if came is None:
            return
        profile = self._profiles.get(came.model)
        if profile is None:
            await hop.refuse(send, 404, f"There is no model {came.model} to record.", "no_such_model")
            return
        began = time.monotonic()
        sent = {name: value for name, value in came.headers.items() if name not in _LEFT_OUT}
        asking = self._http.stream(
            scope["method"],
            f"{profile.base_url}{came.path}",
            content=came.body,
            headers={**sent, "accept-encoding": "identity"},
            timeout=httpx2.Timeout(profile.read_timeout, connect=profile.connect_timeout),
        )
        try:
            async with asking as answered:
                await self._passed_on(came, answered, (scope, receive, send), began)
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            await hop.refuse(
                send, 502, f"{profile.host} could not be reached ({type(error).__name__}).", "unreachable"
            )
        except httpx2.TransportError:  # it ended without an answer, and so does this connection
            self._keep(came, NO_ANSWER, {}, b"", broken=True, seconds=time.monotonic() - began)
            await hop.hang_up(scope, receive)

    async def _passed_on(
        self,
        came: hop.Incoming,
        answered: httpx2.Response,
        asgi: tuple[hop.Scope, hop.Receive, hop.Send],
        began: float,
    ) -> None:
        """Send each piece on as it comes; an answer that breaks off does so here too."""
        scope, receive, send = asgi
        headers = {name: answered.headers[name] for name in _PASSED if name in answered.headers}
        await hop.begin(send, answered.status_code, headers)
        kept = bytearray()
        broken = False
        try:
            async for piece in answered.aiter_bytes():
                if len(kept) < MOST_ANSWER:
                    kept += piece
                await hop.write(send, piece, more=True)
        except httpx2.TransportError:
            broken = True
        seconds = time.monotonic() - began
        self._keep(came, answered.status_code, answered.headers, bytes(kept), broken=broken, seconds=seconds)
        if broken:
            await hop.hang_up(scope, receive)
        else:
            await hop.write(send, b"")

    def _keep(
        self,
        came: hop.Incoming,
        status: int,
        headers: Mapping[str, str],
        body: bytes,
        *,
        broken: bool,
        seconds: float,
    ) -> None:
        if came.path != hop.COMPLETIONS:
            return
        try:
            question = read_question(came.model, came.cell, came.body)
        except BadInput:  # the endpoint says what it thinks of that; nobody asks it twice
            return
        answer = read_answer(status, headers, body, came.key, broken=broken, seconds=seconds)
        self._recorder.add(question, answer)


@asynccontextmanager
async def recording_proxy(
    profiles: Mapping[str, ModelProfile], recorder: Recorder
) -> AsyncIterator[dict[str, str]]:
    """The base URL by profile name while the block runs."""
    limits = httpx2.Limits(max_connections=64, max_keepalive_connections=16, keepalive_expiry=60)
    async with (
        httpx2.AsyncClient(limits=limits, follow_redirects=False, trust_env=True) as http,
        listening(Proxy(profiles, recorder, http)) as port,
    ):
        yield {name: hop.address(port, name) for name in profiles}
