"""Is a folder of scenarios fit to measure with: each key answerable, nothing given away, nothing twice.

A scenario is checked by itself here and in `key_checking`, all of a folder together in `giveaways`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from kubetriage.adapters.cluster.snapshot.check import Problem
from kubetriage.adapters.cluster.snapshot.check import check as check_snapshot
from kubetriage.domain.alert import Alert
from kubetriage.domain.errors import BadAlert, BadInput, BadSnapshot
from kubetriage.evals.giveaways import in_material, in_order, in_the_alert, twice
from kubetriage.evals.key_checking import of_key
from kubetriage.evals.material import Material, material_of
from kubetriage.evals.scenario import ALERT, EXPECTED, SNAPSHOT, Scenario, load


class Checked(NamedTuple):
    """What was looked at and what is wrong."""

    scenarios: int
    problems: Sequence[Problem]


def check_scenarios(folder: Path) -> Checked:
    """Everything that is wrong, by file. Raises `BadInput` where there are no scenarios to look at."""
    if not folder.is_dir():
        raise BadInput(f"{folder} is not a folder.")
    alone = any((folder / part).exists() for part in (ALERT, EXPECTED, SNAPSHOT))
    paths = [folder] if alone else sorted(path for path in folder.iterdir() if _is_meant(path))
    if not paths:
        raise BadInput(f"{folder} holds no scenario: none of its folders has an {ALERT} or an {EXPECTED}.")
    problems: list[Problem] = []
    materials: list[Material] = []
    for path in paths:
        begin = "" if alone else f"{path.name}/"
        try:
            scenario = load(path)
        except BadInput as error:
            problems.append(_of_file(str(error), path, begin))
            continue
        material, found = _one(scenario)
        problems += [Problem(f"{begin}{file}", reason) for file, reason in found]
        if material is not None:
            materials.append(material)
    problems += [Problem(f"{name}/{EXPECTED}", reason) for name, reason in twice(materials)]
    problems += [Problem(folder.name, reason) for reason in in_order(materials)]
    return Checked(len(paths), sorted(set(problems)))


def _is_meant(path: Path) -> bool:
    return path.is_dir() and any((path / part).exists() for part in (ALERT, EXPECTED))


def _of_file(said: str, path: Path, begin: str) -> Problem:
    """A sentence that begins with the file's path, parted."""
    for part in (EXPECTED, ALERT, SNAPSHOT):
        if said.startswith(str(path / part)):
            reason = said.removeprefix(str(path / part)).lstrip(":, ").removesuffix(".")
            return Problem(f"{begin}{part}", reason)
    return Problem(
        begin.rstrip("/") or path.name, said.removeprefix(str(path)).lstrip(":, ").removesuffix(".")
    )


def _one(scenario: Scenario) -> tuple[Material | None, list[tuple[str, str]]]:
    """What a scenario is made of, unless it cannot be read, and what is wrong with it by file."""
    try:
        snapshot = [(f"{SNAPSHOT}/{one.file}", one.reason) for one in check_snapshot(scenario.snapshot)]
        alerts, wrong = _alerts(scenario)
        material = material_of(scenario, alerts)
    except BadSnapshot as error:
        return None, [(SNAPSHOT, str(error).removeprefix(str(scenario.snapshot)).lstrip(":, ").rstrip("."))]
    found = [*snapshot, *((ALERT, reason) for reason in wrong), *_of_one(material)]
    return material, found


def _of_one(material: Material) -> Iterator[tuple[str, str]]:
    for reason in of_key(material):
        yield EXPECTED, reason
    for reason in in_the_alert(material):
        yield ALERT, reason
    for reason in in_material(material):
        yield SNAPSHOT, reason


def _alerts(scenario: Scenario) -> tuple[list[Alert], list[str]]:
    """The alerts of the first incident, and why they cannot be used."""
    from kubetriage.bootstrap.incidents import incidents_in, recorded_at

    try:
        groups = incidents_in(scenario.alert_path.read_bytes(), scenario.snapshot).groups
    except BadAlert as error:
        return [], [f"is no alert: {str(error).removesuffix('.')}"]
    except OSError as error:
        return [], [f"cannot be read: {error.strerror}"]
    if not groups:
        return [], ["holds no alert"]
    taken = recorded_at(scenario.snapshot)
    late = [alert.name for alert in groups[0] if alert.starts_at is not None and alert.starts_at > taken]
    return list(groups[0]), [f"has the alert {name}, which starts after the snapshot's time" for name in late]
