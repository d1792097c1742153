"""Names that a pod cannot resolve: its own DNS settings, or the cluster DNS."""

from __future__ import annotations

from kubetriage.domain.evidence import get
from kubetriage.domain.finding import Likelihood, Remedy, Specificity, Want
from kubetriage.domain.kube import Obj, elements
from kubetriage.domain.language import Text
from kubetriage.domain.resource import resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.corefile import CONFIG, override
from kubetriage.domain.rules.log_stated import Cause, Stated
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.rules.wording import quotable, short
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
    quote = told.seen.record.raw.lower()
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


def unresolved_service(view: ClusterView, told: Stated, service: Obj, base: Cause) -> Cause:
    """A Service that exists and whose name does not resolve: what CoreDNS itself is told, else the DNS."""
    if service.text("spec", "type") == "ExternalName":
        return _alias(told, service, base)
    if service.text("spec", "clusterIP") == "None" and view.has_ready_endpoints(service) is False:
        return base._replace(
            says=say("; Service {n} is headless and has no ready endpoints, so its names have no address",
                     "；Service {n} 是 headless 且没有就绪的端点，因此其名称没有地址", n=service.name),
            culprit=service.ref, waits_on=(service.ref,), cites=(service.cite,),
            likelihood=Likelihood.MEDIUM)  # fmt: skip
    name = f"{service.name}.{service.namespace}.svc.cluster.local"
    says = (
        say("; Service {n} does exist, so the cluster DNS does not answer this pod",
            "；Service {n} 存在，说明集群 DNS 没有应答该 Pod", n=service.name)
        if passing(told)
        else say("; Service {n} does exist, so the cluster DNS answers wrongly",
                 "；Service {n} 存在，说明集群 DNS 的应答有误", n=service.name)
    )  # fmt: skip
    made = cluster_dns(base, says)._replace(cites=(service.cite,))
    why = Text(en="tells the cluster DNS what to answer", zh="集群 DNS 的配置")
    made = made._replace(wants=(*made.wants, Want(read=get(CONFIG), about=CLUSTER_DNS, why=why)))
    config = view.find(CONFIG)
    by = override(config, name)
    if config is None or by is None:
        return made
    return made._replace(
        slug="log.corefile",
        says=say("; Service {n} exists, but CoreDNS {d} by its configuration (ConfigMap {c})",
                 "；Service {n} 存在，但 CoreDNS 的配置（ConfigMap {c}）{d}",
                 n=service.name, d=by.does, c=config.name),
        culprit=CONFIG,
        likelihood=Likelihood.HIGH,
        specificity=Specificity.EXACT,
        waits_on=(),
        cites=(service.cite, config.cite),
        quotes=quotable(short(by.line, 90)),
        remedies=(_mend_corefile(config),),
    )  # fmt: skip


def _alias(told: Stated, service: Obj, base: Cause) -> Cause:
    """An ExternalName: the cluster DNS only leads to another name, and that one has no address."""
    to = service.text("spec", "externalName")
    fix = remedies.change(
        say("Let Service {n} name a host that exists", "让 Service {n} 指向存在的主机名", n=service.name),
        remedies.with_note(
            say("spec.externalName is {t}: correct it, or create what it names.",
                "spec.externalName 为 {t}：请修正它，或创建其所指的对象。", t=to), service),
        remedies.mutate(f"kubectl edit {remedies.target(service.ref)}"),
    )  # fmt: skip
    return base._replace(
        slug="log.external-name",
        category="dns",
        says=say("; Service {n} is only an alias of {t} (ExternalName), and that name does not resolve",
                 "；Service {n} 只是 {t} 的别名（ExternalName），而该名称无法解析", n=service.name, t=to),
        culprit=service.ref,
        likelihood=Likelihood.MEDIUM if passing(told) else base.likelihood,
        specificity=Specificity.EXACT,
        waits_on=(service.ref,),
        cites=(service.cite,),
        quotes=(to,) if to else (),
        remedies=(fix,),
    )  # fmt: skip


def _mend_corefile(config: Obj) -> Remedy:
    return remedies.change(
        Text(en="Take that part out of the Corefile", zh="从 Corefile 中移除该段配置"),
        remedies.with_note(
            Text(en="CoreDNS reads it anew within a minute or two where its plugin reload is on.",
                 zh="启用 reload 插件时 CoreDNS 会在一两分钟内重新加载。"), config),
        remedies.mutate(f"kubectl edit {remedies.target(config.ref)}"),
    )  # fmt: skip


def reset_dns(view: ClusterView, told: Stated) -> Remedy:
    work = view.workload(told.pod.ref)
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
