"""Pods that no SecurityContextConstraint of OpenShift admits: what the ones say that their account may use.

The message goes through all of them: `provider "anyuid": Forbidden: not usable by user or serviceaccount,
provider restricted-v2: .containers[0].runAsUser: Invalid value: 0: must be in the ranges: […]`.
"""

from __future__ import annotations

import re

from kubetriage.domain.finding import Finding
from kubetriage.domain.language import Text
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.admission_finding import refusal_finding, template_change
from kubetriage.domain.rules.admission_refusals import Refusal
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.rules.wording import listed, short
from kubetriage.domain.view import ClusterView

_PROVIDER = re.compile(r'provider "?(?P<name>[a-z0-9][\w.-]*)"?: ')
_CLOSED = "not usable by user or serviceaccount"


def unfit(view: ClusterView, one: Refusal) -> Finding:
    """The first complaint of a constraint that the account may use; else that it may use none that fits."""
    says, closed = _complaints(one.denial.words)
    account = _account(view, one)
    if says:
        name, words = says[0]
        why = say(
            "SecurityContextConstraints {n}, which ServiceAccount {a} may use, forbids them: “{w}”{o}",
            "ServiceAccount {a} 可用的 SecurityContextConstraints {n} 禁止创建：“{w}”{o}",
            n=name, a=account, w=short(words, 100),
            o=say(" ({c} are closed to it)", "（不可用：{c}）", c=listed(closed, 3)) if closed else NOTHING,
        )  # fmt: skip
        quotes: tuple[str, ...] = (name, short(words, 60).rstrip("…"))
    else:
        words = short(one.denial.words, 130)
        why = say("no SecurityContextConstraints admits them: “{w}”",
                  "没有 SecurityContextConstraints 允许创建：“{w}”", w=words)  # fmt: skip
        quotes = (words.rstrip("…"),)
    fixed = template_change(
        view,
        one,
        Text(en="Make the pod template comply", zh="使 Pod 模板符合要求"),
        Text(en="Leave runAsUser and fsGroup out (OpenShift gives them from the namespace's range), and what "
                "else the message names.",
             zh="去掉 runAsUser 和 fsGroup（OpenShift 会从命名空间的范围中分配）以及消息中列出的其他字段。"),
    )  # fmt: skip
    relax = remedies.escalate(
        say("Or have ServiceAccount {a} allowed one that fits",
            "或请求为 ServiceAccount {a} 放行合适的约束", a=account),
        say("Whoever runs the cluster: `oc adm policy add-scc-to-user <constraint> -z {a} -n {n}`.",
            "由集群管理员执行：`oc adm policy add-scc-to-user <constraint> -z {a} -n {n}`。",
            a=account, n=one.workload.namespace),
    )  # fmt: skip
    return refusal_finding(
        view, one, "pod-security", why, culprit=one.workload, quotes=quotes, remedies=(fixed, relax)
    )


def _complaints(words: str) -> tuple[list[tuple[str, str]], list[str]]:
    """(constraint, its first complaint) of those that may be used, and the names of the others."""
    found = list(_PROVIDER.finditer(words))
    ends = [match.start() for match in found[1:]] + [len(words)] * bool(found)
    says: list[tuple[str, str]] = []
    closed: list[str] = []
    for match, end in zip(found, ends, strict=True):
        told = words[match.end() : end].strip().rstrip(",]").strip()
        if _CLOSED in told:
            closed.append(match["name"])
        elif match["name"] not in [name for name, _ in says]:
            says.append((match["name"], told))
    return says, closed


def _account(view: ClusterView, one: Refusal) -> str:
    maker = one.maker.text("spec", "template", "spec", "serviceAccountName")
    found = view.find(one.workload)
    own = found.text("spec", "template", "spec", "serviceAccountName") if found is not None else ""
    return maker or own or "default"
