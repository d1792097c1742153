"""Pods that the API server could not admit in time: webhooks that are asked one after another.

The API server waits for each mutating webhook in turn, and for all within the deadline of the request (about
30 s). A webhook with `failurePolicy: Ignore` that does not answer is passed over only once its own
`timeoutSeconds` are over; the error then names none of them.
"""

from __future__ import annotations

from typing import Any

from kubetriage.domain.finding import Finding, Likelihood, Specificity
from kubetriage.domain.kube import Obj, elements
from kubetriage.domain.language import Text
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules.admission_finding import refusal_finding
from kubetriage.domain.rules.admission_refusals import Refusal
from kubetriage.domain.rules.admission_webhook import CONFIGURATIONS, Webhook
from kubetriage.domain.rules.phrases import NOTHING, joined, say
from kubetriage.domain.rules.remedies import (
    change,
    check,
    escalate,
    mutate,
    see_yaml,
    target,
    with_note,
)
from kubetriage.domain.rules.wording import quotable, short
from kubetriage.domain.selecting import selects
from kubetriage.domain.view import ClusterView

DEADLINE = 30
"""Seconds within which the API server must have admitted an object."""
USUAL_TIMEOUT = 10
"""`timeoutSeconds` where a webhook does not say."""


def asked(view: ClusterView, one: Refusal) -> list[Webhook]:
    """The webhooks that the API server asks about the workload's new pods, the longest to wait for first."""
    space = view.find(resource("Namespace", "", one.workload.namespace))
    named = {"kubernetes.io/metadata.name": one.workload.namespace}
    labels = {**named, **(space.labels if space is not None else {})}
    owner = view.find(one.workload)
    of_pods = owner.mapping("spec", "template", "metadata", "labels") if owner is not None else {}
    found = [
        Webhook(config, position, entry)
        for kind in CONFIGURATIONS
        for config in view.objects(kind)
        for position, entry in enumerate(config.items("webhooks"))
        if _about_pods(entry)
        and _takes(entry.get("namespaceSelector"), labels)
        and _takes(entry.get("objectSelector"), of_pods)
    ]
    return sorted(found, key=lambda w: (-timeout_of(w), w.config.ref.key, w.position))


def timeout_of(hook: Webhook) -> int:
    return Obj(hook.entry).number("timeoutSeconds", default=USUAL_TIMEOUT)


def service_of(hook: Webhook) -> Resource | None:
    """The Service that answers for a webhook; None for one at a URL."""
    entry = Obj(hook.entry)
    name = entry.text("clientConfig", "service", "name")
    return resource("Service", entry.text("clientConfig", "service", "namespace"), name) if name else None


def too_late(view: ClusterView, one: Refusal) -> Finding | None:
    """The webhooks whose answers took too long together; None if none is asked about these pods."""
    hooks = asked(view, one)
    if not hooks:
        return None
    silent = [h for h in hooks if _is_silent(view, h)]
    worst = (silent or hooks)[0]
    total = sum(timeout_of(h) for h in hooks)
    why = say(
        "the API server ran out of time (“{w}”): {h} are asked about each new pod, one after another "
        "({t} s at most){s}",
        "API 服务器超时（“{w}”）：每个新 Pod 都要依次询问 {h}（最长共 {t} 秒）{s}",
        w=short(one.denial.words, 60), h=_names(hooks), t=total, s=_silence(view, silent),
    )  # fmt: skip
    sure = silent and total >= DEADLINE
    return refusal_finding(
        view,
        one,
        "admission-webhook",
        why,
        culprit=worst.config.ref,
        likelihood=Likelihood.HIGH if sure else Likelihood.MEDIUM,
        specificity=Specificity.NAMED,
        quotes=quotable(*(h.config.name for h in hooks[:3])),
        remedies=(
            escalate(
                say("Have the webhooks answer", "使这些 webhook 恢复响应"),
                say("Ask their owners to look at the pods behind {s}, and whether a NetworkPolicy there "
                    "keeps the API server out.",
                    "请其负责人检查 {s} 后面的 Pod，以及那里的 NetworkPolicy 是否拦住了 API 服务器。",
                    s=_services(hooks)),
            ),
            change(
                say("Or have them wait less", "或缩短它们的等待时间"),
                with_note(say("Lower timeoutSeconds until the sum is well below {d} s, or leave "
                              "namespace {n} out of a namespaceSelector.",
                              "降低 timeoutSeconds，使总和明显小于 {d} 秒，"
                              "或在 namespaceSelector 中排除命名空间 {n}。",
                              d=DEADLINE, n=one.workload.namespace), worst.config),
                mutate(f"kubectl edit {target(worst.config.ref)}"),
            ),
            check(
                say("See what is asked about new pods", "查看创建 Pod 时会询问哪些 webhook"),
                say("timeoutSeconds, failurePolicy, rules and namespaceSelector.",
                    "timeoutSeconds、failurePolicy、rules 和 namespaceSelector。"),
                *(see_yaml(ref) for ref in list(dict.fromkeys(h.config.ref for h in hooks))[:3]),
            ),
        ),
    ).model_copy(update={"cites": _cites(one, hooks)})  # fmt: skip


def _cites(one: Refusal, hooks: list[Webhook]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*one.cites, *(h.config.cite for h in hooks[:4]))))


def _names(hooks: list[Webhook]) -> Text:
    parts = [
        say("{n} ({t} s)", "{n}（{t} 秒）", n=hook.config.name, t=timeout_of(hook)) for hook in hooks[:3]
    ]
    more = say(" and {n} more", "等 {n} 个", n=len(hooks) - 3) if len(hooks) > 3 else NOTHING
    names = joined(parts, ", ", "、")
    return say("webhooks {a}{m}", "webhook {a}{m}", a=names, m=more) if len(hooks) > 1 else names


def _services(hooks: list[Webhook]) -> str:
    found = dict.fromkeys(f"{s.namespace}/{s.name}" for h in hooks if (s := service_of(h)) is not None)
    return ", ".join(list(found)[:4]) or hooks[0].config.name


def _silence(view: ClusterView, silent: list[Webhook]) -> Text:
    if not silent:
        return NOTHING
    service = service_of(silent[0])
    name = f"{service.namespace}/{service.name}" if service is not None else silent[0].config.name
    if service is not None and view.is_absent(service):
        return say("; Service {s} does not exist", "；Service {s} 不存在", s=name)
    return say("; Service {s} has no ready endpoints", "；Service {s} 没有就绪的端点", s=name)


def _is_silent(view: ClusterView, hook: Webhook) -> bool:
    """Whether nobody can answer for a webhook, by what was read."""
    service = service_of(hook)
    if service is None:
        return False
    found = view.find(service)
    return view.is_absent(service) if found is None else view.has_ready_endpoints(found) is False


def _about_pods(entry: dict[str, Any]) -> bool:
    """Whether a webhook's rules take the creation of pods."""
    for rule in Obj(entry).items("rules"):
        made = {"CREATE", "*"} & set(map(str, elements(rule.get("operations"))))
        kinds = {"pods", "*", "*/*", "pods/*"} & set(map(str, elements(rule.get("resources"))))
        groups = {"", "*"} & set(map(str, elements(rule.get("apiGroups"))))
        if made and kinds and groups:
            return True
    return False


def _takes(selector: Any, labels: dict[str, str]) -> bool:
    """Whether a selector takes these labels; here an empty one takes all."""
    return not isinstance(selector, dict) or not selector or selects(selector, labels)
