"""A pod whose token the cluster's own API refuses (401): tokens are bound to the ServiceAccount they are of.

A token names the uid of its ServiceAccount and of its pod. One that is deleted and made anew, by a chart that
is installed again for instance, has another uid: the API refuses what was issued before, until the kubelet
renews the token (it lives an hour) or the pod is started anew.
"""

from __future__ import annotations

from kubetriage.domain.evidence import get
from kubetriage.domain.finding import Likelihood, Remedy, Specificity, Want
from kubetriage.domain.kube import Obj
from kubetriage.domain.language import Text
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.log_stated import Cause, Stated
from kubetriage.domain.rules.phrases import say
from kubetriage.domain.rules.times import ago
from kubetriage.domain.view import ClusterView

CATEGORY = "stale-credential"


def token_refused(view: ClusterView, told: Stated) -> Cause:
    """Why the API does not know the pod any more: its ServiceAccount is younger than it, or gone."""
    name = told.pod.text("spec", "serviceAccountName") or "default"
    account = resource("ServiceAccount", told.pod.namespace, name)
    says = say(
        "the Kubernetes API refuses its token (Unauthorized)", "Kubernetes API 拒绝其令牌（Unauthorized）"
    )
    why = say("whose token Pod {p} shows", "Pod {p} 使用其令牌", p=told.pod.name)
    base = Cause(
        "log.token-refused", CATEGORY, says, likelihood=Likelihood.MEDIUM,
        wants=(Want(read=get(account), about=account, why=why),), remedies=(_restart(view, told.pod),),
    )  # fmt: skip
    found = view.find(account)
    if found is not None and _is_younger(found, told.pod):
        return base._replace(
            says=say("{s}: ServiceAccount {a} was made anew {t}, and tokens from before are void",
                     "{s}：ServiceAccount {a} 于{t}重新创建，此前签发的令牌已失效",
                     s=says, a=name, t=ago(view, found.created)),
            culprit=account, likelihood=Likelihood.HIGH, specificity=Specificity.EXACT, cites=(found.cite,),
            quotes=(name,),
        )  # fmt: skip
    if view.is_absent(account):
        return base._replace(
            says=say("{s}: its ServiceAccount {a} does not exist any more",
                     "{s}：其 ServiceAccount {a} 已不存在", s=says, a=name),
            culprit=account, likelihood=Likelihood.HIGH, specificity=Specificity.EXACT,
            remedies=(_create(account), *base.remedies),
        )  # fmt: skip
    return base


def _is_younger(account: Obj, pod: Obj) -> bool:
    return account.created is not None and pod.created is not None and account.created > pod.created


def _restart(view: ClusterView, pod: Obj) -> Remedy:
    work = view.workload(pod.ref)
    start = (
        remedies.destroy(f"kubectl delete {remedies.target(pod.ref)}")
        if work == pod.ref or work.kind not in ("Deployment", "StatefulSet", "DaemonSet")
        else remedies.mutate(f"kubectl rollout restart {remedies.target(work)}")
    )
    return remedies.change(
        say("Start the pods of {w} anew", "重启 {w} 的 Pod", w=f"{work.kind} {work.name}"),
        remedies.with_note(
            Text(en="They are given new tokens. The application should read the token file again each time: "
                    "the kubelet renews it within the hour.",
                 zh="新 Pod 会获得新令牌。应用应每次重新读取令牌文件：kubelet 会在一小时内更新它。"),
            view.find(work)),
        start,
    )  # fmt: skip


def _create(account: Resource) -> Remedy:
    return remedies.change(
        say("Create ServiceAccount {a} again", "重新创建 ServiceAccount {a}", a=account.name),
        Text(en="With the bindings and annotations that it had; the pods must then be started anew.",
             zh="并恢复其原有的绑定和注解；之后需要重启 Pod。"),
        remedies.mutate(f"kubectl create serviceaccount {account.name}{remedies.in_namespace(account)}"),
    )  # fmt: skip
