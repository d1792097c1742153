"""Models that a script stands in for, so that a whole comparison runs without a network: `scripted:NAME`.

Each has a time profile of the scripted server and, as an assumption that is written down here before anything
is run, how often it answers rightly. It knows the answer's key; so what a run with it shows is the harness,
and what strategies cost, never what a model can do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from kubetriage.domain.errors import BadInput
from kubetriage.domain.report import Outcome
from kubetriage.evals.scenario import Expected, Named
from kubetriage.evals.scripted_agent import Call, Course, agent_oracle
from kubetriage.evals.scripted_answers import ANSWERING, NOTHING_WRONG, Answer, verdict

if TYPE_CHECKING:
    from kubetriage.adapters.model.fake import ChatRequest, Reply

PREFIX: Final = "scripted:"
MOST_TURNS: Final = 20
"""Turns with a call that the scripted agent takes at most."""
AGENTS_TOOL: Final = "resources_get"
"""Whoever is offered this is the agent: the flow offers `request_reads` and nothing else."""


class Skill(NamedTuple):
    """What is assumed of a model. Right and plausible together are at most 1; the rest is made up."""

    right: float
    plausible: float
    """Confident, and blames an object that exists and is not at fault."""
    leaks: float
    """Of an agent's turns with a call, those in which it is written into the text."""
    priced_as: str
    """The ready profile whose published price is reckoned with."""


SKILLS: Final[Mapping[str, Skill]] = {
    "qwen3-30b-a3b": Skill(0.86, 0.11, 0.10, "siliconflow-qwen3-30b"),
    "qwen3-235b-a22b": Skill(0.94, 0.05, 0.03, "siliconflow-qwen3-235b"),
    "deepseek-v3": Skill(0.93, 0.06, 0.08, "ark-deepseek-v3"),
    "deepseek-r1": Skill(0.94, 0.05, 0.15, "ark-deepseek-r1"),
    "busy-235b": Skill(0.94, 0.05, 0.03, "siliconflow-qwen3-235b"),
    "local-0.5b-2cpu": Skill(0.35, 0.40, 0.30, "vllm-qwen3-30b"),
}


def skill_of(model: str) -> Skill:
    """Of `scripted:NAME`. Raises `BadInput` that lists the names there are."""
    name = model.removeprefix(PREFIX)
    if name not in SKILLS:
        known = ", ".join(f"{PREFIX}{each}" for each in SKILLS)
        raise BadInput(f"There is no scripted model {model!r}; there are {known}.")
    return SKILLS[name]


def simulation_of(models: list[str], time: str) -> str:
    """What of a run is simulated, in a sentence; empty if nothing is."""
    scripted = [name for name in models if name.startswith(PREFIX)]
    if not scripted:
        return ""
    said = ", ".join(f"{name.removeprefix(PREFIX)} {skill_of(name).right:.0%}" for name in scripted)
    how = {"zero": "reckoned from tokens", "real": "really waited for"}.get(
        time, f"reckoned from tokens, {time.removeprefix('scaled:')} of it waited for"
    )
    return (
        f"Simulated: scripts stand in for {len(scripted)} of the models, with assumed speeds (time {how}),"
        f" published prices and an assumed rate of right answers ({said}); this shows what strategies cost"
        " and how the harness works, not what models can do."
    )


def profile_table(model: str, base_url: str) -> dict[str, Any]:
    """The model profile through which the scripted server is asked."""
    return {
        "extends": skill_of(model).priced_as,
        "about": "a script",
        "base_url": base_url,
        "key_env": "",
        # An agent's history may outgrow a context; that it would end there is not held against it.
        "context_tokens": 1_000_000,
        "read_timeout": 600,
        "thinking": False,
    }


def described(model: str) -> dict[str, Any]:
    """What `run.json` says of it."""
    from kubetriage.adapters.model.fake.profiles import time_profile
    from kubetriage.adapters.model.ready import ready_tables

    skill, time = skill_of(model), time_profile(model.removeprefix(PREFIX))
    return {
        "simulated": True,
        "skill": skill._asdict(),
        "time": time.model_dump(mode="json"),
        "price": ready_tables()[skill.priced_as].get("price"),
    }


# ---- answers


def draw(*parts: object) -> float:
    """A number in [0, 1) that depends on nothing but what is given."""
    digest = hashlib.sha256("\0".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def manner(model: str, scenario: str, repeat: int, seed: int) -> str:
    """How the model answers in this cell; one of `scripted_answers.ANSWERING`, the same in every strategy."""
    skill, drawn = skill_of(model), draw(seed, model, scenario, repeat)
    if drawn < skill.right:
        return "right"
    return "plausible" if drawn < skill.right + skill.plausible else "made-up"


def agent_answer(manner: str, expected: Expected, calls: tuple[Call, ...]) -> Answer:
    """The agent's last words: the key's own answer, or a wrong one."""
    if manner == "made-up":
        return ANSWERING[manner]("", expected)
    if manner == "plausible":
        return _innocent(expected, calls)
    outcome, culprit = expected.outcome[0], expected.culprit
    if outcome is not Outcome.DIAGNOSED:
        return verdict(outcome, expected.root_cause[:300])
    statement = expected.root_cause[:300]
    return verdict(
        outcome,
        statement,
        root_causes=[_cause(culprit, statement, expected.category)],
        steps=[_step(culprit)] if culprit else [],
    )


def _innocent(expected: Expected, calls: tuple[Call, ...]) -> Answer:
    guilty = {(each.kind, each.name) for each in expected.culprits}
    read = [
        Named(kind=given["kind"], namespace=given.get("namespace") or "", name=given["name"])
        for _, given in calls
        if given.get("kind") and given.get("name") and (given["kind"], given["name"]) not in guilty
    ]
    if not read:
        return verdict(Outcome.HEALTHY, NOTHING_WRONG)
    statement = f"{read[-1].kind} {read[-1].name} is broken."
    return verdict(Outcome.DIAGNOSED, statement, root_causes=[_cause(read[-1], statement, "crash-app-error")])


def _cause(culprit: Named | None, statement: str, category: str) -> Answer:
    return {
        "category": category,
        "culprit": culprit.model_dump() if culprit else None,
        "statement": statement,
        "likelihood": "high",
    }


def _step(culprit: Named) -> Answer:
    where = f" -n {culprit.namespace}" if culprit.namespace else ""
    return {
        "kind": "check",
        "title": f"Look at {culprit.kind} {culprit.name}",
        "detail": "Compare it with the cause before anything is changed.",
        "commands": [f"kubectl get {culprit.kind.lower()} {culprit.name}{where} -o yaml"],
    }


def oracle_of(
    cases: Mapping[str, tuple[str, Expected]], courses: Mapping[str, Course], leaks: float, seed: int
) -> Callable[[ChatRequest], Reply | None]:
    """A server's oracle; both mappings are by case name, grow and shrink with the cells under way."""
    of_agent = agent_oracle(courses)

    def reply(request: ChatRequest) -> Reply | None:
        from kubetriage.adapters.model.fake import Fault, Reply

        if AGENTS_TOOL in request.tools:
            said = of_agent(request)
            if said is None or not said.tool_calls:
                return said
            if draw(seed, "leak", request.key.case, len(request.tool_results)) >= leaks:
                return said
            return said.model_copy(update={"do": (Fault(name="leak"),)})
        case = cases.get(request.key.case)
        if case is None:
            return None
        return Reply(answer=ANSWERING[case[0]](request.text, case[1]))

    return reply
