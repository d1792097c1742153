"""What in the pod's own template a failure in its log goes back to: an environment variable, a sysctl."""

from __future__ import annotations

import re

from kubetriage.domain.finding import Likelihood, Specificity
from kubetriage.domain.kube import elements
from kubetriage.domain.language import Text
from kubetriage.domain.rules.log_stated import Cause, Stated
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.rules.wording import quotable, short
from kubetriage.domain.view import ClusterView

_PORTS = re.compile(r"cannot assign requested address|EADDRNOTAVAIL", re.IGNORECASE)
_RANGE = "net.ipv4.ip_local_port_range"


def set_in_environment(told: Stated, host: str, port: str) -> tuple[Text, tuple[str, ...]]:
    """Which environment variable holds an address, and the values to quote; the last of equal names wins."""
    if not host:
        return NOTHING, ()
    values: dict[str, list[str]] = {}
    for one in elements(told.state.spec.get("env")):
        if isinstance(one, dict) and isinstance(one.get("value"), str):
            values.setdefault(str(one.get("name")), []).append(one["value"])
    whole = re.compile(rf"(?<![\w.-]){re.escape(host)}(?![\w-]|\.\w)", re.IGNORECASE)
    found = [name for name, said in values.items() if whole.search(said[-1])]
    found.sort(key=lambda name: (not (port and port in values[name][-1]), name))
    if not found:
        return NOTHING, ()
    name = found[0]
    value = short(values[name][-1], 60)
    if len(set(values[name])) > 1:
        return say("; its environment sets {n} {k} times, and the last value `{v}` wins",
                   "；其环境变量 {n} 设置了 {k} 次，以最后的 `{v}` 为准",
                   n=name, k=len(values[name]), v=value), quotable(name)  # fmt: skip
    return say("; its environment sets {n} to `{v}`", "；其环境变量 {n} 的值为 `{v}`",
               n=name, v=value), quotable(name)  # fmt: skip


def too_many(view: ClusterView, told: Stated) -> Cause:
    """File descriptors or local ports used up; of ports, the range that the pod's own sysctl leaves it."""
    likelihood = Likelihood.HIGH if told.sure else Likelihood.MEDIUM
    if not _PORTS.search(told.seen.record.raw):
        says = Text(en="it has no file descriptors left", zh="文件描述符耗尽")
        return Cause("log.too-many-files", "os-limit", says, likelihood=likelihood)
    says = Text(en="it has no local ports left for new connections", zh="没有可用于新连接的本地端口")
    for one in told.pod.items("spec", "securityContext", "sysctls"):
        given = str(one.get("value") or "")
        low, _, high = given.partition(" ")
        if one.get("name") != _RANGE or not (low.isdigit() and high.strip().isdigit()):
            continue
        count = int(high) - int(low) + 1
        says = say("{s}: its sysctl {r} “{v}” allows {n} of them", "{s}：其 sysctl {r} “{v}” 只允许 {n} 个",
                   s=says, r=_RANGE, v=given, n=count)  # fmt: skip
        return Cause("log.no-local-ports", "os-limit", says, likelihood=likelihood,
                     specificity=Specificity.EXACT, quotes=(_RANGE, given))  # fmt: skip
    return Cause("log.no-local-ports", "os-limit", says, likelihood=likelihood)
