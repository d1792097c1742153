"""Containers that end by themselves: crash loops and bad exits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from kubetriage.domain.finding import Finding, Likelihood, Remedy, Role, Specificity
from kubetriage.domain.kube import elements
from kubetriage.domain.language import Text
from kubetriage.domain.logs import Level
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.ends import Ending, Kind, endings
from kubetriage.domain.rules.exit_codes import CRASHES, exit_code
from kubetriage.domain.rules.grouping import PodGroup, group_pods, told_apart
from kubetriage.domain.rules.log_environment import set_by
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.rules.wording import fitting, grounded, quotable, short
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

CATEGORY = "crash-app-error"


def grouped(view: ClusterView, ends: list[Ending]) -> Iterator[tuple[Ending, PodGroup]]:
    """Endings of one workload that are alike (container, kind, code), with the lead pod's own."""
    by_pod = {(e.pod.ref, e.state.name, e.kind, e.code): e for e in ends}
    shown = [(e.pod, (e.state.name, e.kind, e.code)) for e in ends]
    for (name, kind, code), group in group_pods(view, shown):
        same = [by_pod[(p.ref, name, kind, code)] for p in (group.lead, *group.pods)]
        yield next((e for e in same if e.words is not None and e.words.decisive), same[0]), group


def container_text(end: Ending) -> Text:
    """`container app` or `init container migrate`."""
    if end.state.init and not end.state.sidecar:
        return Text(en=f"init container {end.state.name}", zh=f"init 容器 {end.state.name}")
    return Text(en=f"container {end.state.name}", zh=f"容器 {end.state.name}")


@told_apart
def looping(view: ClusterView) -> Iterator[Finding]:
    """That a container keeps ending, whatever the reason."""
    for end, group in grouped(view, endings(view)):
        if not (end.looping or end.state.restarts or end.state.terminated):
            continue
        state = say("; it is in CrashLoopBackOff", "；处于 CrashLoopBackOff") if end.looping else NOTHING
        yield Finding(
            rule="crash.looping",
            category=category_of(end),
            role=Role.SYMPTOM,
            subject=group.lead.ref,
            culprit=group.culprit,
            statement=say(
                "{who}: {what} has ended with {code}{n}{state}.",
                "{who}：{what} 已退出，{code}{n}{state}。",
                who=group.who,
                what=container_text(end),
                code=exit_code(end.code),
                n=_restarts(end),
                state=state,
            ),
            cites=group.cites,
            quotes=("CrashLoopBackOff",) if group.lead.ref == end.pod.ref and end.looping else (),
            since=end.at,
        )


def _restarts(end: Ending) -> Text:
    if not end.state.restarts:
        return NOTHING
    return say(" and been restarted {n} time(s)", "，已重启 {n} 次", n=end.state.restarts)


def category_of(end: Ending) -> str:
    return "init-container" if end.state.init and not end.state.sidecar else CATEGORY


# ---- why


@told_apart
def own_command(view: ClusterView) -> Iterator[Finding]:
    """A container whose own command makes it exit, without a word about why."""
    for end, group in grouped(view, [e for e in endings(view) if e.kind is Kind.APP]):
        said = said_in_command(end)
        if said and not _explained(end):
            yield _finding(
                view,
                end,
                group,
                rule="crash.own-command",
                category="bad-command",
                statement=say(
                    "{who}: {what} ends with {code} because its own command does so: `{said}`.",
                    "{who}：{what} 退出，{code}，是其自身命令所致：`{said}`。",
                    who=group.who,
                    what=container_text(end),
                    code=exit_code(end.code),
                    said=short(said, 80),
                ),
                likelihood=Likelihood.HIGH,
                specificity=Specificity.EXACT,
                quotes=quotable(said),
            )


_EXITS = re.compile(r"[^;&|\n]{0,40}\bexit\s+(\d{1,3})\b")


def said_in_command(end: Ending) -> str:
    """The part of the container's command that gives its exit code, if no condition stands before it."""
    words = [str(w) for key in ("command", "args") for w in elements(end.state.spec.get(key))]
    if words and words[-1].rpartition("/")[2] == "false" and end.code == 1:
        return words[-1]
    for word in words:
        if re.search(r"\|\||\bif\b|\btrap\b|\bcase\b", word):
            continue
        for found in _EXITS.finditer(word):
            if int(found[1]) == end.code:
                return found[0].strip()
    return ""


def _explained(end: Ending) -> bool:
    """Whether the log states an error: a script that ends itself on one says there what it met."""
    return end.words is not None and end.words.decisive


@told_apart
def app_error(view: ClusterView) -> Iterator[Finding]:
    """A run that the application ended itself, with its last words as the reason if it left any."""
    ends = [e for e in endings(view) if e.kind is Kind.APP and (_explained(e) or not said_in_command(e))]
    for end, group in grouped(view, ends):
        words, source = last_said(end)
        likelihood = _likelihood(end, words)
        unread = not any(view.log(end.pod.ref, end.state.name, previous=p) for p in (True, False))
        yield _finding(
            view,
            end,
            group,
            rule="crash.completed" if end.code == 0 else "crash.app-error",
            category=category_of(end),
            statement=fitting(partial(_statement, end, group, words, source, unread)),
            likelihood=likelihood,
            specificity=Specificity.NAMED if words else Specificity.GENERAL,
            quotes=grounded(_source(end, source), short(words, 60)),
        )


def last_said(end: Ending) -> tuple[str, str]:
    """The last words of the run and where they stand: `log`, `message` or nowhere."""
    if end.words is not None and (end.words.decisive or not end.message):
        return end.words.record.said, "log"
    if end.message.strip():
        return [line for line in end.message.splitlines() if line.strip()][-1].strip(), "message"
    return "", ""


def _source(end: Ending, source: str) -> str:
    return end.log.text if source == "log" and end.log is not None else end.message


def _likelihood(end: Ending, words: str) -> Likelihood:
    """High when the application itself names an error, low when nothing says why it ended."""
    decisive = end.words is not None and end.words.decisive
    if decisive and end.words is not None and end.code not in (0, 137, 143):
        record = end.words.record
        return Likelihood.HIGH if record.thrown or record.level >= Level.ERROR else Likelihood.MEDIUM
    if end.code in CRASHES or (end.code == 0 and not end.state.init):
        return Likelihood.MEDIUM
    if decisive or (words and end.message):
        return Likelihood.MEDIUM
    return Likelihood.LOW


_ROOM_FOR_SETTING = 60
"""Characters of a quotation below which it goes before the setting that it names."""


def _statement(end: Ending, group: PodGroup, words: str, source: str, unread: bool, room: int) -> Text:
    values = {"who": group.who, "what": container_text(end), "code": exit_code(end.code)}
    if end.code == 0:
        why = Text(en="its main process ends although it should keep running (restartPolicy Always)",
                   zh="主进程自行退出，而 restartPolicy 为 Always 要求其持续运行")  # fmt: skip
    elif end.code == 137:
        why = Text(en="neither its status (OOMKilled) nor a probe event says who killed it",
                   zh="状态未显示 OOMKilled，也没有探针事件，看不出被谁终止")  # fmt: skip
    elif not words and unread:
        why = Text(en="its log could not be read, and its status does not say why",
                   zh="日志无法读取，状态也没有说明原因")  # fmt: skip
    elif not words:
        why = Text(en="neither log nor status says why", zh="日志和状态都没有说明原因")
    else:
        why = NOTHING
    quoted = NOTHING
    if words:
        decisive = source == "message" or (end.words is not None and end.words.decisive)
        quoted = say(
            "its log ends with “{w}”" if source == "log" else "its termination message is “{w}”",
            "日志最后为“{w}”" if source == "log" else "终止消息为“{w}”",
            w=short(words, room),
        )
        if not decisive:
            quoted = say("{q}, which gives no reason", "{q}，没有说明原因", q=quoted)
    setting, _ = set_by(end.state, words) if words else (NOTHING, ())
    if setting.en and room < _ROOM_FOR_SETTING:
        setting = NOTHING
    quoted = Text(en=quoted.en + setting.en, zh=quoted.zh + setting.zh)
    parts = [p for p in (why, quoted) if p.en]
    return say(
        "{who}: {what} ends with {code}; {why}.",
        "{who}：{what} 退出，{code}；{why}。",
        why=Text(en="; ".join(p.en for p in parts), zh="；".join(p.zh for p in parts)),
        **values,
    )


def _finding(
    view: ClusterView,
    end: Ending,
    group: PodGroup,
    *,
    rule: str,
    category: str,
    statement: Text,
    likelihood: Likelihood,
    specificity: Specificity,
    quotes: tuple[str, ...],
) -> Finding:
    """A cause that lies in the application or its template."""
    cites = (*group.cites, *((end.log.cite,) if end.log is not None else ()))
    return Finding(
        rule=rule,
        category=category,
        role=Role.CAUSE,
        subject=group.lead.ref,
        culprit=group.culprit,
        statement=statement,
        likelihood=likelihood,
        specificity=specificity,
        cites=tuple(dict.fromkeys(cites)),
        quotes=quotes,
        since=end.at,
        remedies=crash_remedies(view, end, group),
    )


def _tells(end: Ending) -> bool:
    """Whether the log or the termination message gives a reason."""
    return bool(end.message.strip()) or (end.words is not None and end.words.decisive)


def crash_remedies(view: ClusterView, end: Ending, group: PodGroup) -> tuple[Remedy, ...]:
    """Going back if that works, fixing the workload, and reading the whole log."""
    obj = view.find(group.workload)
    logs = [
        c
        for previous in (True, False)
        for c in remedies.see_log(view, end.pod.ref, end.state.name, previous=previous)
    ]
    fix = remedies.change(
        say("Correct what makes {c} fail", "修复导致{c}失败的问题", c=container_text(end)),
        remedies.with_note(
            say(
                "{l}: fix the application, its command or its configuration in {k}.",
                "{l}：在 {k} 中修复应用、启动命令或配置。",
                l=Text(en="Its log names it", zh="以日志为准")
                if _tells(end)
                else Text(en="Once the reason is known", zh="查明原因之后"),
                k=f"{group.workload.kind} {group.workload.name}",
            ),
            obj,
        ),
        *remedies.edit_template(group.workload),
    )
    look = remedies.check(
        Text(en="Read the last words before the exit", zh="查看退出前的日志"),
        Text(en="The lines before the error often name the value that is wrong.",
             zh="错误之前的几行往往写明了出错的值。"),
        *logs,
        remedies.describe(end.pod.ref),
    )  # fmt: skip
    known = end.code == 0 or _tells(end) or said_in_command(end)
    ordered = (fix, look) if known else (look, fix)
    return remedies.with_rollback(view, group.workload, *ordered, pod=end.pod)


RULES: tuple[Rule, ...] = (looping, own_command, app_error)
