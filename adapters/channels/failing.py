"""Why there was no connection, in words that an operator can act on and that hold no address."""

from __future__ import annotations

import errno
import os
import socket
import ssl


def cause_of(error: BaseException) -> str:
    """The system's own words for what went wrong, found behind what a library raised; else its kind."""
    seen: set[int] = set()
    behind: BaseException | None = error
    while behind is not None and id(behind) not in seen:
        seen.add(id(behind))
        if words := _said(behind):
            return words
        behind = behind.__cause__ or behind.__context__
    return type(error).__name__


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
