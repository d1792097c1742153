"""Custom objects that say themselves that they fail, by the table of custom kinds and what most controllers
write: conditions, states, references to what does not exist."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from kubetriage.domain.custom_kinds import Tie
from kubetriage.domain.custom_state import Ill, ills, kind_of, label_of_made, names_of, secret_of
from kubetriage.domain.events import EventRecord
from kubetriage.domain.finding import Finding, Likelihood, Role, Specificity
from kubetriage.domain.kube import Obj, pod_settled
from kubetriage.domain.language import Text
from kubetriage.domain.references import config_refs
from kubetriage.domain.relations.custom_resources import looked_at, pods_awaited
from kubetriage.domain.resource import Resource
from kubetriage.domain.rules.custom_advice import above, advice
from kubetriage.domain.rules.grouping import fresh
from kubetriage.domain.rules.health_scope import about_state, events_are_clean, measured
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.rules.similar_names import nearest
from kubetriage.domain.rules.wellness import workload_is_well
from kubetriage.domain.rules.wording import STATEMENT_LIMIT, fitting, listed, quotable, telling
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

_RECENT = timedelta(hours=2)
_TIMED_OUT = re.compile(
    r"^(?!.*(?:://|\bdial |\blookup )).*"
    r"(?:context deadline exceeded|timed? ?out waiting|(?:exceeded|progress) deadline"
    r"|exceeded timeout of \S+ while waiting)",
    re.IGNORECASE | re.DOTALL,
)  # fmt: skip
"""Words of a controller that waited in vain for its own objects, not for an address that it names: why they
did not come to be is another matter."""
_LONG = timedelta(days=1)
"""How long before the alert something may fail that is no part of it, and still be its likely reason."""


class Gone(NamedTuple):
    """An object that is named and does not exist."""

    ref: Resource
    cite: str
    similar: str
    """What was probably meant."""
    others: tuple[str, ...]
    """What else there is of its kind."""


def custom_troubles(view: ClusterView) -> Iterator[Finding]:
    """One finding for each custom object that is looked at and fails."""
    for obj in looked_at(view):
        found = ills(obj, view.now)
        gone = next(_gone(view, obj), None)
        event = _said(view, obj)
        if found or gone is not None or event is not None:
            yield _finding(view, obj, found[0] if found else None, gone, event)


def _gone(view: ClusterView, obj: Obj) -> Iterator[Gone]:
    for named in names_of(obj):
        known = view.get(named.ref)
        if named.tie is Tie.MANAGES or named.ref.kind == "Secret" or not view.is_absent(named.ref):
            continue
        others = [o.name for o in view.objects(named.ref.kind, named.ref.namespace)]
        similar = nearest(named.ref.name, others)
        yield Gone(named.ref, getattr(known, "cite", ""), similar, tuple(others))


def _said(view: ClusterView, obj: Obj) -> EventRecord | None:
    """The latest warning about it, if that is new and none of its conditions tells more."""
    if not (kind_of(obj).good or kind_of(obj).states):
        return None
    late = [e for e in view.events(obj.ref) if e.last is None or e.last >= view.now - _RECENT]
    return next((e for e in late if e.warning), None)


def _finding(
    view: ClusterView, obj: Obj, ill: Ill | None, gone: Gone | None, event: EventRecord | None
) -> Finding:
    if ill is not None and ill.stated and not (ill.sums_up and event is not None):
        event = None
    reason = event.reason if event is not None else ill.reason if ill is not None else ""
    message = event.message if event is not None else ill.message if ill is not None else ""
    sure = gone is not None or (ill is not None and ill.stated and not _TIMED_OUT.search(message))
    states = sure or (ill is not None and ill.stated)

    def statement(room: int) -> Text:
        return say(
            "{k} {n}{told}{gone}{above}.",
            "{k} {n} {told}{gone}{above}。",
            k=obj.ref.kind,
            n=obj.name,
            told=_told(ill, reason, telling(message, room)),
            gone=_absent(gone, bare=ill is None and event is None),
            above=above(view, top),
        )

    culprit = _culprit(view, obj, gone)
    top = view.find(culprit) if culprit != obj.ref else None
    explains = tuple(dict.fromkeys(_depend_on(view, obj)))
    since = ill.since if ill is not None else (event.first if event is not None else None)
    late = _is_tied(view, explains) or fresh(view, since, before=_LONG)
    return Finding(
        rule=f"custom.{obj.ref.kind.lower()}",
        category=_category(obj, message),
        role=Role.CAUSE if states or event is not None else Role.SYMPTOM,
        subject=obj.ref,
        culprit=culprit,
        statement=_fitting(statement),
        likelihood=_likelihood(sure and not kind_of(obj).sums_up, late),
        specificity=Specificity.EXACT if gone is not None else Specificity.NAMED,
        explains=explains,
        waits_on=tuple(_depends_on(view, obj, gone)),
        cites=tuple(
            c for c in (obj.cite, gone.cite if gone else "", event.cite if event else "",
                        top.cite if top is not None else "") if c
        ),
        quotes=quotable(obj.name, *((reason,) if reason else ()), *((gone.ref.name,) if gone else ())),
        since=since,
        remedies=advice(view, obj, gone.ref if gone else None, gone.similar if gone else "", reason, message),
    )  # fmt: skip


_MATTERS = (
    (
        re.compile(
            r"\bis forbidden: User\b|\bcannot (?:create|get|list|watch|update|patch|delete) resource\b"
        ),
        "rbac",
    ),
    (re.compile(r"disk space|no space left", re.IGNORECASE), "disk-full"),
)
"""What is the matter whatever the kind is, by the message."""


def _category(obj: Obj, message: str) -> str:
    told = next((category for words, category in _MATTERS if words.search(message)), "")
    return told or kind_of(obj).category


def _likelihood(sure: bool, late: bool) -> Likelihood:
    """What fails for long beside the alert's object is a hint."""
    if not late:
        return Likelihood.LOW
    return Likelihood.HIGH if sure else Likelihood.MEDIUM


def _is_tied(view: ClusterView, explains: tuple[Resource, ...]) -> bool:
    """Whether it must be why: the alert is about a custom object, or waits for what this one writes."""
    own = view.primary is not None and not view.primary.builtin
    return own or any(ref.kind in ("Pod", "Ingress") for ref in explains)


def _fitting(make: Callable[[int], Text]) -> Text:
    """With as much of the message as there is room for: controllers tell the reason at its end."""
    for room in (200, 160, 130):
        made = make(room)
        if max(len(made.en), len(made.zh)) <= STATEMENT_LIMIT:
            return made
    return fitting(make)


def _told(ill: Ill | None, reason: str, message: str) -> Text:
    if ill is None and not reason:
        return NOTHING
    why = say(" ({r})", "（{r}）", r=reason) if reason else NOTHING
    quote = say(": “{m}”", "：“{m}”", m=message) if message else NOTHING
    if ill is None:
        return say(" is said to fail{w}{q}", "被报告失败{w}{q}", w=why, q=quote)
    return say(" reports {s}{w}{q}", "报告 {s}{w}{q}", s=ill.what, w=why, q=quote)


def _absent(gone: Gone | None, *, bare: bool) -> Text:
    if gone is None:
        return NOTHING
    hint = NOTHING
    if gone.similar or (gone.others and gone.ref.kind != "Namespace"):
        have = listed([gone.similar] if gone.similar else list(gone.others), 3)
        hint = say(" (there is {h})", "（现有 {h}）", h=have)
    lead = Text(en=" names", zh="引用了") if bare else Text(en="; it names", zh="；它引用了")
    return say("{l} {k} {n}, which does not exist{h}", "{l} {k} {n}，而它不存在{h}",
               l=lead, k=gone.ref.kind, n=gone.ref.name, h=hint)  # fmt: skip


def _culprit(view: ClusterView, obj: Obj, gone: Gone | None) -> Resource:
    """What a person changes: of objects that controllers make the one at the top, unless a name is right."""
    if gone is not None and not gone.others and not gone.similar and not gone.ref.builtin:
        return gone.ref
    top = obj
    while top.controller is not None and not top.controller.builtin:
        owner = view.find(top.controller)
        if owner is None or owner is top:
            break
        top = owner
    return top.ref


# ---- how it hangs together with others


def _depends_on(view: ClusterView, obj: Obj, gone: Gone | None) -> Iterator[Resource]:
    """What would explain its state: what it names, and what its controller made for it."""
    for named in names_of(obj):
        if named.tie is not Tie.AFFECTS and (gone is None or named.ref != gone.ref):
            yield named.ref
    yield from pods_awaited(view, obj)
    kinds = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "Pod", "PersistentVolumeClaim",
             *kind_of(obj).children)  # fmt: skip
    for kind in kinds:
        yield from (o.ref for o in view.objects(kind, obj.namespace) if o.controller == obj.ref)
    labels = label_of_made(obj)
    for kind in kinds if labels else ():
        yield from (o.ref for o in view.objects(kind) if labels.items() <= o.labels.items())


def _depend_on(view: ClusterView, obj: Obj, above: tuple[Resource, ...] = ()) -> Iterator[Resource]:
    """What suffers from it, directly or through the custom objects that name it or that it was made for."""
    yield from _users(view, obj)
    seen = (*above, obj.ref)
    for other in looked_at(view):
        made_for = other.ref == obj.controller
        names = any(n.ref == obj.ref and n.tie is not Tie.AFFECTS for n in names_of(other))
        if other.ref not in seen and (made_for or names):
            yield from [other.ref] if names and not ills(other, view.now) else []
            yield from _depend_on(view, other, seen)


def _users(view: ClusterView, obj: Obj) -> Iterator[Resource]:
    """Users of the Secret that it writes; what it scales or routes to, if nothing else ails that."""
    for named in names_of(obj):
        target = view.find(named.ref)
        if named.tie is Tie.AFFECTS and target is not None and _is_well(view, target):
            yield named.ref
    for scaler in view.objects("HorizontalPodAutoscaler", obj.namespace):
        if scaler.controller == obj.ref:
            yield scaler.ref
    if obj.ref.kind == "IPPool":
        yield from (
            p.ref for p in view.objects("Pod") if not pod_settled(p) and not p.text("status", "podIP")
        )
    secret = secret_of(obj)
    if secret is None:
        return
    yield secret
    for ingress in view.objects("Ingress", obj.namespace):
        if any(t.get("secretName") == secret.name for t in ingress.items("spec", "tls")):
            yield ingress.ref
    for pod in view.objects("Pod", obj.namespace):
        if not pod_settled(pod) and any(one.ref == secret for one in config_refs(pod)):
            yield pod.ref


def _is_well(view: ClusterView, target: Obj) -> bool:
    if target.ref.kind == "Service":
        return view.has_ready_endpoints(target) is not False
    return workload_is_well(target) is not None


# ---- well


def custom_well(view: ClusterView) -> Iterator[Finding]:
    """The alert's own custom object is as it should be by its own conditions."""
    obj = view.find(view.primary)
    if obj is None or obj.ref.builtin or obj.deleted is not None or ills(obj, view.now):
        return
    good = [c for c in obj.conditions().values() if c.type in kind_of(obj).good and c.status == "True"]
    since = max((c.since for c in good if c.since is not None), default=None)
    if not good or not (about_state(view, ()) or _has_turned(view, since)):
        return
    yield Finding(
        rule="health.custom",
        category="resolved",
        role=Role.HEALTHY,
        subject=obj.ref,
        statement=say("{o} reports {c}.", "{o} 报告 {c}。", o=str(obj.ref),
                      c=", ".join(f"{c.type}=True" for c in good)),
        cites=(obj.cite,),
        since=since,
    )  # fmt: skip


def _has_turned(view: ClusterView, since: datetime | None) -> bool:
    """Whether it turned well while the alert, which is about no measure, fired, and nothing failed since."""
    began = view.alert_began
    turned = since is not None and began is not None and since >= began
    return turned and not measured(view) and events_are_clean(view, ())


RULES: tuple[Rule, ...] = (custom_troubles, custom_well)
