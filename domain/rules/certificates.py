"""Certificates of nodes that are asked for and not issued (CertificateSigningRequest)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from kubetriage.domain.finding import Finding, Likelihood, Remedy, Role, Specificity
from kubetriage.domain.kube import Obj
from kubetriage.domain.language import Text
from kubetriage.domain.resource import resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.alert_words import CERTIFICATES, speaks_of
from kubetriage.domain.rules.phrases import NOTHING, say, stated
from kubetriage.domain.rules.times import ago
from kubetriage.domain.rules.wording import quotable, short
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

CATEGORY = "cert-expired"
SERVING = "kubernetes.io/kubelet-serving"
CLIENT = "kubernetes.io/kube-apiserver-client-kubelet"
_NODE = "system:node:"
_PATIENCE = timedelta(minutes=5)
"""How long a request may wait for its approver."""


def requests_not_issued(view: ClusterView) -> Iterator[Finding]:
    """Requests of one node for one purpose that wait for approval, or were denied, or failed."""
    groups: dict[tuple[str, str, str], list[Obj]] = defaultdict(list)
    for found in view.objects("CertificateSigningRequest"):
        how = _state(view, found)
        if how and _concerns(view, found):
            groups[_node_of(found), found.text("spec", "signerName"), how].append(found)
    for (node, signer, how), requests in sorted(groups.items()):
        yield _finding(view, node, signer, how, sorted(requests, key=_age, reverse=True))


def _age(found: Obj) -> tuple[float, str]:
    return (found.created.timestamp() if found.created is not None else 0.0, found.name)


def _state(view: ClusterView, found: Obj) -> str:
    """`Denied`, `Failed`, `Pending` (for too long), or empty for what is issued or new."""
    conditions = found.conditions()
    for ended in ("Denied", "Failed"):
        if ended in conditions and conditions[ended].status != "False":
            return ended
    if "Approved" in conditions or found.text("status", "certificate"):
        return ""
    return "Pending" if found.created is None or view.now - found.created > _PATIENCE else ""


def _node_of(found: Obj) -> str:
    user = found.text("spec", "username")
    return user.removeprefix(_NODE) if user.startswith(_NODE) else ""


def _concerns(view: ClusterView, found: Obj) -> bool:
    primary = view.primary
    if primary is None:
        return speaks_of(view, CERTIFICATES)
    return primary in (found.ref, resource("Node", "", _node_of(found)))


def _finding(view: ClusterView, node: str, signer: str, how: str, requests: Sequence[Obj]) -> Finding:
    newest = requests[0]
    ref = resource("Node", "", node) if node else newest.ref
    known = view.find(ref)
    asked = view.primary == newest.ref or speaks_of(view, CERTIFICATES)
    ready = known.conditions().get("Ready") if known is not None and node else None
    down = ready is not None and ready.status != "True" and signer == CLIENT
    return Finding(
        rule=f"certificates.{how.lower()}-{'serving' if signer == SERVING else 'client'}",
        category=CATEGORY,
        role=Role.CAUSE if asked or down else Role.RISK,
        subject=ref,
        culprit=newest.ref,
        statement=_statement(view, node, signer, how, requests),
        likelihood=Likelihood.HIGH if asked else Likelihood.MEDIUM,
        specificity=Specificity.EXACT,
        explains=(ref,) if down else (),
        cites=tuple(dict.fromkeys((*(r.cite for r in requests[:3]), *((known.cite,) if known else ())))),
        quotes=quotable(newest.name, *((signer,) if signer else ())),
        since=requests[-1].created,
        remedies=_remedies(newest, node, signer, how),
    )


def _statement(view: ClusterView, node: str, signer: str, how: str, requests: Sequence[Obj]) -> Text:
    newest, count = requests[0], len(requests)
    whose = say(" of node {n}", "节点 {n} 的", n=node) if node else NOTHING
    told = newest.conditions().get(how)
    message = say(": “{m}”", "：“{m}”", m=short(told.message, 100)) if told and told.message else NOTHING
    verdict = {
        "Pending": Text(en="wait for approval, and nobody approves them", zh="一直等待批准，无人批准"),
        "Denied": say("were denied{m}", "被拒绝{m}", m=message),
        "Failed": say("could not be signed{m}", "签发失败{m}", m=message),
    }[how]
    return stated(
        "{k} certificate{w} is not issued: {n} CertificateSigningRequest(s) for it, the newest {r} "
        "({t}), {v} ({h}).",
        "{w}{k}证书未签发：{n} 个 CertificateSigningRequest（最新为 {r}，{t}）{v}（{h}）。",
        k=_PURPOSE.get(signer, say("The {s}", " {s} ", s=signer)),
        w=whose,
        n=count,
        r=newest.name,
        t=ago(view, newest.created),
        v=verdict,
        h=how,
    )


_PURPOSE = {
    SERVING: Text(en="The kubelet's serving", zh="kubelet 服务端"),
    CLIENT: Text(en="The kubelet's client", zh="kubelet 客户端"),
}


def _remedies(newest: Obj, node: str, signer: str, how: str) -> tuple[Remedy, ...]:
    look = remedies.check(
        Text(en="See who asks for what", zh="查看由谁请求了什么证书"),
        Text(en="User and groups must be those of the node, the names in it the node's own.",
             zh="用户和组必须属于该节点，请求中的名称必须是该节点自己的。"),
        remedies.read("kubectl get certificatesigningrequests"),
        remedies.describe(newest.ref),
    )  # fmt: skip
    if how != "Pending":
        again = Text(en="Find out who denied it and why; kubelet asks again by itself.",
                     zh="查明由谁、为何拒绝；kubelet 会自动重新请求。")  # fmt: skip
        return (remedies.escalate(Text(en="Ask the owner of the signer", zh="联系签发方负责人"), again), look)
    recurring = (
        Text(en="Nothing in Kubernetes approves serving certificates: install an approver for them, or the "
                "next renewal waits as well.",
             zh="Kubernetes 本身不会批准服务端证书：请安装自动批准组件，否则下次续期仍会卡住。")
        if signer == SERVING
        else Text(en="kube-controller-manager approves these: check that it runs and its approver is on.",
                  zh="这类请求由 kube-controller-manager 批准：检查其是否运行、批准控制器是否启用。")
    )  # fmt: skip
    title = say("Approve {r}, if it is from node {n}", "确认来自节点 {n} 后批准 {r}",
                r=newest.name, n=node or "-")  # fmt: skip
    approve = remedies.mutate(f"kubectl certificate approve {newest.name}")
    return (look, remedies.change(title, recurring, approve))


RULES: tuple[Rule, ...] = (requests_not_issued,)
