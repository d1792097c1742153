"""Controllers that the control plane lets down: a lease not renewed, a conversion webhook gone.

The record next to the end of such a log speaks of a timeout only (of a cache, of a condition); what it waited
for stands in the records before it.
"""

from __future__ import annotations

import re

from kubetriage.domain.evidence import get
from kubetriage.domain.finding import Likelihood, Remedy, Specificity, Want
from kubetriage.domain.language import Text
from kubetriage.domain.log_signs import NETWORK
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.log_stated import Cause, Manner, Stated
from kubetriage.domain.rules.phrases import NOTHING, given, say
from kubetriage.domain.view import ClusterView

_TAIL = 6000
"""Characters at a log's end that are looked at."""
_LOST = re.compile(
    r"leader ?election lost|lost (?:the )?(?:leader )?(?:lease|leadership)|failed to renew lease"
    r"|stopped leading",
    re.IGNORECASE,
)
_LEASE = re.compile(r"(?:renew lease|resource lock|leader lease) (?P<name>[a-z0-9.-]+/[a-z0-9.-]+\w)")
_STORE = re.compile(r"etcdserver: (?:request timed out|leader changed|no leader|too many requests)")
_CONVERSION = re.compile(
    r"conversion webhook for (?P<kind>[\w./-]{1,120}(?:, Kind=\w{1,80})?) failed: \w{1,7} "
    r"\\?\"https://(?P<service>[a-z0-9-]+)\.(?P<namespace>[a-z0-9-]+)\.svc\b(?P<why>[^\n]{0,400})"
)
_CERTIFICATE = re.compile(r"\bx509\b|certificate|\btls: ", re.IGNORECASE)


def in_control_plane(view: ClusterView, told: Stated, cause: Cause) -> Cause:
    """The cause as these records tell it, else as it is."""
    tail = told.log.text[-_TAIL:]
    nameless = told.seen.sign in NETWORK and "host" not in told.seen.values
    asked = _CONVERSION.search(tail if nameless else told.seen.record.whole)
    if asked is not None:
        return _conversion(view, asked, cause)
    of_lease = nameless or _LEASE.search(told.seen.record.whole) is not None
    if told.manner is Manner.ENDED and told.seen.sign in NETWORK and of_lease and _LOST.search(tail):
        return _lease(view, told, tail, cause)
    return cause


def _lease(view: ClusterView, told: Stated, tail: str, cause: Cause) -> Cause:
    found = _LEASE.search(tail)
    name, host = found["name"] if found else "", told.seen.values.get("host", "")
    store = _STORE.search(tail)
    return cause._replace(
        slug="log.lease-lost",
        category="control-plane-down",
        says=say(
            "it lost its leader lease{n}, as the API server{h} did not answer its renewals in time{e}, and "
            "ends "
            "itself",
            "API 服务器{h}未及时应答续约{e}，它失去 leader 租约{n}并自行退出",
            n=given(" {v}", " {v}", name), h=given(" ({v})", "（{v}）", host),
            e=say(": etcd behind it is too slow", "（其后的 etcd 太慢）") if store else NOTHING,
        ),
        likelihood=Likelihood.MEDIUM,
        specificity=Specificity.NAMED,
        quotes=tuple(q for q in (name, store[0] if store else "") if q),
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
    certificate = not gone and _CERTIFICATE.search(asked["why"]) is not None
    fails = Text(en="does not exist", zh="不存在") if gone else Text(en="does not answer", zh="没有应答")
    if certificate:
        fails = Text(en="shows a certificate that the API server does not trust",
                     zh="的证书不被 API 服务器信任")  # fmt: skip
    return cause._replace(
        slug="log.conversion-webhook",
        category="admission-webhook",
        says=say(
            "the conversion webhook of {k}, Service {s}, {fails}",
            "{k} 的转换 webhook（Service {s}）{fails}",
            k=asked["kind"], s=f"{service.namespace}/{service.name}",
            fails=fails,
        ),
        culprit=service,
        likelihood=Likelihood.HIGH,
        specificity=Specificity.NAMED,
        waits_on=(service,),
        quotes=(service.name,),
        wants=(*cause.wants, Want(read=get(service), about=service, why=why)),
        remedies=(_restore(view, service, certificate),),
    )  # fmt: skip


def _restore(view: ClusterView, service: Resource, certificate: bool) -> Remedy:
    looks = () if view.find(service) is None else (remedies.describe(service),)
    name = f"{service.namespace}/{service.name}"
    title = (
        say("Have the certificate of the webhook behind Service {s} and the caBundle made to fit",
            "使 Service {s} 背后 webhook 的证书与 caBundle 相符", s=name)
        if certificate
        else say("Have the webhook behind Service {s} brought back",
                 "恢复 Service {s} 背后的 webhook", s=name)
    )  # fmt: skip
    return remedies.escalate(
        title,
        say("Until then no version but the stored one of these objects can be read or written.",
            "在此之前，这些对象只有存储版本可以读写。"),
        *looks,
    )  # fmt: skip
