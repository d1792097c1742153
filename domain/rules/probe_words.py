"""Probes: what one asks, what kubelet says it got, and what that tells about probe and application."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from kubetriage.domain.kube import ContainerState, elements
from kubetriage.domain.language import Text
from kubetriage.domain.rules.phrases import say

PROBES = {"liveness": "livenessProbe", "readiness": "readinessProbe", "startup": "startupProbe"}
_SAID = re.compile(
    r"^(?P<probe>liveness|readiness|startup) probe (?:failed|errored)[^:]*:? ?(?P<what>.*)", re.I | re.S
)


class Result(StrEnum):
    """What came of a probe."""

    STATUS = "status"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    NO_COMMAND = "no-command"
    NO_PORT = "no-port"
    COMMAND = "command"
    OTHER = "other"


class Said(NamedTuple):
    """kubelet's message about one probe."""

    probe: str
    result: Result
    status: int
    """HTTP status code, 0 if there was none."""
    what: str
    """The message after its head."""


_STATUS = re.compile(r"statuscode: (\d{3})", re.I)
_RESULTS = (
    (
        Result.NO_COMMAND,
        r"executable file not found|no such file or directory|exec: \"|permission denied: unknown",
    ),
    (Result.NO_PORT, r"strconv|couldn't find port|invalid port|unknown port"),
    (Result.REFUSED, r"connection refused"),
    (Result.TIMEOUT, r"deadline exceeded|timeout|timed out|no route to host|Client\.Timeout"),
)


def read_probe(message: str) -> Said | None:
    """Which probe a kubelet message is about and how it failed; None for other messages."""
    found = _SAID.match(message)
    if not found:
        return None
    what = found["what"].strip()
    status = _STATUS.search(what)
    if status:
        return Said(found["probe"].lower(), Result.STATUS, int(status[1]), what)
    for result, pattern in _RESULTS:
        if re.search(pattern, what, re.I):
            return Said(found["probe"].lower(), result, 0, what)
    return Said(found["probe"].lower(), Result.OTHER, 0, what)


def probe_of(state: ContainerState, probe: str) -> Mapping[str, Any]:
    found = state.spec.get(PROBES[probe])
    return found if isinstance(found, dict) else {}


def ports_of(state: ContainerState) -> dict[str, str]:
    """The declared ports of a container by number: its name, empty if it has none."""
    ports = [p for p in elements(state.spec.get("ports")) if isinstance(p, dict)]
    return {str(p.get("containerPort")): str(p.get("name") or "") for p in ports}


def port_of(state: ContainerState, probe: Mapping[str, Any]) -> str:
    """The port number that a probe asks, empty for an exec probe; a name that no port has stays a name."""
    for kind in ("httpGet", "tcpSocket", "grpc"):
        asked = probe.get(kind)
        if isinstance(asked, dict):
            port = str(asked.get("port") or "")
            return next((n for n, name in ports_of(state).items() if name and name == port), port)
    return ""


def asks(state: ContainerState, probe: Mapping[str, Any]) -> str:
    """A probe as one would write it: `GET :8080/healthz`, `TCP :5432`, `exec cat /ready`."""
    for kind, word in (("httpGet", "GET"), ("tcpSocket", "TCP"), ("grpc", "gRPC")):
        asked = probe.get(kind)
        if isinstance(asked, dict):
            path = str(asked.get("path") or "/") if kind == "httpGet" else ""
            return f"{word} :{port_of(state, probe)}{path}"
    words = commanded(probe)
    return "exec " + " ".join(words) if words else "probe"


_ALWAYS_FAILS = re.compile(r"\s*(?:exit\s+[1-9]\d*|(?:/\S*/)?false)\s*;?\s*")


def commanded(probe: Mapping[str, Any]) -> list[str]:
    """The words of an exec probe's command, none of another probe."""
    command = probe.get("exec")
    words = command.get("command") if isinstance(command, dict) else None
    return [str(word) for word in elements(words)]


def number(probe: Mapping[str, Any], field: str, default: int) -> int:
    value = probe.get(field)
    return value if isinstance(value, int) and abs(value) < 2**31 else default


def budget(probe: Mapping[str, Any]) -> int:
    """Seconds from a container's start until a probe that always fails has exhausted its threshold."""
    period, failures = number(probe, "periodSeconds", 10), number(probe, "failureThreshold", 3)
    return number(probe, "initialDelaySeconds", 0) + period * failures


_LISTENS = re.compile(
    r"(?:listen|serv|start|running|bound|bind|ready)\w*\b[^\n]{0,60}?(?:port[ =:]+|:)(?P<port>\d{2,5})\b",
    re.I,
)


def listening(log: str) -> list[str]:
    """The ports that an application says it listens on."""
    return list(dict.fromkeys(m["port"] for m in _LISTENS.finditer(log[:200_000])))


_LOOPBACK = re.compile(
    r"(?:listen|serv|start|running|bound|bind|ready)\w*\b[^\n]{0,60}?"
    r"(?<![\w.])(?P<at>(?:127\.0\.0\.1|localhost|\[::1\]):(?P<port>\d{2,5}))\b",
    re.I,
)


def loopback(log: str, port: str) -> str:
    """The loopback address with this port on which alone an application says it listens; else empty."""
    inside = [m for m in _LOOPBACK.finditer(log[:200_000]) if m["port"] == port]
    every = sum(1 for m in _LISTENS.finditer(log[:200_000]) if m["port"] == port)
    return inside[-1]["at"] if inside and every <= len(inside) else ""


def only_inside(state: ContainerState, probe: Mapping[str, Any], said: Said, log: str) -> str:
    """The loopback address on which alone an application listens that refuses this probe; else empty."""
    return loopback(log, port_of(state, probe)) if said.result is Result.REFUSED else ""


_MISFITS = (
    (re.compile(r"server gave HTTP response to HTTPS client", re.I),
     Text(en="it asks HTTPS, but the application speaks plain HTTP there",
          zh="探针用 HTTPS，而应用在该端口提供的是 HTTP")),
    (re.compile(r"malformed HTTP (?:response|status code) .{0,8}\\x1[56]", re.I),
     Text(en="it asks plain HTTP, but the application speaks TLS there",
          zh="探针用 HTTP，而应用在该端口提供的是 TLS")),
    (re.compile(r"not implement the grpc health protocol|unknown service grpc\.health", re.I),
     Text(en="the application does not implement the gRPC health service",
          zh="应用没有实现 gRPC 健康检查服务")),
)  # fmt: skip
"""What kubelet says where probe and application speak different protocols."""


def judged(state: ContainerState, probe: Mapping[str, Any], said: Said, log: str) -> tuple[Text, bool]:
    """What a failure says, and whether it shows that the probe itself is wrong."""
    port, declared, open_ports = port_of(state, probe), ports_of(state), listening(log)
    if said.result is Result.NO_PORT or (port and not port.isdigit()):
        return say("the container has no port named {p}", "容器没有名为 {p} 的端口", p=port), True
    misfit = next((says for pattern, says in _MISFITS if pattern.search(said.what)), None)
    if misfit is not None:
        return misfit, True
    if said.result is Result.NO_COMMAND:
        return Text(en="its command does not exist in the image", zh="镜像中没有探针命令"), True
    if said.result is Result.STATUS and said.status == 404:
        return Text(
            en="the application answers 404: it has no such path", zh="应用返回 404：没有该路径"
        ), True
    if said.result is Result.STATUS and said.status in (401, 403):
        return say("the application wants a login ({s})", "应用要求认证（{s}）", s=said.status), True
    if said.result is Result.STATUS:
        return say("the application answers {s}", "应用返回 {s}", s=said.status), False
    if said.result is Result.REFUSED:
        inside = only_inside(state, probe, said, log)
        if inside:
            return say("the application listens on {i} only, which is not reachable from outside the pod",
                       "应用只监听 {i}，从 Pod 外部无法访问", i=inside), not inside[0].isalpha()  # fmt: skip
        if open_ports and port not in open_ports:
            return say("the application listens on port {o}, not on {p}", "应用监听端口 {o} 而不是 {p}",
                       o=open_ports[0], p=port), True  # fmt: skip
        if declared and port not in declared:
            return say("nothing listens on port {p}; the container declares {d}",
                       "端口 {p} 无监听；容器声明的端口是 {d}",
                       p=port, d=", ".join(declared)), True  # fmt: skip
        return say("nothing listens on port {p}", "端口 {p} 无监听", p=port), False
    if said.result is Result.TIMEOUT:
        return say("no answer within {t} s", "{t} 秒内没有响应", t=number(probe, "timeoutSeconds", 1)), False
    served = re.search(r"responded with \W*(\w+)", said.what)
    if served:
        return say("the application answers {s}", "应用返回 {s}", s=served[1]), False
    command = commanded(probe)
    if command and _ALWAYS_FAILS.fullmatch(command[-1]):
        return Text(en="its command can only fail", zh="其命令只会失败"), True
    if command:
        return Text(en="its command reports a failure", zh="其命令返回失败"), False
    return Text(en="the answer is not what the probe wants", zh="应答不符合探针要求"), False
