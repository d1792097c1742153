"""`kubetriage notify`: try channels out."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kubetriage.cli.app import Options

if TYPE_CHECKING:
    from kubetriage.bootstrap.channels import Tried

TRIALS = ("sample", "long", "hostile", "resolved", "storm")
MEANINGS = {
    "delivered": "The channel took it.",
    "retry": "It was not taken now; a server would try again.",
    "shrink": "It was refused for its size, even made smaller.",
    "dead": "It will never be taken like this; the setting has to be mended.",
    "unknown": "No answer came: look into the channel whether it is there.",
}


@click.group()
def notify() -> None:
    """Send a sample to a channel, or render messages to files.

    Channels come from [channels.NAME] of the configuration.
    """


@notify.command()
@click.argument("channel")
@click.option("--trial", type=click.Choice(TRIALS), default="sample", show_default=True, help="What to send.")
@click.pass_obj
def test(options: Options, channel: str, trial: str) -> int:
    """Send a sample report to CHANNEL and explain the answer.

    Exits with 0 if it was delivered, else with 4.
    """
    from kubetriage.bootstrap.channels import try_channel
    from kubetriage.bootstrap.settings import load_settings
    from kubetriage.cli.interrupt import run_until_interrupted
    from kubetriage.domain.messages.trial import Trial

    settings = load_settings(options.config)
    tried = asyncio.run(run_until_interrupted(try_channel(settings, channel, Trial(trial))))
    click.echo(explained(tried))
    return 0 if tried.delivery.verdict.value == "delivered" else 4


@notify.command()
@click.option("--out", metavar="DIR", default="kubetriage-preview", show_default=True, help="Where to write.")
@click.option(
    "--trial", "trials", type=click.Choice(TRIALS), multiple=True, help="Repeatable.  [default: all]"
)
@click.pass_obj
def preview(options: Options, out: str, trials: Sequence[str]) -> None:
    """Render the sample reports for every channel to files; nothing is sent.

    Without configured channels, one of every kind is rendered.
    """
    from kubetriage.bootstrap.channels import previews
    from kubetriage.bootstrap.settings import load_settings
    from kubetriage.domain.messages.trial import Trial

    settings = load_settings(options.config)
    for made in previews(settings, Path(out), [Trial(each) for each in trials or TRIALS]):
        gone = f"  (left out: {', '.join(made.left_out)})" if made.left_out else ""
        click.echo(f"{made.path}  {made.size:,} bytes{gone}")


def explained(tried: Tried) -> str:
    """What became of a message, a line each for the class, the reason and the figures."""
    from kubetriage.domain.rendering.visible import one_line

    delivery = tried.delivery
    verdict = delivery.verdict.value
    lines = [f"{tried.channel} ({tried.kind}): {verdict}. {MEANINGS[verdict]}"]
    rows = [
        ("answer", delivery.code),
        ("reason", delivery.why),
        ("wait", f"{delivery.retry_after:g} s" if delivery.retry_after else ""),
        ("size", f"{delivery.size:,}" if delivery.size else ""),
        ("left out", ", ".join(delivery.left_out)),
        ("message", delivery.remote),
    ]
    return "\n".join([*lines, *(f"  {name:<9} {one_line(words)}" for name, words in rows if words)])
