"""What Kubernetes itself puts into containers, missed or mistaken: the account's token, service links."""

from __future__ import annotations

import re

from kubetriage.domain.finding import Likelihood, Specificity
from kubetriage.domain.kube import elements
from kubetriage.domain.language import Text
from kubetriage.domain.resource import resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.log_stated import Cause, Stated, mounted_at
from kubetriage.domain.rules.phrases import say
from kubetriage.domain.view import ClusterView

_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount"
_LINK = re.compile(
    r"(?<![A-Z0-9_])(?P<name>(?P<service>[A-Z][A-Z0-9_]*?)_PORT)\b[^\n]{0,120}?(?P<url>tcp://[\d.]+:\d+)"
)


def token_missing(view: ClusterView, told: Stated, path: str) -> Cause | None:
    """The token of the pod's account is looked for where nothing is mounted."""
    volume, _, _ = mounted_at(told.pod, told.state, path)
    if not path.startswith(_TOKEN) or volume:
        return None
    work = view.workload(told.pod.ref)
    account = told.pod.text("spec", "serviceAccountName") or "default"
    own = told.pod.at("spec", "automountServiceAccountToken") is False
    where = say("its template sets automountServiceAccountToken: false",
                "模板设置了 automountServiceAccountToken: false") if own else say(
                "see automountServiceAccountToken of ServiceAccount {a}",
                "请查看 ServiceAccount {a} 的 automountServiceAccountToken", a=account)  # fmt: skip
    fix = remedies.change(
        Text(en="Let the token be mounted, if it is to call the API server",
             zh="如果需要访问 API server，请允许挂载令牌"),
        remedies.with_note(
            say("automountServiceAccountToken: true in the pod template goes before what ServiceAccount {a} "
                "says.",
                "Pod 模板中的 automountServiceAccountToken: true 优先于 ServiceAccount {a} 的设置。",
                a=account), view.find(work)),
        *remedies.edit_template(work),
    )  # fmt: skip
    return Cause(
        "log.no-token", "rbac",
        say("the token of its ServiceAccount {a} is not mounted: {w}",
            "其 ServiceAccount {a} 的令牌没有挂载：{w}", a=account, w=where),
        likelihood=Likelihood.HIGH if told.sure else Likelihood.MEDIUM,
        specificity=Specificity.EXACT if own else Specificity.NAMED,
        quotes=("automountServiceAccountToken",) if own else (), remedies=(fix,),
    )  # fmt: skip


def service_link(view: ClusterView, told: Stated) -> Cause | None:
    """A setting `X_PORT` of the application holds the address of Service `x`, which kubelet put there."""
    found = _LINK.search(told.seen.record.raw)
    if found is None or told.pod.at("spec", "enableServiceLinks") is False:
        return None
    name, url = found["name"], found["url"]
    env = [e for e in elements(told.state.spec.get("env")) if isinstance(e, dict)]
    if any(e.get("name") == name for e in env):
        return None
    service = resource("Service", told.pod.namespace, found["service"].lower().replace("_", "-"))
    work = view.workload(told.pod.ref)
    fix = remedies.change(
        say("Set enableServiceLinks: false, or {n} itself",
            "设置 enableServiceLinks: false，或显式设置 {n}", n=name),
        remedies.with_note(
            Text(en="Without it the kubelet gives containers variables for every Service of the namespace "
                    "that was there before the pod.",
                 zh="否则 kubelet 会为命名空间中先于 Pod 存在的每个 Service 注入环境变量。"),
            view.find(work)),
        *remedies.edit_template(work),
    )  # fmt: skip
    return Cause(
        "log.service-link", "misconfigured-app",
        say("it takes {n} for its own setting, but that is the kubelet's variable for Service {s}",
            "它把 {n} 当作自己的配置，而该变量是 kubelet 为 Service {s} 注入的", n=name, s=service.name),
        likelihood=Likelihood.HIGH if told.sure else Likelihood.MEDIUM, specificity=Specificity.EXACT,
        quotes=(name, url), remedies=(fix,),
    )  # fmt: skip
