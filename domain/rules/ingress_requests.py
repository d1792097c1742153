"""Requests that an Ingress' controller refuses, or sends on in a protocol that its backend does not speak.

The pods behind it are well in both cases; the annotations of the Ingress are what decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from kubetriage.domain.dependence import behind
from kubetriage.domain.evidence import get
from kubetriage.domain.finding import Finding, Likelihood, Remedy, Role, Specificity, Want
from kubetriage.domain.kube import Obj, containers
from kubetriage.domain.language import Text
from kubetriage.domain.log_orders import gives_orders
from kubetriage.domain.logs import Record, records
from kubetriage.domain.relations.ingress_controller import controllers
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.grouping import fresh
from kubetriage.domain.rules.health_scope import measured
from kubetriage.domain.rules.ingress_words import REFUSALS, Refusal
from kubetriage.domain.rules.log_stated import REPEATED
from kubetriage.domain.rules.phrases import say, stated
from kubetriage.domain.rules.wording import grounded, quotable, short
from kubetriage.domain.view import ClusterView, LogText

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

_TOO_LARGE = re.compile(r"client intended to send too large body: (?P<bytes>\d{1,18}) bytes", re.IGNORECASE)
"""nginx, with the host that was called after it: `…, server: docs.example.com, …`."""
_PLAIN_TO_TLS = re.compile(
    r"client sent an HTTP request to an HTTPS server|plain HTTP request was sent to HTTPS port"
    r"|HTTP request (?:received )?(?:on|to) (?:an? )?(?:HTTPS|TLS) (?:port|server)",
    re.IGNORECASE,
)
"""Go's net/http, nginx: what a server that expects TLS says of a request without it."""
_BODY_SIZE = "nginx.ingress.kubernetes.io/proxy-body-size"
_PROTOCOL = "nginx.ingress.kubernetes.io/backend-protocol"


def refused_requests(view: ClusterView) -> Iterator[Finding | Want]:
    """Bodies above the controller's limit, and requests without TLS to pods that expect it."""
    ingress = view.find(view.primary)
    if ingress is None or ingress.ref.kind != "Ingress":
        return
    if measured(view):
        yield from _too_large(view, ingress)
        yield from _refusals(view, ingress)
    yield from _without_tls(view, ingress)  # no request gets through, whatever the alert says of it


def _said(view: ClusterView, pod: Obj, pattern: re.Pattern[str]) -> tuple[LogText, list[Record]] | None:
    for state in containers(pod):
        log = view.log(pod.ref, state.name)
        found = [r for r in records(log.text) if pattern.search(r.whole)] if log is not None else []
        found = [r for r in found if not gives_orders(r.whole)]
        if log is not None and found:
            return log, found
    return None


def _of_host(
    view: ClusterView, ingress: Obj, pattern: re.Pattern[str]
) -> tuple[LogText, list[Record]] | None:
    """The records of the controller about requests to this Ingress' hosts, if there are enough of them."""
    hosts = "|".join(re.escape(str(r["host"])) for r in ingress.items("spec", "rules") if r.get("host"))
    own = re.compile(rf"(?:\bserver: |\bhost: \"?)(?:{hosts})(?![\w.-])", re.IGNORECASE)
    for pod in controllers(view, ingress)[:1] if hosts else ():
        read = _said(view, pod, pattern)
        found = [r for r in read[1] if own.search(r.whole)] if read is not None else []
        if read is not None and len(found) >= REPEATED and fresh(view, found[-1].at):
            return read[0], found
    return None


_REQUEST = re.compile(r"^\d+#\d+: (?:\*\d+ )?")
"""nginx' process and connection numbers."""
_CODE = re.compile(r"(?<![\d.])[45](?:\d\d|xx)\b(?! ?(?:ms|s|%))", re.IGNORECASE)


def _asked(view: ClusterView, codes: Iterable[str]) -> bool:
    """Whether the alert measures one of these answers, or does not say which it measures."""
    named = {c.lower() for text in view.alert.annotations.values() for c in _CODE.findall(text)}
    return not named or any(c in named or f"{c[0]}xx" in named for c in codes)


def _too_large(view: ClusterView, ingress: Obj) -> Iterator[Finding]:
    read = _of_host(view, ingress, _TOO_LARGE)
    if read is None or not _asked(view, ("413",)):
        return
    log, own = read
    size = _TOO_LARGE.search(own[-1].whole)
    number = size["bytes"] if size is not None else ""
    limit = ingress.annotations.get(_BODY_SIZE, "")
    quote = short(_REQUEST.sub("", own[-1].said), 90)
    yield _finding(
        ingress, "body-size", log, quote, (_BODY_SIZE, limit) if limit else (),
        stated(
            "Ingress {i} refuses requests with 413: its controller admits bodies of at most {l}, and "
            "clients send {b} bytes ({n} times): “{q}”.",
            "Ingress {i} 以 413 拒绝请求：其控制器允许的请求体上限为 {l}，"
            "而客户端发送 {b} 字节（{n} 次）：“{q}”。",
            i=ingress.name, b=number, n=len(own), q=quote,
            l=say("{l} (annotation proxy-body-size)", "{l}（注解 proxy-body-size）", l=limit) if limit
            else say("the default (1m)", "默认值（1m）"),
        ),
        _annotate(ingress, _BODY_SIZE, "<size>",
                  Text(en="Admit larger bodies, if clients are to send them",
                       zh="若确需发送大请求体，请放宽上限"))
    )  # fmt: skip


def _refusals(view: ClusterView, ingress: Obj) -> Iterator[Finding | Want]:
    for kind in REFUSALS:
        read = _of_host(view, ingress, kind.pattern)
        if read is None or not _asked(view, kind.codes):
            continue
        log, own = read
        key, setting = _setting(ingress, kind)
        value = ingress.annotations.get(key, "")
        quote = short(_REQUEST.sub("", own[-1].said), 60)
        look = Text(en="The quoted record, its times and the log of those pods say more.",
                    zh="引用的记录、其时间以及这些 Pod 的日志能提供更多信息。")  # fmt: skip
        made = _finding(
            ingress, kind.slug, log, quote, quotable(value) if value else (),
            stated("Ingress {i} {s} ({n} times): “{q}”.", "Ingress {i} {s}（{n} 次）：“{q}”。",
                   i=ingress.name, n=len(own), q=quote, s=say(kind.says.en, kind.says.zh, s=setting)),
            remedies.escalate(kind.fix, look, remedies.describe(ingress.ref)) if kind.behind
            else _annotate(ingress, key, "<value>", kind.fix),
        )  # fmt: skip
        if kind.behind:
            culprit, wants = _elsewhere(view, ingress, kind, value)
            yield from wants
            made = made.model_copy(
                update={"category": kind.behind, "likelihood": Likelihood.MEDIUM,
                        "specificity": Specificity.NAMED,
                        "culprit": culprit or ingress.ref,
                        "waits_on": (culprit,) if culprit is not None else ()}
            )  # fmt: skip
        yield made


def _setting(ingress: Obj, kind: Refusal) -> tuple[str, Text]:
    """The annotation that decides, and what it is set to, or what holds without it."""
    key = next((k for k in kind.annotations if ingress.annotations.get(k)), kind.annotations[0])
    name, value = key.rpartition("/")[2], ingress.annotations.get(key, "")
    if value:
        return key, say("{n} {v}", "{n} {v}", n=name, v=short(value, 60))
    if kind.default:
        return key, say("{n}: {d} by default", "{n}：默认 {d}", n=name, d=kind.default)
    return key, Text(en="the controller's own setting", zh="控制器自身的设置")


_AUTH_HOST = re.compile(r"^https?://(?P<name>[a-z0-9-]+)\.(?P<namespace>[a-z0-9-]+)\.svc\b")


def _elsewhere(
    view: ClusterView, ingress: Obj, kind: Refusal, value: str
) -> tuple[Resource | None, tuple[Want, ...]]:
    """What is to be looked at instead of the Ingress: the workload behind it, or the Service that it asks."""
    asked = _AUTH_HOST.match(value) if kind.slug == "authentication" else None
    if asked is not None:
        service = resource("Service", asked["namespace"], asked["name"])
        why = say("authenticates the requests of Ingress {i}", "为 Ingress {i} 的请求做认证", i=ingress.name)
        return service, (Want(read=get(service), about=service, why=why),)
    works = (
        {view.workload(p.ref) for p in behind(view, ingress.ref)} if kind.slug == "read-timeout" else set()
    )
    return (works.pop() if len(works) == 1 else None), ()


def _without_tls(view: ClusterView, ingress: Obj) -> Iterator[Finding]:
    protocol = ingress.annotations.get(_PROTOCOL, "HTTP").upper()
    if protocol in ("HTTPS", "GRPCS"):
        return
    for pod in behind(view, ingress.ref):
        read = _said(view, pod, _PLAIN_TO_TLS)
        if read is None or len(read[1]) < REPEATED:
            continue
        log, found = read
        quote = short(found[-1].said, 90)
        yield _finding(
            ingress, "backend-protocol", log, quote, (),
            stated(
                "Ingress {i} sends requests without TLS (backend-protocol {b}) to pods that expect HTTPS; "
                "Pod {p} refuses them {n} times: “{q}”.",
                "Ingress {i} 以明文（backend-protocol {b}）把请求转发给要求 HTTPS 的 Pod；"
                "Pod {p} 拒绝了 {n} 次：“{q}”。",
                i=ingress.name, b=protocol, p=pod.name, n=len(found), q=quote,
            ),
            _annotate(ingress, _PROTOCOL, "HTTPS",
                      Text(en="Let the controller speak HTTPS to the pods",
                           zh="让控制器以 HTTPS 访问后端 Pod")),
            pod,
        )  # fmt: skip
        return


def _annotate(ingress: Obj, key: str, value: str, title: Text) -> Remedy:
    return remedies.change(
        title,
        remedies.with_note(
            Text(en="The annotation is that of ingress-nginx; other controllers have their own.",
                 zh="该注解适用于 ingress-nginx；其他控制器有各自的设置。"), ingress),
        remedies.mutate(f"kubectl annotate {remedies.target(ingress.ref)} --overwrite {key}={value}"),
    )  # fmt: skip


def _finding(
    ingress: Obj, what: str, log: LogText, quote: str, quotes: tuple[str, ...], statement: Text, fix: Remedy,
    pod: Obj | None = None,
) -> Finding:  # fmt: skip
    look = remedies.check(
        say("See the annotations of the Ingress", "查看 Ingress 的注解"),
        say("And of its controller's ConfigMap the defaults.", "以及控制器 ConfigMap 中的默认值。"),
        remedies.describe(ingress.ref),
    )
    return Finding(
        rule=f"ingress.{what}",
        explains=(pod.ref,) if pod is not None else (),
        category="ingress",
        role=Role.CAUSE,
        subject=ingress.ref,
        culprit=ingress.ref,
        statement=statement,
        likelihood=Likelihood.HIGH,
        specificity=Specificity.EXACT,
        cites=(ingress.cite, log.cite, *((pod.cite,) if pod is not None else ())),
        quotes=(*quotes, *grounded(log.text, quote)),
        remedies=(fix, look),
    )


RULES: tuple[Rule, ...] = (refused_requests,)
