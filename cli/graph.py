"""`kubetriage graph`."""

from __future__ import annotations

import click


@click.command()
def graph() -> None:
    """Print the triage graph as a Mermaid drawing, made from the compiled graph."""
    from kubetriage.bootstrap.drawing import mermaid

    click.echo(mermaid())
