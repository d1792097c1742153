"""What the controller that serves an Ingress logs of its certificate: absent, expired, or not usable.

Secrets are not read; that one is missing can be seen from what its user says. ingress-nginx, for one, goes on
with a certificate of its own and warns: `local SSL certificate shop/tls was not found. Using default
certificate`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from kubetriage.domain.finding import Finding, Likelihood, Role, Specificity
from kubetriage.domain.kube import Obj, containers
from kubetriage.domain.relations.ingress_controller import controllers, secrets_of
from kubetriage.domain.resource import resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.phrases import say, stated
from kubetriage.domain.rules.wording import grounded, short
from kubetriage.domain.view import ClusterView, LogText

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

_ABSENT = re.compile(r"not found|does not exist|no such|no object matching", re.IGNORECASE)
_EXPIRED = re.compile(r"has expired|is expired|expired on|not yet valid", re.IGNORECASE)
_UNFIT = re.compile(
    r"x509:|no (?:keypair|tls\.crt)|malformed|invalid|unexpected error|mismatch|does not match", re.IGNORECASE
)
_X509 = re.compile(r"x509: .+$")
_ROOM = 110
_MESSAGE = re.compile(r"^.*?\.go:\d+\]\s*")


class _Word(NamedTuple):
    secret: str
    line: str
    log: LogText


def certificate_refused(view: ClusterView) -> Iterator[Finding]:
    """The last that the controller logged of each Secret that the alert's Ingress names."""
    ingress = view.find(view.primary)
    if ingress is None or ingress.ref.kind != "Ingress":
        return
    for word in _words(view, ingress):
        yield _finding(view, ingress, word)


def _words(view: ClusterView, ingress: Obj) -> Iterator[_Word]:
    for secret in dict.fromkeys(secrets_of(ingress)):
        whole = re.compile(rf"(?<![\w.-]){re.escape(f'{ingress.namespace}/{secret}')}(?![\w-])")
        for pod in controllers(view, ingress)[:1]:
            log = next((g for s in containers(pod) if (g := view.log(pod.ref, s.name)) is not None), None)
            said = [line for line in log.text.splitlines() if whole.search(line)] if log is not None else []
            last = said[-1] if said else ""
            if log is not None and any(p.search(last) for p in (_ABSENT, _EXPIRED, _UNFIT)):
                yield _Word(secret, last, log)


def _decisive(message: str) -> str:
    """As much as fits; of what Go's x509 says, which stands at the end, rather that."""
    said = _X509.search(message)
    return short(said[0] if said is not None and len(message) > _ROOM else message, _ROOM)


def _finding(view: ClusterView, ingress: Obj, word: _Word) -> Finding:
    secret = resource("Secret", ingress.namespace, word.secret)
    quote = _decisive(_MESSAGE.sub("", word.line).strip())
    absent = bool(_ABSENT.search(word.line))
    if absent:
        fails = say("which by its controller's log does not exist", "控制器日志显示它不存在")
    elif _EXPIRED.search(word.line):
        fails = say("which by its controller's log has expired", "控制器日志显示证书已过期")
    else:
        fails = say("which its controller cannot use", "控制器无法使用它")
    return Finding(
        rule=f"ingress.certificate.{word.secret}",
        category="cert-expired",
        role=Role.CAUSE,
        subject=ingress.ref,
        culprit=secret,
        statement=stated(
            "Ingress {i} takes its certificate from Secret {s}, {f}: “{q}”.",
            "Ingress {i} 的证书取自 Secret {s}，{f}：“{q}”。",
            i=ingress.name, s=word.secret, f=fails, q=quote,
        ),
        likelihood=Likelihood.HIGH,
        specificity=Specificity.EXACT,
        cites=(ingress.cite, word.log.cite),
        quotes=(word.secret, *grounded(word.log.text, quote)),
        remedies=(
            remedies.change(
                say("Put a valid certificate into Secret {s}", "在 Secret {s} 中放入有效证书", s=word.secret),
                remedies.with_note(
                    say("Until then clients are given the controller's own certificate. Where cert-manager "
                        "makes it, see why its Certificate is not issued.",
                        "在此之前客户端得到的是控制器自带的证书。若由 cert-manager 签发，"
                        "请查看其 Certificate 为何未签发。"), ingress),
                remedies.mutate(f"kubectl create secret tls {word.secret} --cert=<file> --key=<file>"
                                f"{remedies.in_namespace(ingress.ref)}"),
            ),
            remedies.check(
                say("See what the Ingress names", "查看 Ingress 的配置"),
                say("Hosts and Secrets under spec.tls, and its events.",
                    "spec.tls 中的主机和 Secret，以及相关事件。"),
                remedies.describe(ingress.ref),
            ),
        ),
    )  # fmt: skip


RULES: tuple[Rule, ...] = (certificate_refused,)
