"""What an Ingress' controller says of requests that it refuses or cannot bring to their end: nginx' words.

Source: the error log of nginx, and the annotations of ingress-nginx that decide.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from kubetriage.domain.language import Text

_PREFIX = "nginx.ingress.kubernetes.io/"


class Refusal(NamedTuple):
    """One of the controller's complaints about a request."""

    slug: str
    pattern: re.Pattern[str]
    codes: frozenset[str]
    """The answers that its clients get for it."""
    annotations: tuple[str, ...]
    """Those of the Ingress that decide, one of which may be set."""
    default: str
    """What holds where none is set; empty: the controller's own settings."""
    says: Text
    """A clause with `{s}`, the setting, about the Ingress."""
    fix: Text
    behind: str = ""
    """The category, where not the Ingress but what it leads to or asks is to be looked at; else empty."""


def _refusal(slug: str, pattern: str, codes: str, annotations: str, default: str, says: Text, fix: Text,
             *, behind: str = "") -> Refusal:  # fmt: skip
    keys = tuple(_PREFIX + a for a in annotations.split())
    return Refusal(slug, re.compile(pattern, re.IGNORECASE), frozenset(codes.split()), keys, default, says,
                   fix, behind)  # fmt: skip


REFUSALS: tuple[Refusal, ...] = (
    _refusal(
        "rate-limit", r"limiting (?:requests|connections)(?:, excess: [\d.]+)? by zone", "503 429",
        "limit-rps limit-rpm limit-connections", "",
        Text(en="refuses requests above the limit that its controller sets each client ({s})",
             zh="拒绝超过其控制器对单个客户端限制（{s}）的请求"),
        Text(en="Raise the limit, if these clients are to send so much",
             zh="若确需这些客户端发送如此多请求，请提高上限"),
    ),
    _refusal(
        "authentication", r"auth request unexpected status: \d{3}", "500", "auth-url", "",
        Text(en="fails requests because the service that its controller asks to authenticate them ({s}) does "
                "not answer as it should",
             zh="的请求失败：其控制器用于认证的服务（{s}）没有正常应答"),
        Text(en="Bring the authenticating service back", zh="恢复认证服务"),
        behind="app-dependency",
    ),
    _refusal(
        "header-size", r"upstream sent too big header while reading response header", "502",
        "proxy-buffer-size", "4k",
        Text(en="fails requests because the headers that its pods answer with are larger than the "
                "controller's buffer ({s})",
             zh="的请求失败：其 Pod 返回的响应头大于控制器的缓冲区（{s}）"),
        Text(en="Give the controller a larger proxy-buffer-size, or let the pods send smaller headers",
             zh="调大 proxy-buffer-size，或让 Pod 返回更小的响应头"),
    ),
    _refusal(
        "source-range", r"access forbidden by rule", "403",
        "whitelist-source-range allowlist-source-range denylist-source-range", "",
        Text(en="refuses these clients by their addresses ({s})", zh="按来源地址（{s}）拒绝这些客户端"),
        Text(en="Admit the addresses that are to call it; behind a balancer the controller must see the "
                "client's own address",
             zh="放行应当访问它的地址；在负载均衡之后，控制器须能看到客户端的真实地址"),
    ),
    _refusal(
        "read-timeout", r"upstream timed out \(\d+: [^)\n]{1,40}\) while reading response header", "504",
        "proxy-read-timeout", "60 s",
        Text(en="fails requests because its pods do not answer within the controller's read timeout ({s})",
             zh="的请求失败：其 Pod 未在控制器的读取超时（{s}）内应答"),
        Text(en="Find out what makes these requests slow", zh="查明这些请求为何变慢"),
        behind="slow-dependency",
    ),
)  # fmt: skip
