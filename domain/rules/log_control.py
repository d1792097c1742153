"""Controllers that the control plane lets down: a lease not renewed, a conversion webhook gone.

The record next to the end of such a log speaks of a timeout only (of a cache, of a condition); what it waited
for stands in the records before it.
"""

from __future__ import annotations

import re

from kubetriage.domain.evidence import get
from kubetriage.domain.finding import Likelihood, Remedy, Specificity, Want
from kubetriage.domain.log_signs import NETWORK
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.log_stated import Cause, Manner, Stated
from kubetriage.domain.rules.phrases import given, say
from kubetriage.domain.view import ClusterView

_TAIL = 6000
"""Characters at a log's end that are looked at."""
_LOST = re.compile(
    r"leader ?election lost|lost (?:the )?(?:leader )?(?:lease|leadership)|failed to renew lease"
    r"|stopped leading",
    re.IGNORECASE,
)
_LEASE = re.compile(r"(?:renew lease|resource lock|leader lease) (?P<name>[a-z0-9.-]+/[a-z0-9.-]+\w)")
_CONVERSION = re.compile(
    r"conversion webhook for (?P<kind>[\w./-]{1,120}(?:, Kind=\w{1,80})?) failed: \w{1,7} "
    r"\\?\"https://(?P<service>[a-z0-9-]+)\.(?P<namespace>[a-z0-9-]+)\.svc\b"
)


def in_control_plane(view: ClusterView, told: Stated, cause: Cause) -> Cause:
    """The cause as these records tell it, else as it is."""
    tail = told.log.text[-_TAIL:]
    asked = _CONVERSION.search(tail)
    if asked is not None:
        return _conversion(view, asked, cause)
    if told.manner is Manner.ENDED and told.seen.sign in NETWORK and _LOST.search(tail):
        return _lease(view, told, tail, cause)
    return cause


def _lease(view: ClusterView, told: Stated, tail: str, cause: Cause) -> Cause:
    found = _LEASE.search(tail)
    name, host = found["name"] if found else "", told.seen.values.get("host", "")
    return cause._replace(
        slug="log.lease-lost",
        category="control-plane-down",
        says=say(
            "it lost its leader lease{n}, as the API server{h} did not answer its renewals in time, and ends "
            "itself",
            "API 服务器{h}未及时应答续约，它失去 leader 租约{n}并自行退出",
            n=given(" {v}", " {v}", name), h=given(" ({v})", "（{v}）", host),
        ),
        likelihood=Likelihood.MEDIUM,
        specificity=Specificity.NAMED,
        quotes=(name,) if name else (),
        remedies=(_unhurried(told.pod.namespace), *_patience(view, told)),
    )  # fmt: skip


def _unhurried(namespace: str) -> Remedy:
    return remedies.escalate(
        say("Ask who runs the control plane why the API server was slow",
            "请控制面管理员查明 API 服务器为何变慢"),
        say("Its latency, that of etcd and the network to it at the time of the restarts; the leases show "
            "who else failed to renew.",
            "查看重启时 API 服务器与 etcd 的延迟及网络；租约会显示还有谁续约失败。"),
        remedies.read(f"kubectl get leases -n {namespace}"),
    )  # fmt: skip


def _patience(view: ClusterView, told: Stated) -> tuple[Remedy, ...]:
    work = view.workload(told.pod.ref)
    return (
        remedies.change(
            say("Give {w} a longer lease, or the CPU it needs", "延长 {w} 的租约时间，或给足 CPU",
                w=f"{work.kind} {work.name}"),
            remedies.with_note(
                say("A longer lease duration and renew deadline outlast short pauses of the API server; a "
                    "throttled controller misses its renewals too.",
                    "更长的 lease duration 和 renew deadline 可以容忍 API 服务器的短暂停顿；"
                    "CPU 受限的控制器同样会错过续约。"), view.find(work)),
            *remedies.edit_template(work),
        ),
    )  # fmt: skip


def _conversion(view: ClusterView, asked: re.Match[str], cause: Cause) -> Cause:
    service = resource("Service", asked["namespace"], asked["service"])
    why = say("converts the objects of {k}", "负责转换 {k} 的对象", k=asked["kind"])
    gone = view.is_absent(service)
    return cause._replace(
        slug="log.conversion-webhook",
        category="admission-webhook",
        says=say(
            "the conversion webhook of {k}, Service {s}, {gone}",
            "{k} 的转换 webhook（Service {s}）{gone_zh}",
            k=asked["kind"], s=f"{service.namespace}/{service.name}",
            gone="does not exist" if gone else "does not answer", gone_zh="不存在" if gone else "没有应答",
        ),
        culprit=service,
        likelihood=Likelihood.HIGH,
        specificity=Specificity.NAMED,
        waits_on=(service,),
        quotes=(service.name,),
        wants=(*cause.wants, Want(read=get(service), about=service, why=why)),
        remedies=(_restore(view, service),),
    )  # fmt: skip


def _restore(view: ClusterView, service: Resource) -> Remedy:
    looks = () if view.find(service) is None else (remedies.describe(service),)
    return remedies.escalate(
        say("Have the webhook behind Service {s} brought back", "恢复 Service {s} 背后的 webhook",
            s=f"{service.namespace}/{service.name}"),
        say("While it is away no version but the stored one of these objects can be read or written.",
            "在它恢复之前，这些对象只有存储版本可以读写。"),
        *looks,
    )  # fmt: skip
