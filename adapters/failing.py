"""Why there was no connection, in words that an operator can act on and that hold no address."""

from __future__ import annotations

import errno
import os
import socket
import ssl
from collections.abc import Mapping

_KINDS: Mapping[str, str] = {
    "Timeout": "it took too long",
    "Proxy": "the proxy does not let it through",
    "InvalidURL": "its address is none",
    "UnsupportedProtocol": "its address is neither http nor https",
    "Decoding": "its answer cannot be unpacked",
    "Redirect": "it sends us elsewhere, which is not followed",
    "Protocol": "its answer broke off, or is not HTTP",
}
"""What is said of a failure that has no words of the system behind it, by a part of its class's name."""


def cause_of(error: BaseException) -> str:
    """The system's own words for what went wrong, found behind what a library raised; else words for it."""
    seen: set[int] = set()
    behind: BaseException | None = error
    while behind is not None and id(behind) not in seen:
        seen.add(id(behind))
        if words := _said(behind):
            return words
        behind = behind.__cause__ or behind.__context__
    kind = type(error).__name__
    return next((words for part, words in _KINDS.items() if part in kind), "the connection broke off")


def _said(error: BaseException) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"no TLS could be agreed on: {error.reason or 'its answer is not TLS'}"
    if isinstance(error, socket.gaierror):
        return "its name is not known"
    if isinstance(error, TimeoutError) and not error.errno:
        return "it took too long"
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno) if error.errno in errno.errorcode else ""
    if isinstance(error, BaseExceptionGroup):  # one error for each address that a name has
        return next((words for each in error.exceptions if (words := _said(each))), "")
    return ""
