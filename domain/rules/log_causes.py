"""Causes that a container's log states, tied to the objects it names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kubetriage.domain.finding import Finding, Remedy, Role, Want
from kubetriage.domain.language import Text
from kubetriage.domain.log_patterns import Sign
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.exit_codes import exit_code
from kubetriage.domain.rules.grouping import PodGroup, group_pods, told_apart
from kubetriage.domain.rules.log_config import CONFIG
from kubetriage.domain.rules.log_control import in_control_plane
from kubetriage.domain.rules.log_data_lock import data_locked
from kubetriage.domain.rules.log_grpc import unimplemented
from kubetriage.domain.rules.log_machine import MACHINE
from kubetriage.domain.rules.log_peers import FAILS, peer_cause
from kubetriage.domain.rules.log_servers import SERVERS
from kubetriage.domain.rules.log_stated import Cause, Manner, Stated, stated
from kubetriage.domain.rules.log_token import token_refused
from kubetriage.domain.rules.log_values import VALUES
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.rules.rbac import denied
from kubetriage.domain.rules.wording import fitting, grounded, quotable, short
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule


@told_apart
def log_causes(view: ClusterView) -> Iterator[Finding | Want]:
    """One finding for each failure that the logs of a workload's pods state."""
    told = {(t.pod.ref, t.state.name): t for t in stated(view)}
    shown = [(t.pod, (t.state.name, t.seen.sign.value, t.seen.values.get("host", ""), t.seen.values.get("key",
                                                                                                        "")))
             for t in told.values()]  # fmt: skip
    for (name, *_), group in group_pods(view, shown):
        own = [told[(pod.ref, name)] for pod in (group.lead, *group.pods)]
        best = min(own, key=lambda t: (list(Manner).index(t.manner), not t.sure))
        cause = in_control_plane(view, best, cause_of(view, best))
        yield from cause.wants
        yield _finding(view, best, group, cause)


def cause_of(view: ClusterView, told: Stated) -> Cause:
    """The cause behind a sign."""
    sign = told.seen.sign
    if sign in FAILS:
        return peer_cause(view, told)
    if sign is Sign.RBAC:
        return denied(view, told)
    if sign is Sign.TOKEN:
        return token_refused(view, told)
    made = _OTHERS.get(sign) or SERVERS.get(sign) or CONFIG.get(sign) or MACHINE[sign]
    return made(view, told)


_OTHERS = {**VALUES, Sign.DATA_LOCKED: data_locked, Sign.UNIMPLEMENTED: unimplemented}


def _finding(view: ClusterView, told: Stated, group: PodGroup, cause: Cause) -> Finding:

    def statement(room: int) -> Text:
        quote = short(told.seen.quote, room)
        if told.then is not None:
            return say(
                "{who}: container {c} logs first that {says}: “{q}”, then {n}“{then}”.",
                "{who}：容器 {c} 的日志先报错，{says}：“{q}”，随后{n}“{then}”。",
                who=group.who, c=told.state.name, says=cause.says, q=quote, n=times(told.then.times),
                then=short(told.then.quote, min(room, 60)),
            )  # fmt: skip
        if told.manner is Manner.READY:  # what it says comes first: that it says so is no news
            return say(
                "{who}: container {c} logs {n}that {says}: “{q}”.",
                "{who}：容器 {c} 的日志{n}报错，{says}：“{q}”。",
                who=group.who, c=told.state.name, n=times(told.seen.times), says=cause.says, q=quote,
            )  # fmt: skip
        return say(
            "{who}: container {c} {ends}; {says}: “{q}”.",
            "{who}：容器 {c} {ends}；{says}：“{q}”。",
            who=group.who, c=told.state.name, ends=_ends(told), says=cause.says, q=quote,
        )  # fmt: skip

    work = group.workload
    logs = remedies.see_log(view, told.pod.ref, told.state.name, previous=told.log.previous)
    look = remedies.check(
        Text(en="Read the log around the error", zh="查看错误前后的日志"),
        Text(
            en="The lines before it show what the container was doing.",
            zh="前面的几行能看出容器当时在做什么。",
        ),
        *logs,
    )
    culprit = cause.culprit or group.culprit
    fix = cause.remedies or (_general_fix(view, group, cause),)
    return Finding(
        rule=cause.slug,
        category=cause.category
        if not (told.state.init and cause.category == "crash-app-error")
        else "init-container",
        role=Role.CAUSE,
        subject=group.lead.ref,
        culprit=culprit,
        statement=fitting(statement),
        likelihood=cause.likelihood,
        specificity=cause.specificity,
        waits_on=cause.waits_on,
        cites=tuple(dict.fromkeys((told.log.cite, *group.cites, *cause.cites))),
        quotes=(*grounded(told.log.text, short(told.seen.quote, 40)), *quotable(*cause.quotes)),
        since=told.end.at if told.end is not None else told.seen.record.at,
        remedies=remedies.with_rollback(view, work, *fix, look, pod=told.pod),
    )


def times(count: int) -> Text:
    """`5 times ` before what was said so often, nothing for once."""
    return say("{n} times ", " {n} 次", n=count) if count > 1 else NOTHING


def _ends(told: Stated) -> Text:
    if told.end is not None and told.manner is Manner.ENDED:
        return say("ends with {c}", "退出，{c}", c=exit_code(told.end.code))
    if told.manner is Manner.PROBED:
        return Text(en="is restarted for its liveness probe", zh="因存活探针失败被重启")
    if told.manner is Manner.NOT_READY:
        return Text(en="is not ready", zh="未就绪")
    return Text(en="(init) does not finish", zh="（init）未完成")


def _general_fix(view: ClusterView, group: PodGroup, cause: Cause) -> Remedy:
    """What can be said without knowing the right value: where it is to be changed."""
    culprit = cause.culprit or group.workload
    obj = view.find(culprit)
    name = f"{culprit.kind} {culprit.name}"
    if culprit.kind == "PersistentVolumeClaim":
        return remedies.change(
            say("Free space in the volume, or enlarge {n}", "清理卷空间，或扩容 {n}", n=name),
            remedies.with_note(Text(en="Enlarging needs allowVolumeExpansion in its StorageClass.",
                                    zh="扩容要求 StorageClass 开启 allowVolumeExpansion。"), obj),
            remedies.mutate(f"kubectl edit {remedies.target(culprit)}"),
        )  # fmt: skip
    if culprit.kind in ("Node", "Service", "Pod"):
        return remedies.escalate(
            say("Find out why {n} does not serve", "查明 {n} 为何不能提供服务", n=name),
            Text(
                en="Whoever runs it needs the quoted error and its time.",
                zh="请把引用的错误及时间交给其负责人。",
            ),
            *((remedies.describe(culprit),) if obj is not None else ()),
        )
    return remedies.change(
        say("Correct it in {n}", "在 {n} 中修正", n=name),
        remedies.with_note(
            Text(en="Its environment, arguments, configuration or image hold what the log complains of.",
                 zh="日志所指的问题位于其环境变量、参数、配置或镜像中。"), obj),
        *remedies.edit_template(culprit),
    )  # fmt: skip


RULES: tuple[Rule, ...] = (log_causes,)
