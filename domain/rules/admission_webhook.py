"""Admission webhooks that cannot be called, and those that say no."""

from __future__ import annotations

from typing import Any, NamedTuple

from kubetriage.domain.finding import Finding, Likelihood, Remedy, Role, Specificity
from kubetriage.domain.kube import Obj, pod_ready, selects
from kubetriage.domain.language import Text
from kubetriage.domain.resource import KINDS, Resource, resource
from kubetriage.domain.rules.admission_messages import Denial, WebhookTrouble, webhook_trouble
from kubetriage.domain.rules.admission_policies import policies, told_of
from kubetriage.domain.rules.admission_refusals import Refusal
from kubetriage.domain.rules.phrases import NOTHING, say, stated
from kubetriage.domain.rules.remedies import (
    change,
    check,
    destroy,
    edit_template,
    escalate,
    mutate,
    see_yaml,
    with_note,
)
from kubetriage.domain.rules.wording import quotable, short
from kubetriage.domain.view import ClusterView

CONFIGURATIONS = ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")


class Webhook(NamedTuple):
    """One webhook and the configuration that it stands in."""

    config: Obj
    position: int
    entry: dict[str, Any]


def configuration_of(view: ClusterView, denial: Denial) -> Webhook | None:
    """The configuration that holds the webhook of that name, if it was read."""
    for kind in CONFIGURATIONS:
        for config in view.objects(kind):
            for position, entry in enumerate(config.items("webhooks")):
                if entry.get("name") == denial.name:
                    return Webhook(config, position, entry)
    return None


def called_service(view: ClusterView, denial: Denial) -> Resource | None:
    """The Service that the API server calls, by its configuration or by the URL in the message."""
    found = configuration_of(view, denial)
    if found is not None:
        entry = Obj(found.entry)
        name, where = (
            entry.text("clientConfig", "service", "name"),
            entry.text("clientConfig", "service", "namespace"),
        )
        return resource("Service", where, name) if name else None
    name, where = denial.values.get("service", ""), denial.values.get("namespace", "")
    return resource("Service", where, name) if name else None


# ---- cannot be called


def failed(view: ClusterView, one: Refusal) -> Finding:
    """The API server must ask a webhook before it creates a pod, and cannot."""
    hook, service = configuration_of(view, one.denial), called_service(view, one.denial)
    trouble = webhook_trouble(one.denial.words)
    config = (
        say(" ({k} {n})", "（{k} {n}）", k=hook.config.ref.kind, n=hook.config.name)
        if hook is not None
        else NOTHING
    )
    why = _why(view, trouble, service, hook, one)
    statement = stated(
        "The admission webhook {w} cannot be called, so {who}: {why}{config}.",
        "admission webhook {w} 无法调用，因此 {who}：{why}{config}。",
        who=one.who, w=one.denial.name, config=config, why=why,
    )  # fmt: skip
    state = view.get(service) if service is not None else None
    cites = [*one.cites, *([hook.config.cite] if hook else []), getattr(state, "cite", "")]
    return Finding(
        rule="admission.webhook-failed",
        category="admission-webhook",
        role=Role.CAUSE,
        subject=one.workload,
        culprit=hook.config.ref if hook is not None else service,
        statement=statement,
        specificity=Specificity.EXACT if trouble is WebhookTrouble.NO_SERVICE else Specificity.NAMED,
        waits_on=_whose_fault(view, trouble, service),
        cites=tuple(c for c in cites if c),
        quotes=quotable(one.denial.name, short(one.denial.words, 100)),
        since=one.since,
        remedies=_remedies(view, trouble, service, hook),
    )


def _why(
    view: ClusterView, trouble: WebhookTrouble, service: Resource | None, hook: Webhook | None, one: Refusal
) -> Text:
    server = _server(service)
    words = short(one.denial.words, 90)
    match trouble:
        case WebhookTrouble.NO_SERVICE if service is not None and view.find(service) is None:
            return say("its {s} does not exist", "其 {s} 不存在", s=server)
        case WebhookTrouble.NO_ENDPOINTS:
            return say("its {s} has no endpoints", "其 {s} 没有端点", s=server)
        case WebhookTrouble.CERTIFICATE:
            return say("its certificate is not accepted: “{w}”", "证书不被接受：“{w}”", w=words)
        case WebhookTrouble.TIMEOUT:
            limit = Obj(hook.entry).text("timeoutSeconds") if hook is not None else ""
            within = say(" within {t} s", "（{t} 秒内）", t=limit) if limit else NOTHING
            return say("its {s} does not answer{t}", "其 {s} 没有响应{t}", s=server, t=within)
    return say("“{w}”", "“{w}”", w=words)


def _server(service: Resource | None) -> Text:
    """Who answers the webhook: a Service, or what an address stands for."""
    return say("Service {s}", "Service {s}", s=_place(service)) if service else say("server", "服务器")


def _place(service: Resource) -> str:
    return f"{service.namespace}/{service.name}"


def _whose_fault(
    view: ClusterView, trouble: WebhookTrouble, service: Resource | None
) -> tuple[Resource, ...]:
    """The pods behind an existing Service, whose own trouble would be the cause."""
    found = view.find(service)
    if found is None or trouble in (WebhookTrouble.CERTIFICATE, WebhookTrouble.NO_SERVICE):
        return ()
    pods = [p for p in view.pods_behind(found) if not pod_ready(p)]
    labels_of = [
        (w, w.mapping("spec", "template", "metadata", "labels"))
        for w in view.objects("Deployment", found.namespace)
    ]
    owners = [w.ref for w, labels in labels_of if selects(found.mapping("spec", "selector"), labels)]
    # a Service that leads nowhere refuses or has no endpoints; it does not keep callers waiting
    itself = () if trouble is WebhookTrouble.TIMEOUT else (found.ref,)
    return (*itself, *(p.ref for p in pods), *owners)


def _remedies(
    view: ClusterView, trouble: WebhookTrouble, service: Resource | None, hook: Webhook | None
) -> tuple[Remedy, ...]:
    found: list[Remedy] = []
    if trouble is WebhookTrouble.CERTIFICATE:
        found.append(escalate(
            say("Have the webhook's certificate or caBundle renewed", "更新 webhook 的证书或 caBundle"),
            say("caBundle in the configuration must be the authority that signed the serving certificate "
                "of its {w}.",
                "配置中的 caBundle 必须与其 {w} 服务证书的签发者一致。", w=_server(service)),
        ))  # fmt: skip
    else:
        found.append(escalate(
            say("Bring the webhook's {w} back", "恢复 webhook 的 {w}", w=_server(service)),
            say("Ask the owner of that component to install or repair it; every new pod that the webhook "
                "covers is "
                "refused until then.",
                    "请该组件的负责人安装或修复；在此之前该 webhook 覆盖的新 Pod 都会被拒绝。"),
        ))  # fmt: skip
    if hook is None:
        return tuple(found)
    plural = KINDS[hook.config.ref.kind].plural
    patch = f'[{{"op":"replace","path":"/webhooks/{hook.position}/failurePolicy","value":"Ignore"}}]'
    detail = say(
        "With failurePolicy Ignore pods are created unchecked while the webhook is down; delete the "
        "configuration "
        "only if its component is gone for good.",
        "failurePolicy 设为 Ignore 后，webhook 不可用时 Pod 会不经检查直接创建；"
        "只有组件已永久移除时才删除该配置。",
    )
    found.append(
        change(
            say("As a stopgap, let the API server go on without it", "临时措施：允许 API 服务器跳过它"),
            with_note(detail, hook.config),
            mutate(f"kubectl patch {plural} {hook.config.name} --type=json -p '{patch}'"),
            destroy(f"kubectl delete {plural} {hook.config.name}"),
        )
    )
    commands = [see_yaml(hook.config.ref)]
    if service is not None and view.find(service) is not None:
        commands.append(see_yaml(service))
    found.append(
        check(say("See the configuration and its Service", "查看配置及其 Service"),
              say("clientConfig, failurePolicy, rules and namespaceSelector.",
                  "clientConfig、failurePolicy、rules 和 namespaceSelector。"),
              *commands)
    )  # fmt: skip
    return tuple(found)


# ---- says no


def denied(view: ClusterView, one: Refusal) -> Finding:
    """A webhook or admission policy that refuses the pod for what is in it."""
    hook = configuration_of(view, one.denial)
    words = short(one.denial.words or one.message, 120)
    statement = stated(
        "{who}: the admission policy {w} denies them: “{words}”.",
        "{who}：准入策略 {w} 拒绝：“{words}”。",
        who=one.who, w=one.denial.name, words=words,
    )  # fmt: skip
    named = policies(one.denial.words) if len(one.denial.words) > len(words.rstrip("…")) else ()
    if named:
        statement = stated(
            "{who}: {p}: {told} (webhook {w}).",
            "{who}：{p}：{told}（webhook {w}）。",
            who=one.who, w=one.denial.name, told=told_of(named),
            p=say("these policies deny them", "以下策略拒绝") if len(named) > 1
            else say("this policy denies them", "该策略拒绝"),
        )  # fmt: skip
    owner = view.find(one.workload)
    return Finding(
        rule="admission.denied",
        category="admission-policy",
        role=Role.CAUSE,
        subject=one.workload,
        culprit=one.workload,
        statement=statement,
        likelihood=Likelihood.HIGH,
        cites=(*one.cites, *([hook.config.cite] if hook else [])),
        quotes=quotable(one.denial.name, *((p.name for p in named) if named else (words,))),
        since=one.since,
        remedies=(
            change(
                say("Make the pod template comply", "使 Pod 模板符合策略"),
                with_note(say("The policy's message says what it wants.", "策略的消息说明了要求。"), owner),
                *edit_template(one.workload),
            ),
            escalate(
                say(
                    "Or ask the owner of policy {w} for an exception",
                    "或向策略 {w} 的负责人申请例外",
                    w=", ".join(p.name for p in named[:3]) or one.denial.name,
                ),
                say("Give them the message above.", "请提供上述消息。"),
            ),
        ),
    )
