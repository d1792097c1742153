"""Nothing secret leaves: secrets are planted all over a bundled incident, a model that says secrets itself writes
its diagnosis, and every byte that is written or sent is searched for them."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.channels.channel import Look
from kubetriage.adapters.channels.options import StdoutOptions
from kubetriage.adapters.channels.stdout import StdoutChannel
from kubetriage.adapters.model.fake import ScriptedServer
from kubetriage.cli.output import Style, rendered
from kubetriage.domain.language import Language
from kubetriage.domain.messages.notice import notice_of
from kubetriage.domain.report import Report
from kubetriage.evals.canaries import PLANTED, SECRETS, bytes_of, leaks

SEEN = b"password authentication failed"
"""What is in the planted log beside the secrets: a way that lacks it was not taken."""
PRINTED = {"text": "both", "json": "en"}
"""The formats that a command is run for, and in which language."""


@pytest.fixture(scope="module")
def ran(
    kubetriage: Callable[..., Any], planted: Path, told: dict[str, str], server: ScriptedServer
) -> dict[str, bytes]:
    """What a user sees of every command that touches the incident or the model, by command."""
    snapshot = ("--snapshot", planted / "snapshot")
    lines: dict[str, tuple[Any, ...]] = {
        form: (
            "--debug",
            "triage",
            planted / "alert.json",
            *snapshot,
            "--format",
            form,
            "--language",
            language,
        )
        for form, language in PRINTED.items()
    }
    recorded = planted.parent / f"{planted.name}-recorded"
    lines["record"] = ("--debug", "snapshot", "record", recorded, *snapshot, "-n", "billing")
    lines |= {"probe": ("--debug", "models", "probe", "own"), "usage": ("models", "usage")}
    lines |= {"models": ("models", "--format", "json"), "doctor": ("--debug", "doctor")}
    seen = {}
    for name, line in lines.items():
        ended = kubetriage(*line, env=told)
        assert (ended.status, name) == (0, name) or name == "doctor", ended.err
        seen[name] = f"{ended.out}\n{ended.err}".encode()
    return seen | {f"record {name}": data for name, data in bytes_of(recorded).items()}


def test_every_secret_is_planted_and_can_be_found(planted: Path) -> None:
    """In the alert and the snapshot as they are, the search finds each of them: what it misses later isn't there."""
    found = leaks(bytes_of(planted), PLANTED)
    assert {line.partition(" in ")[0] for line in found} == set(PLANTED)


def test_what_commands_print_and_record(ran: dict[str, bytes]) -> None:
    """Reports, progress and logs, a probe's notes, the doctor's, recorded snapshots."""
    assert all(SEEN in ran[form] for form in PRINTED)
    assert any(SEEN in data for name, data in ran.items() if name.startswith("record "))
    assert leaks(ran, SECRETS) == []


def test_what_a_model_is_asked(ran: dict[str, bytes], server: ScriptedServer) -> None:
    """Prompts, repairs with the model's own words and probes: the body of each request."""
    bodies = {f"request {n}": str(line).encode() for n, line in enumerate(server.requests())}
    assert any(SEEN in body and b"[redacted]" in body for body in bodies.values())
    assert leaks(bodies, SECRETS) == []


def test_what_stays_on_disk(ran: dict[str, bytes], told: dict[str, str]) -> None:
    """The cache of answers, the ledger, what was learned of the endpoint, parsed snapshots."""
    found = {
        name: data
        for kind in ("STATE", "CACHE")
        for name, data in bytes_of(Path(told[f"XDG_{kind}_HOME"])).items()
    }
    assert {"kubetriage/spent.sqlite", "kubetriage/model-answers.sqlite"} <= set(found)
    assert leaks(found, SECRETS) == []


def test_what_is_traced(ran: dict[str, bytes], collector: Any) -> None:
    """LangSmith's runs hold the redacted case; OpenTelemetry's spans no text at all."""
    assert SEEN in collector.of("/runs")
    assert b"gen_ai.usage.input_tokens" in collector.of("/v1/traces")
    assert SEEN not in collector.of("/v1/traces")
    assert leaks({f"{n} {path}": body for n, (path, body) in enumerate(collector.bodies)}, SECRETS) == []


def message_of(report: Report) -> str:
    """What a channel sends of it."""
    stream = io.StringIO()
    channel = StdoutChannel("out", StdoutOptions(type="stdout"), Look(Language.BOTH, UTC), stream)
    asyncio.run(channel.send(notice_of(report), key="1"))
    return stream.getvalue()


async def test_what_a_server_keeps(
    run_once: Callable[[], Awaitable[list[Report]]], logged: Any, tmp_path: Path
) -> None:
    """Checkpoints of every step, saved observations, reports in every format, messages, and the log at DEBUG."""
    reports = await run_once()
    seen = bytes_of(tmp_path / "kept") | {"log": logged.bytes}
    for report in reports:
        for form in ("text", "markdown", "json", "html"):
            style = Style(format=form, headings=Language.BOTH, colour=False, several=False)
            seen[f"{form} {report.language}"] = rendered([report], style).encode()
        message = await asyncio.to_thread(message_of, report)
        seen[f"message {report.language}"] = message.encode()
    assert len(seen) > 20 and len(reports) == 2
    assert logged.bytes
    missing = [n for n in seen if SEEN not in seen[n] and "observations" not in n and n != "log"]
    assert missing == []
    assert leaks(seen, SECRETS) == []
