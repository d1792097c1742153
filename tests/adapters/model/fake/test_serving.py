"""The server as a process, in a thread, on loopback only, and under many streams at once."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from kubetriage.adapters.model.fake import ScriptedServer, scripted_server, scripted_server_in_thread
from kubetriage.domain.errors import BadInput

Serve = Callable[..., ScriptedServer]
Ask = Callable[..., Any]

COMMAND = [sys.executable, "-m", "kubetriage.adapters.model.fake"]
MESSAGES = [{"role": "user", "content": "Hello"}]


def test_only_this_machine_can_reach_it(serve: Serve) -> None:
    """The port is bound on the loopback address and on no other."""
    server = serve(["fine"])
    port = int(server.url.rpartition(":")[2])
    listening = {
        line.split()[1]
        for name in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{name}").read_text(encoding="utf-8").splitlines()[1:]
        if line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A"
    }
    assert listening == {f"0100007F:{port:04X}"}


def test_a_port_that_is_taken(serve: Serve) -> None:
    """A port that cannot be had is an error in one sentence, in a thread too."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(BadInput, match="cannot be used"):
            serve(["fine"], port=taken.getsockname()[1])


def test_it_is_gone_afterwards() -> None:
    """After the block the port refuses connections and no thread is left, even with a request that hangs."""
    before = set(threading.enumerate())
    with scripted_server_in_thread(["fine"], faults=[{"do": ["hang"]}]) as server:
        bare = socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])))
        payload = json.dumps({"model": "m", "messages": MESSAGES}).encode()
        bare.sendall(
            b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(payload)
            + payload
        )
        while not server.requests():
            time.sleep(0.005)
        began = time.monotonic()
    assert time.monotonic() - began < 60 and not set(threading.enumerate()) - before
    bare.close()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{server.url}/healthz")


async def test_in_the_same_event_loop() -> None:
    """An asynchronous client in the same loop is served, and can steer the server from there."""
    async with scripted_server(["one"]) as server, httpx.AsyncClient() as client:
        assert (await client.get(f"{server.url}/healthz")).text == "ok\n"
        server.configure(replies=["two"])
        url = f"{server.base_url}/chat/completions"
        answer = await client.post(url, json={"model": "m", "messages": MESSAGES})
        assert answer.json()["choices"][0]["message"]["content"] == "two"
        assert len(server.journal()) == 1


def test_a_large_body_is_refused(serve: Serve) -> None:
    """A body of more than 32 MiB is a 413 and is not kept."""
    server = serve(["fine"])
    try:
        status = httpx.post(
            f"{server.base_url}/chat/completions", content=b" " * (33 * 2**20), timeout=120
        ).status_code
    except httpx.WriteError:  # the answer came, and the connection went, before all was written
        status = 413
    assert status == 413 and server.requests() == []


def started(*arguments: str) -> tuple[subprocess.Popen[str], str]:
    """The command running, and the base URL that it printed."""
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


@pytest.mark.slow
def test_the_command(tmp_path: Path) -> None:
    """The command prints its base URL, answers as the script says, and ends on SIGTERM with status 0."""
    script = tmp_path / "script.yaml"
    script.write_text("replies:\n- reply: {text: from the file}\n", encoding="utf-8")
    process, url = started(
        "--script", str(script), "--profile", "deepseek-r1", "--quirks", "ark", "--port", "0"
    )
    try:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/v1", url)
        answer = httpx.post(f"{url}/chat/completions", json={"model": "m", "messages": MESSAGES}).json()
        message = answer["choices"][0]["message"]
        assert message["content"] == "from the file" and len(message["reasoning_content"]) > 900
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, out, err) == (0, "", "")


@pytest.mark.slow
def test_the_command_stops_by_itself() -> None:
    """After `--stop-after` seconds the command is over; a script that cannot be used is status 2 and a sentence."""
    process, url = started("--stop-after", "0.2")
    assert url and process.wait(timeout=60) == 0
    wrong = subprocess.run([*COMMAND, "--script", "absent.yaml"], capture_output=True, text=True, timeout=120)
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr == "The script absent.yaml cannot be read: No such file or directory.\n"


async def read_stream(port: int, n: int) -> tuple[float, int]:
    """One stream over a bare socket: seconds it took, and events it had."""
    payload = json.dumps(
        {"model": "m", "stream": True, "messages": [{"role": "user", "content": f"{n}"}]}
    ).encode()
    began = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
        % len(payload)
        + payload
    )
    data = await reader.read()
    while more := await reader.read():
        data += more
    writer.close()
    return time.monotonic() - began, data.count(b"data: ")


@pytest.mark.slow
async def test_two_hundred_streams_at_once() -> None:
    """Two hundred streams at a time run to their last event; at least half keep the bound on any machine.

    A machine that has other things to do may be late, but not each time.
    """
    script = json.dumps(
        {"replies": [{"reply": {"text": "word " * 40}}], "profile": "qwen3-30b-a3b", "mode": "real"}
    )
    process = await asyncio.create_subprocess_exec(*COMMAND, "--script", "/dev/stdin", "--stop-after", "300",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)  # fmt: skip
    try:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(script.encode())
        process.stdin.close()
        url = (await process.stdout.readline()).decode().strip()
        port = int(url.removesuffix("/v1").rpartition(":")[2])
        for _ in range(5):
            found = await asyncio.gather(*(read_stream(port, n) for n in range(200)))
            assert {events for _, events in found} == {43 + 1}
            over = await beyond_their_bound(url, 200)
            if over[100] <= 0:
                break
    finally:
        process.terminate()
        await process.wait()
    assert over[100] <= 0, f"the median stream is {over[100]:.1f} ms beyond its bound"
    assert over[-1] <= 15_000, f"the slowest stream is {over[-1]:.1f} ms beyond its bound"


async def beyond_their_bound(url: str, count: int) -> list[float]:
    """By how many milliseconds each of the last requests was later than modelled and allowed, in order."""
    async with httpx.AsyncClient(timeout=60) as client:
        journal = (await client.get(url.replace("/v1", "/sim/journal"))).text.splitlines()
    assert len(journal) % count == 0
    lines = [json.loads(line) for line in journal[-count:]]
    modelled = [sum(line["modelled"].values()) for line in lines]
    return sorted(line["measured_ms"] - m - max(5, 0.01 * m) for line, m in zip(lines, modelled, strict=True))
