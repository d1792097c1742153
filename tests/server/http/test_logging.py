"""Logs: JSON lines with what they are about, without secrets, whatever is logged."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from kubetriage.server.logging import JsonLines, Thinned, bound, configure_logging

LOG = logging.getLogger("kubetriage.test")


@pytest.fixture
def lines() -> Iterator[Any]:
    """What was logged so far, as objects."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    LOG.addHandler(handler)
    LOG.setLevel(logging.DEBUG)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    LOG.removeHandler(handler)


def test_a_line_carries_its_incident_and_run(lines: Any) -> None:
    """Inside `bound` every line says what it is about; outside it does not."""
    with bound(incident="INC-1", run="INC-1-1"):
        LOG.info("reads %d objects", 3, extra={"cluster": "east"})
    LOG.info("after")
    within, after = lines()
    assert within["message"] == "reads 3 objects"
    assert (within["incident"], within["run"], within["cluster"]) == ("INC-1", "INC-1-1", "east")
    assert within["level"] == "info"
    assert within["at"].endswith("+00:00")
    assert "incident" not in after


async def test_tasks_beside_each_other_keep_apart(lines: Any) -> None:
    """Two diagnoses at the same time each log their own incident, in tasks and threads that they start too."""

    async def diagnose(name: str) -> None:
        with bound(incident=name):
            await asyncio.sleep(0)
            await asyncio.gather(asyncio.to_thread(LOG.info, "from %s", name), asyncio.sleep(0))

    await asyncio.gather(diagnose("INC-1"), diagnose("INC-2"))
    assert {line["message"]: line["incident"] for line in lines()} == {
        "from INC-1": "INC-1", "from INC-2": "INC-2",
    }  # fmt: skip


@pytest.mark.parametrize(
    "secret",
    ["password=hunter2hunter2", "postgresql://u:hunter2hunter2@db/x", "Authorization: Bearer hunter2hunter2hunter2",
     "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.hunter2hunter2hunter2hunter2hunter2hunter2"],
)  # fmt: skip
def test_secrets_are_masked_wherever_they_stand(lines: Any, secret: str) -> None:
    """In the message, its arguments, further fields and the trace of an error."""
    try:
        raise RuntimeError(f"could not use {secret}")
    except RuntimeError:
        LOG.exception("with %s", secret, extra={"where": secret})
    LOG.info(secret)
    assert len(lines()) == 2
    assert "hunter2" not in json.dumps(lines())


def test_nothing_that_is_logged_makes_a_second_line() -> None:
    """Line breaks, terminal codes, line separators and half characters are escapes in one line."""
    message = (
        'a\n{"level": "error"}\r\x1b[31m\u2028\x85\ud800'  # not through a logger: what pytest keeps is UTF-8
    )
    record = LOG.makeRecord(LOG.name, logging.INFO, __file__, 1, message, (), None, extra={"x": "b\nc"})
    (text,) = JsonLines().format(record).splitlines()
    line = json.loads(text)
    assert line["message"].startswith('a\n{"level"')
    assert line["x"] == "b\nc"


def test_a_long_message_is_cut(lines: Any) -> None:
    """A line has a bounded length."""
    LOG.info("x" * 1_000_000)
    (line,) = lines()
    assert len(line["message"]) == 8000


def test_the_logs_of_libraries_are_json_too() -> None:
    """Set up once, everything goes to one stream as JSON; addresses of requests are not logged by libraries."""
    root, ours = logging.getLogger(), logging.getLogger("kubetriage")
    before = (root.handlers, root.level, ours.level)
    stream = io.StringIO()
    try:
        configure_logging(stream=stream)
        logging.getLogger("uvicorn.error").warning("started", extra={"color_message": "\x1b[36mstarted"})
        logging.getLogger("uvicorn.access").info('"POST /api/v1/alerts?token=secret"')
        logging.getLogger("httpx").info("GET https://chat.example/hook/secret")
        logging.getLogger("kubetriage.x").info("ours")
    finally:
        root.handlers, level, our_level = before
        root.setLevel(level)
        ours.setLevel(our_level)
    assert [json.loads(line)["message"] for line in stream.getvalue().splitlines()] == ["started", "ours"]
    assert "color" not in stream.getvalue()


def test_what_a_library_says_again_and_again_is_said_once_in_a_line(lines: Any) -> None:
    """Without its trace, of which what was raised stays; whatever else it says comes through."""
    thinned = Thinned()
    LOG.addFilter(thinned)
    trace = (
        'Traceback (most recent call last):\n  File "x.py", line 1\na.b.Gone: no server\n\tIs it running?\n'
    )
    try:
        for _ in range(5):
            LOG.warning("Exception polling: %s", trace)
            LOG.warning("Exception in queue: no server\n\tIs it running?")
    finally:
        LOG.removeFilter(thinned)
    assert [each["message"] for each in lines()] == [
        "Exception polling: a.b.Gone: no server", "Exception in queue: no server",
    ]  # fmt: skip


def test_what_is_said_again_later_is_told_again(lines: Any) -> None:
    """An outage that goes on shows in the log all the time."""
    thinned = Thinned(seconds=0)
    LOG.addFilter(thinned)
    try:
        for _ in range(2):
            LOG.warning("no server")
    finally:
        LOG.removeFilter(thinned)
    assert len(lines()) == 2
