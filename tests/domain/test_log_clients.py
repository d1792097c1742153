"""Records about clients that went away, which every healthy server logs."""

from __future__ import annotations

import pytest

from kubetriage.domain.log_clients import client_left
from kubetriage.domain.log_signs import signs

LEFT = [
    "2026/08/01 08:20:01 http: TLS handshake error from 10.0.1.12:52034: EOF",
    "http: TLS handshake error from 10.0.1.12:52034: read tcp 10.1.1.9:8443->10.0.1.12:52034: read: connection "
    "reset by peer",
    "LOG:  could not receive data from client: Connection reset by peer",
    "LOG:  invalid length of startup packet",
    "LOG:  unexpected EOF on client connection with an open transaction",
    "[Note] [MY-010914] [Server] Aborted connection 57 to db: 'app' user: 'app' (Got an error reading packets).",
    "ERROR org.apache.catalina.connector.ClientAbortException: java.io.IOException: Broken pipe",
    'level=error msg="request failed" error="context canceled"',
    "[error] 31#31: *7 recv() failed (104: Connection reset by peer) while reading client request line",
    'Traceback (most recent call last):\n  File "/usr/lib/python3.11/socketserver.py", line 317, in _handle\n'
    "    self.process_request(request, client_address)\nBrokenPipeError: [Errno 32] Broken pipe",
    "closing AMQP connection: client unexpectedly closed TCP connection",
    "ERROR write tcp 10.244.1.9:8080->10.244.2.7:51034: write: broken pipe",
    "http2: server: error reading preface from client 10.0.1.12:55734: EOF",
]
OWN = [
    "ERROR dial tcp 10.96.5.5:5432: connect: connection refused",
    "ERROR write tcp 10.244.1.9:51034->10.244.2.7:5432: write: broken pipe",
    "ERROR read tcp 10.244.1.9:51034->10.244.2.7:5432: read: connection reset by peer",
    "ERROR redis: client is closed",
    "[error] upstream prematurely closed connection while reading response header, client: 10.0.1.12",
    "ERROR cannot load orders: dial tcp 10.96.5.5:5432: i/o timeout; context canceled",
    "ERROR context deadline exceeded",
    "ERROR x509: certificate signed by unknown authority",
    "http: TLS handshake error from 10.0.1.12:52034: remote error: tls: bad certificate",
    "ERROR java.io.IOException: Broken pipe",
]


@pytest.mark.parametrize("line", LEFT)
def test_a_client_that_left(line: str) -> None:
    """It is told from failures of the server's own, and is no sign of a fault however often it is logged."""
    assert client_left(line)
    assert not list(signs(f"{line}\n" * 20))


@pytest.mark.parametrize("line", OWN)
def test_failures_of_its_own(line: str) -> None:
    """Calls that the container makes itself, and what it says of certificates, stay failures."""
    assert not client_left(line)
