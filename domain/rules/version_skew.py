"""Parts of a cluster that run different versions of Kubernetes, held against its version skew policy."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from kubetriage.domain.finding import Finding, Likelihood, Role, Specificity
from kubetriage.domain.kube import Obj
from kubetriage.domain.language import Text
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.alert_words import VERSIONS, speaks_of
from kubetriage.domain.rules.phrases import say, stated
from kubetriage.domain.rules.wording import listed, quotable
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

_VERSION = re.compile(r"v?(?P<major>\d+)\.(?P<minor>\d+)\.(?P<patch>\d+)")
_PARTS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")


class Version(NamedTuple):
    major: int
    minor: int
    patch: int


def version(text: str) -> Version | None:
    """`v1.31.4`, `v1.27.16-eks-1a2b3c`, an image's tag."""
    found = _VERSION.search(text)
    return Version(int(found["major"]), int(found["minor"]), int(found["patch"])) if found else None


def oldest_supported(server: Version) -> int:
    """The oldest minor version of a kubelet for this API server (version skew policy: three since 1.28)."""
    return server.minor - (3 if server.minor >= 28 else 2)


def nodes_of_other_versions(view: ClusterView) -> Iterator[Finding]:
    """Nodes whose kubelet is older than the rest, or newer than the API server."""
    if view.complete_list("Node", "") is None or not _concerns(view):
        return
    running = {n.name: (n, v) for n in view.objects("Node")
               if (v := version(_kubelet(n))) is not None}  # fmt: skip
    server = _server(view)
    usual = server or _usual([v for _, v in running.values()])
    if usual is None:
        return
    odd: dict[Version, list[Obj]] = defaultdict(list)
    for node, own in running.values():
        if own[:2] != usual[:2] or (server is None and own != usual):
            odd[own].append(node)
    for own, nodes in sorted(odd.items()):
        yield from _finding(view, own, nodes, usual, server is not None)


def _kubelet(node: Obj) -> str:
    return node.text("status", "nodeInfo", "kubeletVersion")


def _concerns(view: ClusterView) -> bool:
    return view.primary is None or view.primary.kind == "Node"


def _server(view: ClusterView) -> Version | None:
    """The API server's version by the image of its static pod; the oldest of several."""
    found = [
        version(str(c.get("image") or "").rpartition(":")[2])
        for pod in view.objects("Pod", "kube-system")
        if pod.labels.get("component") == _PARTS[0]
        for c in pod.items("spec", "containers")
        if c.get("name") == _PARTS[0]
    ]
    return min((v for v in found if v is not None), default=None)


def _usual(versions: Sequence[Version]) -> Version | None:
    """What most nodes run; of equals the newer."""
    counts = Counter(versions)
    return max(counts, key=lambda v: (counts[v], v), default=None)


def _finding(
    view: ClusterView, own: Version, nodes: Sequence[Obj], usual: Version, of_server: bool
) -> Iterator[Finding]:
    asked = speaks_of(view, VERSIONS)
    broken = own.minor < oldest_supported(usual) or (of_server and own[:2] > usual[:2])
    if view.primary is not None and view.primary not in [n.ref for n in nodes]:
        return
    if not broken and not asked:
        return
    lead = next((n for n in nodes if n.ref == view.primary), nodes[0])
    others = [n for n in view.objects("Node") if version(_kubelet(n)) == usual]
    yield Finding(
        rule="version-skew.kubelet",
        category="version-skew",
        role=Role.CAUSE if asked else Role.RISK,
        subject=lead.ref,
        culprit=lead.ref,
        statement=stated(
            "{n} {runs} kubelet {v}, while {o} {u}: {b}.",
            "{n} 运行 kubelet {v}，而{o} {u}：{b}。",
            n=_named(nodes),
            runs="runs" if len(nodes) == 1 else "run",
            v=_kubelet(lead),
            o=Text(en="the API server runs", zh="API 服务器为") if of_server
            else Text(en="the other nodes run", zh="其他节点为"),
            u=_shown(usual),
            b=_judged(own, usual, broken),
        ),
        likelihood=Likelihood.HIGH,
        specificity=Specificity.EXACT,
        cites=tuple(n.cite for n in (*nodes[:3], *others[:1])),
        quotes=quotable(_kubelet(lead)),
        remedies=(
            remedies.change(
                say("Bring {n} to {u}", "把 {n} 升级到 {u}", n=_named(nodes), u=_shown(usual)),
                Text(en="Drain, upgrade kubelet, uncordon; on a managed cluster replace the node from its "
                        "pool. Nodes follow the API server, never go before it.",
                     zh="先驱逐再升级 kubelet，最后恢复调度；托管集群请从节点池更换节点。"
                        "节点版本应跟随 API 服务器，不能超前。"),
                *(remedies.destroy(f"kubectl drain {n.name} --ignore-daemonsets") for n in nodes[:3]),
            ),
            remedies.check(
                Text(en="See the version of every node", zh="查看各节点的版本"),
                Text(en="An upgrade that is under way shows the same. On the node: `systemctl status "
                        "kubelet`, `journalctl -u kubelet`.",
                     zh="升级进行中也会如此。在节点上查看 `systemctl status kubelet` 和 "
                        "`journalctl -u kubelet`。"),
                remedies.read("kubectl get nodes -o wide"),
            ),
        ),
    )  # fmt: skip


def _named(nodes: Sequence[Obj]) -> Text:
    names = listed([n.name for n in nodes])
    return say("Node {n}" if len(nodes) == 1 else "Nodes {n}", "节点 {n}", n=names)


def _shown(one: Version) -> str:
    return f"v{one.major}.{one.minor}.{one.patch}"


def _judged(own: Version, usual: Version, broken: bool) -> Text:
    apart = abs(usual.minor - own.minor)
    if own.minor > usual.minor and broken:
        return Text(en="a kubelet must not be newer than the API server", zh="kubelet 不能比 API 服务器新")
    if broken:
        most = usual.minor - oldest_supported(usual)
        return say("{a} minor versions apart, and at most {m} are supported",
                   "相差 {a} 个次版本，最多支持 {m} 个", a=apart, m=most)  # fmt: skip
    if not apart:
        return Text(en="patch versions differ, which is supported", zh="补丁版本不同，属于受支持范围")
    return say("{a} minor version(s) apart, which is supported; an upgrade has stopped or is under way",
               "相差 {a} 个次版本，属于受支持范围；升级未完成或正在进行", a=apart)  # fmt: skip


RULES: tuple[Rule, ...] = (nodes_of_other_versions,)
