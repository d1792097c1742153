"""What a run is to be: its arms and cells, in which order, and whether a folder's run is the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from importlib import metadata, resources
from pathlib import Path
from typing import Final, NamedTuple

from kubetriage.domain.errors import BadInput
from kubetriage.evals.cells import CellKey, ModelUsed, Run, ScenarioUsed, Strategy
from kubetriage.evals.figure_values import arm_label, arms_of
from kubetriage.evals.scenario import EXPECTED, Scenario

ENOUGH_NAMED: Final = 3
"""Scenarios that a refusal names."""


class Plan(NamedTuple):
    """A run and where its scenarios are."""

    run: Run
    folders: dict[str, Path]
    """Scenario → its folder."""

    def each(self) -> Iterator[CellKey]:
        """Every cell; those of one scenario follow each other, so that its snapshot is read once."""
        for scenario in self.run.scenarios:
            for strategy, model in arms_of(self.run):
                for repeat in range(1, self.run.repeats + 1):
                    yield CellKey(scenario=scenario.name, strategy=strategy, model=model, repeat=repeat)

    @property
    def cells(self) -> int:
        return len(self.run.scenarios) * len(arms_of(self.run)) * self.run.repeats


def chosen_arms(models: Sequence[str], strategies: Sequence[str]) -> tuple[list[str], tuple[Strategy, ...]]:
    """The models to ask and the strategies, from what was given; `rules` may be named among the models.

    Without anything the rules alone; models without a strategy are asked by the graph. Raises `BadInput` for
    a strategy that there is none of, and for one that needs a model where none is named.
    """
    asked = [name for name in dict.fromkeys(models) if name != Strategy.RULES.value]
    known = [each.value for each in Strategy]
    for name in strategies:
        if name not in known:
            raise BadInput(f"There is no strategy {name!r}; there are {', '.join(known)}.")
    wanted = {Strategy(name) for name in strategies}
    if Strategy.RULES.value in models or not (asked or wanted):
        wanted.add(Strategy.RULES)
    if asked and not wanted - {Strategy.RULES}:
        if strategies and Strategy.RULES.value not in models:
            raise BadInput(
                f"The rules ask no model: leave out {', '.join(asked)} or name a strategy that does."
            )
        wanted.add(Strategy.GRAPH)
    needing = wanted - {Strategy.RULES}
    if needing and not asked:
        names = " and ".join(sorted(each.value for each in needing))
        raise BadInput(f"The strategy {names} needs a model: name it with --models.")
    return asked, tuple(each for each in Strategy if each in wanted)


def plan_of(
    scenarios: Sequence[Scenario],
    strategies: tuple[Strategy, ...],
    models: Sequence[ModelUsed],
    *,
    repeats: int,
    seed: int,
    language: str,
    simulation: str,
    now: datetime,
) -> Plan:
    """The plan of a run that starts now. Raises `BadInput` for two scenarios of one name."""
    folders = {each.name: each.folder.resolve() for each in scenarios}
    if len(folders) < len(scenarios):
        raise BadInput("Two of the scenarios have the same name.")
    run = Run(
        versions=versions(Strategy.REACT in strategies),
        strategies=strategies,
        models=tuple(models),
        scenarios=tuple(_used(each) for each in scenarios),
        repeats=repeats,
        seed=seed,
        simulated=bool(simulation),
        simulation=simulation,
        language=language,
        started=now,
    )
    return Plan(run, folders)


def _used(scenario: Scenario) -> ScenarioUsed:
    expected = scenario.expected
    return ScenarioUsed(
        name=scenario.name,
        digest=digest_of(scenario.folder),
        shown=digest_of(scenario.folder, without=EXPECTED),
        category=expected.category,
        tags=expected.tags,
        outcome=expected.outcome,
        root_cause=expected.root_cause,
    )


def digest_of(folder: Path, without: str = "") -> str:
    """Equal for folders with the same files; of a scenario, its alert, its answer and its snapshot.

    `without` names a file of the folder that is left out.
    """
    made = hashlib.blake2b(digest_size=12)
    for path in sorted(each for each in folder.rglob("*") if each.is_file() and each != folder / without):
        made.update(path.relative_to(folder).as_posix().encode() + b"\0")
        made.update(hashlib.blake2b(path.read_bytes(), digest_size=16).digest())
    return made.hexdigest()


def versions(with_agent: bool) -> dict[str, str]:
    """What a report depends on besides the model: with the code of rules and prompts as it is now."""
    from kubetriage.evals.react import VERSION
    from kubetriage.prompts import PROMPT_VERSION

    found = {
        "kubetriage": metadata.version("kubetriage"),
        "rules": _code("domain"),
        "prompts": f"{PROMPT_VERSION} ({_code('prompts')})",
        "flow": _code("nodes"),
    }
    return found | ({"react agent": VERSION} if with_agent else {})


def _code(package: str) -> str:
    """Changes with every line of a package: a version that nobody has to remember to raise."""
    made = hashlib.blake2b(digest_size=4)
    for path in sorted(Path(str(resources.files(f"kubetriage.{package}"))).rglob("*.py")):
        made.update(path.read_bytes())
    return made.hexdigest()


def difference(planned: Run, there: Run) -> str:
    """In what a folder's run is another than the one that is planned, a clause; empty if it is the same."""
    if arms_of(there) != arms_of(planned):
        return f"it is of {_labels(there)}, not of {_labels(planned)}"
    if there.versions != planned.versions:
        names = [
            name
            for name in sorted(there.versions.keys() | planned.versions.keys())
            if there.versions.get(name) != planned.versions.get(name)
        ]
        return f"{' and '.join(names)} {'has' if len(names) == 1 else 'have'} changed since"
    if there.models != planned.models:
        changed = [a.name for a, b in zip(planned.models, there.models, strict=False) if a != b]
        return f"the profile of {' and '.join(changed)} was another"
    for what, was, is_now in (
        ("repeats", there.repeats, planned.repeats),
        ("seed", there.seed, planned.seed),
        ("language", there.language, planned.language),
    ):
        if was != is_now:
            return f"its {what} {'are' if what == 'repeats' else 'is'} {was}, not {is_now}"
    if there.simulation != planned.simulation:
        return "its models were simulated in another way"
    return _other_scenarios(planned, there)


def _other_scenarios(planned: Run, there: Run) -> str:
    before, now = ({each.name: each.digest for each in run.scenarios} for run in (there, planned))
    if before == now:
        return ""
    changed = sorted(name for name in before.keys() & now.keys() if before[name] != now[name])
    if changed:
        return f"the content of {_named(changed)} has changed since"
    if missing := sorted(before.keys() - now.keys()):
        return f"it has scenarios that are not among those chosen: {_named(missing)}"
    return f"it lacks scenarios that are chosen now: {_named(sorted(now.keys() - before.keys()))}"


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - ENOUGH_NAMED} more" if len(names) > ENOUGH_NAMED else ""
    return ", ".join(names[:ENOUGH_NAMED]) + more


def _labels(run: Run) -> str:
    return ", ".join(arm_label(strategy.value, model) for strategy, model in arms_of(run))
