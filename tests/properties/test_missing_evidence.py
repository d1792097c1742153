"""Evidence that is missing may make a diagnosis weaker; it never makes it wrong and sure."""

from __future__ import annotations

import random

import pytest

from kubetriage.bootstrap.settings import Settings
from kubetriage.evals.ownership import read_ownership
from kubetriage.evals.replaying import replaying
from kubetriage.evals.scenario import Scenario
from kubetriage.evals.score import score
from kubetriage.evals.tampering import tamperings, wrong_claims

SAMPLE = 6

TOLD_BY_THE_EFFECT = {
    ("preempted-by-higher-priority", "insufficient-resources"): "without the event, the room is what misses",
    ("tag-means-another-image", "crash-app-error"): "without its siblings, the pod alone says what it lacks",
}
"""Categories, by scenario, that are right for what is left to be seen; the culprit is the same."""


async def wrong(scenario: Scenario, most: int = 0) -> list[str]:
    """What is claimed wrongly and with confidence when each one thing is missing, or `most` of them."""
    ownership = read_ownership(scenario.snapshot)
    found = []
    async with replaying(scenario, Settings()) as replayer:
        whole = await replayer.triage()
        if not score(whole.report, scenario).passed:
            pytest.skip("the report over everything does not pass")
        chosen = list(tamperings(whole))
        if most:
            chosen = random.Random(scenario.name).sample(chosen, min(most, len(chosen)))
        for one in chosen:
            report = (await replayer.triage(one.change)).report
            for claim in wrong_claims(report, whole.report, scenario.expected, ownership):
                if (scenario.name, claim.what) not in TOLD_BY_THE_EFFECT:
                    found.append(f"{one.what}: {claim.kind} {claim.what}: {claim.statement}")
    return found


async def test_one_thing_missing(scenario: Scenario) -> None:
    """Without some one object, event or log no wrong culprit or category is claimed with likelihood high, and
    nothing is called healthy that is not."""
    assert await wrong(scenario, SAMPLE) == []


@pytest.mark.slow
async def test_any_one_thing_missing(scenario: Scenario) -> None:
    """The same for each object (forbidden, and timed out), event and log that was read."""
    assert await wrong(scenario) == []
