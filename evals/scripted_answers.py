"""What a scripted model answers when it is asked for a diagnosis: the right verdict, and two wrong ones.

The answers are made of what stands in the prompt, as a model's are: of the hypotheses it lists and the ids of
the evidence it shows. They say nothing of what a real model is able to; see `adapters.model.fake`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from kubetriage.domain.report import Outcome
from kubetriage.evals.scenario import Expected, Named

Answer = dict[str, Any]

_FINDING = re.compile(r"^(F\d+) \[(\w+), \w+\] (\S+) \| culprit (.+?) \| (.*) \(([E0-9, ]+)\)$", re.MULTILINE)
_EVIDENCE = re.compile(r"⟦(E\d+) \w+⟧ (\S+) (?:(\S+)/)?(\S*) \| (\S+) \|")
_ABSENT = re.compile(r"⟦(E\d+) \w+⟧ [^\n]*\nnot found")
_CULPRIT = re.compile(r"(\S+) (?:(\S+)/)?(\S+)")

UNDECIDED = "The evidence does not decide."
NOTHING_WRONG = "What the alert says is not true now."
MADE_UP = ("payments-v77", "boom-99", "77Gi", "ghost-0815", "quantum flux", "exit code 4711")
"""Values of `made_up`: no bundled scenario holds one of them."""


class Hypothesis(NamedTuple):
    """A finding of the rules as the prompt shows it."""

    id: str
    role: str
    category: str
    culprit: Named | None
    statement: str
    evidence: tuple[str, ...]


class ShownEvidence(NamedTuple):
    """The head of one piece of evidence; `name` is empty for a list."""

    id: str
    kind: str
    namespace: str
    name: str
    tool: str


def hypotheses(prompt: str) -> list[Hypothesis]:
    """The hypotheses of an English prompt, in its order."""
    return [
        Hypothesis(id_, role, category, _named(culprit), statement, tuple(cited.split(", ")))
        for id_, role, category, culprit, statement, cited in _FINDING.findall(prompt)
    ]


def evidence(prompt: str) -> list[ShownEvidence]:
    """The evidence that a prompt shows, in its order."""
    return [ShownEvidence(*found) for found in _EVIDENCE.findall(prompt)]


def _named(written: str) -> Named | None:
    found = _CULPRIT.fullmatch(written)
    return Named(kind=found[1], namespace=found[2] or "", name=found[3]) if found else None


def verdict(outcome: Outcome, summary: str, **given: Any) -> Answer:
    """An answer with every field of the form that is asked for."""
    lists: Answer = {name: [] for name in _LISTS}
    return {"outcome": outcome.value, "summary": summary, **lists, **given}


_LISTS = ("root_causes", "contributing", "risks", "refuted", "steps", "reads")


def right(prompt: str, expected: Expected) -> Answer:
    """The verdict of a model that knows the answer and still has only the prompt to show it from.

    It confirms the hypothesis with the right culprit and names the symptoms that lead there. Where the prompt
    shows none, it says the key's own sentence and cites the culprit; where not even that, that nothing is
    decided. An alert that is not true any more it calls healthy, in the words of that hypothesis.
    """
    listed = hypotheses(prompt)
    causes = [one for one in listed if one.role == "cause"]
    fitting = [one for one in causes if one.culprit is not None and _among(one.culprit, expected)]
    if Outcome.DIAGNOSED not in expected.outcome:
        return _no_diagnosis(listed, expected.outcome[0])
    if chosen := next(iter(fitting or causes), None):
        symptoms = [one for one in listed if one.role == "symptom"][:2]
        told = [{"statement": one.statement, "evidence": list(one.evidence)} for one in symptoms]
        cause = _cause(chosen.id, chosen.category, chosen.culprit, chosen.statement, chosen.evidence)
        there = set(chosen.evidence) - set(_ABSENT.findall(prompt))
        steps = _steps(_of(each) for each in evidence(prompt) if each.id in there and each.name)
        return verdict(
            Outcome.DIAGNOSED, chosen.statement, root_causes=[cause], contributing=told, steps=steps
        )
    culprit = expected.culprit
    cited = [one.id for one in evidence(prompt) if culprit and (one.kind, one.name) == _key(culprit)]
    if not cited or Outcome.INCONCLUSIVE in expected.outcome:
        return verdict(Outcome.INCONCLUSIVE, UNDECIDED)
    statement = expected.root_cause[:300]
    cause = _cause("", expected.category, culprit, statement, tuple(cited))
    return verdict(Outcome.DIAGNOSED, statement, root_causes=[cause])


def _steps(objects: Iterable[Named]) -> list[Answer]:
    """What to look at before and after the change, as long as a model's advice is: two steps."""
    named = next(iter(objects), None)
    if named is None:
        return []
    where = f" -n {named.namespace}" if named.namespace else ""
    target = f"{named.kind.lower()} {named.name}{where}"
    look = {
        "kind": "check",
        "title": f"Look at {named.kind} {named.name} once more",
        "detail": "Compare its specification and its conditions with the cause before anything is changed.",
        "commands": [f"kubectl describe {target}", f"kubectl get {target} -o yaml"],
    }
    mend = {
        "kind": "escalate",
        "title": "Let its owners mend the cause",
        "detail": "Change it where it is declared, roll it out, and see that the alert resolves.",
        "commands": [],
    }
    return [look, mend]


def _no_diagnosis(listed: list[Hypothesis], outcome: Outcome) -> Answer:
    if outcome is Outcome.INCONCLUSIVE:
        return verdict(outcome, UNDECIDED)
    shown = next((one for one in listed if one.role == "healthy"), None)
    if shown is None:
        return verdict(outcome, NOTHING_WRONG)
    grounds = {"statement": shown.statement, "evidence": list(shown.evidence)}
    return verdict(outcome, shown.statement, contributing=[grounds])


def made_up(prompt: str, expected: Expected) -> Answer:
    """A confident verdict in which every name and value is invented, with a command that destroys."""
    ids = [one.id for one in evidence(prompt)][:1] or ["E1"]
    culprit = Named(kind="Deployment", namespace="zzz", name="payments-v77")
    statement = "Container boom-99 ran out of 77Gi of memory."
    command = {"kind": "change", "title": "Delete it", "detail": "", "commands": [DESTRUCTIVE]}
    return verdict(
        Outcome.DIAGNOSED,
        "Deployment payments-v77 fails with exit code 4711 because of `quantum flux`.",
        root_causes=[_cause("", "oom-killed", culprit, statement, ids)],
        contributing=[{"statement": "Pod ghost-0815 died.", "evidence": ["E9999"]}],
        steps=[command],
    )


DESTRUCTIVE = "kubectl delete pvc payments-v77 -n zzz"
"""The command that `made_up` recommends."""


def plausible(prompt: str, expected: Expected) -> Answer:
    """A confident verdict that blames an object which exists and is not at fault, citing what it is."""
    named = [one for one in evidence(prompt) if one.name and one.kind != "Event"]
    innocent = [one for one in named if not _among(_of(one), expected)]
    if not innocent:
        return verdict(Outcome.HEALTHY, NOTHING_WRONG)
    blamed = innocent[-1]
    logs = [one.id for one in named if one.tool == "pods_log"][-1:]
    statement = f"{blamed.kind} {blamed.name} is broken."
    cause = _cause("", "crash-app-error", _of(blamed), statement, [blamed.id, *logs])
    return verdict(Outcome.DIAGNOSED, statement, root_causes=[cause])


Answering = Callable[[str, Expected], Answer]
ANSWERING: Mapping[str, Answering] = {"right": right, "made-up": made_up, "plausible": plausible}


def _of(shown: ShownEvidence) -> Named:
    return Named(kind=shown.kind, namespace=shown.namespace, name=shown.name)


def _key(named: Named) -> tuple[str, str]:
    return named.kind, named.name


def _among(named: Named, expected: Expected) -> bool:
    return _key(named) in {_key(one) for one in expected.culprits}


def _cause(
    finding: str, category: str, culprit: Named | None, statement: str, cited: tuple[str, ...] | list[str]
) -> Answer:
    return {
        "finding": finding,
        "category": category,
        "culprit": culprit.model_dump() if culprit else None,
        "statement": statement,
        "likelihood": "high",
        "evidence": list(cited),
    }
