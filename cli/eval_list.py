"""`kubetriage eval list`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from kubetriage.cli.eval_choice import choosing, chosen_scenarios

if TYPE_CHECKING:
    from kubetriage.evals.scenario import Scenario

_MANY = {"name": "scenarios", "tag": "tags", "family": "families"}


@click.command("list")
@choosing
@click.option(
    "--by",
    type=click.Choice(tuple(_MANY)),
    default="name",
    help="What to list.  [default: name]",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(("text", "json")),
    default="text",
    help="How to print it.  [default: text]",
)
def list_(
    scenarios: str | None,
    only: Sequence[str],
    tags: Sequence[str],
    families: Sequence[str],
    sample: int | None,
    by: str,
    format_: str,
) -> None:
    """List scenarios: name, family of faults, category, right outcome and tags; or tags and families counted.

    --only, --tag, --family and --sample choose among them as they do for `eval run`.
    """
    from kubetriage.evals.families import family_of

    chosen = chosen_scenarios(scenarios, only, tags, families, sample)
    if by == "name":
        rows = [_row(each) for each in chosen]
    else:
        counts: Counter[str] = Counter()
        for each in chosen:
            counts.update(set(each.expected.tags) if by == "tag" else {family_of(each.expected.category)})
        rows = [{by: name, "scenarios": count} for name, count in sorted(counts.items())]
    if format_ == "json":
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for line in _aligned([[str(value) for value in row.values()] for row in rows]):
        click.echo(line)
    click.echo(f"{len(rows)} {_MANY[by]}", err=True)


def _row(scenario: Scenario) -> dict[str, object]:
    from kubetriage.evals.families import family_of

    expected = scenario.expected
    return {
        "name": scenario.name,
        "family": family_of(expected.category),
        "category": expected.category,
        "outcome": "/".join(expected.outcome),
        "tags": " ".join(expected.tags),
    }


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
