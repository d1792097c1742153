"""Answerers of known worth through the whole of `kubetriage eval run`: server, agent, cells, figures, reports."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.model.fake import ChatRequest, Reply, scripted_server_in_thread
from kubetriage.evals.planted import Answerer, echo, guessing, oracle
from kubetriage.evals.react import alert_text
from kubetriage.evals.scenario import Scenario, find

CHOICES = 4


def some(folder: Path) -> list[Scenario]:
    every = find(folder)
    return every[:: len(every) // 12][:12]


def answering(
    scenarios: list[Scenario], answerers: dict[str, Answerer]
) -> Callable[[ChatRequest], Reply | None]:
    """What the models of these names answer an agent: their verdict at once, on the alert that is shown."""
    asked: Counter[tuple[str, str]] = Counter()
    lock = threading.Lock()

    def reply(request: ChatRequest) -> Reply | None:
        scenario = next(each for each in scenarios if alert_text(each.alert) in request.text)
        with lock:
            asked[(request.model, scenario.name)] += 1
            seed = f"{scenario.name} {asked[(request.model, scenario.name)]}"
        return Reply(text=json.dumps(answerers[request.model](scenario, random.Random(seed))))

    return reply


@pytest.mark.slow
def test_planted_answerers_come_out_as_what_they_are(evaluated: Callable[..., Any]) -> None:
    """The oracle is always right, an echo of the alert never, guessing among four about once in four."""
    scenarios = some(Path(__file__).resolve().parents[3] / "evals" / "scenarios")
    answerers: dict[str, Answerer] = {"oracle": oracle, "echo": echo, "chance": guessing(scenarios, CHOICES)}
    with scripted_server_in_thread([], oracle=answering(scenarios, answerers)) as server:
        tables = [
            f'[models.{name}]\nextends = "vllm-qwen3-30b"\nbase_url = "{server.base_url}"\nmodel = "{name}"\n'
            "context_tokens = 200000\n"
            for name in answerers
        ]
        chosen = [word for each in scenarios for word in ("--only", each.name)]
        asked = ["--models", ",".join(answerers), "--strategies", "react", "--repeat", "3"]
        found = evaluated(*chosen, *asked, config="\n".join(tables))
    rate = {arm["model"]: arm["overall"]["rate"] for arm in found["arms"]}
    assert found["cells"] == 12 * 3 * 3
    assert rate["oracle"] == 1.0
    assert rate["echo"] == 0.0
    assert 0.08 < rate["chance"] < 0.5
    (pair,) = [
        each
        for each in found["pairings"]
        if {each["first"], each["second"]} == {"react echo", "react oracle"}
    ]
    assert pair["found"]["decided"]
