"""Pods that share their machine's network: their localhost is the machine, not the pod."""

from __future__ import annotations

from kubetriage.domain.finding import Likelihood, Specificity
from kubetriage.domain.kube import Obj, elements, pod_settled
from kubetriage.domain.language import Text
from kubetriage.domain.rules.log_stated import Cause, Stated
from kubetriage.domain.rules.peers import Peer
from kubetriage.domain.rules.phrases import NOTHING, given, say
from kubetriage.domain.view import ClusterView


def on_machine(view: ClusterView, told: Stated, peer: Peer, base: Cause) -> Cause | None:
    """Who should listen on the host of a pod with `hostNetwork`; None where the network is the pod's own."""
    if told.pod.at("spec", "hostNetwork") is not True:
        return None
    node = told.pod.text("spec", "nodeName")
    others = [p for p in view.pods_on(node) if p.ref != told.pod.ref and p.at("spec", "hostNetwork") is True]
    listens = next((p for p in others if _serves(p, peer.port)), None)
    who = NOTHING
    if listens is not None:
        state = NOTHING if pod_settled(listens) else Text(en=", which is not ready", zh="（未就绪）")
        who = say(", where Pod {p} should listen{s}", "，应由其上的 Pod {p} 监听{s}", p=listens.name, s=state)
    return base._replace(
        slug="log.own-machine",
        says=say("; its pod uses the network of node{n}{w}", "；其 Pod 使用节点{n}的网络{w}",
                 n=given(" {v}", " {v} ", node), w=who),
        waits_on=(listens.ref,) if listens is not None else (),
        cites=(told.pod.cite, *((listens.cite,) if listens is not None else ())),
        likelihood=Likelihood.MEDIUM,
        specificity=Specificity.NAMED,
    )  # fmt: skip


def _serves(pod: Obj, port: str) -> bool:
    """Whether a container declares the port, or is told it in its command, as static pods are."""
    for state in pod.items("spec", "containers") if port else ():
        words = [str(w) for w in (*elements(state.get("command")), *elements(state.get("args")))]
        ports = [str(p.get("containerPort")) for p in elements(state.get("ports")) if isinstance(p, dict)]
        if port in ports or any("listen" in w and w.rstrip("/").endswith(f":{port}") for w in words):
            return True
    return False
