"""Pods that are never created: quotas, limits, pod security, webhooks, missing accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from kubetriage.domain.finding import Finding, Likelihood, Specificity
from kubetriage.domain.resource import resource
from kubetriage.domain.rules import quota
from kubetriage.domain.rules.admission_deadline import too_late
from kubetriage.domain.rules.admission_finding import refusal_finding, template_change
from kubetriage.domain.rules.admission_messages import Kind
from kubetriage.domain.rules.admission_openshift import unfit
from kubetriage.domain.rules.admission_quota import demands, exceeded, limits, out_of_scope
from kubetriage.domain.rules.admission_refusals import Refusal, refusals
from kubetriage.domain.rules.admission_webhook import denied, failed
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.rules.remedies import (
    change,
    check,
    edit_template,
    escalate,
    mutate,
    read,
    see_yaml,
    with_note,
)
from kubetriage.domain.rules.similar_names import nearest
from kubetriage.domain.rules.wording import listed, short
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule


def refused(view: ClusterView) -> Iterator[Finding]:
    """Each workload that lacks pods because the API server does not admit them."""
    for one in refusals(view):
        yield _BY_KIND[one.denial.kind](view, one)


_CONSTRAINT = "security context constraint"


def _security(view: ClusterView, one: Refusal) -> Finding:
    space = resource("Namespace", "", one.workload.namespace)
    profile = one.denial.values.get("profile", "")
    if _CONSTRAINT in one.denial.words:
        return unfit(view, one)
    words = short(one.denial.words, 110)
    rule = say(
        "PodSecurity “{p}” of namespace {n}", "命名空间 {n} 的 PodSecurity “{p}”", p=profile, n=space.name
    )
    if not profile:
        rule = say("the cluster's pod security policy", "集群的 Pod 安全策略")
    why = say("{rule} forbids them: “{w}”", "{rule} 禁止创建：“{w}”", rule=rule, w=words)
    fixed = template_change(
        view,
        one,
        say("Make the pod template comply", "使 Pod 模板符合要求"),
        say(
            "Set the securityContext fields that the message names.",
            "设置消息中列出的 securityContext 字段。",
        ),
    )
    relax = escalate(
        say("Or have the namespace's level changed", "或请求调整命名空间的安全级别"),
        say("The label pod-security.kubernetes.io/enforce of namespace {n} sets it; ask whoever owns the "
            "namespace.",
            "由命名空间 {n} 的标签 pod-security.kubernetes.io/enforce 决定，请联系其管理者。", n=space.name),
        *([see_yaml(space)] if view.find(space) is not None else []),
    )  # fmt: skip
    return refusal_finding(
        view,
        one,
        "pod-security",
        why,
        culprit=space if one.once_admitted and profile else one.workload,
        quotes=(profile or words, words),
        remedies=(fixed, relax),
    )


def _account(view: ClusterView, one: Refusal) -> Finding:
    ref = resource("ServiceAccount", one.workload.namespace, one.denial.name)
    have = [a.name for a in view.objects("ServiceAccount", ref.namespace)]
    like = nearest(ref.name, have)
    other = say("; there is {l}", "；存在的是 {l}", l=like) if like else NOTHING
    why = say(
        "their ServiceAccount {s} does not exist{o}",
        "所用的 ServiceAccount {s} 不存在{o}",
        s=ref.name,
        o=other,
    )
    create = change(
        say("Create the ServiceAccount, or name one that exists", "创建该 ServiceAccount，或改用已有的"),
        with_note(
            say(
                "The rights that the pods need have to be bound to it as well.",
                "还需为其绑定 Pod 所需的权限。",
            ),
            view.find(one.workload),
        ),
        mutate(f"kubectl create serviceaccount {ref.name} -n {ref.namespace}"),
        *edit_template(one.workload),
    )
    look = check(say("See the accounts", "查看 ServiceAccount"), say("Their names.", "名称。"),
                 *([read(f"kubectl get serviceaccounts -n {ref.namespace}")] if have else []))  # fmt: skip
    return refusal_finding(
        view,
        one,
        "missing-serviceaccount",
        why,
        culprit=one.workload if like else ref,
        quotes=(ref.name, "not found"),
        remedies=(create, look),
    )


def _class(view: ClusterView, one: Refusal) -> Finding:
    """A PriorityClass or RuntimeClass that the pods name."""
    known = one.denial.kind is Kind.PRIORITY_CLASS
    kind = "PriorityClass" if known else "RuntimeClass"
    ref = resource(kind, "", one.denial.name) if known else one.workload
    have = [c.name for c in view.objects(kind)] if known else []
    like = nearest(one.denial.name, have)
    others = (
        say(" (existing: {h})", "（现有 {h}）", h=listed([like] if like else have, 3)) if have else NOTHING
    )
    why = say(
        "their {k} {p} does not exist{o}",
        "所用的 {k} {p} 不存在{o}",
        k=kind,
        p=one.denial.name,
        o=others,
    )
    fixed = template_change(
        view,
        one,
        say("Name a {k} that exists", "改用存在的 {k}", k=kind),
        say(
            "Or have {p} created by the cluster's administrator.",
            "或请集群管理员创建 {p}。",
            p=one.denial.name,
        ),
    )
    culprit = one.workload if have else ref
    return refusal_finding(
        view, one, "admission-policy", why, culprit=culprit, quotes=(one.denial.name,), remedies=(fixed,)
    )


def _terminating(view: ClusterView, one: Refusal) -> Finding:
    space = resource("Namespace", "", one.workload.namespace)
    why = say("namespace {n} is being deleted", "命名空间 {n} 正在被删除", n=space.name)
    ask = escalate(
        say("Ask who deleted the namespace", "确认是谁删除了该命名空间"),
        say("A deletion cannot be taken back; status.conditions of the namespace say what still holds it.",
            "删除无法撤销；命名空间的 status.conditions 说明仍被什么阻塞。"),
        *([see_yaml(space)] if view.find(space) is not None else []),
    )  # fmt: skip
    return refusal_finding(
        view, one, "finalizer-deadlock", why, culprit=space, quotes=("being terminated",), remedies=(ask,)
    )


def _other(view: ClusterView, one: Refusal) -> Finding:
    words = short(one.denial.words, 150)
    why = say("the API server refuses them: “{w}”", "API 服务器拒绝创建：“{w}”", w=words)
    invalid = one.denial.kind is Kind.INVALID
    fixed = template_change(
        view,
        one,
        say("Correct what the message names", "修正消息中指出的内容"),
        say("The error is about the pod template, or about a rule of the cluster that it meets.",
            "错误与 Pod 模板有关，或与其触发的集群规则有关。"),
    )  # fmt: skip
    return refusal_finding(
        view,
        one,
        "admission-policy",
        why,
        culprit=one.workload,
        likelihood=Likelihood.HIGH if invalid else Likelihood.MEDIUM,
        specificity=Specificity.NAMED if invalid else Specificity.GENERAL,
        quotes=(words,),
        remedies=(fixed,),
    )


def _deadline(view: ClusterView, one: Refusal) -> Finding:
    return too_late(view, one) or _other(view, one)


_BY_KIND: dict[Kind, Callable[[ClusterView, Refusal], Finding]] = {
    Kind.QUOTA_EXCEEDED: exceeded,
    Kind.QUOTA_DEMANDS: demands,
    Kind.QUOTA_SCOPE: out_of_scope,
    Kind.LIMIT_RANGE: limits,
    Kind.POD_SECURITY: _security,
    Kind.WEBHOOK_FAILED: failed,
    Kind.WEBHOOK_DENIED: denied,
    Kind.POLICY_DENIED: denied,
    Kind.SERVICE_ACCOUNT: _account,
    Kind.PRIORITY_CLASS: _class,
    Kind.RUNTIME_CLASS: _class,
    Kind.TERMINATING: _terminating,
    Kind.DEADLINE: _deadline,
    Kind.INVALID: _other,
    Kind.FORBIDDEN: _other,
    Kind.OTHER: _other,
}

RULES: tuple[Rule, ...] = (refused, *quota.RULES)
