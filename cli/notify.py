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

LANGUAGES = ("en", "zh", "both")
LANGUAGE_HELP = "Of the message.  [default: as configured for the channel, else the locale]"
TRIALS = ("sample", "long", "hostile", "resolved", "storm", "failed")
MEANINGS = {
    "delivered": "The channel took it.",
    "retry": "It was not taken now; a server would try again.",
    "shrink": "It was refused for its size, even made smaller.",
    "dead": "It will never be taken like this; the setting has to be mended.",
    "unknown": "No answer that says so came: look into the channel whether it is there.",
}


@click.group()
def notify() -> None:
    """Send a sample to a channel, or render messages to files.

    Channels come from [channels.NAME] of the configuration; docs/channels.md
    shows what each kind needs.
    """


@notify.command()
@click.argument("channel")
@click.option("--trial", type=click.Choice(TRIALS), default="sample", show_default=True, help="What to send.")
@click.option("--language", type=click.Choice(LANGUAGES), help=LANGUAGE_HELP)
@click.pass_obj
def test(options: Options, channel: str, trial: str, language: str | None) -> int:
    """Send a sample report to CHANNEL and explain the answer.

    CHANNEL is the NAME of a table [channels.NAME] of the configuration.
    Exits with 0 if it was delivered, else with 4.

    \b
      kubetriage notify test ops --trial storm
    """
    from kubetriage.bootstrap.channels import speaking, try_channel
    from kubetriage.bootstrap.settings import load_settings
    from kubetriage.cli.interrupt import run_until_interrupted
    from kubetriage.domain.messages.trial import Trial

    settings = speaking(load_settings(options.config), language)
    tried = asyncio.run(run_until_interrupted(try_channel(settings, channel, Trial(trial))))
    click.echo(explained(tried))
    return 0 if tried.delivery.verdict.value == "delivered" else 4


@notify.command()
@click.option("--out", metavar="DIR", default="kubetriage-preview", show_default=True, help="Where to write.")
@click.option(
    "--trial",
    "trials",
    type=click.Choice(TRIALS),
    multiple=True,
    help="What is rendered; repeatable.  [default: all]",
)
@click.option("--language", type=click.Choice(LANGUAGES), help=LANGUAGE_HELP)
@click.pass_obj
def preview(options: Options, out: str, trials: Sequence[str], language: str | None) -> None:
    """Render sample reports to files; nothing is sent.

    Each configured channel is rendered; without any, one of every kind is.

    \b
      kubetriage notify preview --out rendered --language zh
    """
    from kubetriage.bootstrap.channels import previews, speaking
    from kubetriage.bootstrap.settings import load_settings
    from kubetriage.domain.messages.trial import Trial

    settings = speaking(load_settings(options.config), language)
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
