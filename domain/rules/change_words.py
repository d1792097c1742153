"""Changes as people say them: when, of what, and a field's value before and after."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from kubetriage.domain.finding import Finding, Likelihood, Role, Specificity
from kubetriage.domain.language import Text
from kubetriage.domain.resource import Resource
from kubetriage.domain.rules.phrases import STATEMENT_LIMIT, joined, say
from kubetriage.domain.rules.timeline import placed
from kubetriage.domain.rules.wording import quotable, short
from kubetriage.domain.template_diff import Difference, Path
from kubetriage.domain.view import ClusterView

CATEGORY = "change"

_VALUE = 60
"""Characters of one value in a statement."""
_SHARED = 24
"""Characters that are kept of what two long values begin with alike."""
_SHOWN = 4
"""Differences that a statement names at most."""


def changed(
    rule: str,
    subject: Resource,
    statement: Text,
    at: datetime | None,
    *cites: str,
    quotes: tuple[str, ...] = (),
) -> Finding:
    """A finding that tells a change and states no cause; `at` is None if its time is not known."""
    return Finding(
        rule=f"change.{rule}",
        category=CATEGORY,
        role=Role.CHANGE,
        subject=subject,
        statement=statement,
        likelihood=Likelihood.LOW,
        specificity=Specificity.EXACT,
        cites=cites,
        quotes=quotes,
        since=at,
    )


def timed(view: ClusterView, at: datetime | None, what: Text) -> Text:
    """`what` and where it lies against the alert's start: `(12 min before the alert)`."""
    where = placed(view, at) if at is not None else say("at an unknown time", "时间未知")
    return say("{what} ({where})", "{what}（{where}）", what=what, where=where)


def with_differences(head: Text, differences: Sequence[Difference]) -> Text:
    """`head` and as many differences as a statement has room for, the others counted."""
    for count in range(min(_SHOWN, len(differences)), 0, -1):
        for room in (_VALUE, 30) if count == 1 else (_VALUE,):
            parts = [difference_text(d, room) for d in differences[:count]]
            more = len(differences) - count
            if more:
                parts.append(say("{n} more", "另有 {n} 处", n=more))
            made = say("{head}: {parts}.", "{head}：{parts}。", head=head, parts=joined(parts))
            if max(len(made.en), len(made.zh)) <= STATEMENT_LIMIT:
                return made
    return say(
        "{head}: {n} difference(s).", "{head}：有 {n} 处不同。",
        head=Text(en=short(head.en, 250), zh=short(head.zh, 250)), n=len(differences),
    )  # fmt: skip


def difference_text(difference: Difference, room: int = _VALUE) -> Text:
    """`image of app: a → b`; what came or went is said so."""
    before, after = _cut(difference.before, difference.after, room)
    what = field_text(difference.path)
    if difference.before is None:
        return say("{w} added (“{v}”)" if after else "{w} added", "新增{w}（“{v}”）" if after else "新增{w}",
                   w=what, v=after)  # fmt: skip
    if difference.after is None:
        return say("{w} removed (was “{v}”)" if before else "{w} removed",
                   "删除{w}（原为“{v}”）" if before else "删除{w}", w=what, v=before)  # fmt: skip
    return say("{w}: “{b}” → “{a}”", "{w}：“{b}” → “{a}”", w=what, b=before, a=after)


def quoted(differences: Sequence[Difference]) -> tuple[str, ...]:
    """The values that a statement shows of them, for `Finding.quotes`.

    Only those that stand in the object as they are shown; a mount or a probe is put together from fields.
    """
    found: list[str] = []
    for one in differences[:_SHOWN]:
        plain = one.path[2:3] in (("image",), ("env",), ("resources",)) or one.path[0] in (
            "labels", "annotations", "nodeSelector", "serviceAccountName",
        )  # fmt: skip
        if plain:
            values = [v for v in (one.before, one.after) if v and " key " not in v]
            found += quotable(*(value[:_VALUE] for value in values))
    return tuple(dict.fromkeys(found))


def _cut(before: str | None, after: str | None, room: int) -> tuple[str, str]:
    """Both values within bounds; of two long ones the beginning that they share goes first."""
    left, right = before or "", after or ""
    if max(len(left), len(right)) > room and left and right:
        same = next((i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), 0)
        skip = same - _SHARED
        if skip > 0:
            left, right = f"…{left[skip:]}", f"…{right[skip:]}"
    return short(left, room), short(right, room)


_CONTAINERS = {
    "containers": Text(en="container {c}", zh="容器 {c}"),
    "initContainers": Text(en="init container {c}", zh="初始化容器 {c}"),
}
_OF_CONTAINER = {
    "image": Text(en="image of {c}", zh="{c} 的镜像"),
    "env": Text(en="env {x} of {c}", zh="{c} 的环境变量 {x}"),
    "envFrom": Text(en="envFrom of {c}", zh="{c} 的 envFrom"),
    "resources": Text(en="{x} of {c}", zh="{c} 的 {x}"),
    "volumeMounts": Text(en="mount {x} of {c}", zh="{c} 的挂载点 {x}"),
}
_OF_POD = {
    "volumes": Text(en="volume {x}", zh="卷 {x}"),
    "labels": Text(en="pod label {x}", zh="Pod 标签 {x}"),
    "annotations": Text(en="pod annotation {x}", zh="Pod 注解 {x}"),
}


def field_text(path: Path) -> Text:
    """A field as people name it: `image of app`, `env DB_HOST of app`."""
    top = path[0]
    if top in _CONTAINERS and len(path) == 2:
        return _filled(_CONTAINERS[top], c=path[1])
    if top in _CONTAINERS and len(path) > 2:
        form = _OF_CONTAINER.get(path[2])
        if form is None:
            return _filled(_OF_CONTAINER["resources"], c=path[1], x=".".join(path[2:]))
        return _filled(form, c=path[1], x=".".join(path[3:]) or path[2])
    if top in _OF_POD and len(path) > 1:
        return _filled(_OF_POD[top], x=".".join(path[1:]))
    return Text(en=short(".".join(path), 80), zh=short(".".join(path), 80))


def _filled(form: Text, **values: str) -> Text:
    shown = {key: short(value, 80) for key, value in values.items()}
    return Text(en=form.en.format(**shown), zh=form.zh.format(**shown))
