"""The `kubetriage` command. Heavy libraries are imported by the commands that need them, when they run."""

from __future__ import annotations

import io
import sys


def main() -> None:
    """Run the command line and end the process with the contract's exit status."""
    from kubetriage.cli.app import run

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # what a terminal's encoding lacks is written as an escape
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run(sys.argv[1:]))
