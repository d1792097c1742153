"""What findings about unschedulable pods have in common: their frame, their words and their remedies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kubetriage.domain.finding import Command, Finding, Likelihood, Remedy, Role, Specificity
from kubetriage.domain.kube import Obj
from kubetriage.domain.language import Text
from kubetriage.domain.resource import Resource
from kubetriage.domain.rules.phrases import NOTHING, STATEMENT_LIMIT, say, stated
from kubetriage.domain.rules.remedies import change, check, edit_template, read, with_note
from kubetriage.domain.rules.scheduling_fit import nodes
from kubetriage.domain.rules.scheduling_stuck import Case, Decision
from kubetriage.domain.rules.wording import listed, quotable, short
from kubetriage.domain.view import ClusterView


def unschedulable(
    case: Case,
    rule: str,
    category: str,
    why: Text,
    *,
    role: Role = Role.CAUSE,
    culprit: Resource | None = None,
    likelihood: Likelihood = Likelihood.HIGH,
    specificity: Specificity = Specificity.NAMED,
    explains: tuple[Resource, ...] = (),
    waits_on: tuple[Resource, ...] = (),
    cites: Iterable[str] = (),
    quotes: Iterable[str] = (),
    remedies: tuple[Remedy, ...] = (),
) -> Finding:
    """A finding about the group's lead pod; `why` follows “cannot be scheduled: ”.

    The culprit is the workload, unless another one is given or the finding says that it has none.
    """
    said = stated(
        "{who} cannot be scheduled: {why}{rest}.",
        "{who} 无法调度：{why}{rest}。",
        who=case.group.who,
        why=why,
        rest=_rest(case.decision, STATEMENT_LIMIT - len(case.group.who.en) - len(why.en) - 45),
    )
    return Finding(
        rule=f"scheduling.{rule}",
        category=category,
        role=role,
        subject=case.pod.ref,
        culprit=culprit,
        statement=said,
        likelihood=Likelihood.MEDIUM if case.decision.doubt and likelihood.order == 0 else likelihood,
        specificity=specificity,
        explains=explains,
        waits_on=waits_on,
        cites=tuple(dict.fromkeys((*case.cites, *cites))),
        quotes=quotable(*quotes),
        since=case.stuck.since,
        remedies=remedies,
    )


def _rest(decision: Decision, room: int) -> Text:
    """The other nodes' reasons in short, as a bracket; nothing if there are none or no room is left."""
    words = ", ".join(short(f"{r.nodes} {r.words}", 70) for r in decision.others[:2])
    if not words or len(words) > room:
        return NOTHING
    return say(" (other nodes: “{words}”)", "（其余节点：“{words}”）", words=words)


def node_names(some: Sequence[Obj], count: int) -> Text:
    """The nodes by name where they are known, else how many they are."""
    if some:
        return listed([n.name for n in some], 3)
    return say("{n} of the nodes", "其中 {n} 个节点", n=count)


def template_change(view: ClusterView, case: Case, title: Text, detail: Text, *commands: Command) -> Remedy:
    """A change of the workload's pod template; a pod of its own has to be created anew."""
    owner = case.group.workload
    given = commands or edit_template(owner)
    if owner.kind == "Pod":
        detail = say(
            "{detail} A pod's placement cannot be changed: create it anew.",
            "{detail}Pod 的调度约束不能原地修改，需要重建。",
            detail=detail,
        )
    return change(title, with_note(detail, view.find(owner)), *given)


def see_nodes(view: ClusterView, some: Sequence[Obj] = (), column: str = "") -> Remedy:
    """Read commands about nodes that were seen; `column` is a label to show."""
    commands = [read(f"kubectl describe node {n.name}") for n in some[:2]]
    if nodes(view):
        flag = f" -L {column}" if column else " -o wide"
        commands.insert(0, read(f"kubectl get nodes{flag}"))
    return check(
        say("See what the nodes offer", "查看节点的情况"),
        say(
            "Labels, taints and “Allocated resources” show what keeps the pod off each of them.",
            "标签、污点和 “Allocated resources” 显示每个节点为何不能运行该 Pod。",
        ),
        *commands,
    )
