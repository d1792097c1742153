"""What an agent's calls are booked at, whatever the endpoint tells of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.model.fake import scripted_server
from kubetriage.bootstrap.settings import Settings
from kubetriage.domain.errors import ModelUnavailable
from kubetriage.domain.language import Language
from kubetriage.evals.cells import CellKey, Strategy
from kubetriage.evals.endpoints import Endpoints, Taken
from kubetriage.evals.scenario import load
from kubetriage.evals.strategies.made import Task
from kubetriage.evals.strategies.react import by_react

SCENARIO = load(Path(__file__).resolve().parents[3] / "evals" / "scenarios" / "crash-oom-killed")
LOOK = {"text": "I look.", "tool_calls": [{"name": "pods_list", "arguments": {}}]}
ANSWER = {"text": json.dumps({"outcome": "inconclusive", "summary": "Nobody knows."})}
PRICE = {"prompt": 1.0, "completion": 4.0, "currency": "CNY"}


async def taken(faults: Sequence[Any], *, fails: bool = False) -> Taken:
    """What a cell of the agent took at an endpoint with these faults."""
    key = CellKey(scenario=SCENARIO.name, strategy=Strategy.REACT, model="mine")
    async with scripted_server([LOOK, ANSWER], mode="zero", faults=list(faults)) as server:
        mine = {"extends": "vllm-qwen3-30b", "base_url": server.base_url, "retries": 0, "price": PRICE}
        settings = Settings.model_validate({"models": {"mine": mine}})
        async with Endpoints(settings) as endpoints:
            endpoint = await endpoints.open(key, SCENARIO.expected)
            task = Task(key, SCENARIO, settings, Language.EN, 60.0, [])
            if fails:
                with pytest.raises(ModelUnavailable):
                    await by_react(task, endpoint)
            else:
                await by_react(task, endpoint)
            return endpoint.booked.take(key.id)


async def test_an_endpoint_that_tells_no_usage_is_not_free() -> None:
    """Tokens and money are then reckoned from what was sent and said, tools and history too."""
    told, reckoned = await taken([]), await taken([{"do": [{"usage": "absent"}]}])
    assert 0.9 * told.prompt < reckoned.prompt < 1.5 * told.prompt
    assert 0.5 * told.completion < reckoned.completion < 2 * told.completion
    assert reckoned.cost == pytest.approx(price_of(reckoned))


async def test_an_answer_that_breaks_off_has_cost_its_prompt() -> None:
    """What was cut off is booked though the cell could not be run; an error in place of an answer costs nothing."""
    cut = await taken([{"do": [{"cut": {"tokens": 3, "abrupt": True}}]}], fails=True)
    assert cut.prompt > 1000 and cut.completion == 0 and cut.cost == pytest.approx(price_of(cut))
    assert await taken([{"do": [{"status": 503}]}], fails=True) == Taken()


def price_of(took: Taken) -> float:
    return (took.prompt * 1.0 + took.completion * 4.0) / 1_000_000
