"""Where an address that a container calls in vain is written: a ConfigMap of its pod, or its hostAliases."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kubetriage.domain.evidence import get
from kubetriage.domain.finding import Likelihood, Remedy, Specificity, Want
from kubetriage.domain.kube import Obj, elements
from kubetriage.domain.references import config_refs
from kubetriage.domain.resource import resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.log_stated import Cause, Stated
from kubetriage.domain.rules.peers import Peer
from kubetriage.domain.rules.phrases import say
from kubetriage.domain.rules.wording import quotable, short
from kubetriage.domain.view import ClusterView


def config_files(view: ClusterView, pod: Obj, container: str = "") -> list[tuple[Obj, str, str]]:
    """The entries of the ConfigMaps that a pod uses, or one container of it, and that were read: (ConfigMap,
    key, content)."""
    found = []
    refs = (r for r in config_refs(pod) if r.ref.kind == "ConfigMap")
    for ref in dict.fromkeys(r.ref for r in refs if not container or r.container in ("", container)):
        obj = view.find(ref)
        if obj is not None:
            found += [(obj, str(k), str(v)) for k, v in obj.mapping("data").items()]
    return found


def in_configuration(view: ClusterView, told: Stated, peer: Peer, cause: Cause) -> Cause:
    """The same cause with the one ConfigMap that writes the wrong host, or the wrong port, as its culprit."""
    wrong = peer.port if cause.slug == "log.wrong-port" else peer.host
    found = [
        (obj, key, content)
        for obj, key, content in config_files(view, told.pod, told.state.name)
        if _holds(cause.slug, key, content, peer)
    ]
    if len({obj.ref for obj, _, _ in found}) != 1:
        return cause._replace(wants=(*cause.wants, *_unread(view, told)))
    obj, key, _ = found[0]
    says = say("{s}; the address stands in ConfigMap {m} ({k})", "{s}；该地址写在 ConfigMap {m}（{k}）中",
               s=cause.says, m=obj.name, k=short(key, 40))  # fmt: skip
    return cause._replace(says=says, culprit=obj.ref, cites=(*cause.cites, obj.cite),
                          quotes=(*cause.quotes, *quotable(wrong)), remedies=(_edit(obj, key),))  # fmt: skip


def _unread(view: ClusterView, told: Stated) -> Iterator[Want]:
    """The ConfigMaps of the container: of a pod that is ready they are not read without a reason."""
    for one in config_refs(told.pod):
        if one.ref.kind == "ConfigMap" and one.container in ("", told.state.name):
            why = say("used by Pod {p} ({how})", "被 Pod {p} 引用（{how}）", p=told.pod.name, how=one.how)
            yield Want(read=get(one.ref), about=one.ref, why=why)


def _holds(slug: str, key: str, content: str, peer: Peer) -> bool:
    """Whether an entry gives a container this address; of a port, and of localhost, the other half has to
    stand by it: each alone may be anyone's."""
    port = re.escape(peer.port)
    if slug == "log.localhost":
        own = r"\b(?:localhost|127\.0\.0\.1)\b"
        near = rf"{own}(?:[^\n]{{0,60}}|[\"']?,?\s{{1,20}}\S{{0,20}}port\W{{1,4}}){port}\b"
        return bool(port) and re.search(near, content, re.IGNORECASE) is not None
    if slug == "log.wrong-port":
        name = re.escape(peer.ref.name if peer.ref is not None else peer.host)
        by_name = re.search(rf"(?<![\w-]){name}[\w.-]*[\"']?:{port}\b", content, re.IGNORECASE)
        return bool(by_name) or (content.strip() == peer.port and "port" in key.lower())
    word = re.compile(rf"(?<![\w.-]){re.escape(peer.host)}(?![\w-]|\.\w)", re.IGNORECASE)
    return word.search(content) is not None


def _edit(config: Obj, key: str) -> Remedy:
    return remedies.change(
        say("Put {k} right in ConfigMap {m}", "在 ConfigMap {m} 中修正 {k}", k=short(key, 40), m=config.name),
        remedies.with_note(
            say("Restart the pods afterwards: environment and subPath mounts are read at start only.",
                "改后需重启 Pod：环境变量和 subPath 挂载只在启动时读取。"), config),
        remedies.mutate(f"kubectl edit {remedies.target(config.ref)}"),
    )  # fmt: skip


def by_host_alias(view: ClusterView, told: Stated, peer: Peer, base: Cause) -> Cause | None:
    """The pod's own hostAliases lead a name to the address that does not answer; None if they don't."""
    for one in told.pod.items("spec", "hostAliases"):
        address = str(one.get("ip") or "")
        names = [str(n) for n in elements(one.get("hostnames"))]
        if not address or (peer.host != address and peer.host not in names):
            continue
        service = any(view.find(resource("Service", told.pod.namespace, n.partition(".")[0])) for n in names)
        work = view.workload(told.pod.ref)
        fix = remedies.change(
            say("Take {n} out of the pods' hostAliases, or correct its address",
                "从 Pod 的 hostAliases 中移除 {n}，或修正其地址", n=", ".join(names[:3])),
            remedies.with_note(
                say("Such an entry goes before the DNS in /etc/hosts.",
                    "该条目写入 /etc/hosts，优先于 DNS。"),
                view.find(work)),
            *remedies.edit_template(work),
        )  # fmt: skip
        return base._replace(
            slug="log.host-alias",
            category="misconfigured-app",
            says=say("; its pod's hostAliases lead {n} to {a}", "；其 Pod 的 hostAliases 把 {n} 指向 {a}",
                     n=", ".join(names[:3]), a=address),
            likelihood=Likelihood.HIGH if service and told.seen.times > 1 else Likelihood.MEDIUM,
            specificity=Specificity.EXACT,
            cites=(told.pod.cite,),
            quotes=quotable(address, *names[:1]),
            remedies=(fix,),
        )  # fmt: skip
    return None
