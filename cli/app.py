"""The command's root: what commands there are, and how every failure ends.

Exit status: 0 done, 1 a bug of ours, 2 bad input or usage, 3 the cluster could not be read at all, 4 a report
was made and its delivery failed, 130 interrupted.
"""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from typing import Any

import click

from kubetriage.cli.lazy import LazyGroup
from kubetriage.domain.errors import BadInput, ClusterUnreachable, KubetriageError

COMMANDS = {
    "triage": ("kubetriage.cli.triage:triage", "Diagnose an alert or a resource and print the report."),
    "serve": ("kubetriage.cli.serve:serve", "Take alerts over HTTP and diagnose each incident once."),
    "demo": ("kubetriage.cli.demo:demo", "Run the bundled example: no cluster, no key, no network."),
    "doctor": ("kubetriage.cli.doctor:doctor", "Show connections, tools, rights, model and channels."),
    "notify": ("kubetriage.cli.notify:notify", "Try channels out: send a sample, render messages to files."),
    "models": ("kubetriage.cli.models:models", "List model profiles, probe endpoints, show what was spent."),
    "snapshot": (
        "kubetriage.cli.snapshot:snapshot",
        "Record, import, check, serve snapshots of clusters.",
    ),
    "eval": ("kubetriage.cli.evals:evals", "Measure diagnoses against scenarios with known answers."),
    "graph": ("kubetriage.cli.graph:graph", "Print the triage graph as a Mermaid drawing."),
}
"""Command → where it is, and its line in `--help`, so that help imports none of them."""


@click.group(cls=LazyGroup, lazy=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(None, "-V", "--version", package_name="kubetriage", message="kubetriage %(version)s")
@click.option("--config", metavar="FILE", type=click.Path(dir_okay=False), help="The kubetriage.toml to use.")
@click.option("--quiet", "-q", is_flag=True, help="No progress on stderr.")
@click.option("--debug", is_flag=True, help="Log to stderr and show the traceback of a bug.")
@click.pass_context
def root(ctx: click.Context, config: str | None, quiet: bool, debug: bool) -> None:
    """Find what broke in a Kubernetes cluster when an alert fires, and why.

    kubetriage reads the cluster through MCP, read-only; rules decide what can be decided; the report says
    what broke, why, what shows it and what to do.
    """
    ctx.obj = Options(config=config, quiet=quiet, debug=debug)
    if debug:
        import logging

        logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")


class Options:
    """What the root command was given."""

    def __init__(self, *, config: str | None, quiet: bool, debug: bool) -> None:
        self.config = config
        self.quiet = quiet
        self.debug = debug
        self.models: Mapping[str, Mapping[str, Any]] = {}
        """Fields of model profiles over those of the settings, by the profile's name."""
        self.addresses: Mapping[str, str] = {}
        """Where models are really asked, by the profile's name, whatever their profile says."""

    def with_models(self, models: Mapping[str, Mapping[str, Any]], addresses: Mapping[str, str]) -> Options:
        """The same options, with models defined and asked otherwise."""
        made = Options(config=self.config, quiet=self.quiet, debug=self.debug)
        made.models, made.addresses = models, addresses
        return made


def run(arguments: Sequence[str]) -> int:
    """Run the command and say its exit status; every failure is one sentence on stderr."""
    debug = "--debug" in arguments
    try:
        status = root.main(args=list(arguments), prog_name="kubetriage", standalone_mode=False)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.UsageError as error:
        return _misused(error)
    except click.ClickException as error:
        return _say(error.format_message(), 2)
    except BadInput as error:
        return _say(str(error), 2)
    except ClusterUnreachable as error:
        return _say(str(error), 3)
    except KubetriageError as error:
        return _say(str(error), 1)
    except (KeyboardInterrupt, click.Abort):
        return _say("interrupted", 130)
    except (BrokenPipeError, SystemExit):  # click's way to say the same, and that alone
        return _nobody_reads()
    except OSError as error:
        if error.errno != errno.ENOSPC:
            return _bug(error, debug)
        return _full()
    except Exception as error:  # noqa: BLE001 - the last border: a bug of ours, said as one
        return _bug(error, debug)
    return status if isinstance(status, int) else 0


def _bug(error: Exception, debug: bool) -> int:
    if debug:
        traceback.print_exception(error)
    kind = type(error).__name__
    return _say(f"this is a bug in kubetriage ({kind}: {_one_line(error)}); --debug shows where", 1)


def _misused(error: click.UsageError) -> int:
    if isinstance(error, getattr(click.exceptions, "NoArgsIsHelpError", ())):
        error.show()
        return 2
    path = error.ctx.command_path if error.ctx is not None else "kubetriage"
    return _say(f"{error.format_message().rstrip('.')} (see {path} --help)", 2)


def _nobody_reads() -> int:
    """The reader of our output went away (`| head`), as it may: Python must not complain about it at exit."""
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - stays open until the process ends
    return 0


def _full() -> int:
    _nobody_reads()  # or Python tries to write the rest at exit
    return _say("standard output, or a file of ours, cannot be written: no space is left on the device", 2)


def _say(sentence: str, status: int) -> int:
    click.echo(f"kubetriage: {_one_line(sentence)}", err=True)
    return status


def _one_line(words: object) -> str:
    """Names from alerts and files may hold anything: nothing that acts on a terminal goes there."""
    from kubetriage.domain.rendering.visible import clip, one_line

    return clip(one_line(str(words)))
