"""Init containers that do not come to an end, and what they wait for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from kubetriage.domain.evidence import get
from kubetriage.domain.finding import Finding, Likelihood, Remedy, Role, Specificity, Want
from kubetriage.domain.kube import ContainerState, containers, pod_ready, when
from kubetriage.domain.language import Text
from kubetriage.domain.log_signs import endpoint, last_sign
from kubetriage.domain.logs import last_words
from kubetriage.domain.resource import Resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.grouping import PodGroup, focus_pods, group_pods, told_apart
from kubetriage.domain.rules.init_awaited import awaited, told_of
from kubetriage.domain.rules.log_environment import variables
from kubetriage.domain.rules.peers import Peer, Place, peer_of, wants_about
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.rules.templates import command_words
from kubetriage.domain.rules.wording import duration, quotable, short
from kubetriage.domain.view import Absent, ClusterView, LogText, Present

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

CATEGORY = "init-container"
LONG = timedelta(minutes=3)
"""How long an init container may run before it is taken to hang."""
_WAITS_FOR = tuple(
    re.compile(pattern)
    for pattern in (
        r"\b(?:nslookup|dig|getent hosts|host|ping)(?: -\S+(?: \d+)?)* +(?P<host>[a-z0-9][\w.\-]*)",
        r"\b(?:nc|ncat|netcat|telnet)(?: -\S+(?: \d+)?)* +(?P<host>[a-z0-9][\w.\-]*) +(?P<port>\d+)",
        r"\bpg_isready\b[^;|&]*?(?:-h|--host)[ =]?(?P<host>[a-z0-9][\w.\-]*)",
        r"\b(?:mysqladmin|mysql|redis-cli)\b[^;|&]*?-h ?(?P<host>[a-z0-9][\w.\-]*)",
        r"/dev/tcp/(?P<host>[a-z0-9][\w.\-]*)/(?P<port>\d+)",
    )
)


_ENDLESS = re.compile(
    r"\bsleep\s+(?:inf(?:inity)?|\d{5,}|\d+d)\b|\btail\s+(?:-[a-z]+\s+)*-[fF]\s+/dev/null"
    r"|\bwhile\s+(?:true|:|\[\s*1\s*\])\s*;?\s*do\b(?!.*\b(?:break|exit)\b)",
    re.S,
)
"""Parts of commands that never come to an end by themselves."""
_SERVES = re.compile(
    r"\b(?:listening|serving|serves|started server|running|server (?:is )?(?:started|ready|listening))"
    r"\b[^\n]{0,40}?(?:\bport\b|\b(?:on|at)\b|://|:\d{2,5}\b)"
    r"|\bready to accept connections\b",
    re.I,
)
"""What a server says once it has begun; it does not end by itself."""


_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|\((\w+)\)|(\w+))")
_SAYS_IT_WAITS = re.compile(
    r"\b(?:a?wait(?:ing|s)?|not (?:yet )?(?:ready|available|up)|sleeping|retry(?:ing)?)\b", re.I
)


def host_in_log(log: LogText | None) -> tuple[str, str]:
    """The host and port that the last words of a log wait for, empty if they name none."""
    words = last_words(log.text) if log is not None else None
    if words is None or not _SAYS_IT_WAITS.search(words.record.said):
        return "", ""
    host, port = endpoint(words.record.said)
    return (host, port) if port or "." in host else ("", "")


def endless(state: ContainerState) -> str:
    """The part of the container's own command that never ends; empty if there is none to be seen."""
    found = _ENDLESS.search(" ".join(command_words(state.spec)))
    return short(found[0], 60) if found else ""


def host_in_command(state: ContainerState) -> tuple[str, str]:
    """The host and port that a waiting command asks for, empty if it names none."""
    own = variables(state)
    words = [_VARIABLE.sub(lambda found: own.get(found[1] or found[2] or found[3], found[0]), word)
             for word in command_words(state.spec)]  # fmt: skip
    for word in (" ".join(words), *words):
        for pattern in _WAITS_FOR:
            found = pattern.search(word)
            if found:
                return found["host"].lower(), found.groupdict().get("port") or ""
        named = endpoint(word)
        if named[0]:
            return named
    return "", ""


@told_apart
def hanging(view: ClusterView) -> Iterator[Finding | Want]:
    """Init containers that have been running for minutes while the pod waits for them."""
    found: dict[tuple[object, str], ContainerState] = {}
    shown = []
    for pod in focus_pods(view):
        for state in containers(pod):
            started = when(state.running.get("startedAt"))
            waits = state.init and not state.sidecar and state.running and not pod_ready(pod)
            if waits and started is not None and view.now - started >= LONG:
                found[(pod.ref, state.name)] = state
                shown.append((pod, state.name))
    for name, group in group_pods(view, shown):
        state = found[(group.lead.ref, name)]
        host, port = host_in_command(state)
        if not host:
            host, port = host_in_log(view.log(group.lead.ref, name))
        other = awaited(state, group.lead.namespace)
        peer = peer_of(view, group.lead, host, port) if host and other is None else None
        if peer is not None:
            yield from wants_about(view, group.lead, peer)
        if other is not None:
            why = say("what init container {c} waits for", "init 容器 {c} 所等待的对象", c=name)
            yield Want(read=get(other), about=other, why=why)
        yield _finding(view, group, state, peer, other)


def _finding(
    view: ClusterView, group: PodGroup, state: ContainerState, peer: Peer | None, other: Resource | None
) -> Finding:
    log = view.log(group.lead.ref, state.name)
    words = last_words(log.text) if log is not None else None
    started = when(state.running.get("startedAt")) or view.now
    told = log is not None and last_sign(log.text) is not None
    waits, cite = _state_of(view, peer) if other is None else told_of(view, other)
    never = endless(state) if peer is None and other is None else ""
    serves = False
    if never:
        waits = say("; its command never ends by itself: `{e}`", "；它的命令不会自行结束：`{e}`", e=never)
    elif peer is None and other is None and words is not None and _SERVES.search(words.record.said):
        waits = say("; it runs a server, which does not end by itself", "；它运行的是不会自行结束的服务")
        serves = True
    quoted = (
        say("; its log ends with “{w}”", "；日志最后为“{w}”", w=short(words.record.said, 80))
        if words
        else NOTHING
    )
    likelihood = Likelihood.LOW
    if never:
        likelihood = Likelihood.HIGH
    elif peer is not None or other is not None:
        likelihood = Likelihood.HIGH if cite else Likelihood.MEDIUM
    elif serves or (words is not None and words.decisive):
        likelihood = Likelihood.MEDIUM
    absent = peer is not None and peer.ref is not None and view.is_absent(peer.ref)
    return Finding(
        rule="init.hanging",
        category="missing-service" if absent else CATEGORY,
        role=Role.SYMPTOM if told and peer is None and other is None else Role.CAUSE,
        subject=group.lead.ref,
        culprit=peer.ref if absent and peer is not None else group.culprit,
        statement=say(
            "{who}: init container {c} has been running for {t} and does not finish{w}{q}.",
            "{who}：init 容器 {c} 已运行 {t} 仍未结束{w}{q}。",
            who=group.who,
            c=state.name,
            t=duration(view.now - started),
            w=waits,
            q=quoted,
        ),
        likelihood=likelihood,
        specificity=Specificity.EXACT if absent else Specificity.NAMED,
        waits_on=tuple(
            r for r in (other, peer.ref if peer is not None and not absent else None) if r is not None
        ),
        cites=tuple(c for c in (*group.cites, cite, log.cite if log is not None else "") if c),
        quotes=quotable(state.name, *((peer.host,) if peer is not None else ())),
        since=started,
        remedies=_remedies(view, group, state, f"{other.kind} {other.name}" if other else _name(peer), log),
    )


def _state_of(view: ClusterView, peer: Peer | None) -> tuple[Text, str]:
    """What is known of the host it waits for, and the citation of what shows that it is not there."""
    if peer is None:
        return NOTHING, ""
    if peer.ref is None or peer.place is not Place.SERVICE:
        return say("; it waits for {p}", "；它在等待 {p}", p=peer.name), ""
    known = view.get(peer.ref)
    if isinstance(known, Absent):
        return say("; it waits for {p}, and there is no Service {n} in namespace {ns}",
                   "；它在等待 {p}，而命名空间 {ns} 中没有 Service {n}", p=peer.name, n=peer.ref.name,
                   ns=peer.ref.namespace), known.cite  # fmt: skip
    if isinstance(known, Present) and view.has_ready_endpoints(known.object) is False:
        return say(
            "; it waits for {p}, which has no ready endpoints",
            "；它在等待 {p}，而它没有就绪的端点",
            p=peer.name,
        ), known.cite
    return say("; it waits for {p}", "；它在等待 {p}", p=peer.name), ""


def _name(peer: Peer | None) -> str:
    return peer.name if peer is not None else ""


def _remedies(
    view: ClusterView, group: PodGroup, state: ContainerState, name: str, log: LogText | None
) -> tuple[Remedy, ...]:
    work = group.workload
    look = remedies.check(
        Text(en="See what the init container does", zh="查看 init 容器在做什么"),
        Text(en="The pod's other containers start only after it.", zh="其他容器要等它结束后才会启动。"),
        *(remedies.see_log(view, group.lead.ref, state.name) if log is not None else ()),
        remedies.describe(group.lead.ref),
    )
    how = Text(en="Give it a command that ends once its work is done, or take the container out.",
               zh="改为完成工作后会退出的命令，或移除该容器。")  # fmt: skip
    if name:
        how = Text(en="Bring up what it awaits, or correct its name in the command.",
                   zh="恢复其等待的对象，或修正命令中的名称。")  # fmt: skip
    fix = remedies.change(
        say("Provide what init container {c} waits for: {p}", "提供 init 容器 {c} 所等待的 {p}", c=state.name,
            p=name)
        if name else say("Correct init container {c}", "修正 init 容器 {c}", c=state.name),
        remedies.with_note(how, view.find(work)),
        *remedies.edit_template(work),
    )  # fmt: skip
    return remedies.with_rollback(view, work, fix, look)


RULES: tuple[Rule, ...] = (hanging,)
