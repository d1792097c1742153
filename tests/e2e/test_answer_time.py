"""Answers come at once on connections that are kept, as Alertmanager keeps them."""

from __future__ import annotations

import http.client
import importlib
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

SETTINGS = 'database = "sqlite:///{folder}/kubetriage.db"\n[server]\nport = 0\nrole = "intake"\n'


@pytest.fixture
def own() -> Any:
    """`benchmarks/own_server.py`, which is in no package."""
    folder = str(Path(__file__).resolve().parents[2] / "benchmarks")
    if folder not in sys.path:
        sys.path.append(folder)
    return importlib.import_module("own_server")


def test_an_answer_does_not_wait_for_the_other_side(own: Any, tmp_path: Path) -> None:
    """The second part of an answer is sent at once, and not with the acknowledgement of the first, 40 ms later."""
    config = tmp_path / "kubetriage.toml"
    config.write_text(SETTINGS.format(folder=tmp_path), encoding="utf-8")
    with own.own_server(config) as server:
        connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=60)
        taken = []
        for _ in range(300):
            began = time.monotonic()
            connection.request("GET", "/healthz")
            assert connection.getresponse().read()
            taken.append(time.monotonic() - began)
        connection.close()
    assert sorted(taken)[60] < 0.03, sorted(taken)
