"""Servers behind an address: credentials, addresses where something else listens, and nobody at all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, ClassVar

import pytest

from kubetriage.adapters.cluster.clusters import open_cluster
from kubetriage.adapters.cluster.connection import ClusterConnection
from kubetriage.adapters.cluster.limits import LimitSettings
from kubetriage.adapters.cluster.reads import McpCluster
from kubetriage.domain.errors import ClusterUnreachable
from kubetriage.domain.evidence import get
from kubetriage.domain.resource import resource

NODE = get(resource("Node", "", "n1"))


class Web(BaseHTTPRequestHandler):
    """Something that is no MCP server: it wants a token, and shows a page."""

    seen: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.seen.append(f"{self.headers.get('Authorization')} {self.headers.get('X-Team')}")
        self.answer()

    def do_GET(self) -> None:
        self.answer()

    def answer(self) -> None:
        allowed = self.headers.get("Authorization") == "Bearer right"
        page = b"<html>welcome</html>" if allowed else b"who are you?"
        self.send_response(200 if allowed else 401)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def web() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Web)
    Web.seen.clear()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/mcp"
    server.shutdown()
    server.server_close()


def at(url: str, **options: Any) -> McpCluster:
    made = {"name": "edge", "transport": "streamable-http", "url": url, "connect_timeout": 120} | options
    return open_cluster(ClusterConnection.model_validate(made), LimitSettings())


async def refusal(cluster: McpCluster) -> str:
    with pytest.raises(ClusterUnreachable) as raised:
        await cluster.read(NODE)
    await cluster.close()
    return str(raised.value)


@pytest.mark.parametrize("transport", ["streamable-http", "sse"])
async def test_refused_credentials_are_said(web: str, transport: str) -> None:
    """A server that wants another token says so; the token itself is not repeated."""
    said = await refusal(at(web, token="canary", transport=transport))
    assert "refuses our credentials (HTTP 401)" in said
    assert "canary" not in said


async def test_token_and_headers_are_sent(web: str) -> None:
    """The token goes along as a bearer token, beside the headers of the configuration."""
    await refusal(at(web, token="right", headers={"X-Team": "a"}))
    assert Web.seen[0] == "Bearer right a"


async def test_an_address_without_mcp_is_noticed_at_once(web: str) -> None:
    """A web page is no MCP server: said without waiting for an answer that never comes."""
    began = time.monotonic()
    said = await refusal(at(web, token="right"))
    assert "does not speak MCP" in said
    assert time.monotonic() - began < 60


@pytest.mark.parametrize("transport", ["streamable-http", "sse"])
async def test_nobody_listens(transport: str) -> None:
    """An address where nobody listens is unreachable, and the sentence names it."""
    said = await refusal(at("http://127.0.0.1:9/mcp", transport=transport))
    assert "edge (http://127.0.0.1:9/mcp) could not be reached" in said


async def test_waiting_callers_all_learn_of_it() -> None:
    """Reads that were asked at once share the attempt and its end."""
    cluster = at("http://127.0.0.1:9/mcp")
    ended = await asyncio.gather(*(cluster.read(NODE) for _ in range(8)), return_exceptions=True)
    await cluster.close()
    assert {type(error) for error in ended} == {ClusterUnreachable}
