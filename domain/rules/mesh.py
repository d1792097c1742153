"""A service mesh that denies calls: authorization policies, and mutual TLS that the caller does not speak."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kubetriage.domain.finding import Finding, Likelihood, Remedy, Role, Specificity
from kubetriage.domain.kube import Obj
from kubetriage.domain.language import Text
from kubetriage.domain.mesh import Caller, Denial, applying, caller_of, denial, in_mesh, strict
from kubetriage.domain.relations.mesh import CUT, DENIED, callees
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules import mesh_routes, remedies
from kubetriage.domain.rules.failed_calls import Call, calls_with, fails_by_itself
from kubetriage.domain.rules.grouping import PodGroup, focus_pods, group_pods
from kubetriage.domain.rules.phrases import NOTHING, say, stated
from kubetriage.domain.rules.wording import grounded, listed, quotable, short
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

CATEGORY = "mesh-policy"
_MATCHED = re.compile(
    r"rbac_access_denied_matched_policy\[(?:none|ns\[(?P<ns>[a-z0-9-]+)\]-policy\[(?P<name>[a-z0-9.-]+)\])"
)
"""What the callee's proxy writes into its access log."""
_REPEATED = 3


def denied_calls(view: ClusterView) -> Iterator[Finding]:
    """A caller that the log says is denied, and the policy of the callee that does it."""
    found: dict[tuple[Resource, str], tuple[Call, Denial, Obj]] = {}
    for call in calls_with(view, DENIED):
        service = call.peer.ref.name if call.peer.ref is not None and call.peer.ref.kind == "Service" else ""
        for callee in callees(view, call)[:1]:
            policies = applying(view.objects("AuthorizationPolicy"), callee, service)
            by = denial(policies, caller_of(call.pod, callee))
            if by is not None:
                found[call.pod.ref, f"{by.policy.name}|{call.peer.name}"] = call, by, callee
    shown = [(call.pod, key) for (_, key), (call, _, _) in found.items()]
    for key, group in group_pods(view, shown):
        yield _denied(view, group, *found[group.lead.ref, key])


def _denied(view: ClusterView, group: PodGroup, call: Call, by: Denial, callee: Obj) -> Finding:
    policy, caller = by.policy, caller_of(call.pod, callee)
    only = by.certain or not by.others
    return Finding(
        rule="mesh.denies-caller",
        category=CATEGORY,
        role=Role.CAUSE,
        subject=policy.ref,
        culprit=policy.ref,
        statement=stated(
            "{who} is denied by {h} (RBAC: access denied): AuthorizationPolicy {p} {does}; the caller "
            "is {c}.",
            "{who} 访问 {h} 被拒绝（RBAC: access denied）：AuthorizationPolicy {p} {does}；调用方为 {c}。",
            who=group.who,
            h=call.peer.name,
            p=policy.name,
            does=_does(policy),
            c=_as_seen(caller),
        ),
        likelihood=Likelihood.HIGH if only else Likelihood.MEDIUM,
        specificity=Specificity.EXACT,
        explains=_effects(call, group),
        cites=tuple(dict.fromkeys((policy.cite, call.told.log.cite, *group.cites, callee.cite))),
        quotes=(*quotable(policy.name), *grounded(call.told.log.text, short(call.told.seen.quote, 40))),
        since=policy.created,
        remedies=_let_in(policy, caller, group),
    )


def _effects(call: Call, group: PodGroup) -> tuple[Resource, ...]:
    service = (call.peer.ref,) if call.peer.ref is not None else ()
    return (*service, *(p.ref for p in group.pods if not fails_by_itself(p)))


def _as_seen(caller: Caller) -> Text:
    if not caller.known:
        return Text(en="not in the mesh, without identity", zh="不在网格内，没有身份")
    return say("{s}", "{s}", s=f"ns/{caller.namespace}/sa/{caller.account}")


def _does(policy: Obj) -> Text:
    named = [str(v) for rule in policy.items("spec", "rules") for v in _who(rule)]
    told = listed([short(n.replace("cluster.local/", ""), 60) for n in named], 2)
    if policy.text("spec", "action") == "DENY":
        return say("denies {w}", "拒绝 {w}", w=told) if named else Text(en="denies it", zh="拒绝该请求")
    if not policy.items("spec", "rules"):
        return Text(en="allows nobody", zh="不允许任何调用方")
    return say("allows only {w}", "只允许 {w}", w=told) if named else (
        Text(en="has no rule that allows it", zh="没有放行该请求的规则"))  # fmt: skip


def _who(rule: dict[str, Any]) -> Iterator[Any]:
    sources = rule.get("from")
    for one in sources if isinstance(sources, list) else []:
        source = one.get("source") if isinstance(one, dict) else None
        for key in ("principals", "namespaces", "serviceAccounts", "ipBlocks"):
            values = source.get(key) if isinstance(source, dict) else None
            yield from values if isinstance(values, list) else ()


def _let_in(policy: Obj, caller: Caller, group: PodGroup) -> tuple[Remedy, ...]:
    work = f"{group.workload.kind} {group.workload.name}"
    return (
        remedies.change(
            say("Let {w} through in AuthorizationPolicy {p}, if it may call",
                "如调用合理，在 AuthorizationPolicy {p} 中放行 {w}", w=work, p=policy.name),
            remedies.with_note(
                say("A rule's source names it as {c}; else give the caller an account that is allowed.",
                    "在规则的 source 中加入 {c}；或让调用方使用被允许的账号。", c=caller.principal), policy),
            remedies.mutate(f"kubectl edit {remedies.target(policy.ref)}"),
        ),
        remedies.check(
            Text(en="See the policies of the callee", zh="查看被调用方的策略"),
            Text(en="ALLOW policies add up; one DENY is enough to refuse.",
                 zh="多个 ALLOW 策略叠加放行；一个 DENY 即可拒绝。"),
            remedies.see_yaml(policy.ref),
        ),
    )  # fmt: skip


# ---- what the callee's own proxy says


def denied_at_callee(view: ClusterView) -> Iterator[Finding]:
    """The alert's own pods refuse calls, as the access log of their proxy says."""
    for pod in focus_pods(view):
        log = view.log(pod.ref, "istio-proxy")
        hits = list(_MATCHED.finditer(log.text)) if log is not None else []
        if log is None or len(hits) < _REPEATED:
            continue
        last = hits[-1]
        policies = applying(view.objects("AuthorizationPolicy"), pod)
        allow = [p for p in policies if (p.text("spec", "action") or "ALLOW") == "ALLOW"]
        ref = resource("AuthorizationPolicy", last["ns"], last["name"]) if last["name"] else (
            allow[0].ref if len(allow) == 1 else None)  # fmt: skip
        policy = view.find(ref)
        does = _does(policy) if policy is not None else _DENIES
        named = say("{p} {d}", "{p} {d}", p=f"AuthorizationPolicy {ref.name}", d=does) if ref else _NO_RULE
        yield Finding(
            rule="mesh.refuses-callers",
            category=CATEGORY,
            role=Role.CAUSE,
            subject=pod.ref,
            culprit=ref,
            statement=stated("The proxy of Pod {p} refused {n} calls: {w}.",
                             "Pod {p} 的代理拒绝了 {n} 次调用：{w}。", p=pod.name, n=len(hits), w=named),
            likelihood=Likelihood.HIGH if policy is not None else Likelihood.MEDIUM,
            explains=tuple(s.ref for s in view.services_of(pod)),
            cites=(log.cite, pod.cite, *((policy.cite,) if policy is not None else ())),
            quotes=(last[0],),
            since=policy.created if policy is not None else None,
            remedies=_see_policies(pod, policy),
        )  # fmt: skip
        return


_DENIES = Text(en="denies them", zh="拒绝了它们")
_NO_RULE = Text(en="no rule of its authorization policies allows them", zh="授权策略中没有放行它们的规则")


def _see_policies(pod: Obj, policy: Obj | None) -> tuple[Remedy, ...]:
    if policy is None:
        return (
            remedies.escalate(
                Text(en="Ask who writes the mesh's policies to allow these callers",
                     zh="请网格策略的维护者放行这些调用方"),
                Text(en="The proxy's access log names their addresses.", zh="代理的访问日志中有调用方地址。"),
                remedies.see_yaml(pod.ref),
            ),
        )  # fmt: skip
    return (
        remedies.change(
            say("Allow the callers in AuthorizationPolicy {p}", "在 AuthorizationPolicy {p} 中放行调用方",
                p=policy.name),
            remedies.with_note(Text(en="If they may call.", zh="如果调用合理。"), policy),
            remedies.mutate(f"kubectl edit {remedies.target(policy.ref)}"),
        ),
    )  # fmt: skip


# ---- mutual TLS


def plain_text_refused(view: ClusterView) -> Iterator[Finding]:
    """A caller outside of the mesh is cut off by pods that take mutual TLS only."""
    found: dict[tuple[Resource, str], tuple[Call, Obj, Obj]] = {}
    for call in calls_with(view, CUT):
        port = int(call.peer.port) if call.peer.port.isdigit() else None
        for callee in callees(view, call)[:1]:
            policy = strict(view.objects("PeerAuthentication"), callee, port)
            if policy is not None and in_mesh(callee) and not in_mesh(call.pod):
                found[call.pod.ref, f"{policy.name}|{call.peer.name}"] = call, policy, callee
    shown = [(call.pod, key) for (_, key), (call, _, _) in found.items()]
    for key, group in group_pods(view, shown):
        yield _refused(group, *found[group.lead.ref, key])


def _refused(group: PodGroup, call: Call, policy: Obj, callee: Obj) -> Finding:
    where = policy.namespace if policy.namespace != callee.namespace else ""
    return Finding(
        rule="mesh.strict-mtls",
        category=CATEGORY,
        role=Role.CAUSE,
        subject=policy.ref,
        culprit=policy.ref,
        statement=stated(
            "PeerAuthentication {p}{w} has {h} take mutual TLS only (STRICT), which {who} cannot speak: "
            "it has no mesh proxy.",
            "PeerAuthentication {p}{w} 要求 {h} 只接受双向 TLS（STRICT），而 {who} 做不到：它没有网格代理。",
            who=group.who,
            h=call.peer.name,
            p=policy.name,
            w=say(" of {n}", "（{n}）", n=where) if where else NOTHING,
        ),
        likelihood=Likelihood.HIGH if call.sign.value == "reset" else Likelihood.MEDIUM,
        specificity=Specificity.EXACT,
        explains=_effects(call, group),
        cites=tuple(dict.fromkeys((policy.cite, callee.cite, call.told.log.cite, *group.cites))),
        quotes=(*quotable("STRICT"), *grounded(call.told.log.text, short(call.told.seen.quote, 40))),
        since=policy.created,
        remedies=(
            remedies.change(
                say("Bring {w} into the mesh, or let Pod {c} take plain text, too",
                    "把 {w} 纳入网格，或让 Pod {c} 也接受明文",
                    w=f"{group.workload.kind} {group.workload.name}", c=callee.name),
                remedies.with_note(
                    Text(en="Label the caller's namespace istio-injection=enabled and restart it; PERMISSIVE "
                            "takes both.",
                         zh="给调用方命名空间加标签 istio-injection=enabled 并重启；"
                            "PERMISSIVE 模式两者都接受。"),
                    policy),
                remedies.mutate(f"kubectl label namespace {call.pod.namespace} istio-injection=enabled"),
                remedies.mutate(f"kubectl edit {remedies.target(policy.ref)}"),
            ),
        ),
    )  # fmt: skip


RULES: tuple[Rule, ...] = (denied_calls, denied_at_callee, plain_text_refused, *mesh_routes.RULES)
