"""References from pods to ConfigMaps, Secrets and their keys that lead nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from kubetriage.domain.evidence import list_of
from kubetriage.domain.finding import Finding, Likelihood, Remedy, Role, Specificity, Want
from kubetriage.domain.kube import Obj, containers, pod_ready
from kubetriage.domain.language import Text
from kubetriage.domain.references import ConfigRef, config_refs
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.grouping import PodGroup, focus_pods, group_pods, told_apart
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.rules.similar_names import nearest
from kubetriage.domain.rules.wording import quotable
from kubetriage.domain.view import Absent, ClusterView, Present

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

HELD = frozenset(
    {"ContainerCreating", "CreateContainerConfigError", "PodInitializing", "CreateContainerError"}
)
_KINDS = {"configmap": "ConfigMap", "secret": "Secret"}
_GONE = re.compile(
    r"\b(?P<kind>configmap|secret)s? \"(?:[^\"/]+/)?(?P<name>[^\"/]+)\" not found", re.IGNORECASE
)
_NO_KEY = re.compile(
    r"couldn't find key (?P<key>\S+) in (?P<kind>ConfigMap|Secret) (?:[\w.-]+/)?(?P<name>[\w.-]+)",
    re.IGNORECASE,
)
_NO_ENTRY = re.compile(
    r"volume \"(?P<volume>[^\"]+)\"[^\n]{0,60}references non-existent (?P<kind>config|secret) key: "
    r"(?P<key>\S+)",
    re.IGNORECASE,
)


class Missing(NamedTuple):
    """An object, or a key of it, that a pod cannot start without."""

    ref: Resource
    key: str
    how: str
    cite: str


@told_apart
def missing_refs(view: ClusterView) -> Iterator[Finding | Want]:
    """Pods held up before their start by an absent ConfigMap, Secret or key."""
    found: dict[tuple[Resource, Resource, str], Missing] = {}
    shown = []
    for pod in focus_pods(view):
        if not any(s.waiting_reason in HELD for s in containers(pod)):
            continue
        for one in _missing(view, pod):
            if (pod.ref, one.ref, one.key) not in found:
                found[(pod.ref, one.ref, one.key)] = one
                shown.append((pod, (one.ref, one.key)))
    named = {(one.ref, one.key): one for one in found.values()}
    for pod in focus_pods(view) if named else ():  # siblings, whose events are not read, wait for the same
        for (ref, key), one in named.items():
            if (pod.ref, ref, key) not in found and _waits_for(pod, one):
                found[(pod.ref, ref, key)] = one
                shown.append((pod, (ref, key)))
    for (ref, key), group in group_pods(view, shown):
        if ref.kind == "ConfigMap":
            why = say(
                "is there another of a similar name than {n}", "是否存在与 {n} 名称相近的对象", n=ref.name
            )
            yield Want(read=list_of("ConfigMap", ref.namespace), about=ref, why=why)
        yield _finding(view, group, found[(group.lead.ref, ref, key)])


def _missing(view: ClusterView, pod: Obj) -> Iterator[Missing]:
    """What kubelet says is missing, and what was asked for and is not there."""
    refs = config_refs(pod)
    messages = [(s.waiting_reason, str(s.waiting.get("message") or ""), pod.cite) for s in containers(pod)]
    messages += [(e.reason, e.message, e.cite) for e in view.events(pod.ref, "FailedMount", "Failed")]
    for reason, message, cite in messages:
        if reason in (*HELD, "FailedMount", "Failed"):
            yield from _said(pod, refs, message, cite)
    for one in refs:
        if one.optional or one.ref.kind != "ConfigMap":
            continue
        known = view.get(one.ref)
        if isinstance(known, Absent):
            yield Missing(one.ref, "", one.how, known.cite)
        elif isinstance(known, Present) and one.key and not _has(known.object, one.key):
            yield Missing(one.ref, one.key, one.how, known.cite)


def _waits_for(pod: Obj, one: Missing) -> bool:
    """Whether a pod whose containers are not created yet refers in the same way to what another lacks."""
    creating = all(s.waiting_reason == "ContainerCreating" for s in containers(pod) if not s.init)
    return creating and any(
        r.ref == one.ref and r.how == one.how and not r.optional for r in config_refs(pod)
    )


def _has(config: Obj, key: str) -> bool:
    return key in config.mapping("data") or key in config.mapping("binaryData")


def _said(pod: Obj, refs: list[ConfigRef], message: str, cite: str) -> Iterator[Missing]:
    """Objects and keys that a message of kubelet names, if the pod refers to them."""
    for pattern in (_GONE, _NO_KEY):
        for found in pattern.finditer(message):
            groups = found.groupdict()
            ref = resource(_KINDS[groups["kind"].lower()], pod.namespace, groups["name"])
            how = next((r.how for r in refs if r.ref == ref), "")
            if how:
                yield Missing(ref, groups.get("key") or "", how, cite)
    for found in _NO_ENTRY.finditer(message):
        kind = "ConfigMap" if found["kind"].lower() == "config" else "Secret"
        for one in refs:
            if one.how == f"volume {found['volume']}" and one.ref.kind == kind and one.key == found["key"]:
                yield Missing(one.ref, one.key, one.how, cite)


def _finding(view: ClusterView, group: PodGroup, one: Missing) -> Finding:
    known = view.get(one.ref)
    appeared = isinstance(known, Present) and not (one.key and not _has(known.object, one.key))
    similar = _similar(view, one)
    name = f"{one.ref.kind} {one.ref.name}"
    if one.key:
        lacks = say("{n} has no key {k}", "{n} 中没有键 {k}", n=name, k=one.key)
    else:
        lacks = say(
            "{n} does not exist in namespace {ns}", "命名空间 {ns} 中不存在 {n}", n=name, ns=one.ref.namespace
        )
    hint = say("; there is {s}", "；存在 {s}", s=similar) if similar else NOTHING
    if appeared:
        hint = Text(en="; it is there by now, and kubelet will try again", zh="；现在已存在，kubelet 会重试")
    culprit = group.culprit if similar else one.ref
    slug = "config.missing-key" if one.key else f"config.missing-{one.ref.kind.lower()}"
    return Finding(
        rule=slug,
        category="config-key-missing" if one.key else f"missing-{one.ref.kind.lower()}",
        role=Role.CAUSE,
        subject=group.lead.ref,
        culprit=culprit,
        statement=say(
            "{who} cannot start: {lacks}, which its {how} needs{hint}.",
            "{who} 无法启动：{lacks}，而其 {how} 需要它{hint}。",
            who=group.who,
            lacks=lacks,
            how=one.how,
            hint=hint,
        ),
        likelihood=Likelihood.MEDIUM if appeared or _names_unknown(view, one) else Likelihood.HIGH,
        specificity=Specificity.EXACT,
        cites=tuple(dict.fromkeys((*group.cites, one.cite))),
        quotes=quotable(one.ref.name, *((one.key,) if one.key else ())),
        since=group.lead.created,
        remedies=_remedies(view, group, one, similar),
    )


def _names_unknown(view: ClusterView, one: Missing) -> bool:
    """Whether the names beside it could not be listed: a slip in the reference cannot be ruled out then."""
    return one.ref.kind == "ConfigMap" and view.failure(list_of("ConfigMap", one.ref.namespace)) is not None


def _similar(view: ClusterView, one: Missing) -> str:
    """What the reference probably meant: a key of the object, or another object of the namespace."""
    if one.key:
        found = view.find(one.ref)
        if found is None:
            return ""
        return nearest(one.key, [*found.mapping("data"), *found.mapping("binaryData")])
    if one.ref.kind == "ConfigMap":
        return nearest(one.ref.name, (c.name for c in view.objects("ConfigMap", one.ref.namespace)))
    used = {
        r.ref.name
        for pod in view.objects("Pod", one.ref.namespace)
        if pod_ready(pod)
        for r in config_refs(pod)
        if r.ref.kind == "Secret"
    }
    return nearest(one.ref.name, used)


def _remedies(view: ClusterView, group: PodGroup, one: Missing, similar: str) -> tuple[Remedy, ...]:
    where = remedies.in_namespace(one.ref)
    work = group.workload
    wanted = [r.key for r in config_refs(group.lead) if r.ref == one.ref and r.key] or ["<key>"]
    literals = " ".join(f"--from-literal={k}=<value>" for k in dict.fromkeys(wanted))
    verb = "configmap" if one.ref.kind == "ConfigMap" else "secret generic"
    if one.key and one.ref.kind == "ConfigMap":
        create = remedies.mutate(f"kubectl edit {remedies.target(one.ref)}")
    elif one.key:
        create = remedies.mutate(
            f"kubectl patch {remedies.target(one.ref)} --type=merge "
            f'-p \'{{"stringData":{{"{one.key}":"<value>"}}}}\''
        )
    else:
        create = remedies.mutate(f"kubectl create {verb} {one.ref.name} {literals}{where}")
    named = f"{one.ref.kind} {one.ref.name}"
    add = remedies.change(
        say("Add {k} to {n}", "在 {n} 中补上 {k}", k=one.key, n=named) if one.key
        else say("Create {n}", "创建 {n}", n=named),
        remedies.with_note(
            Text(en="kubelet tries again by itself within two minutes.", zh="kubelet 会在两分钟内自动重试。"),
            view.find(one.ref) or view.find(work)),
        create,
    )  # fmt: skip
    correct = remedies.change(
        say("Correct the reference in {w}", "修正 {w} 中的引用", w=f"{work.kind} {work.name}"),
        remedies.with_note(
            say("It probably means {s}.", "应当是 {s}。", s=similar) if similar
            else Text(en="If the name is wrong there.", zh="如果是名称写错。"), view.find(work)),
        *remedies.edit_template(work),
    )  # fmt: skip
    return remedies.with_rollback(view, work, *((correct, add) if similar else (add, correct)))


@told_apart
def missing_later(view: ClusterView) -> Iterator[Finding]:
    """A ConfigMap that a pod which has started refers to, and that is gone: its next start fails."""
    shown = []
    for pod in focus_pods(view):
        if any(s.waiting_reason in HELD for s in containers(pod)):
            continue
        gone = [r.ref for r in config_refs(pod) if not r.optional and r.ref.kind == "ConfigMap"]
        shown += [(pod, ref) for ref in dict.fromkeys(gone) if view.is_absent(ref)]
    for ref, group in group_pods(view, shown):
        known = view.get(ref)
        if isinstance(known, Absent):
            yield Finding(
                rule="config.gone",
                category="missing-configmap",
                role=Role.RISK,
                subject=group.lead.ref,
                culprit=ref,
                statement=say(
                    "ConfigMap {n}, which {who} needs, does not exist: a new pod will not start.",
                    "{who} 所需的 ConfigMap {n} 不存在：新的 Pod 将无法启动。",
                    n=ref.name,
                    who=group.who,
                ),
                cites=(known.cite, *group.cites),
                quotes=quotable(ref.name),
            )


RULES: tuple[Rule, ...] = (missing_refs, missing_later)
