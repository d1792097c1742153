"""The doctor's look at each connection: reachable or not, tools, rights, on one screen."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from kubetriage.bootstrap.doctor import Connection, DoctorReport, examine, render
from kubetriage.bootstrap.settings import ConnectionSettings, Settings
from kubetriage.domain.errors import UnknownCluster

EMBEDDED = """
import asyncio, sys
from pathlib import Path
from kubetriage.bootstrap.snapshots import serve_mcp
asyncio.run(serve_mcp(Path(sys.argv[1])))
"""


@pytest.fixture
def settings(shop: Path) -> Settings:
    """A connection that works, over the embedded server, and one that doesn't."""
    works = ConnectionSettings(command=sys.executable, args=("-c", EMBEDDED, str(shop)))
    broken = ConnectionSettings(url="http://127.0.0.1:9/mcp", connect_timeout=3)
    return Settings(clusters={"shop": works, "broken": broken}, default_cluster="shop")


@pytest.mark.slow
async def test_each_connection_is_looked_at(settings: Settings) -> None:
    """Server, version, tools and what the rights forbid; of a broken one the reason."""
    report = await examine(settings)
    works, broken = report.connections
    assert (works.name, works.reachable, works.default) == ("shop", True, True)
    assert works.found.server == "kubetriage-snapshot"
    assert {"resources_get", "resources_list", "pods_log"} <= set(works.found.usable)
    assert works.found.missing == ()
    assert "PersistentVolume" in works.found.rights.forbidden
    assert {"Node", "Pod", "usage"} <= set(works.found.rights.readable)
    assert (broken.name, broken.reachable) == ("broken", False)
    assert "could not be reached" in broken.found.unreachable


@pytest.mark.slow
async def test_the_report_fits_on_one_screen(settings: Settings) -> None:
    """Every connection, the model and the channels, in lines of at most 100 characters."""
    text = render(await examine(settings))
    lines = text.splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 100
    for words in ("shop  ok", "broken  NOT REACHABLE", "forbidden", "PersistentVolume", "model", "channels"):
        assert words in text


async def test_one_connection_can_be_chosen(settings: Settings) -> None:
    """Only the connection that was named is tried; an unknown name is refused."""
    report = await examine(settings, "broken")
    assert [connection.name for connection in report.connections] == ["broken"]
    with pytest.raises(UnknownCluster, match="configured are: shop, broken"):
        await examine(settings, "stage")


async def test_a_default_that_is_no_cluster_is_said(settings: Settings) -> None:
    """Alerts without a cluster label would go nowhere: the report begins with that."""
    wrong = settings.model_copy(update={"default_cluster": "prod"})
    text = render(await examine(wrong, "broken"))
    assert text.startswith("default_cluster is prod, which is not configured (configured are: shop, broken)")


async def test_nothing_configured_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without a connection and without the server on PATH the report says what to install."""
    monkeypatch.setenv("PATH", str(tmp_path))
    report = await examine(Settings())
    assert report.connections == ()
    assert "npm install -g kubernetes-mcp-server" in render(report).replace("\n", " ")


def test_credentials_in_an_address_are_not_shown() -> None:
    """The report is made to be sent to others."""
    from kubetriage.adapters.cluster.examination import Examined
    from kubetriage.bootstrap.services import connection_of

    configured = ConnectionSettings(url="https://user:canary@host/mcp?key=canary")
    where = connection_of("c", configured).where
    found = Examined(unreachable="gone")
    report = DoctorReport((Connection("c", "streamable-http", where, False, found),), "", "", ())
    assert "canary" not in render(report)
