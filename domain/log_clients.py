"""Records of a server about a client that went away, or that spoke another language.

Load balancers and probes that only open a connection, users that close a page, and callers that gave up leave
them in the log of every healthy server. They are an effect of slowness at most, and never say what is wrong.
"""

from __future__ import annotations

import re
from functools import lru_cache

_LEFT = re.compile(
    r"handshake error from \S{1,80}: (?:EOF\b|[^\n]{0,160}(?:reset by peer|i/o timeout|broken pipe))"
    r"|(?:could not (?:receive data from|send data to)|unexpected EOF on|lost connection with) client\b"
    r"|connection to client lost|invalid length of startup packet|incomplete startup packet"
    r"|Aborted connection \d+ to db"
    r"|ClientAbortException|AsyncRequestNotUsable|jetty\.io\.EofException|error reading preface from client"
    r"|client (?:has )?(?:prematurely |unexpectedly )?"
    r"(?:closed|aborted|dropped) (?:the |its |a )?(?:\w+ )?(?:connection|request)"
    r"|client (?:has )?(?:went away|gone away|hung up)|client cancell?ed (?:the |its )?(?:request|call)"
    r"|while reading client request|Invalid HTTP request (?:line|received)",
    re.IGNORECASE,
)
_STEMS = ("client", "handshake error", "startup packet", "aborted connection", "broken pipe", "->",
          "invalid http", "context cancel", "brokenpipe", "eofexception", "notusable")  # fmt: skip
_OTHER = re.compile(r"deadline exceeded|upstream (?:timed out|prematurely|sent)", re.IGNORECASE)
"""What stands beside such words where they are not all that was said."""
_CANCELED = re.compile(r"\bcontext cancell?ed\b", re.IGNORECASE)
_FAILURE = re.compile(
    r"refused|no such|time[d-]? ?out|denied|unreachable|unauthorized|invalid|unavailable|not found|no route",
    re.IGNORECASE,
)
"""What was the matter before a call was canceled for it."""
_PIPE = re.compile(r"broken ?pipe", re.IGNORECASE)
_SERVES = re.compile(
    r"socketserver|werkzeug|http\.server|catalina|jetty|undertow|request from|flush(?:ing)? the response",
    re.IGNORECASE,
)
"""Code that answers requests, in whose traces a broken pipe is the caller's."""
_SOCKETS = re.compile(
    r"\btcp \S{1,64}?:(?P<own>\d{1,5})->\S{1,64}?:(?P<other>\d{1,5}): [^\n]{0,60}?"
    r"(?:broken pipe|reset by peer|EOF\b)",
    re.IGNORECASE,
)
_EPHEMERAL = 32_768
"""Ports from which Linux gives them to those that make a connection."""


@lru_cache(maxsize=1024)
def client_left(text: str) -> bool:
    """Whether a record only says that a client closed its connection, gave up, or spoke no known protocol."""
    low = text.lower()
    if not any(stem in low for stem in _STEMS) or _OTHER.search(text):
        return False
    if _LEFT.search(text) or (_PIPE.search(text) and _SERVES.search(text)):
        return True
    if _CANCELED.search(text):
        return not _FAILURE.search(text)
    accepted = _SOCKETS.search(text)
    return accepted is not None and int(accepted["own"]) < _EPHEMERAL <= int(accepted["other"])
