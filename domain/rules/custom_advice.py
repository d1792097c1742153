"""What to do about a custom object that fails."""

from __future__ import annotations

import re
import shlex

from kubetriage.domain.custom_state import ills
from kubetriage.domain.finding import Command, Remedy
from kubetriage.domain.kube import Obj
from kubetriage.domain.language import Text
from kubetriage.domain.resource import Resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.custom_delivery import WHERE, again, delivers
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.view import ClusterView

_BY_REASON: dict[str, Text] = {
    "RefNotPermitted": Text(
        en="A ReferenceGrant in the namespace of what is named must permit it, or name something of its own "
        "namespace.",
        zh="需要在被引用对象的命名空间中创建 ReferenceGrant 放行，或改为引用本命名空间的对象。",
    ),
    "BackendNotFound": Text(
        en="The Service that it sends to must exist under that name and in that namespace.",
        zh="它转发到的 Service 必须以该名称存在于该命名空间。",
    ),
    "NotAllowedByListeners": Text(
        en="The Gateway's listener must allow routes of its namespace (allowedRoutes).",
        zh="Gateway 的监听器需要允许来自其命名空间的路由（allowedRoutes）。",
    ),
    "NoMatchingListenerHostname": Text(
        en="Its host names must fit a listener of the Gateway.",
        zh="其主机名必须与 Gateway 的某个监听器匹配。",
    ),
    "Pending": Text(
        en="A controller must take it: check that the one for its class is installed and runs.",
        zh="需要有控制器接管它：检查对应类别的控制器是否已安装并运行。",
    ),
    "ScaledObjectCheckFailed": Text(
        en="scaleTargetRef must name a workload that exists, and its triggers must be complete.",
        zh="scaleTargetRef 必须指向存在的工作负载，且触发器配置完整。",
    ),
    "SecretSyncedError": Text(
        en="The store must hold the key that it asks for, and its credentials must be accepted.",
        zh="后端存储必须有所请求的键，且其凭据有效。",
    ),
}
"""What a condition's reason asks for, by the reasons that the projects document."""

_BY_MESSAGE: tuple[tuple[re.Pattern[str], Text], ...] = (
    (
        re.compile(r"another operation \(install/upgrade/rollback\) is in progress", re.IGNORECASE),
        Text(
            en="An earlier Helm operation was cut off and left the release pending: `helm history` shows "
            "it; roll "
            "back to the last revision that was deployed, then let it be reconciled again.",
            zh="此前的 Helm 操作被中断，发布停在 pending 状态：用 `helm history` 查看，"
            "回滚到上一个 deployed 修订版，再重新协调。",
        ),
    ),
    (
        re.compile(r"field is immutable|updates to statefulset spec for fields other than", re.IGNORECASE),
        Text(
            en="A field that cannot be changed in place: undo that change, or have the object deleted and "
            "made anew (its pods stop meanwhile).",
            zh="该字段不能原地修改：撤销该改动，或删除对象后重建（期间其 Pod 会停止）。",
        ),
    ),
    (
        re.compile(r"rateLimited|too many certificates|rate limit", re.IGNORECASE),
        Text(
            en="It is tried again after the time that the message names; until then another issuer, or a "
            "certificate that exists for these names, is the way. Find out what asked so often.",
            zh="到消息所示的时间后会再次尝试；在此之前可改用其他签发者或已有的证书，并查明为何频繁申请。",
        ),
    ),
    (
        re.compile(r"not enough disk space|insufficient disk space", re.IGNORECASE),
        Text(
            en="Give it larger volumes (spec.storage.size, if the class lets them grow), and find what "
            "fills them: "
            "write-ahead logs that are not archived, as a rule.",
            zh="增大卷（spec.storage.size，需存储类允许扩容），并查明占满空间的原因，"
            "通常是未归档的 WAL 日志。",
        ),
    ),
    (
        re.compile(r"no such host|connection refused|i/o timeout|unauthorized|authentication", re.IGNORECASE),
        Text(
            en="The address and the credentials that it uses for what the message names must be right, and "
            "that "
            "must be up.",
            zh="它用于消息所指目标的地址和凭据必须正确，且该目标须可用。",
        ),
    ),
)
"""What a message asks for, by words that stay the same between versions."""

_GENERAL = Text(
    en="Correct in its spec what the message complains of.", zh="在其 spec 中修正消息所指的问题。"
)


def advice(
    view: ClusterView, obj: Obj, gone: Resource | None, similar: str, reason: str, message: str = ""
) -> tuple[Remedy, ...]:
    """Correct the object or the name in it; and where to see what its controller says."""
    name = f"{obj.ref.kind} {obj.name}"
    by_words = next((told for words, told in _BY_MESSAGE if words.search(message)), _GENERAL)
    detail = _BY_REASON.get(reason, by_words)
    where = Text(en="", zh="")
    commands: tuple[Command, ...] = (remedies.mutate(f"kubectl edit {remedies.target(obj.ref)}"),)
    if delivers(obj):
        where, commands = WHERE, again(obj, reason, message)
    if gone is not None and similar:
        fix = say("Let {n} name {k} {s}", "让 {n} 引用 {k} {s}", n=name, k=gone.kind, s=similar)
    elif gone is not None:
        fix = say("Create {k} {g}, or correct the name in {n}", "创建 {k} {g}，或修正 {n} 中的名称",
                  k=gone.kind, g=gone.name, n=name)  # fmt: skip
    elif (made_for := _made_for(view, obj)) is not None:
        return (_at_the_top(obj, made_for, detail), _look(name, remedies.describe(obj.ref)))
    else:
        fix = say("Correct {n}{w}", "修正 {n} {w}" if where.zh else "修正 {n}{w}", n=name, w=where)
    if gone is not None:
        detail = say("{d} {m}", "{d}{m}", d=_NAMED, m=detail if reason in _BY_REASON else Text(en="", zh=""))
    look = [remedies.describe(obj.ref)]
    if gone is not None and view.objects(gone.kind, gone.namespace):
        look.append(remedies.read(_list_command(gone)))
    return (
        remedies.change(fix, remedies.with_note(Text(en=detail.en.strip(), zh=detail.zh), obj), *commands),
        _look(name, *look),
    )


def _look(name: str, *commands: Command) -> Remedy:
    return remedies.check(
        say("See what the controller says of {n}", "查看控制器对 {n} 的说明", n=name),
        Text(en="Its conditions and events; the controller's log tells more.",
             zh="查看其状态条件和事件；控制器日志有更多信息。"),
        *commands,
    )  # fmt: skip


def _made_for(view: ClusterView, obj: Obj) -> Obj | None:
    """The custom object at the top of those that controllers made this one for; None if nobody did."""
    top = obj
    while (owner := top.controller) is not None and not owner.builtin:
        above = view.find(owner)
        if above is None or above is top:
            break
        top = above
    return top if top is not obj else None


_OF_KIND: dict[str, Text] = {
    "AnalysisRun": Text(
        en="It judged the new revision by its metrics: mend that revision, or the query in the "
        "AnalysisTemplate, then retry the roll-out.",
        zh="它按指标评估了新修订版：修正该修订版或 AnalysisTemplate 中的查询，然后重试发布。",
    ),
}


def _at_the_top(obj: Obj, made_for: Obj, told: Text) -> Remedy:
    """What a controller makes is made anew: to edit it is lost work."""
    name, top = f"{obj.ref.kind} {obj.name}", f"{made_for.ref.kind} {made_for.name}"
    detail = _OF_KIND.get(obj.ref.kind) or say(
        "It is made for {t} and edits of it are lost: change that, or what its message names.",
        "它由控制器为 {t} 创建，对它的修改会丢失：请修改后者，或其消息所指的对象。",
        t=top,
    )
    if told is not _GENERAL:
        detail = told
    return remedies.change(
        say("Mend what {n} complains of", "解决 {n} 所报告的问题", n=name),
        remedies.with_note(detail, made_for),
        remedies.mutate(f"kubectl edit {remedies.target(made_for.ref)}"),
    )


_NAMED = Text(en="What it names does not exist.", zh="它引用的对象不存在。")


def _list_command(ref: Resource) -> str:
    kind = remedies.target(ref).partition("/")[0]
    where = f" -n {shlex.quote(ref.namespace)}" if ref.namespace else ""
    return f"kubectl get {kind}{where}"


def above(view: ClusterView, top: Obj | None) -> Text:
    """What it means for the object at the top, for which controllers made this one."""
    ill = next((i for i in ills(top, view.now) if i.reason and not i.sums_up), None) if top else None
    if top is None or ill is None or top.ref.builtin:
        return NOTHING
    return say("; {k} {n} is {s} ({r})", "；{k} {n} 为 {s}（{r}）",
               k=top.ref.kind, n=top.name, s=ill.what, r=ill.reason)  # fmt: skip
