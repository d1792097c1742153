"""Who was told to run more or fewer pods, and what was changed beside the manifest last applied."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from kubetriage.domain.events import EventRecord
from kubetriage.domain.finding import Finding
from kubetriage.domain.kube import Obj, whole_number
from kubetriage.domain.language import Text
from kubetriage.domain.rules.change_words import changed, timed
from kubetriage.domain.rules.phrases import joined, say, stated
from kubetriage.domain.rules.revisions import changing, revisions
from kubetriage.domain.rules.timeline import in_window
from kubetriage.domain.rules.wording import quotable, short
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_SCALED = re.compile(r"^Scaled (?:up|down) replica set (\S+) (?:from (\d+) )?to (\d+)")
_DELETED = re.compile(r"delete Pod (\S+) in StatefulSet")
_NEW_SIZE = re.compile(r"^New size: (\d+)(?:; reason: (.+))?")
_MARGIN = timedelta(minutes=1)
"""A rollout scales its ReplicaSets within seconds of each other."""
_SHOWN = 3


def scaled_deployment(view: ClusterView) -> Iterator[Finding]:
    """A Deployment's number of pods was changed; the steps of a rollout are not counted."""
    for obj in changing(view):
        kept = revisions(view, obj.ref) if obj.ref.kind == "Deployment" else []
        if not kept:
            continue
        steps = [(e, m) for e in view.events(obj.ref, "ScalingReplicaSet") if (m := _SCALED.match(e.message))]
        current = kept[0].object
        rolling = [e.last for e, m in steps if m[1] != current.name]
        rolling += [current.created] if current.created is not None else []
        for event, step in [s for s in steps if s[1][1] == current.name][:_SHOWN]:
            at = event.last
            if (
                at is None
                or not in_window(view, at)
                or any(t is not None and at <= t + _MARGIN for t in rolling)
            ):
                continue
            what = say(
                "{k} {n} was scaled from {a} to {b}" if step[2] else "{k} {n} was scaled to {b}",
                "{k} {n} 的副本数从 {a} 改为 {b}" if step[2] else "{k} {n} 的副本数改为 {b}",
                k=obj.ref.kind, n=obj.name, a=step[2], b=step[3],
            )  # fmt: skip
            yield _said(view, obj, what, event, step[0])


def _said(view: ClusterView, obj: Obj, what: Text, event: EventRecord, quote: str) -> Finding:
    statement = stated("{h}.", "{h}。", h=timed(view, event.last, what))
    return changed("scaled", obj.ref, statement, event.last, event.cite, quotes=quotable(quote))


def scaled_statefulset(view: ClusterView) -> Iterator[Finding]:
    """A pod was deleted whose ordinal the StatefulSet no longer wants."""
    for obj in changing(view):
        if obj.ref.kind != "StatefulSet":
            continue
        want = obj.number("spec", "replicas", default=1) + obj.number("spec", "ordinals", "start")
        for event in view.events(obj.ref, "SuccessfulDelete"):
            gone = _DELETED.search(event.message)
            if gone is None or not in_window(view, event.last):
                continue
            number = whole_number(gone[1].rpartition("-")[2])
            if number is not None and number >= want:
                what = say(
                    "StatefulSet {n} was scaled down to {w}: {p} was deleted",
                    "StatefulSet {n} 缩容到 {w}：{p} 被删除",
                    n=obj.name, w=obj.number("spec", "replicas", default=1), p=gone[1],
                )  # fmt: skip
                yield _said(view, obj, what, event, gone[0])
                break


def rescaled(view: ClusterView) -> Iterator[Finding]:
    """An autoscaler changed the number of pods, and why."""
    for obj in changing(view):
        for scaler in scalers_of(view, obj):
            events = view.events(scaler.ref, "SuccessfulRescale")
            for event in [e for e in events if in_window(view, e.last)][:_SHOWN]:
                size = _NEW_SIZE.match(event.message)
                if size is None:
                    continue
                reason = short(size[2] or "", 120)
                what = say(
                    "HorizontalPodAutoscaler {h} set {k} {n} to {s} pods" + (": “{r}”" if reason else ""),
                    "HorizontalPodAutoscaler {h} 把 {k} {n} 调为 {s} 个 Pod" + ("：“{r}”" if reason else ""),
                    h=scaler.name, k=obj.ref.kind, n=obj.name, s=size[1], r=reason,
                )  # fmt: skip
                statement = stated("{h}.", "{h}。", h=timed(view, event.last, what))
                quotes = quotable(f"New size: {size[1]}", reason)
                yield changed("rescaled", scaler.ref, statement, event.last, event.cite, quotes=quotes)


def scalers_of(view: ClusterView, obj: Obj) -> list[Obj]:
    """The HorizontalPodAutoscalers that scale a workload."""
    target = (obj.ref.kind, obj.name)
    return [
        h
        for h in view.objects("HorizontalPodAutoscaler", obj.namespace)
        if (h.text("spec", "scaleTargetRef", "kind"), h.text("spec", "scaleTargetRef", "name")) == target
    ]


def drifted(view: ClusterView) -> Iterator[Finding]:
    """Replicas or images are not those of the manifest last applied: somebody changed them by another way."""
    for obj in changing(view):
        applied = _applied(obj)
        parts: list[Text] = []
        quotes: list[str] = []
        want = applied.get("replicas")
        have = obj.at("spec", "replicas")
        if isinstance(want, int) and isinstance(have, int) and want != have and not scalers_of(view, obj):
            parts.append(say("replicas is {a}, applied was {b}", "replicas 为 {a}，应用的清单为 {b}",
                             a=have, b=want))  # fmt: skip
            quotes.append(str(have))
        meant = _images(applied)
        for name, image in _images(obj.mapping("spec")).items():
            if name in meant and meant[name] != image:
                parts.append(say("image of {c} is “{a}”, applied was “{b}”",
                                 "{c} 的镜像为“{a}”，应用的清单为“{b}”",
                                 c=name, a=short(image, 90), b=short(meant[name], 90)))  # fmt: skip
                quotes.append(image)
        if parts:
            statement = stated(
                "{k} {n} is not as last applied with kubectl apply (changed at an unknown time): {p}.",
                "{k} {n} 与 kubectl apply 最后应用的清单不同（修改时间未知）：{p}。",
                k=obj.ref.kind, n=obj.name, p=joined(parts[:2]),
            )  # fmt: skip
            yield changed("drift", obj.ref, statement, None, obj.cite, quotes=quotable(*quotes[:2]))


def _applied(obj: Obj) -> Mapping[str, Any]:
    """The `spec` of the manifest last applied; empty if there is none, or it was cut or masked."""
    try:
        manifest = json.loads(obj.annotations.get(APPLIED, ""))
    except (ValueError, RecursionError):
        return {}
    spec = manifest.get("spec") if isinstance(manifest, dict) else None
    return spec if isinstance(spec, dict) else {}


def _images(spec: Mapping[str, Any]) -> dict[str, str]:
    """Image by container of a workload's spec."""
    template = spec.get("template")
    inner = template.get("spec") if isinstance(template, dict) else None
    listed = inner.get("containers") if isinstance(inner, dict) else None
    found = [c for c in listed if isinstance(c, dict)] if isinstance(listed, list) else []
    return {str(c.get("name")): str(c["image"]) for c in found if c.get("image")}


SCALING_RULES: tuple[Rule, ...] = (scaled_deployment, scaled_statefulset, rescaled, drifted)
