"""server.running: what the log says of a diagnosis."""

from __future__ import annotations

import io
import json
import logging
from typing import Any

import pytest

from kubetriage.server.engine import workflow_id
from kubetriage.server.logging import JsonLines

pytestmark = pytest.mark.slow


async def test_a_diagnosis_is_logged_with_its_incident(bench: Any) -> None:
    """One line says what came of it and how long it took, with the ids of the incident and the run."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    logger = logging.getLogger("kubetriage.server.running")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        incident = await bench.accepted()
        await bench.runner().diagnose(incident, 1)
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
    (line,) = [json.loads(each) for each in stream.getvalue().splitlines()]
    assert (line["incident"], line["run"]) == (incident, workflow_id(incident, 1))
    assert line["message"].startswith("diagnosed: ")
    assert line["seconds"] > 0
