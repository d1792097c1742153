"""A port of this machine, for the servers that adapters ship: recorded clusters and stand-ins of models."""

from __future__ import annotations

import socket

from kubetriage.domain.errors import BadInput

HOST = "127.0.0.1"
"""A recorded cluster may hold anything, and whoever reaches a stand-in can steer it: this machine only."""


def bound(port: int) -> socket.socket:
    """A socket at a port, 0 for a free one. Raises `BadInput` for one that is taken."""
    # With the protocol left out asyncio doesn't turn off Nagle's algorithm: 40 ms for every small chunk.
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((HOST, port))
    except OSError as error:
        made.close()
        raise BadInput(f"Port {port} of {HOST} cannot be used: {error.strerror}.") from error
    return made
