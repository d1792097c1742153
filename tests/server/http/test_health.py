"""Health, and what is told while something is missing or broken."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from kubetriage.domain.intake.errors import StoreUnavailable

API = "/api/v1"
API_TOKEN = "api-9b1e7c40d2f85a63"


class Away:
    """A database that is away, whatever is asked of it."""

    def __getattr__(self, name: str) -> Any:
        async def away(*_: Any, **__: Any) -> Any:
            raise StoreUnavailable("The database does not answer.")

        return away


def test_without_a_database_reading_is_503(serve: Any, with_parts: Callable[..., Any]) -> None:
    """Everything says 503 with Retry-After, `/readyz` too; `/healthz` and `/metrics` still answer."""
    away = Away()
    with serve(changed=with_parts(inbox=away, incidents=away, runs=away, messages=away)) as server:
        for path in ("incidents", "incidents/INC-00000000000000", "runs/x", "runs/x/report", "messages"):
            answer = server.client.get(f"{API}/{path}")
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5"), path
        assert server.client.get("/readyz").status_code == 503
        assert server.client.get("/healthz").status_code == 200
        assert "kubetriage_store_up 0.0" in server.client.get("/metrics").text


def test_a_bug_is_500_and_shows_nothing(serve: Any, with_parts: Callable[..., Any]) -> None:
    """An error of ours is a problem without details; the log has them, with secrets masked."""

    class Broken:
        async def health(self) -> Any:
            raise RuntimeError("password=hunter2hunter2 is in here")

    with serve(changed=with_parts(clusters=Broken())) as server:
        answer = server.client.get(f"{API}/clusters")
        assert answer.status_code == 500
        assert "hunter2" not in answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        (line,) = [line for line in server.lines() if "error" in line]
        assert line["request"] == answer.headers["x-request-id"]
        assert "RuntimeError" in line["error"]
        assert "hunter2" not in line["error"]
        page = server.client_of(API_TOKEN).get("/metrics").text  # the connection ends with an error of ours
        assert 'kubetriage_errors_total{executor="here",place="http"} 1.0' in page


@pytest.mark.parametrize(("begun", "told"), [(False, "starting"), (True, "ok")])
def test_a_server_is_ready_as_soon_as_it_can_store(
    serve: Any, with_parts: Callable[..., Any], begun: bool, told: str
) -> None:
    """A worker that has not begun is told, and keeps no alerts away: they wait for it in the database."""

    async def ready() -> bool:
        return begun

    with serve(changed=with_parts(ready=ready)) as server:
        answer = server.client_of(None).get("/readyz")
        assert (answer.status_code, answer.json()) == (
            200, {"status": "ok", "database": "ok", "worker": told},
        )  # fmt: skip


def test_what_is_not_ready_is_named_and_nothing_else(serve: Any, with_parts: Callable[..., Any]) -> None:
    """A stranger is told which part it is, and not what the database said."""
    with serve(changed=with_parts(inbox=Away())) as server:
        answer = server.client_of(None).get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["detail"] == "The database cannot be written to now."
        assert "does not answer" not in answer.text
        server.loop.call_soon_threadsafe(server.parts.stopping.set)
        server.do(server.parts.stopping.wait())
        assert server.client.get("/readyz").json()["detail"] == "The server is ending."


def test_what_takes_alerts_is_ready_while_their_inbox_is(serve: Any, with_parts: Callable[..., Any]) -> None:
    """A database of incidents that is busy or away keeps no alert away: posts wait in the inbox."""
    with serve(changed=with_parts(incidents=Away())) as server:
        assert server.client_of(None).get("/readyz").status_code == 200
        answer = server.client.post("/api/v1/alerts", json={"labels": {"alertname": "A"}})
        assert (answer.status_code, answer.json()["state"]) == (202, "waiting")


def test_strangers_cannot_wear_the_database_out(serve: Any, with_parts: Callable[..., Any]) -> None:
    """However often `/readyz` is asked, the database is asked once a second."""
    asked = []

    class Counting:
        async def ping(self) -> None:
            asked.append(1)

    with serve(changed=with_parts(inbox=Counting())) as server:
        stranger = server.client_of(None)
        began = time.monotonic()
        for _ in range(30):
            assert stranger.get("/readyz").status_code == 200
        assert len(asked) <= 1 + (time.monotonic() - began)


def test_health_is_told_without_a_body_too(served: Any) -> None:
    """Load balancers ask with HEAD."""
    for path in ("/healthz", "/readyz"):
        answer = served.client_of(None).head(path)
        assert (answer.status_code, answer.content) == (200, b"")
