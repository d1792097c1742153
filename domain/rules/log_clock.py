"""A clock that runs ahead, what a container calls the present lies in the future; or behind, it lies before a
certificate that is in use was made.

A valid certificate then looks expired, or not valid yet. Go's x509 says which time it took for now.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from kubetriage.domain.finding import Likelihood, Specificity
from kubetriage.domain.kube import when
from kubetriage.domain.language import Text
from kubetriage.domain.resource import resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.log_stated import Cause, Stated
from kubetriage.domain.rules.phrases import say
from kubetriage.domain.rules.wording import duration
from kubetriage.domain.view import ClusterView

_TAKEN_FOR_NOW = re.compile(r"current time (?P<at>\S{10,40}) is after")
_BEFORE = re.compile(r"current time (?P<at>\S{10,40}) is before (?P<begins>\S{10,40}?)[\s\"',;)]*(?:\s|$)")
_AHEAD = timedelta(hours=1)
"""How far ahead a clock must be: time zones left out of a log line must not count."""
_BEHIND = timedelta(minutes=2)
"""How far behind: issuers let a certificate begin a minute early."""


def ahead(view: ClusterView, told: Stated) -> Cause | None:
    """That the certificate only looks expired because the node's clock is ahead; None if it is not."""
    now = _present(told)
    if now is None or now - view.now < _AHEAD:
        return None
    says = say("{d} ahead, so a valid certificate looks expired", "快了 {d}，使有效证书看起来已过期",
               d=duration(now - view.now))  # fmt: skip
    return _wrong(view, told, "log.clock-ahead", now, says)


def behind(view: ClusterView, told: Stated) -> Cause | None:
    """That the certificate only looks too new because the node's clock is behind: it was made at a time that
    the node had not reached. None if the log does not say both times."""
    stated = _BEFORE.search(told.seen.record.raw)
    now, begins = (when(stated["at"]), when(stated["begins"])) if stated is not None else (None, None)
    if now is None or begins is None or begins - now < _BEHIND or begins > view.now:
        return None
    says = say("at least {d} behind, so a valid certificate looks as if it were not valid yet",
               "至少慢了 {d}，使有效证书看起来尚未生效", d=duration(begins - now))  # fmt: skip
    return _wrong(view, told, "log.clock-behind", now, says)


def _wrong(view: ClusterView, told: Stated, slug: str, now: datetime, how: Text) -> Cause:
    node = resource("Node", "", told.pod.text("spec", "nodeName"))
    host = view.find(node)
    said = now.strftime("%Y-%m-%dT%H:%M")
    return Cause(
        slug,
        "clock-skew",
        say(
            "the clock of node {n} is wrong: it says {t}, {how}", "节点 {n} 的时钟有误：显示 {t}，{how}",
            n=node.name, t=said, how=how,
        ),
        culprit=node,
        likelihood=Likelihood.HIGH,
        specificity=Specificity.EXACT,
        cites=(host.cite,) if host is not None else (),
        quotes=(said,) if said in told.log.text else (),
        remedies=(
            remedies.escalate(
                say("Set the clock of node {n} right", "校正节点 {n} 的时钟", n=node.name),
                say("On the host: `journalctl -u kubelet`, `timedatectl`, `systemctl status chronyd` (or "
                    "ntpd, systemd-timesyncd), `chronyc tracking`; every TLS call from that node fails until "
                    "then.",
                    "在主机上执行 `journalctl -u kubelet`、`timedatectl`、`systemctl status chronyd`"
                    "（或 ntpd、systemd-timesyncd）、`chronyc tracking`；"
                    "在此之前该节点发出的 TLS 调用都会失败。"),
                *((remedies.describe(node),) if host is not None else ()),
            ),
        ),
    )  # fmt: skip


def _present(told: Stated) -> datetime | None:
    """The time that the container took for now."""
    stated = _TAKEN_FOR_NOW.search(told.seen.record.raw)
    return when(stated["at"]) if stated is not None else None
