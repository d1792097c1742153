"""The `kubetriage` command. Heavy libraries are imported by the commands that need them, when they run."""

from __future__ import annotations

import io
import os
import sys


def main() -> None:
    """Run the command line and end the process with the contract's exit status."""
    from kubetriage.cli.app import run

    nowhere = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - as long as the process
    sys.stdout, sys.stderr = sys.stdout or nowhere, sys.stderr or nowhere  # None where they were closed
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # what a terminal's encoding lacks is written as an escape
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run(sys.argv[1:]))
