"""cli.progress: what people who wait see."""

from __future__ import annotations

import io

import pytest

from kubetriage.cli.progress import TerminalProgress, progress_for
from kubetriage.domain.resource import resource


def test_node_by_node_and_reads_done() -> None:
    """One line that rewrites itself: which step of how many, which reads of how many."""
    screen = io.StringIO()
    progress = TerminalProgress(screen)
    progress.node("check_related")
    progress.reads(2, 7, resource("Pod", "shop", "web-1"))
    progress.clear()
    shown = screen.getvalue()
    assert "[3/8] check_related: 2/7 reads, 1 in all Pod shop/web-1" in shown
    assert "\n" not in shown
    assert shown.endswith("\r\x1b[2K")


def test_names_cannot_act_on_the_terminal() -> None:
    """A label with escape sequences is shown as text."""
    screen = io.StringIO()
    TerminalProgress(screen).reads(1, 1, resource("Pod", "shop", "x\x1b]0;owned\x07"))
    assert "\x1b]0" not in screen.getvalue()


def test_a_line_is_never_longer_than_the_screen_is_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that wrapped could not be rewritten; a name may have 253 characters."""
    monkeypatch.setenv("COLUMNS", "60")
    screen = io.StringIO()
    TerminalProgress(screen).reads(1, 1, resource("Pod", "shop", "x" * 253))
    shown = screen.getvalue().removeprefix("\r\x1b[2K")
    assert 40 < len(shown) < 60 and shown.endswith("x")


def test_quiet_when_nobody_looks() -> None:
    """Not a terminal, or --quiet: nothing is written."""
    silent = progress_for(quiet=True)
    silent.node("check_related")
    silent.reads(1, 2, None)
    silent.clear()
    assert not isinstance(progress_for(quiet=False), TerminalProgress)
