"""Names that a pod cannot resolve: its own DNS settings, or the cluster DNS."""

from __future__ import annotations

from kubetriage.domain.evidence import get
from kubetriage.domain.finding import Likelihood, Remedy, Want
from kubetriage.domain.kube import elements
from kubetriage.domain.language import Text
from kubetriage.domain.resource import resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.grouping import template_owner
from kubetriage.domain.rules.log_stated import Cause, Stated
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.view import ClusterView

CLUSTER_DNS = resource("Service", "kube-system", "kube-dns")
"""The cluster DNS, whatever serves it: kubeadm and most distributions keep this name for CoreDNS too."""


def own_resolver(told: Stated) -> Text:
    """What a pod's own DNS settings say when they bypass the cluster's DNS; empty if they don't."""
    policy = told.pod.text("spec", "dnsPolicy")
    servers = [str(s) for s in elements(told.pod.at("spec", "dnsConfig", "nameservers"))]
    host_network = told.pod.at("spec", "hostNetwork") is True
    if policy == "None":
        return say("; the pod's dnsPolicy None asks {s} instead of the cluster DNS",
                   "；该 Pod 的 dnsPolicy 为 None，只向 {s} 查询而不使用集群 DNS",
                   s=", ".join(servers) or "-")  # fmt: skip
    if policy == "Default" or (host_network and policy == "ClusterFirst"):
        return say("; the pod's dnsPolicy {p} uses the node's resolver, which does not know the "
                   "cluster's Services",
                   "；该 Pod 的 dnsPolicy 为 {p}，使用节点的解析器，不认识集群内的 Service",
                   p=policy)  # fmt: skip
    return NOTHING


def passing(told: Stated) -> bool:
    """Whether a resolver did not answer, rather than answering that there is no such name."""
    quote = told.seen.quote.lower()
    words = ("temporary failure", "eai_again", "misbehaving", "timeout", "timed out", "refused", "servfail")
    return any(word in quote for word in words)


def cluster_dns(base: Cause, says: Text) -> Cause:
    """A name that should resolve does not: the resolver, or the way to it, is what fails."""
    why = Text(en="answers the pods' DNS queries", zh="为 Pod 提供 DNS 解析")
    return base._replace(
        slug="log.cluster-dns",
        category="dns",
        says=says,
        culprit=CLUSTER_DNS,
        likelihood=Likelihood.MEDIUM,
        waits_on=(CLUSTER_DNS,),
        wants=(Want(read=get(CLUSTER_DNS), about=CLUSTER_DNS, why=why),),
    )


def reset_dns(view: ClusterView, told: Stated) -> Remedy:
    work = template_owner(view, told.pod.ref)
    return remedies.change(
        Text(en="Let the pods ask the cluster DNS", zh="让 Pod 使用集群 DNS"),
        remedies.with_note(
            Text(en="Set dnsPolicy ClusterFirst (ClusterFirstWithHostNet on the host network) and drop "
                    "the nameservers.",
                 zh="把 dnsPolicy 设为 ClusterFirst（hostNetwork 用 ClusterFirstWithHostNet），"
                    "并去掉自定义 nameservers。"),
            view.find(work)),
        *remedies.edit_template(work),
    )  # fmt: skip
