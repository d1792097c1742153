"""How full a volume is, as its kubelet measures it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kubetriage.domain.alert import AlertStatus
from kubetriage.domain.alert_expression import metrics_of_alert
from kubetriage.domain.finding import Finding, Likelihood, Role, Specificity
from kubetriage.domain.kube import Obj, pod_settled, quantity
from kubetriage.domain.language import Text
from kubetriage.domain.rules.phrases import NOTHING, say, stated
from kubetriage.domain.rules.storage_claims import claim_of, phase
from kubetriage.domain.rules.storage_filling import SCARCE, Room, remedies_of, room_left, user_of
from kubetriage.domain.rules.volume_samples import PREFIX, Filling, filling_of
from kubetriage.domain.samples import written
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

_FULL = 2.0
"""Per cent free from which programs that write fail, were it for lack of this volume's room."""
_SAME_SIZE = 0.8
"""Part of the claim's size that its file system must have: what it uses itself is a few per cent."""


def nearly_full(view: ClusterView) -> Iterator[Finding]:
    """A bound claim whose volume has little room: the alert's own, or one of a pod in trouble."""
    for claim in view.objects("PersistentVolumeClaim"):
        filling = filling_of(view, claim.ref)
        if filling is None or filling.free > SCARCE or phase(claim_of(view, claim)) != "Bound":
            continue
        role, likelihood = _part(view, claim, filling)
        yield _finding(view, claim, filling, role, likelihood)


def _part(view: ClusterView, claim: Obj, filling: Filling) -> tuple[Role, Likelihood]:
    """The cause of an alert about it; beside pods that fail it may be one; else what will fail next.

    A file system much smaller than the claim contradicts: it was not grown yet, or it is another one.
    """
    size = quantity(claim.text("status", "capacity", "storage"))
    fits = not size or not filling.capacity or filling.capacity >= _SAME_SIZE * size
    if claim.ref == view.primary and view.alert.status is not AlertStatus.RESOLVED:
        named = any(metric.startswith(PREFIX) for metric in metrics_of_alert(view))
        if named or room_left(view, claim.ref) is not None:
            return Role.CAUSE, Likelihood.HIGH if fits else Likelihood.MEDIUM
    ill = any(not pod_settled(pod) for pod in view.pods_using_claim(claim.ref))
    if ill and filling.free <= _FULL and fits:
        return Role.CAUSE, Likelihood.MEDIUM
    return Role.RISK, Likelihood.MEDIUM


def _finding(view: ClusterView, claim: Obj, filling: Filling, role: Role, likelihood: Likelihood) -> Finding:
    user = user_of(view, claim.ref)
    who = say(", used by {k} {n}", "，由 {k} {n} 使用", k=user.ref.kind, n=user.name) if user else NOTHING
    of = say(" inodes", " 个 inode") if filling.inodes else NOTHING
    return Finding(
        rule="metrics.volume-full",
        category="volume-filling-up" if claim.ref == view.primary else "disk-full",
        role=role,
        subject=claim.ref,
        culprit=claim.ref,
        statement=stated(
            "The volume of PersistentVolumeClaim {c}{who} is nearly full: {u} of {w}{of} are "
            "used, {f} is left.",
            "PersistentVolumeClaim {c}{who}的卷快满了：已用 {u} / {w}{of}，剩余 {f}。",
            c=claim.name, who=who, u=filling.used, w=filling.whole, of=of, f=_left(filling),
        ),
        likelihood=likelihood,
        specificity=Specificity.EXACT,
        cites=(filling.cite, claim.cite, *([user.cite] if user is not None else [])),
        quotes=(filling.used, filling.whole),
        since=view.alert_began if claim.ref == view.primary else None,
        remedies=remedies_of(claim_of(view, claim), user, Room(filling.free, "", filling.inodes)),
    )  # fmt: skip


def _left(filling: Filling) -> Text:
    share = written(filling.free / 100, "ratio")
    return Text(en=share, zh=share)


RULES: tuple[Rule, ...] = (nearly_full,)
