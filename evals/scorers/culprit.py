"""Whether the first root cause names the object whose change ends the fault."""

from __future__ import annotations

from kubetriage.evals.cells import Score
from kubetriage.evals.scorers.material import Material, of_check


def culprit(material: Material) -> Score:
    return of_check(material.check("culprit"))
