"""`kubetriage eval report`."""

from __future__ import annotations

from pathlib import Path

import click

from kubetriage.cli.eval_written import written


@click.command()
@click.argument("folder", metavar="RUN", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--html", "html", metavar="FILE", help="Write the page there.")
@click.option("--markdown", "markdown", metavar="FILE", help="Write Markdown there.")
@click.option("--short", is_flag=True, help="Shorten what the page shows of each cell, to publish it.")
def report(folder: Path, html: str | None, markdown: str | None, short: bool) -> int:
    """Report on a run that is there: on the terminal, or as files elsewhere than in its folder.

    With --short the page shows the first words of evidence and prompts, of a diagnosis that passed its prompt
    and its answer only, and of one that did not the first prompt, the last answer and six things between.
    """
    from kubetriage.evals.cells import cells_in, read_kept, read_run
    from kubetriage.evals.figures import figures_of
    from kubetriage.evals.reporting.drill_down import SHORT, WHOLE
    from kubetriage.evals.reporting.html import render_html
    from kubetriage.evals.reporting.markdown import render_markdown
    from kubetriage.evals.reporting.terminal import render_terminal

    run = read_run(folder)
    figures = figures_of(run, cells_in(folder))
    if markdown:
        with written(Path(markdown)):
            Path(markdown).write_text(render_markdown(run, figures), encoding="utf-8")
    if html:
        depth = SHORT if short else WHOLE
        with written(Path(html)), Path(html).open("w", encoding="utf-8") as page:
            page.writelines(
                render_html(run, figures, cells_in(folder), lambda cell: read_kept(folder, cell), depth=depth)
            )
    if not (html or markdown):
        click.echo(render_terminal(run, figures), nl=False)
    return 0
