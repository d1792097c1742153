"""The one or two sentences at the top of a report: what is wrong and why, or what could not be known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from kubetriage.domain.alert import AlertStatus, SubjectScope
from kubetriage.domain.causes import Explanation
from kubetriage.domain.diagnosis import STATEMENT_LIMIT, bounded
from kubetriage.domain.finding import Finding, Likelihood, Role
from kubetriage.domain.kube import containers, pod_ready, when
from kubetriage.domain.language import Language, Text, text
from kubetriage.domain.report import Outcome
from kubetriage.domain.resource import Resource
from kubetriage.domain.shortening import in_short, whole_clauses
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.diagnosing import Case

GONE = "insufficient-data"
"""The category of findings that say the target is no longer there."""

NAMED_CAUSES = 5
"""Independent causes that a summary names one by one."""

RUNS = timedelta(minutes=2)
"""How long a container has to run for that to be said of it."""

_NOTHING = Text(en="", zh="")
_ENDS = (".", "。", "…", "!", "！", "?", "？", ".”", "。”")


def summary_of(case: Case, explanation: Explanation, healthy: Sequence[Finding], outcome: Outcome) -> str:
    """At most `STATEMENT_LIMIT` characters in the case's language."""
    language = case.language
    if case.view.subject.scope is SubjectScope.SKIP:
        return bounded(_by_design(case.view).say(language))
    if outcome is Outcome.HEALTHY:
        return _well(case, explanation, healthy)
    if outcome is Outcome.DIAGNOSED:
        sure = [f for f in explanation.roots if f.likelihood is not Likelihood.LOW]
        return _causes(case, explanation, sure)
    return _undecided(case, explanation)


# ---- a cause is shown


def _causes(case: Case, explanation: Explanation, causes: Sequence[Finding]) -> str:
    if len(causes) == 1:
        more_of_it = _joined(_where(case, causes[0]), _effect(case, explanation, causes[0]))
        more_of_it = _joined(more_of_it, _runs_again(case.view, causes[0]))
        return _with_tail(case, causes[0].statement, more_of_it)
    zh = case.language is Language.ZH
    shown, more = causes[:NAMED_CAUSES], len(causes) - NAMED_CAUSES
    head = f"{len(causes)} 个独立原因：" if zh else f"{len(causes)} independent causes: "
    tail = (f"；另有 {more} 个" if zh else f"; and {more} more") if more > 0 else ""
    room = (STATEMENT_LIMIT - len(head) - len(tail)) // len(shown) - len("(9) ; ")
    number = "（{i}）" if zh else "({i}) "
    pieces = [number.format(i=i) + _piece(case, cause, room) for i, cause in enumerate(shown, 1)]
    return head + ("；" if zh else "; ").join(pieces) + tail


def _where(case: Case, cause: Finding) -> Text:
    """The culprit, where the statement does not name it: a report says where to change something."""
    culprit = cause.culprit
    if culprit in (None, case.view.primary) or culprit.name in cause.statement.say(case.language):
        return _NOTHING
    return text("The culprit is {who}.", "问题所在：{who}。", who=culprit)


def _runs_again(view: ClusterView, cause: Finding) -> Text:
    """That the container whose end is the cause has run well for a while: it may be over, or come again."""
    from kubetriage.domain.rules.wording import duration  # late: it brings every rule with it

    pod = view.find(cause.subject)
    if pod is None or pod.ref.kind != "Pod" or cause.since is None or not pod_ready(pod):
        return _NOTHING
    ended = [s for s in containers(pod) if when(s.last_terminated.get("finishedAt")) == cause.since]
    started = when(ended[0].running.get("startedAt")) if ended else None
    if started is None or view.now - started < RUNS:
        return _NOTHING
    span = duration(view.now - started)
    return text("It has been running again for {d}.", "此后已重新运行 {z}。", d=span.en, z=span.zh)


def _effect(case: Case, explanation: Explanation, cause: Finding) -> Text:
    """What a cause elsewhere does to the alert's resource: the most telling link, else the next one."""
    view = case.view
    if view.primary is None or cause.subject in (family := _family(view, view.primary)):
        return _NOTHING
    own = {*_family(view, cause.subject), cause.culprit} - {view.primary}
    links = [f for f in explanation.contributing if f.subject not in own]
    telling = [f for f in links if f.subject in family and f.role is Role.CAUSE]
    link = next(iter([*telling, *links]), None)
    if link is None:
        return _NOTHING
    said = Text(
        en=_linked(cause.statement.en, link.statement.en, view.primary),
        zh=_linked(cause.statement.zh, link.statement.zh, view.primary),
    )
    return text("As a result: {en_said}", "因此：{zh_said}", en_said=said.en, zh_said=said.zh)


def _linked(cause: str, link: str, primary: Resource) -> str:
    """A link of the causal chain, cut so that most is kept of it and its cause; the cause counts double."""
    room = STATEMENT_LIMIT - 20 - (0 if primary.name in cause + link else len(str(primary)))
    wholes = [len(whole_clauses(one)[0]) or 1 for one in (cause, link)]

    def kept(clause: str) -> float:
        said = in_short(cause, max(room - len(clause), 1))
        lost = 1.0 if said.endswith("…") else 0.0
        return 2 * len(said) / wholes[0] + len(clause) / wholes[1] - lost

    return max(whole_clauses(link), key=kept)


def _family(view: ClusterView, ref: Resource) -> set[Resource]:
    """An object, what controls it, and the pods of those."""
    line = [ref, *view.owners(ref)]
    return {*line, *(pod.ref for one in line for pod in view.pods_of(one))}


def _piece(case: Case, cause: Finding, room: int) -> str:
    """A cause in few words, its culprit named in them."""
    culprit = cause.culprit or cause.subject
    said = cause.statement.say(case.language).rstrip(".。")
    short = in_short(said, room)
    if culprit.name in short:
        return short
    who = f"{culprit.kind} {culprit.name}{'：' if case.language is Language.ZH else ': '}"
    return bounded(who + in_short(said, max(room - len(who), 20)), room)


# ---- nothing is wrong


def _well(case: Case, explanation: Explanation, healthy: Sequence[Finding]) -> str:
    view = case.view
    resolved = view.alert.status is AlertStatus.RESOLVED
    tail = (
        text("The alert is resolved.", "告警已恢复。")
        if resolved
        else text("What the alert says is no longer true.", "告警所述情况现已不成立。")
    )
    if view.alert.asked_for:
        tail = _NOTHING
    said = healthy or explanation.open_symptoms
    if said:
        return _with_tail(case, said[0].statement, tail)
    who = str(view.primary) if view.primary is not None else ""
    nothing = text(
        "Nothing that was read shows {who} in trouble now.",
        "读到的内容中没有发现 {who} 现在有问题。",
        who=who or "anything",
    )
    return _with_tail(case, nothing if who else Text(en=nothing.en, zh="读到的内容中没有发现问题。"), tail)


def _by_design(view: ClusterView) -> Text:
    if view.alert.name == "Watchdog":
        return text(
            "Watchdog is always firing by design: it proves that the alerting pipeline works. Nothing is "
            "wrong and no action is needed.",
            "Watchdog 按设计始终触发，用来证明告警链路正常；没有问题，无需处理。",
        )
    return text(
        "{name} is a helper alert that fires by design. Nothing is wrong and no action is needed.",
        "{name} 是按设计触发的辅助告警；没有问题，无需处理。",
        name=bounded(view.alert.name, 100),
    )


# ---- the evidence does not decide


def _undecided(case: Case, explanation: Explanation) -> str:
    view = case.view
    if not view.answered and view.observations:
        return _unread(case)
    missing = _missing(case)
    best = (*explanation.roots, *explanation.open_symptoms)
    if best and best[0].category == GONE:
        return _with_tail(case, best[0].statement, _NOTHING)
    if best:
        weak = (
            text("This is a hint: the evidence does not decide.", "这只是线索，现有证据不足以定论。")
            if best[0].role is Role.CAUSE
            else text("The evidence does not show why.", "现有证据不能说明原因。")
        )
        return _with_tail(case, best[0].statement, _joined(weak, missing))
    who = str(view.primary) if view.primary is not None else ""
    if view.alert.asked_for:
        unseen = text("Nothing that was read shows whether {who} is in trouble.",
                      "读到的内容不能说明 {who} 是否有问题。", who=who)  # fmt: skip
        return _with_tail(case, unseen, missing, name_primary=False)
    nothing = text(
        "Nothing that was read explains the alert{about}; what it measures may not be visible in the "
        "cluster's state.",
        "读到的内容都不能解释该告警{zh_about}；它所度量的可能无法从集群状态中看到。",
        about=f" ({who})" if who else "",
        zh_about=f"（{who}）" if who else "",
    )
    return _with_tail(case, nothing, missing, name_primary=False)


def _unread(case: Case) -> str:
    """Nothing came back: the first failure says why."""
    why = case.gaps[0].why if case.gaps else text("no answer", "没有回答")
    primary = case.view.primary
    said = text(
        "Nothing can be said about {who}: {why}",
        "无法判断{zh_who}的状态：{zh_why}",
        who=primary or "the alert",
        zh_who=f" {primary} " if primary is not None else "告警对象",
        why=why.en,
        zh_why=why.zh,
    )
    return _with_tail(case, said, _NOTHING, name_primary=False)


def _missing(case: Case) -> Text:
    count = sum(gap.failure is not None for gap in case.gaps)
    if not count:
        return _NOTHING
    return text(
        "{n} could not be made (see gaps).",
        "有 {count} 项无法读取（见缺口）。",
        n="1 read" if count == 1 else f"{count} reads",
        count=count,
    )


# ---- putting it together


def _joined(first: Text, second: Text) -> Text:
    return Text(en=f"{first.en} {second.en}".strip(), zh=first.zh + second.zh)


def _with_tail(case: Case, said: Text, tail: Text, *, name_primary: bool = True) -> str:
    """The statement with the alert's resource named, cut so that the tail always fits."""
    zh = case.language is Language.ZH
    words, end = said.say(case.language), tail.say(case.language)
    primary = case.view.primary
    if name_primary and primary is not None and primary.name not in f"{words} {end}":
        words = f"{primary}{'：' if zh else ': '}{words}"
    parts = [in_short(words, STATEMENT_LIMIT - len(end) - 2), *([end] if end else [])]
    stop = "。" if zh else "."
    ended = [part if part.endswith(_ENDS) else part + stop for part in parts]
    return bounded(("" if zh else " ").join(ended))
