"""Containers that the kubelet kills because their postStart hook fails.

Its event is `FailedPostStartHook`: “PostStartHook failed” since 1.26, before that with the command and its
error (pkg/kubelet/lifecycle); its `Killing` then says “FailedPostStartHook”. A hook that fails because the
container had already ended is no reason: of an end with exit code 0 both may be true.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kubetriage.domain.finding import Finding, Likelihood, Role, Specificity
from kubetriage.domain.kube import elements
from kubetriage.domain.language import Text
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.crash import container_text, grouped
from kubetriage.domain.rules.ends import Ending, Kind, endings
from kubetriage.domain.rules.grouping import PodGroup, told_apart
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.rules.wording import short, short_end
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

_PLAIN = ("FailedPostStartHook", "PostStartHook failed")


@told_apart
def post_start(view: ClusterView) -> Iterator[Finding]:
    """Containers that do run, until the kubelet has tried their hook."""
    for end, group in grouped(view, [e for e in endings(view) if e.kind is Kind.HOOK]):
        yield _finding(view, end, group)


def _finding(view: ClusterView, end: Ending, group: PodGroup) -> Finding:
    event = end.probe
    said = event.message if event is not None and event.message.strip() not in _PLAIN else ""
    told = event is not None and event.reason == "Killing"
    hook = _command(end)
    logs = [c for p in (True, False) for c in remedies.see_log(view, end.pod.ref, end.state.name, previous=p)]
    return Finding(
        rule="crash.post-start",
        category="bad-command",
        role=Role.CAUSE,
        subject=group.lead.ref,
        culprit=group.culprit,
        statement=say(
            "{who}: the kubelet kills {what} each time because its postStart hook{h} fails{m}.",
            "{who}：{what} 的 postStart 钩子{h}失败，因此每次启动后都被 kubelet 终止{m}。",
            who=group.who,
            what=container_text(end),
            h=say(" `{c}`", " `{c}` ", c=hook) if hook else NOTHING,
            m=say(": “{w}”", "：“{w}”", w=short_end(said, 110)) if said else NOTHING,
        ),
        likelihood=Likelihood.HIGH if end.code != 0 or told else Likelihood.MEDIUM,
        specificity=Specificity.EXACT,
        cites=(*group.cites, *((event.cite,) if event is not None else ())),
        quotes=("FailedPostStartHook",),
        since=event.first if event is not None else end.at,
        remedies=(
            remedies.change(
                Text(en="Correct the postStart hook, or do its work elsewhere",
                     zh="修正 postStart 钩子，或换处执行"),
                remedies.with_note(
                    Text(en="Where its failure should not matter, let its command succeed all the same "
                            "(`|| true`); its output stands in no log.",
                         zh="若其失败不应影响容器，让命令始终成功（`|| true`）；其输出不会进入日志。"),
                    view.find(group.workload)),
                *remedies.edit_template(group.workload),
            ),
            remedies.check(
                Text(en="Run the hook's command in the container yourself",
                     zh="自行在容器中执行该钩子的命令"),
                Text(en="It is run right after the start, maybe before the application is ready for it.",
                     zh="它在启动后立即执行，此时应用可能尚未就绪。"),
                *logs,
                remedies.describe(end.pod.ref),
            ),
        ),
    )  # fmt: skip


def _command(end: Ending) -> str:
    """What the hook runs or asks, as its template has it."""
    lifecycle = end.state.spec.get("lifecycle")
    hook = lifecycle.get("postStart") if isinstance(lifecycle, dict) else None
    if not isinstance(hook, dict):
        return ""
    run, ask = hook.get("exec"), hook.get("httpGet")
    if isinstance(run, dict):
        return short(" ".join(str(w) for w in elements(run.get("command"))), 80)
    if isinstance(ask, dict):
        return short(f"GET {ask.get('path') or '/'} :{ask.get('port')}", 80)
    return ""


RULES: tuple[Rule, ...] = (post_start,)
