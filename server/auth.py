"""Who may come in: tokens, and the gate before everything else.

The gate stands before routing, so that without a token every path answers the same, whether it exists or not.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import re
from collections.abc import Collection, Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlencode

from pydantic import SecretStr
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from kubetriage.bootstrap.server_settings import Credential
from kubetriage.domain.errors import BadSettings
from kubetriage.server.bodies import discard
from kubetriage.server.problems import Problem, problem_response

INTAKE = "intake"
API = "api"
METRICS = "metrics"
METRICS_PATH = "/metrics"
OPEN = frozenset({"/healthz", "/readyz"})
"""Paths that need no token."""
INTAKE_PATHS = ("/api/v1/alerts", "/api/v2/alerts")
CHALLENGE = 'Bearer realm="kubetriage", Basic realm="kubetriage", charset="UTF-8"'
LONGEST_TOKEN = 4096
UNREAD_BYTES = 8 * 1024 * 1024
"""Bytes of a body that are read and dropped so that its sender sees the refusal."""
_IN_PATH = re.compile(r"(/api/v1/alerts(?:/[^/]+)?)/t/(.+)", re.DOTALL)
_READING = frozenset({"GET", "HEAD"})
_OWN_SITES = ("none", "same-origin")
_LOCAL_HOST = re.compile(r"(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?", re.IGNORECASE)


class Caller(NamedTuple):
    """Who sent a request."""

    name: str
    """The token's name; empty where no tokens are configured."""
    scopes: frozenset[str]
    sources: frozenset[str] = frozenset()
    """Senders that it may post as; empty for all, and for none named."""

    def may(self, scope: str) -> bool:
        return scope in self.scopes

    def may_open(self, path: str) -> bool:
        """Whether it may ask for anything there; the path is without a token and a slash at its end."""
        if _is_intake(path):
            return self.may(INTAKE) and (not self.sources or not self.sources.isdisjoint(_posted_as(path)))
        return self.may(API) or (path == METRICS_PATH and self.may(METRICS))


ANYBODY = Caller("", frozenset({INTAKE, API}))


class Gate:
    """The configured tokens. Only their digests are kept."""

    def __init__(self, tokens: Mapping[str, Credential | tuple[SecretStr, Collection[str]]]) -> None:
        self._callers = [
            (
                _digest(given.token.get_secret_value().strip()),
                Caller(name, frozenset(given.scopes), frozenset(given.sources)),
            )
            for name, given in ((name, Credential(*each)) for name, each in tokens.items())
        ]

    @property
    def closed(self) -> bool:
        """Whether a token is needed at all."""
        return bool(self._callers)

    def caller(self, token: str) -> Caller | None:
        """Whose token this is. Takes the same time whichever it is, and if it is nobody's."""
        given = _digest(token[:LONGEST_TOKEN])
        found: Caller | None = None
        for digest, caller in self._callers:
            if hmac.compare_digest(digest, given):
                found = caller
        return found


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def require_loopback(host: str, gate: Gate) -> None:
    """Raises `BadSettings` unless there are tokens, or nobody but this machine can reach the address."""
    if gate.closed or host.lower() == "localhost":
        return
    try:
        local = ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        local = False
    if not local:
        raise BadSettings(
            f"server.host is {host}: without server.tokens it must be a loopback address such as 127.0.0.1."
        )


class GateKeeper:
    """ASGI middleware: lets in who has a token, and takes tokens out of the address before anyone sees it.

    Puts a `Caller` into `scope["state"]["caller"]`. Without configured tokens whoever runs on this machine
    is let in, but no web page that a browser on it shows: a foreign `Host`, `Origin` or fetch site is
    refused.
    """

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self.app = app
        self.gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":  # there are none; nothing is said of that either
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if "content-length" in headers and "transfer-encoding" in headers:
            # Two ends of one body: a proxy that goes by the other one would take the rest for a request.
            refused = Problem.of(400, "The body's length is told in two ways.")
            await problem_response(refused, headers={"Connection": "close"})(scope, receive, send)
            return
        if scope["path"] in OPEN:
            await self.app(scope, receive, send)
            return
        in_address = _taken_out(scope)
        caller = self._caller(scope, headers, in_address)
        if caller is None:
            if headers.get("content-length", "0") != "0" or "transfer-encoding" in headers:
                await discard(receive, UNREAD_BYTES, 1.0)
            refused = Problem.of(401, "A token is needed.")
            await problem_response(refused, headers={"WWW-Authenticate": CHALLENGE})(scope, receive, send)
            return
        if not caller.may_open(scope["path"]):
            refused = Problem.of(403, "The token does not allow this.")
            await problem_response(refused)(scope, receive, send)
            return
        scope.setdefault("state", {})["caller"] = caller
        await self.app(scope, receive, send)

    def _caller(self, scope: Scope, headers: Headers, in_address: str) -> Caller | None:
        site = headers.get("sec-fetch-site", "none")
        if scope["method"] not in _READING and site not in _OWN_SITES:  # a password that a browser remembers
            return None
        if not self.gate.closed:
            return ANYBODY if _from_here(scope, headers) else None
        given = _authorization(headers.getlist("authorization"))
        found = self.gate.caller(given if given is not None else in_address)
        if found is not None and given is None:  # what stands in addresses is seen by proxies: alerts only
            return found._replace(scopes=found.scopes & {INTAKE})
        return found


def _is_intake(path: str) -> bool:
    return any(path == whole or path.startswith(f"{whole}/") for whole in INTAKE_PATHS)


def _posted_as(path: str) -> frozenset[str]:
    """The senders that a path of the intake is for; none for the one that takes any."""
    if path == "/api/v2/alerts":
        return frozenset({"prometheus", "vmalert"})
    return frozenset({path.removeprefix(INTAKE_PATHS[0]).strip("/")} - {""})


def _authorization(values: list[str]) -> str | None:
    """The token of an Authorization header: a bearer's, or the password of basic authentication.

    None without such a header; empty for one that is not understood, which is nobody's token.
    """
    if len(values) != 1:
        return None if not values else ""
    scheme, _, rest = values[0].strip().partition(" ")
    rest = rest.strip()
    if scheme.lower() == "bearer":
        return rest.encode("latin-1").decode("utf-8", "replace")  # headers come decoded as Latin-1
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(rest, validate=True).decode("utf-8").partition(":")[2]
        except ValueError:  # neither Base64 nor UTF-8, nor even ASCII
            return ""
    return ""


def _taken_out(scope: Scope) -> str:
    """The token of `…/t/TOKEN` or `?token=TOKEN`, removed from the scope, which access logs read.

    A slash at the end of the path goes too: senders put one there, and no path of ours has it.
    """
    token = ""
    if len(scope["path"]) > 1 and scope["path"].endswith("/"):
        scope["path"] = scope["path"].rstrip("/") or "/"
    found = _IN_PATH.fullmatch(scope["path"])
    if found:
        token = found[2]
        scope["path"] = found[1]
        scope["raw_path"] = found[1].encode("utf-8", "surrogateescape")
    query = scope.get("query_string", b"").decode("latin-1")
    if "token" in unquote(query):
        pairs = parse_qsl(query, keep_blank_values=True, encoding="utf-8", errors="replace")
        given = [value for name, value in pairs if name == "token"]
        kept = [(name, value) for name, value in pairs if name != "token"]
        scope["query_string"] = urlencode(kept).encode("ascii")
        token = token or (given[0] if len(given) == 1 else "")
    return token


def _from_here(scope: Scope, headers: Headers) -> bool:
    """Whether a request comes from a program on this machine, and not from a web page opened on it."""
    client = scope.get("client")
    if client:
        try:
            if not ipaddress.ip_address(client[0]).is_loopback:
                return False
        except ValueError:
            return False
    host = headers.get("host", "")
    if host and not _LOCAL_HOST.fullmatch(host):
        return False
    if headers.get("sec-fetch-site", "none") not in _OWN_SITES:
        return False
    origin = headers.get("origin")
    return origin is None or origin.partition("://")[2] == host
