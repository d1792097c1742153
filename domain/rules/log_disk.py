"""Disks without room, as logs state it: which volume of the container, the node's disk, or a peer's."""

from __future__ import annotations

import re

from kubetriage.domain.finding import Likelihood, Specificity
from kubetriage.domain.language import Text
from kubetriage.domain.resource import resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.configured_callees import configured
from kubetriage.domain.rules.log_stated import Cause, Stated, mounted_at
from kubetriage.domain.rules.peers import wants_about
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.view import ClusterView

_OF_PEER = re.compile(
    r"cluster_block_exception|index \[[^\]\n]{1,120}\] blocked by|TOO_MANY_REQUESTS/12"
    r"|read-only / allow delete|read-only-allow-delete block",
    re.IGNORECASE,
)
"""What clients of Elasticsearch and OpenSearch are answered when the server's disk passed its watermark."""


def _sure(told: Stated) -> Likelihood:
    return Likelihood.HIGH if told.sure else Likelihood.MEDIUM


def disk_full(view: ClusterView, told: Stated) -> Cause:
    """No room left, in the volume that holds the path, in /dev/shm, or on the node's own disk.

    A client may also repeat what the server that it writes to says of its own disk.
    """
    own_data = any(v.get("persistentVolumeClaim") for v in told.pod.items("spec", "volumes"))
    if _OF_PEER.search(told.seen.quote) and not own_data:
        return _of_peer(view, told)
    path = told.seen.values.get("file", "")
    base = Cause("log.disk-full", "disk-full", Text(en="no space is left on its disk", zh="磁盘空间不足"),
                 likelihood=_sure(told), quotes=(path,) if path else ())  # fmt: skip
    absolute = path.startswith("/")  # a relative one does not say in which volume it lies
    volume, _, _ = mounted_at(told.pod, told.state, path) if absolute else ({}, "", {})
    claimed = volume.get("persistentVolumeClaim")
    if not absolute:
        own = [v for v in told.pod.items("spec", "volumes") if v.get("persistentVolumeClaim")]
        claimed = own[0]["persistentVolumeClaim"] if len(own) == 1 else None
    if isinstance(claimed, dict) and claimed.get("claimName"):
        claim = resource("PersistentVolumeClaim", told.pod.namespace, str(claimed["claimName"]))
        found = view.find(claim)
        size = found.text("status", "capacity", "storage") if found is not None else ""
        return base._replace(
            says=say("no space is left in the volume of claim {c}{s}", "存储卷声明 {c} 的卷已写满{s}",
                     c=claim.name,
                     s=Text(en=f" ({size})", zh=f"（{size}）") if size else NOTHING),
            culprit=claim, waits_on=(claim,),
            specificity=Specificity.EXACT if absolute else Specificity.NAMED,
            likelihood=base.likelihood if absolute else Likelihood.MEDIUM,
            cites=(found.cite,) if found is not None else ())  # fmt: skip
    if path.startswith("/dev/shm") and not volume:
        return base._replace(
            says=Text(en="/dev/shm is full: without a memory emptyDir there it holds 64 MiB",
                      zh="/dev/shm 已写满：未挂载内存型 emptyDir 时只有 64 MiB"),
            specificity=Specificity.EXACT)  # fmt: skip
    empty = volume.get("emptyDir")
    if isinstance(empty, dict):
        size = str(empty.get("sizeLimit") or "")
        return base._replace(
            says=say("its emptyDir volume {v} is full{s}", "emptyDir 卷 {v} 已写满{s}",
                     v=str(volume.get("name")),
                     s=Text(en=f" (sizeLimit {size})",
                            zh=f"（sizeLimit {size}）") if size else NOTHING))  # fmt: skip
    node = resource("Node", "", told.pod.text("spec", "nodeName"))
    return base._replace(
        says=say("no space is left on the disk of node {n}", "节点 {n} 的磁盘空间不足", n=node.name),
        culprit=node, waits_on=(node,), likelihood=Likelihood.MEDIUM)  # fmt: skip


def slow_disk(view: ClusterView, told: Stated) -> Cause:
    """A store (etcd, Redis) whose writes wait for the disk: the node's, unless it writes to a claim."""
    node = resource("Node", "", told.pod.text("spec", "nodeName"))
    claims = [
        resource("PersistentVolumeClaim", told.pod.namespace, name)
        for v in told.pod.items("spec", "volumes")
        if isinstance(of := v.get("persistentVolumeClaim"), dict) and (name := str(of.get("claimName") or ""))
    ]
    culprit = claims[0] if len(claims) == 1 else node if node.name and not claims else None
    disk = (
        say("the volume of claim {c}", "声明 {c} 的卷", c=claims[0].name)
        if len(claims) == 1
        else say("the disk of node {n}", "节点 {n} 的磁盘", n=node.name)
        if culprit is not None
        else say("its disk", "其磁盘")
    )
    look = remedies.escalate(
        say("Have the latency of {d} looked at", "请检查{d}的延迟", d=disk),
        say("Find what else writes to it, and give the store a disk of its own that is fast at small "
            "synchronous writes (etcd: below 10 ms at the 99th percentile).",
            "查明还有谁在写入该磁盘，并为其提供独占且同步小写入快的磁盘（etcd 要求 99 分位低于 10 ms）。"),
        *((remedies.describe(node),) if view.find(node) is not None else ()),
    )  # fmt: skip
    says = say("its writes wait for {d}, which syncs too slowly", "其写入在等待{d}，同步过慢", d=disk)
    return Cause("log.slow-disk", "slow-dependency", says, culprit=culprit, likelihood=_sure(told),
                 waits_on=(culprit,) if culprit is not None else (), remedies=(look,))  # fmt: skip


def _of_peer(view: ClusterView, told: Stated) -> Cause:
    peers = [peer for _, peer in configured(view, told.pod, told.state)]
    peer = peers[0] if len(peers) == 1 else None
    says = say(
        "the search cluster{h} that it writes to takes no more writes: its disk has passed the flood-stage "
        "watermark, so its indices are read-only",
        "它写入的搜索集群{h}不再接受写入：其磁盘超过 flood-stage 水位，索引已变为只读",
        h=say(" {p}", " {p} ", p=peer.name) if peer is not None else NOTHING,
    )
    return Cause(
        "log.disk-full-of-peer", "disk-full", says, culprit=peer.ref if peer is not None else None,
        likelihood=_sure(told) if peer is not None else Likelihood.MEDIUM,
        waits_on=(peer.ref,) if peer is not None and peer.ref is not None else (),
        wants=tuple(wants_about(view, told.pod, peer)) if peer is not None else (),
    )  # fmt: skip
