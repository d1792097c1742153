"""A built scenario: its alert, the answer, and the world it happens in."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from kubetriage.evals.builders.identity import Json
from kubetriage.evals.builders.world import World

Place = tuple[str, str, str]
"""(kind, namespace, name)"""


@dataclass(frozen=True)
class Answer:
    """What a right report says: `expected.yaml` as Python; the fields mean what they mean there."""

    root_cause: str
    primary: Place | None
    culprit: Place | None
    category: str
    must_mention: tuple[str, ...]
    must_not_claim: tuple[str, ...]
    outcome: str | tuple[str, ...] = "diagnosed"
    also: tuple[Place, ...] = ()
    tags: tuple[str, ...] = ()
    absent: tuple[Place, ...] = ()
    source: str = "Kubernetes' own behaviour; the texts are those of evals/builders/texts.py"


@dataclass(frozen=True)
class Built:
    """A scenario before it is written to its folder."""

    name: str
    """The folder's name: what is wrong."""
    alert: Json | list[Json]
    answer: Answer
    world: World = field(compare=False)

    def files(self) -> dict[str, str]:
        """All of its files: path inside its folder, and text."""
        snapshot = {f"snapshot/{path}": text for path, text in self.world.files().items()}
        expected = yaml.safe_dump(expected_of(self.answer), sort_keys=False, allow_unicode=True, width=1000)
        alert = json.dumps(self.alert, indent=2, ensure_ascii=False) + "\n"
        return {"alert.json": alert, "expected.yaml": expected, **snapshot}

    def write(self, folder: Path) -> None:
        """Write the scenario into `folder`, and remove what another build left there."""
        files = self.files()
        for old in sorted(folder.rglob("*"), reverse=True):
            if old.is_file() and old.relative_to(folder).as_posix() not in files:
                old.unlink()
            elif old.is_dir() and not any(old.iterdir()):
                old.rmdir()
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


def _place(place: Place) -> dict[str, str]:
    return {"kind": place[0], "namespace": place[1], "name": place[2]}


def expected_of(answer: Answer) -> dict[str, Any]:
    """The content of `expected.yaml`."""
    outcome = answer.outcome if isinstance(answer.outcome, str) else list(answer.outcome)
    made: dict[str, Any] = {
        "outcome": outcome,
        "root_cause": answer.root_cause,
        "primary": _place(answer.primary) if answer.primary else None,
        "culprit": _place(answer.culprit) if answer.culprit else None,
    }
    if answer.also:
        made["also"] = [_place(one) for one in answer.also]
    return made | {
        "category": answer.category,
        "must_mention": list(answer.must_mention),
        "must_not_claim": list(answer.must_not_claim),
        "tags": list(answer.tags),
        "source": answer.source,
        "absent_objects": [_place(one) for one in answer.absent],
    }


def blames(what: str) -> str:
    """A pattern for a statement that gives `what` as the cause, not one that rules it out."""
    cause = "(caused by|because( of)?|due to|root cause( is|:)|result of)"
    return rf"{cause} (?!not |no |neither )[^.;]{{0,60}}?({what})"


def place_of(obj: Json) -> Place:
    """The place of an object that a world holds."""
    return obj["kind"], obj["metadata"].get("namespace", ""), obj["metadata"]["name"]
