"""RBAC denials that an application logs: which binding or role of its ServiceAccount falls short."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kubetriage.domain.evidence import get, list_of
from kubetriage.domain.finding import Likelihood, Remedy, Specificity, Want
from kubetriage.domain.kube import Obj
from kubetriage.domain.language import Text
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.log_stated import Cause, Stated
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.rules.remedies import current_and_previous
from kubetriage.domain.view import ClusterView


def denied(view: ClusterView, told: Stated) -> Cause:
    """`User "system:serviceaccount:ns:name" cannot VERB resource …`, followed to the role that lacks it."""
    values = told.seen.values
    parts = values.get("user", "").split(":")
    account = resource("ServiceAccount", parts[2], parts[3]) if len(parts) == 4 else None
    verb, what = values.get("verb", ""), values.get("resource") or values.get("path", "")
    grouped = f"{what}.{values['group']}" if values.get("group") and "/" not in what else what
    scope = values.get("namespace", "")
    says = say(
        "{a} may not {v} {r}{s}", "{a} 无权 {v} {r}{s}",
        a=f"ServiceAccount {account.name}" if account else values.get("user", ""),
        v=verb, r=what, s=say(" in namespace {n}", "（命名空间 {n}）", n=scope) if scope else NOTHING,
    )  # fmt: skip
    base = Cause(
        "log.rbac", "rbac", says, culprit=account,
        likelihood=Likelihood.HIGH if told.sure else Likelihood.MEDIUM,
        quotes=tuple(v for v in (verb, what) if v))  # fmt: skip
    if account is None:
        return base
    base = base._replace(
        wants=tuple(_wants(view, account, scope)), remedies=(_grant(account, verb, grouped, scope),)
    )
    before = _account_before(view, told, account)
    if before:
        return _changed_account(view, told, base, account, before)
    bound = bindings_of(view, account, scope)
    if len(bound) == 1:
        return _role(view, bound[0], base, says)
    if not bound and scope and view.complete_list("RoleBinding", scope) is not None:
        none = say("{s}: no RoleBinding there names it", "{s}：该命名空间没有 RoleBinding 绑定它", s=says)
        stray = _of_a_namesake(view, account, scope)
        return base._replace(says=none) if stray is None else _stray(stray, account, base, says)
    return base


def _of_a_namesake(view: ClusterView, account: Resource, scope: str) -> Obj | None:
    """The one RoleBinding there that names an account of the same name in another namespace.

    Every namespace has an account `default`: one of those is not meant for another.
    """
    if account.name == "default":
        return None
    found = [
        b
        for b in view.objects("RoleBinding", scope)
        for s in b.items("subjects")
        if s.get("kind") == "ServiceAccount" and s.get("name") == account.name
    ]
    return found[0] if len(found) == 1 else None


def _stray(binding: Obj, account: Resource, base: Cause, says: Text) -> Cause:
    other = next(
        str(s.get("namespace") or "") for s in binding.items("subjects") if s.get("name") == account.name
    )
    grant = remedies.change(
        say("Let RoleBinding {b} name ServiceAccount {a} of namespace {n}",
            "让 RoleBinding {b} 绑定命名空间 {n} 的 ServiceAccount {a}",
            b=binding.name, a=account.name, n=account.namespace),
        remedies.with_note(
            say("Its subject names an account of another namespace, which is another account.",
                "其 subject 指向另一个命名空间的账号，那是另一个账号。"), binding),
        remedies.mutate(f"kubectl edit {remedies.target(binding.ref)}"),
    )  # fmt: skip
    told = say("{s}: RoleBinding {b} names {a} of namespace {o} instead",
               "{s}：RoleBinding {b} 绑定的是命名空间 {o} 的 {a}",
               s=says, b=binding.name, a=account.name, o=other or "\"\"")  # fmt: skip
    return base._replace(
        says=told, culprit=binding.ref, cites=(*base.cites, binding.cite), remedies=(grant, *base.remedies)
    )


def _account_before(view: ClusterView, told: Stated, account: Resource) -> str:
    """The ServiceAccount of the Deployment's revision before, where the pod's is another one."""
    work = view.workload(told.pod.ref)
    now, then = current_and_previous(view, work)
    if (
        now is None
        or then is None
        or told.pod.controller != now.ref
        or told.pod.namespace != account.namespace
    ):
        return ""
    before = then.text("spec", "template", "spec", "serviceAccountName") or "default"
    own = told.pod.text("spec", "serviceAccountName") or "default"
    return before if own == account.name != before else ""


def _changed_account(view: ClusterView, told: Stated, base: Cause, account: Resource, before: str) -> Cause:
    """The roll-out changed the account: to set it back is less than to grant the new one rights."""
    work = view.workload(told.pod.ref)
    _, then = current_and_previous(view, work)
    fix = remedies.change(
        say("Let {w} run as ServiceAccount {b} again", "让 {w} 重新使用 ServiceAccount {b}",
            w=f"{work.kind} {work.name}", b=before),
        remedies.with_note(
            Text(en="Or, if the new account is meant, give it the rights of the old one.",
                 zh="若确实要使用新账号，则为其授予原账号的权限。"), view.find(work)),
        remedies.mutate(f"kubectl set serviceaccount {remedies.target(work)} {before}"),
    )  # fmt: skip
    return base._replace(
        says=say(
            "{s}; the revision before ran as {b}", "{s}；上一个修订版使用的是 {b}", s=base.says, b=before
        ),
        culprit=work,
        specificity=Specificity.EXACT,
        cites=(then.cite,) if then is not None else (),
        quotes=(*base.quotes, before),
        remedies=(fix, *base.remedies),
    )


def _role(view: ClusterView, binding: Obj, base: Cause, says: Text) -> Cause:
    """The one binding's role: not there, or without the verb."""
    kind, name = binding.text("roleRef", "kind"), binding.text("roleRef", "name")
    role = resource(kind, binding.namespace if kind == "Role" else "", name)
    if view.is_absent(role):
        gone = say("{s}: its {b} refers to {k} {n}, which does not exist",
                   "{s}：其 {b} 引用的 {k} {n} 不存在",
                   s=says, b=f"{binding.ref.kind} {binding.name}", k=kind, n=name)  # fmt: skip
        return base._replace(
            says=gone, culprit=binding.ref, specificity=Specificity.EXACT, cites=(binding.cite,)
        )
    found = view.find(role)
    lacks = say("{s}: {k} {n}, bound by {b}, does not allow it", "{s}：{b} 绑定的 {k} {n} 未授予该权限",
                s=says, k=kind, n=name, b=f"{binding.ref.kind} {binding.name}")  # fmt: skip
    cites = (binding.cite, *((found.cite,) if found is not None else ()))
    return base._replace(says=lacks, culprit=role, specificity=Specificity.EXACT, cites=cites)


def bindings_of(view: ClusterView, account: Resource, scope: str) -> list[Obj]:
    """The bindings that name a ServiceAccount, in a namespace and over the cluster."""
    every = [*view.objects("RoleBinding", scope), *view.objects("ClusterRoleBinding")]
    return [b for b in every if any(_names(s, account) for s in b.items("subjects"))]


def _names(subject: dict[str, Any], account: Resource) -> bool:
    return (
        subject.get("kind") == "ServiceAccount"
        and subject.get("name") == account.name
        and subject.get("namespace") == account.namespace
    )


def _wants(view: ClusterView, account: Resource, scope: str) -> Iterator[Want]:
    why = say("may not do what the log asks", "日志显示其权限不足")
    yield Want(read=get(account), about=account, why=why)
    bound = Text(en="which roles the ServiceAccount has", zh="该 ServiceAccount 绑定了哪些角色")
    if scope:
        yield Want(read=list_of("RoleBinding", scope), about=account, why=bound)
    yield Want(read=list_of("ClusterRoleBinding"), about=account, why=bound)
    for binding in bindings_of(view, account, scope):
        kind, name = binding.text("roleRef", "kind"), binding.text("roleRef", "name")
        role = resource(kind, binding.namespace if kind == "Role" else "", name)
        yield Want(
            read=get(role),
            about=role,
            why=Text(en="what the ServiceAccount may do", zh="该 ServiceAccount 的权限"),
        )


def _grant(account: Resource, verb: str, what: str, scope: str) -> Remedy:
    name = f"{account.name}-{verb}-{what.strip('/').replace('/', '-')}"[:60]
    user = f"--serviceaccount={account.namespace}:{account.name}"
    kind, flag, where = (
        ("role", f"--role={name}", f" -n {scope}") if scope else ("clusterrole", f"--clusterrole={name}", "")
    )
    rule = f"--non-resource-url={what}" if what.startswith("/") else f"--resource={what}"
    return remedies.change(
        say("Allow ServiceAccount {a} to {v} {r}", "授权 ServiceAccount {a} {v} {r}", a=account.name, v=verb,
            r=what),
        Text(en="Grant only what the application needs; check first that it should have it.",
             zh="只授予应用所需的权限；先确认它确实需要。"),
        remedies.mutate(f"kubectl create {kind} {name} --verb={verb} {rule}{where}"),
        remedies.mutate(f"kubectl create {kind}binding {name} {flag} {user}{where}"),
    )  # fmt: skip
