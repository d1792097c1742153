"""`--help`: quick, and without anything that a triage needs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import click
import pytest

from kubetriage.cli.app import COMMANDS, root

HEAVY = ("pydantic", "langgraph", "langchain_core", "langchain_mcp_adapters", "mcp", "yaml", "fastapi",
         "starlette", "uvicorn", "langsmith", "httpx")  # fmt: skip

Run = Callable[..., Any]


def imported(arguments: list[str]) -> set[str]:
    """The top-level modules that a command imports."""
    code = (
        "import sys\nfrom kubetriage.cli.app import run\n"
        f"run({arguments!r})\nprint('\\n' + ' '.join(sorted({{m.split('.')[0] for m in sys.modules}})))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(ended.stdout.splitlines()[-1].split())


def test_help_imports_no_heavy_library() -> None:
    """Help costs the interpreter and click."""
    assert imported(["--help"]).isdisjoint(HEAVY)


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_commands_help_is_light(command: str) -> None:
    """Of a command too: no graph, no MCP client, no web server."""
    assert imported([command, "--help"]).isdisjoint(set(HEAVY) - {"pydantic"})


def test_help_tells_every_command(kubetriage: Run) -> None:
    """Each with its line; a command's own help says the same or more."""
    ended = kubetriage("--help")
    assert ended.status == 0
    for name, (_, line) in COMMANDS.items():
        assert name in ended.out
        assert line.split()[0] in ended.out
        assert kubetriage(name, "--help").status == 0


def commands(group: click.Group, path: str = "kubetriage") -> Iterator[tuple[str, click.Command]]:
    """Every command below a group, with the words that call it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")


def test_every_option_says_what_it_does() -> None:
    """Not only what it may be; and no command's line in its group's help breaks off."""
    for path, command in commands(root):
        for option in command.params:
            if isinstance(option, click.Option) and not option.hidden:
                assert option.help and not option.help.startswith("["), f"{path} {option.name}"
        if isinstance(command, click.Group):
            assert "..." not in command.get_help(click.Context(command)).split("Commands:")[1], path


def test_triages_options_are_the_contracts(kubetriage: Run) -> None:
    """The fixed contract of the command line."""
    shown = kubetriage("triage", "--help").out
    for option in ("--snapshot DIR", "--cluster NAME", "--model NAME|none", "--language [en|zh|both]",
                   "--format [text|markdown|json|html]", "--output FILE", "--notify CHANNEL",
                   "--timeout SECONDS"):  # fmt: skip
        assert option in shown
