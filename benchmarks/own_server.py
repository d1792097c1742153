"""`kubetriage serve` as a process of one's own, for as long as it is needed.

with own_server(Path("kubetriage.toml"), "--workers", "2") as server:
    server.post(body)
    server.incidents("reported")
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_KEPT = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "TMPDIR")
_FULL_PAGE = 500


class OwnServer:
    """A started server. Its home, with its log, is the folder of its configuration."""

    def __init__(self, config: Path, *options: str, token: str = "", env: Mapping[str, str] | None = None):
        """`token` opens its API; `env` is added to an environment without settings of the machine's."""
        self.log = config.parent / "server.log"
        self._token = token
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        home = {"HOME": str(config.parent), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        line = [sys.executable, "-m", "kubetriage.cli", "--config", str(config), "serve", *options]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                line, stdout=subprocess.PIPE, stderr=log, text=True, cwd=config.parent,
                env=kept | home | dict(env or {}),
            )  # fmt: skip
        self.url = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            if "listening on " in line:
                self.url = line.split("listening on ")[1].strip()

    def wait_until(self, condition: Callable[[], Any], seconds: float = 90.0) -> Any:
        """What the condition gives once it gives something. Raises `TimeoutError`, with the log's end."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and self.process.poll() is None:
            if found := condition():
                return found
            time.sleep(0.05)
        ended = f"not within {seconds:g} s" if self.process.poll() is None else "the server has ended"
        raise TimeoutError(f"{ended}: {self.log.read_text(encoding='utf-8')[-3000:]}")

    def request(self, path: str, body: bytes | None = None) -> Any:
        """The JSON answer. Raises `HTTPError` for a status of 400 and above."""
        headers = {"Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        asked = urllib.request.Request(f"{self.url}{path}", data=body, headers=headers)
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return json.load(answer)

    def post(self, body: bytes) -> Any:
        """The receipt of a post of alerts."""
        return self.request("/api/v1/alerts", body)

    def ready(self) -> bool:
        try:
            return bool(self.url and self.request("/readyz"))
        except urllib.error.HTTPError:
            return False

    def incidents(self, *states: str) -> list[Any]:
        """Those in any of the states, all without one, the newest first."""
        query = "".join(f"&state={state}" for state in states)
        found: list[Any] = []
        after = ""
        while True:
            page = self.request(f"/api/v1/incidents?limit={_FULL_PAGE}{query}{after}")
            found += page["items"]
            if not page.get("next"):
                return found
            after = f"&after={page['next']}"

    def end(self) -> None:
        """In order; at once if that takes too long."""
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._reader.join()


@contextmanager
def own_server(
    config: Path, *options: str, token: str = "", env: Mapping[str, str] | None = None
) -> Iterator[OwnServer]:
    """A server that does its work."""
    server = OwnServer(config, *options, token=token, env=env)
    try:
        server.wait_until(server.ready, 120.0)
        yield server
    finally:
        server.end()
