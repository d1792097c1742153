"""What a model concluded by itself, before code judged it; a report is held against it to see whose it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from kubetriage.domain.kind_names import kind_named
from kubetriage.domain.report import Outcome
from kubetriage.domain.verdict import Verdict
from kubetriage.evals.ownership import Ownership, Place


class Concluded(BaseModel):
    """The outcome and the culprits of a model's last answer that was in the form asked for."""

    model_config = ConfigDict(frozen=True)

    outcome: Outcome
    culprits: tuple[Place, ...] = ()
    """Of its root causes; the namespace is empty where it names none."""
    confirms: bool = False
    """Whether it confirms a finding of the rules without naming a culprit of its own."""

    def stands_in(self, report: Mapping[str, Any], objects: Ownership) -> bool:
        """Whether the report comes to the same: its outcome, and of a diagnosis one culprit at least.

        A workload and what it owns are one culprit.
        """
        if report.get("outcome") != self.outcome.value:
            return False
        blamed = [cause.get("culprit") or {} for cause in report.get("root_causes") or ()]
        return self.outcome is not Outcome.DIAGNOSED or self.confirms or any(
            objects.same((kind, space or str(found.get("namespace") or ""), name), _place(found))
            for kind, space, name in self.culprits
            for found in blamed
            if found
        )  # fmt: skip

    def __str__(self) -> str:
        blamed = ", ".join(f"{kind} {name}" for kind, _, name in self.culprits)
        return f"{self.outcome.value}, and blames {blamed}" if blamed else self.outcome.value


def concluded_in(verdict: Verdict) -> Concluded:
    causes = verdict.root_causes
    named = [cause.culprit for cause in causes if cause.culprit is not None]
    return Concluded(
        outcome=verdict.outcome,
        culprits=tuple((kind_named(one.kind) or one.kind, one.namespace, one.name) for one in named),
        confirms=any(cause.culprit is None and cause.finding for cause in causes),
    )


def _place(found: Mapping[str, Any]) -> Place:
    return str(found.get("kind", "")), str(found.get("namespace") or ""), str(found.get("name", ""))
