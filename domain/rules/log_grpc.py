"""gRPC calls of a service or method that the server does not have: caller and callee do not fit together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeGuard

from kubetriage.domain.evidence import get
from kubetriage.domain.finding import Likelihood, Remedy, Specificity, Want
from kubetriage.domain.kube import Obj
from kubetriage.domain.language import Text
from kubetriage.domain.resource import Resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.blame import Change, latest_change
from kubetriage.domain.rules.configured_callees import configured
from kubetriage.domain.rules.log_stated import Cause, Stated
from kubetriage.domain.rules.peers import Peer, peer_of, wants_about
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.rules.timeline import placed
from kubetriage.domain.rules.wording import named, quotable, short
from kubetriage.domain.view import ClusterView


def unimplemented(view: ClusterView, told: Stated) -> Cause:
    """Which of the two was rolled out before the alert decides whose change it is; without a rollout, both
    are open."""
    values = told.seen.values
    asked = values.get("name", "") or values.get("key", "")
    peer = _peer(view, told)
    says = say("{p} answers Unimplemented: it lacks the gRPC service or method that is called{a}",
               "{p} 返回 Unimplemented：没有所调用的 gRPC 服务或方法{a}",
               p=peer.name if peer is not None else Text(en="a server", zh="服务端"),
               a=say(" ({a})", "（{a}）", a=short(asked, 60)) if asked else NOTHING)  # fmt: skip
    caller, callee = view.workload(told.pod.ref), _behind(view, peer)
    base = Cause(
        "log.unimplemented", "wrong-image", says, likelihood=Likelihood.LOW, quotes=quotable(asked),
        specificity=Specificity.NAMED,
        wants=tuple(_wants(view, told, peer)) if peer is not None else (),
        remedies=(_align(view, caller, callee),))  # fmt: skip
    steps = [(work, step) for work in (callee, caller)
             if work is not None and (step := latest_change(view, work)) is not None]  # fmt: skip
    if len(steps) != 1:
        return base
    work, step = steps[0]
    if work == caller:  # what its revision changed is added to every cause of a rollout
        return base._replace(likelihood=Likelihood.MEDIUM)
    obj = view.find(work)
    back = (remedies.go_back(obj, _until(step)),) if obj is not None else ()
    return base._replace(
        says=say("{s}; {c}", "{s}；{c}", s=says, c=_rolled(view, work, step)), culprit=work,
        likelihood=Likelihood.MEDIUM, specificity=Specificity.EXACT, remedies=(*back, *base.remedies),
        cites=(step.after.object.cite, step.before.object.cite))  # fmt: skip


def _until(step: Change) -> Text:
    return say("Revision {r} may still have what the caller asks for.",
               "修订版 {r} 可能仍有调用方所需的接口。", r=step.before.number)  # fmt: skip


def _peer(view: ClusterView, told: Stated) -> Peer | None:
    """The server that the record names, else the only one that the container's environment names."""
    values = told.seen.values
    if values.get("host"):
        return peer_of(view, told.pod, values["host"], values.get("port", ""))
    peers = [peer for _, peer in configured(view, told.pod, told.state)]
    return peers[0] if len(peers) == 1 else None


def _wants(view: ClusterView, told: Stated, peer: Peer) -> Iterator[Want]:
    """The server's Service and pods, and the workload whose revisions tell what was rolled out."""
    yield from wants_about(view, told.pod, peer)
    why = say("runs behind {p}, which lacks what is called", "位于缺少所调用接口的 {p} 之后", p=peer.name)
    service = view.find(peer.ref)
    above = next((p.controller for p in view.pods_behind(service)), None) if _is_service(service) else None
    while above is not None and above.api_version:
        yield Want(read=get(above), about=above, why=why)
        found = view.find(above)
        above = found.controller if found is not None else None


def _is_service(found: Obj | None) -> TypeGuard[Obj]:
    return found is not None and found.ref.kind == "Service"


def _behind(view: ClusterView, peer: Peer | None) -> Resource | None:
    """The one workload behind the server's Service."""
    service = view.find(peer.ref) if peer is not None else None
    if not _is_service(service):
        return None
    pods: list[Obj] = view.pods_behind(service)
    works = {view.workload(pod.ref) for pod in pods if pod.deleted is None}
    return works.pop() if len(works) == 1 else None


def _rolled(view: ClusterView, work: Resource, step: Change) -> Text:
    """`Deployment stock was rolled out 5 min before the alert (image 1.2 → 1.3)`."""
    images = [d for d in step.differences if d.path[-1:] == ("image",)]
    before, after = (images[0].before or "", images[0].after or "") if images else ("", "")
    left, right = before.rpartition(":"), after.rpartition(":")
    if left[0] == right[0]:  # the repository is the same: the tags tell them apart
        before, after = left[2], right[2]
    return say("{w} was rolled out {t}{d}", "{w} 在{t}发布过{d}", w=named(work), t=placed(view, step.at),
               d=say(" (image {b} → {a})", "（镜像 {b} → {a}）", b=short(before, 40), a=short(after, 40))
               if images else NOTHING)  # fmt: skip


def _align(view: ClusterView, caller: Resource, callee: Resource | None) -> Remedy:
    both = say("{a} and {b}", "{a} 与 {b}", a=named(caller),
               b=named(callee) if callee is not None else Text(en="the server", zh="服务端"))  # fmt: skip
    work = callee or caller
    return remedies.change(
        say("Bring {x} to versions that know each other", "让 {x} 的版本相互匹配", x=both),
        remedies.with_note(
            Text(en="The server must offer the service and method that the caller was built for: roll out "
                    "the server first, or go back with the caller. An address that leads to another server "
                    "shows so too.",
                 zh="服务端必须提供调用方编译时所用的服务和方法：应先发布服务端，或回退调用方。"
                    "地址指向了另一个服务时也会如此。"),
            view.find(work)),
        *remedies.edit_template(work),
    )  # fmt: skip
